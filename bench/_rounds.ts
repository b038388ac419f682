/**
 * Measures contenders at workloads, each in a process of its own, in turn with native.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- it tells how far it is on stderr

import type { Contender } from "./_contenders.ts";
import { type Measurement, median } from "./_measure.ts";
import type { Workload } from "./_workload.ts";

/** What was found of one contender at one workload. */
export interface Result {
  readonly contender: Contender;
  readonly measurements: readonly Measurement[];
  /** What is judged, as a ratio to native's, round by round. */
  readonly ratios: readonly number[];
  /** Peak memory as a ratio to native's, round by round. */
  readonly peakRatios: readonly number[];
  /** Cost of an operation against its cost among 100 times fewer, round by round. */
  readonly growths: readonly number[];
  /** Why there is nothing. */
  readonly failure?: string;
}

/** What was found at one workload: native first. */
export interface WorkloadResults {
  readonly workload: Workload;
  readonly results: readonly Result[];
}

// The peers need no precision: they stand for orientation.
const MOST_PEER_ROUNDS = 3;
const TIME_LIMIT_S = 60;

/** What a workload is judged by. */
export function judged(workload: Workload, measurement: Measurement): number {
  switch (workload.judgedBy) {
    case "cpu":
      return measurement.cpu;
    case "heap":
      return measurement.heap!;
    default:
      return measurement.time;
  }
}

/** Measures all contenders at a workload, native before and after each. */
export async function measureRounds(
  workload: Workload,
  contenders: readonly Contender[],
  rounds: number,
): Promise<WorkloadResults> {
  const [native, ...others] = contenders.filter((contender) =>
    contender.can(workload)
  );
  const results = new Map(
    [native!, ...others].map((contender) => [contender, {
      contender,
      measurements: [] as Measurement[],
      ratios: [] as number[],
      peakRatios: [] as number[],
      growths: [] as number[],
      failure: undefined as string | undefined,
    }]),
  );
  for (let round = 1; round <= rounds; round++) {
    let before = await measureAlone(native!, workload);
    results.get(native!)!.measurements.push(before);
    for (const contender of others) {
      const result = results.get(contender)!;
      const isOurs = workload.targets.some(({ style }) =>
        style === contender.name
      );
      if (
        result.failure !== undefined || (!isOurs && round > MOST_PEER_ROUNDS)
      ) continue;
      console.error(
        `${workload.name}: ${contender.label}, round ${round} of ${rounds}`,
      );
      try {
        const found = await measureAlone(contender, workload);
        const grows = workload.targets.some(({ style, measure, bound }) =>
          measure === "growth" &&
          (style === contender.name || bound === contender.name)
        );
        if (grows) {
          const few = await measureAlone(
            contender,
            workload,
            workload.count / 100,
          );
          result.growths.push(judged(workload, found) / judged(workload, few));
        }
        const after = await measureAlone(native!, workload);
        results.get(native!)!.measurements.push(after);
        const base = (judged(workload, before) + judged(workload, after)) / 2;
        result.measurements.push(found);
        result.ratios.push(judged(workload, found) / base);
        result.peakRatios.push(found.peak / ((before.peak + after.peak) / 2));
        before = after;
      } catch (error) {
        result.failure = (error as Error).message;
        console.error(
          `${workload.name}: ${contender.label}: ${result.failure}`,
        );
      }
    }
  }
  return {
    workload,
    results: [...results.values()].map(({ failure, ...result }) => ({
      ...result,
      ...failure === undefined ? {} : { failure },
    })),
  };
}

/** Measures a contender at a workload in a process of its own. */
export async function measureAlone(
  contender: Contender,
  workload: Workload,
  count: number = workload.count,
  v8Flags: readonly string[] = [],
): Promise<Measurement> {
  const [command, args] = contender.command(workload, count, v8Flags);
  const deadline = AbortSignal.timeout(1000 * TIME_LIMIT_S);
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    signal: deadline,
  })
    .output();
  if (deadline.aborted) throw new Error(`over ${TIME_LIMIT_S} s`);
  const decoder = new TextDecoder();
  if (!success) {
    const text = decoder.decode(stderr);
    console.error(text);
    throw new Error(text.includes("out of memory") ? "out of memory" : "fails");
  }
  return JSON.parse(decoder.decode(stdout));
}

/** The medians of several measurements. */
export function medians(measurements: readonly Measurement[]): Measurement {
  const { bytes, heap } = measurements[0]!;
  return {
    time: median(measurements.map(({ time }) => time)),
    cpu: median(measurements.map(({ cpu }) => cpu)),
    peak: median(measurements.map(({ peak }) => peak)),
    ...bytes === undefined
      ? {}
      : { bytes: median(measurements.map(({ bytes }) => bytes!)) },
    ...heap === undefined
      ? {}
      : { heap: median(measurements.map(({ heap }) => heap!)) },
  };
}
