/**
 * Waits at the bottom of deep calls.
 *
 * @module
 */
import { asyncio, bluebird, caf, effect, effection } from "../_peers.ts";
import { check, type Workload } from "../_workload.ts";

const DEPTH = 100;

/** A task that waits a hundred calls deep. */
export const deepWait: Workload = {
  name: "deep-wait",
  operation:
    "`sleep(0)` (native: `await undefined`) at the bottom of a chain of 100 calls, of " +
    "functions made with `coroutine()` (native: of async functions)",
  bound:
    "a chain of plain `yield*` resumes every frame at every wait (10 ns a frame); the task's " +
    "own stack of coroutines, as a chain of promises, resumes the last one alone",
  count: 1_000_000,
  targets: [
    { style: "generator", measure: "ratio", must: 4, aim: 2.5 },
    { style: "async", measure: "ratio", must: 10 },
  ],
  peers: {
    native: () => {
      async function level(depth: number, count: number): Promise<number> {
        if (depth > 0) return await level(depth - 1, count);
        for (let turn = 0; turn < count; turn++) await undefined;
        return count;
      }
      return async (count) => {
        check(await level(DEPTH, count), count);
      };
    },

    generator: async () => {
      const { coroutine, run, sleep } = await asyncio();
      const bottom = coroutine(function* (count: number) {
        for (let turn = 0; turn < count; turn++) yield* sleep(0);
        return count;
      });
      const level: typeof bottomless = coroutine(
        function* (depth: number, count: number) {
          return yield* depth > 0 ? level(depth - 1, count) : bottom(count);
        },
      );
      // Only its type is used: a function that calls itself has none to infer.
      const bottomless = coroutine(function* (_depth: number, count: number) {
        return yield* bottom(count);
      });
      return (count) =>
        run(function* () {
          check(yield* level(DEPTH, count), count);
        });
    },

    async: async () => {
      const { coroutine, run, sleep } = await asyncio();
      const bottom = coroutine(async (count: number) => {
        for (let turn = 0; turn < count; turn++) await sleep(0);
        return count;
      });
      const level: typeof bottomless = coroutine(async (
        depth: number,
        count: number,
      ) => await (depth > 0 ? level(depth - 1, count) : bottom(count)));
      const bottomless = coroutine(async (_depth: number, count: number) =>
        await bottom(count)
      );
      return (count) =>
        run(async () => {
          check(await level(DEPTH, count), count);
        });
    },

    effection: async () => {
      const { run, until } = await effection();
      const resolved = Promise.resolve();
      type Level = ReturnType<typeof until<number>>;
      function* level(
        depth: number,
        count: number,
      ): Generator<unknown, number> {
        if (depth > 0) return yield* level(depth - 1, count);
        for (let turn = 0; turn < count; turn++) yield* until(resolved);
        return count;
      }
      return (count) =>
        run(function* () {
          check(
            yield* { [Symbol.iterator]: () => level(DEPTH, count) } as Level,
            count,
          );
        });
    },

    effect: async () => {
      const { Effect } = await effect();
      type Level = (
        depth: number,
        count: number,
      ) => ReturnType<typeof Effect.succeed<number>>;
      const level: Level = Effect.fnUntraced(
        function* (depth: number, count: number) {
          if (depth > 0) return yield* level(depth - 1, count);
          for (let turn = 0; turn < count; turn++) yield* Effect.yieldNow;
          return count;
        },
      );
      return (count) =>
        Effect.runPromise(Effect.gen(function* () {
          check(yield* level(DEPTH, count), count);
        }));
    },

    bluebird: async () => {
      const Bluebird = await bluebird();
      const resolved = Bluebird.resolve();
      const level = Bluebird.coroutine(
        function* (
          depth: number,
          count: number,
        ): Generator<unknown, number, number> {
          if (depth > 0) return yield level(depth - 1, count);
          for (let turn = 0; turn < count; turn++) yield resolved;
          return count;
        },
      );
      return async (count) => {
        check(await level(DEPTH, count), count);
      };
    },

    caf: async () => {
      const CAF = await caf();
      const level = CAF(
        function* (
          signal,
          depth: number,
          count: number,
        ): Generator<unknown, number, number> {
          if (depth > 0) return yield level(signal, depth - 1, count);
          for (let turn = 0; turn < count; turn++) yield undefined;
          return count;
        },
      );
      return async (count) => {
        const { signal } = new CAF.cancelToken();
        check(await level(signal, DEPTH, count), count);
      };
    },
  },
};
