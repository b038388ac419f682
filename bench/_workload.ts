/**
 * What a workload is: one kind of work, done with native promises and in the styles of
 * this library.
 *
 * @module
 */
import { type Coro, createTask, gather } from "@asyncio/asyncio";

/**
 * Does `count` operations and throws if a result is wrong.
 *
 * `atPeak` is for workloads that measure memory: they call it while all their tasks wait.
 */
export type Run = (count: number, atPeak: () => void) => Promise<unknown>;

/**
 * How a workload is written.
 *
 * - `native`: with promises;
 * - `least`: native promises with what async functions cost any library that can cancel them
 *   one by one: each task in an `AsyncLocalStorage.run()`, which tells whose `await` is whose,
 *   and each wait something that is no promise;
 * - `generator`: generator functions, made once;
 * - `inline`: generator functions made where they are used, as one writes them;
 * - `async`: async functions, made where they are used if that is how one writes them.
 */
export type Style = "native" | "least" | "generator" | "inline" | "async";

/** The styles of this library. */
export const OURS = ["generator", "inline", "async"] as const;

/** One kind of work. */
export interface Workload {
  /** Its name, as `--only` takes it. */
  readonly name: string;
  /** What one operation is. */
  readonly operation: string;
  /** How many operations one run does. */
  readonly count: number;
  /**
   * What is judged: the time of an operation, the CPU time of a whole run, or
   * the heap that an operation holds.
   *
   * @default {"time"}
   */
  readonly judgedBy?: "cpu" | "heap";
  /** What the ratio to native must not exceed, alone or mixed. */
  readonly must: Readonly<Partial<Record<Style, number>>>;
  readonly runs: Readonly<{ native: Run } & Partial<Record<Style, Run>>>;
}

/** Registers workloads with `deno bench`, each with a share of its operations. */
export function register(workloads: readonly Workload[], share: number): void {
  for (const { name, count, judgedBy, runs } of workloads) {
    const operations = Math.round(share * count);
    for (const [style, run] of Object.entries(runs)) {
      Deno.bench({
        name: style,
        group: `${name}, ${operations.toLocaleString("en")} operations`,
        baseline: style === "native",
        // Such a run takes a second, whoever does it.
        ...judgedBy === "cpu" ? { n: 2, warmup: 1 } : {},
        fn: async () => void await run(operations, noop),
      });
    }
  }
}

/** Throws unless a run gave what it should. */
export function check(actual: number, expected: number): void {
  if (actual !== expected) {
    throw new Error(`Wrong result: got ${actual}, expected ${expected}`);
  }
}

/** The sum of the whole numbers below `count`. */
export function sumBelow(count: number): number {
  return count * (count - 1) / 2;
}

/** The sum of numbers. */
export function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/** The whole numbers below `count`. */
export function* below(count: number): Generator<number, void> {
  for (let index = 0; index < count; index++) yield index;
}

/** Gives a source of numbers from 0 to 1, the same in every process (xorshift). */
export function randoms(): () => number {
  let state = 20250101;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Does nothing. */
export function noop(): void {}

/**
 * Makes a task of what `child` gives for each whole number below `count`, and joins them.
 *
 * @param count How many.
 * @param child A generator, or a generator function made for the occasion.
 */
export function* generatorTasks(
  count: number,
  child: (index: number) => Coro<number> | (() => Coro<number>),
): Coro<void> {
  const tasks = [];
  for (const index of below(count)) tasks.push(createTask(child(index)));
  check(sum(yield* gather(tasks)), sumBelow(count));
}

/** The same with async functions. */
export async function asyncTasks(
  count: number,
  child: (index: number) => Promise<number>,
): Promise<void> {
  const tasks = [];
  for (const index of below(count)) tasks.push(createTask(() => child(index)));
  check(sum(await gather(tasks)), sumBelow(count));
}
