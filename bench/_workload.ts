/**
 * What a workload is: one kind of work, done by every peer that can do it.
 *
 * @module
 */

/** The peers that run in Deno. CPython's are found at run time. */
export type PeerName =
  | "native"
  | "context"
  | "generator"
  | "async"
  | "effection"
  | "effect"
  | "bluebird"
  | "caf"
  | "p-limit"
  | "p-map"
  | "p-queue"
  | "std";

/**
 * Does `count` operations and throws if a result is wrong.
 *
 * `atPeak` is for workloads that measure memory: they call it while all their
 * tasks stand parked.
 */
export type Run = (count: number, atPeak: () => void) => Promise<unknown>;

/** Loads what a peer needs; not part of what is measured. */
export type Prepare = () => Run | Promise<Run>;

/** Our two styles, as the figures name them. */
export type Style = "generator" | "async";

/**
 * A figure to reach.
 *
 * - `ratio`: time (CPU time for sleepers) as a ratio to native, at most;
 * - `bytes`: bytes allocated an operation, at most;
 * - `peak`: peak resident memory as a ratio to native, at most;
 * - `heap`: bytes of heap a parked task, at most;
 * - `growth`: cost of one operation as a ratio to its cost among 100 times fewer, at most;
 * - any other: how many times faster than that peer, at least.
 */
export interface Target {
  readonly style: Style;
  readonly measure:
    | "ratio"
    | "bytes"
    | "peak"
    | "heap"
    | "growth"
    | "p-map"
    | "p-limit"
    | "cpython";
  readonly must: number;
  readonly aim?: number;
  /** The peer that shows how far one gets at all; for `growth`. */
  readonly bound?: PeerName;
}

/** One kind of work. */
export interface Workload {
  /** Its name, as `--only` takes it. */
  readonly name: string;
  /** What one operation is. */
  readonly operation: string;
  /** What bounds it. */
  readonly bound: string;
  /** How many operations one run does. */
  readonly count: number;
  /**
   * What is judged: the time of an operation, the CPU time of a whole run, or
   * the heap that an operation holds.
   *
   * @default {"time"}
   */
  readonly judgedBy?: "cpu" | "heap";
  readonly targets: readonly Target[];
  readonly peers: Readonly<
    { native: Prepare } & Partial<Record<PeerName, Prepare>>
  >;
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
