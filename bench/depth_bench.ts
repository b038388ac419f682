/**
 * Deep calls.
 *
 * @module
 */
import { coroutine, run, sleep } from "@asyncio/asyncio";
import { TURN } from "./_native.ts";
import { check, register, type Run, type Workload } from "./_workload.ts";

const CALLS = 1000;
const FRAMES = 100;

async function callAsync(depth: number): Promise<number> {
  return depth === 0 ? 0 : 1 + await callAsync(depth - 1);
}

function* call(depth: number): Generator<never, number> {
  return depth === 0 ? 0 : 1 + (yield* call(depth - 1));
}

const callsAsync: Run = async (count) => {
  let total = 0;
  for (let done = 0; done < count; done += CALLS) {
    total += await callAsync(CALLS);
  }
  check(total, count);
};

// Bound by the frames: a generator and its results (160 B) against an async frame and its
// promise (416 B).
const deepCall: Workload = {
  name: "deep-call",
  operation:
    "one level of a chain of 1,000 calls that returns its depth without waiting " +
    "(generator functions that `yield*` the next; native and `async`: async functions that " +
    "`await` it); 1,000 chains one after the other",
  count: 1_000_000,
  must: { generator: 0.6, async: 1.5 },
  runs: {
    native: callsAsync,
    generator: (count) =>
      run(function* () {
        let total = 0;
        for (let done = 0; done < count; done += CALLS) {
          total += yield* call(CALLS);
        }
        check(total, count);
      }),
    async: (count, atPeak) => run(async () => await callsAsync(count, atPeak)),
  },
};

async function levelNative(
  depth: number,
  count: number,
  turn?: PromiseLike<void>,
): Promise<number> {
  if (depth > 0) return await levelNative(depth - 1, count, turn);
  for (let done = 0; done < count; done++) await turn;
  return count;
}

const bottom = coroutine(function* (count: number) {
  for (let turn = 0; turn < count; turn++) yield* sleep(0);
  return count;
});
type Level = (depth: number, count: number) => ReturnType<typeof bottom>;
const level: Level = coroutine(function* (depth: number, count: number) {
  return yield* depth > 0 ? level(depth - 1, count) : bottom(count);
});

const bottomAsync = coroutine(async (count: number) => {
  for (let turn = 0; turn < count; turn++) await sleep(0);
  return count;
});
const levelAsync: Level = coroutine(async (depth: number, count: number) =>
  await (depth > 0 ? levelAsync(depth - 1, count) : bottomAsync(count))
);

// A chain of plain `yield*` resumes every frame at every wait (10 ns a frame); the task's
// own stack of coroutines, as a chain of promises, resumes the last one alone.
const deepWait: Workload = {
  name: "deep-wait",
  operation:
    "`sleep(0)` (native: `await undefined`) at the bottom of a chain of 100 calls, of " +
    "functions made with `coroutine()` (native: of async functions)",
  count: 1_000_000,
  must: { generator: 4, async: 10 },
  runs: {
    native: async (count) => check(await levelNative(FRAMES, count), count),
    least: async (count) =>
      check(await levelNative(FRAMES, count, TURN), count),
    generator: (count) =>
      run(function* () {
        check(yield* level(FRAMES, count), count);
      }),
    async: (count) =>
      run(async () => check(await levelAsync(FRAMES, count), count)),
  },
};

/** Deep calls. */
export const workloads: readonly Workload[] = [deepCall, deepWait];

register(workloads, 0.01);
