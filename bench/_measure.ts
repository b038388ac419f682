/**
 * Measures peers at workloads; as a program, in a process of its own.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- as a program it prints what it found

import process from "node:process";
import { getHeapStatistics } from "node:v8";
import { median } from "./_report.ts";
import { noop, OURS, type Run, type Workload } from "./_workload.ts";
import { workloads as cancel } from "./cancel_bench.ts";
import { workloads as depth } from "./depth_bench.ts";
import { workloads as handover } from "./handover_bench.ts";
import { workloads as limit } from "./limit_bench.ts";
import { loadPeer, type PeerName } from "./peers/mod.ts";
import { workloads as tasks } from "./tasks_bench.ts";
import { workloads as time } from "./time_bench.ts";

/** Every workload, in the table's order. */
export const workloads: readonly Workload[] = [
  ...tasks,
  ...handover,
  ...depth,
  ...limit,
  ...time,
  ...cancel,
];

/** What one process found. `peers/cpython.py` gives the same. */
export interface Measurement {
  /** Nanoseconds an operation: the median of the runs. */
  readonly time: number;
  /** Bytes allocated an operation in the leanest run, where the host counts them. */
  readonly bytes?: number;
  /** Seconds of CPU time of the median run, all threads. */
  readonly cpu: number;
  /** Bytes of heap an operation holds, for workloads judged by it. */
  readonly heap?: number;
}

/** What is to be measured. */
export interface Order {
  readonly workload: string;
  readonly peer: PeerName;
  readonly count: number;
}

// V8 compiles on while it runs: code that allocates 410 B a task in the end does 850 B
// in its first runs.
const WARM_UP_MS = 800;
// As many tasks, where it is CPU time that is measured, and once.
const CPU_WARM_UP = 10_000;
const MEASURE_MS = 600;
const FEWEST_RUNS = 7;
// A run that takes longer than this stands for itself.
const LONG_RUN_MS = 1500;
// How often all run before in a process that measures several, each with a hundredth of
// its operations: enough for V8 to see all the types and to compile what it will.
const MIXED_RUNS = 20;

if (import.meta.main) {
  const order: Order | Order[] = JSON.parse(Deno.args[0]!);
  if (Array.isArray(order)) {
    await mix(MIXED_RUNS);
    for (const each of order) console.log(JSON.stringify(await measure(each)));
  } else console.log(JSON.stringify(await measure(order)));
}

/** Measures a peer at a workload, in this process. */
export async function measure(
  { workload: name, peer, count }: Order,
): Promise<Measurement> {
  const workload = workloads.find((workload) => workload.name === name);
  const run = workload && await runOf(workload, peer);
  if (workload === undefined || run === undefined) {
    throw new RangeError(`Cannot measure: "${peer}" has no workload "${name}"`);
  }
  switch (workload.judgedBy) {
    case "heap":
      return await measureHeap(run, count);
    case "cpu":
      // Once: such a run takes long, and its CPU time holds still.
      await run(Math.min(count, CPU_WARM_UP), noop);
      return summary([await sample(run, count)]);
    default:
      return await measureTime(run, count);
  }
}

/** How a peer does a workload, if it can. */
export async function runOf(
  { name, runs }: Workload,
  peer: PeerName,
): Promise<Run | undefined> {
  return peer in runs
    ? runs[peer as keyof typeof runs]
    : (await loadPeer(peer))?.[name];
}

/**
 * Runs every workload in all our styles, as a real program mixes them: what is called
 * from one place then has many types.
 *
 * @param rounds How often.
 * @returns How many runs there were.
 */
export async function mix(rounds: number): Promise<number> {
  let count = 0;
  for (let round = 0; round < rounds; round++) {
    for (const workload of workloads) {
      // They would sleep for a second each time.
      if (round > 0 && workload.judgedBy === "cpu") continue;
      for (const style of OURS) {
        const run = workload.runs[style];
        if (run === undefined) continue;
        await run(workload.count / 100, noop);
        count++;
      }
    }
  }
  return count;
}

interface Sample {
  readonly time: number;
  readonly bytes: number;
  readonly cpu: number;
}

async function measureTime(run: Run, count: number): Promise<Measurement> {
  const start = performance.now();
  // Whole runs too if there is time for them: the young generation grows with them.
  let portion = count / 10;
  for (;;) {
    const before = performance.now();
    await run(portion, noop);
    const now = performance.now();
    if (now - start > WARM_UP_MS) break;
    if (now - before < WARM_UP_MS / 20) portion = count;
  }
  const samples: Sample[] = [];
  const measuring = performance.now();
  for (;;) {
    const before = performance.now();
    samples.push(await sample(run, count));
    const now = performance.now();
    if (now - before > LONG_RUN_MS) break;
    if (now - measuring > MEASURE_MS && samples.length >= FEWEST_RUNS) break;
  }
  return summary(samples);
}

async function measureHeap(run: Run, count: number): Promise<Measurement> {
  await run(count / 10, noop);
  collect();
  const before = getHeapStatistics().used_heap_size;
  let after = before;
  const measured = await sample(
    (count, atPeak) => run(count, atPeak),
    count,
    () => {
      collect();
      after = getHeapStatistics().used_heap_size;
    },
  );
  return { ...summary([measured]), heap: (after - before) / count };
}

async function sample(
  run: Run,
  count: number,
  atPeak: () => void = noop,
): Promise<Sample> {
  const bytes = allocated();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run(count, atPeak);
  const milliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return {
    time: milliseconds * 1e6 / count,
    bytes: (allocated() - bytes) / count,
    cpu: (user + system) / 1e6,
  };
}

function summary(samples: readonly Sample[]): Measurement {
  return {
    time: median(samples.map(({ time }) => time)),
    // The leanest run: code that is not compiled yet allocates more.
    bytes: Math.min(...samples.map(({ bytes }) => bytes)),
    cpu: median(samples.map(({ cpu }) => cpu)),
  };
}

// Free of noise where time is not: two processes differ by 0.4 %.
function allocated(): number {
  return (getHeapStatistics() as { total_allocated_bytes?: number })
    .total_allocated_bytes ?? NaN;
}

function collect(): void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) {
    throw new Error("Cannot measure heap: start with --v8-flags=--expose-gc");
  }
  gc();
}
