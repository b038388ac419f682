/**
 * Soaks the library: does each kind of work for a long time, in both styles, and looks
 * whether the heap grows with what was done.
 *
 * The heap is read after a collection at several points. What counts is the median of the
 * slopes between all pairs of them, so that no single point decides: more than 1 B an
 * operation is a leak, if it comes to more than what the engine itself keeps once.
 *
 * ```sh
 * deno task soak                # ten minutes
 * deno task soak --seconds 60
 * deno task soak --short        # a fixed number of operations, whatever the machine
 * ```
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import { parseArgs } from "node:util";
import { workloads } from "./_soak_work.ts";

const MOST_BYTES = 1;
// Compiled code and what the compiler notes, in a whole run: in a short one, of 20,000
// operations, that would be some bytes an operation. One forgotten word of each is 160 kB.
const ENGINE_BYTES = 128 * 1024;
const POINTS = 8;
// Of a short run, between two points.
const SHORT = 2_500;

interface Point {
  readonly operations: number;
  readonly bytes: number;
}

/** The heap after a collection, with what only a turn of the host lets go. */
async function heapNow(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("Run it with --v8-flags=--expose-gc");
  for (let i = 0; i < 2; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  gc();
  return Deno.memoryUsage().heapUsed;
}

function medianSlope(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [index, from] of points.entries()) {
    for (const to of points.slice(index + 1)) {
      slopes.push((to.bytes - from.bytes) / (to.operations - from.operations));
    }
  }
  return slopes.sort((a, b) => a - b)[slopes.length >> 1]!;
}

/** Does one kind of work; returns how many bytes each operation leaves. */
async function soak(
  work: () => Promise<number>,
  seconds: number | undefined,
): Promise<{ readonly operations: number; readonly slope: number }> {
  const points: Point[] = [];
  let operations = 0;
  for (let point = 0; point < POINTS; point++) {
    const target = operations + SHORT;
    const end = performance.now() + (seconds ?? 0) * 1000 / POINTS;
    while (operations < target || performance.now() < end) {
      operations += await work();
    }
    points.push({ operations, bytes: await heapNow() });
  }
  return { operations, slope: medianSlope(points) };
}

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    short: { type: "boolean", default: false },
  },
});
const kinds = Object.entries(workloads);
const share = options.short
  ? undefined
  : Number(options.seconds) / kinds.length;
// Code, and what tells the compiler of it, come once and are no growth.
for (const [, work] of kinds) {
  for (let operations = 0; operations < 3 * SHORT;) operations += await work();
}
let leaks = 0;
for (const [name, work] of kinds) {
  const { operations, slope } = await soak(work, share);
  const isLeak = slope > MOST_BYTES && slope * operations > ENGINE_BYTES;
  if (isLeak) leaks++;
  console.log(
    `${isLeak ? "GROWS" : "ok   "} ${
      name.padEnd(28)
    } ${operations} operations, ${slope.toFixed(3)} B each`,
  );
}
console.log(
  leaks === 0 ? "Nothing grows" : `${leaks} of ${kinds.length} grow`,
);
if (leaks > 0) Deno.exitCode = 1;
