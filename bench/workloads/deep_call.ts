/**
 * Calls that go deep and do not wait.
 *
 * @module
 */
import { asyncio, bluebird, caf, effect, effection } from "../_peers.ts";
import { check, type Workload } from "../_workload.ts";

const DEPTH = 1000;

/** Chains of a thousand calls. */
export const deepCall: Workload = {
  name: "deep-call",
  operation:
    "one level of a chain of 1,000 calls that returns its depth without waiting " +
    "(generator functions that `yield*` the next; native and `async`: async functions that " +
    "`await` it); 1,000 chains one after the other",
  bound:
    "the frames: a generator and its results (160 B) against an async frame and its promise " +
    "(416 B)",
  count: 1_000_000,
  targets: [
    { style: "generator", measure: "ratio", must: 0.6, aim: 0.4 },
    { style: "async", measure: "ratio", must: 1.5 },
  ],
  peers: {
    native: () => async (count) => {
      check(await calls(count, level), count);
    },

    generator: async () => {
      const { run } = await asyncio();
      function* level(depth: number): Generator<never, number> {
        return depth === 0 ? 0 : 1 + (yield* level(depth - 1));
      }
      return (count) =>
        run(function* () {
          let total = 0;
          for (let done = 0; done < count; done += DEPTH) {
            total += yield* level(DEPTH);
          }
          check(total, count);
        });
    },

    async: async () => {
      const { run } = await asyncio();
      return (count) =>
        run(async () => {
          check(await calls(count, level), count);
        });
    },

    effection: async () => {
      const { run } = await effection();
      function* level(depth: number): Generator<never, number> {
        return depth === 0 ? 0 : 1 + (yield* level(depth - 1));
      }
      return (count) =>
        run(function* () {
          let total = 0;
          for (let done = 0; done < count; done += DEPTH) {
            total += yield* level(DEPTH);
          }
          check(total, count);
        });
    },

    effect: async () => {
      const { Effect } = await effect();
      type Level = (
        depth: number,
      ) => ReturnType<typeof Effect.succeed<number>>;
      const level: Level = Effect.fnUntraced(function* (depth: number) {
        return depth === 0 ? 0 : 1 + (yield* level(depth - 1));
      });
      return (count) =>
        Effect.runPromise(Effect.gen(function* () {
          let total = 0;
          for (let done = 0; done < count; done += DEPTH) {
            total += yield* level(DEPTH);
          }
          check(total, count);
        }));
    },

    bluebird: async () => {
      const Bluebird = await bluebird();
      const level = Bluebird.coroutine(
        function* (depth: number): Generator<unknown, number, number> {
          return depth === 0 ? 0 : 1 + (yield level(depth - 1));
        },
      );
      return async (count) => {
        check(await calls(count, level), count);
      };
    },

    caf: async () => {
      const CAF = await caf();
      const level = CAF(
        function* (signal, depth: number): Generator<unknown, number, number> {
          return depth === 0 ? 0 : 1 + (yield level(signal, depth - 1));
        },
      );
      return async (count) => {
        const { signal } = new CAF.cancelToken();
        check(await calls(count, (depth) => level(signal, depth)), count);
      };
    },
  },
};

async function level(depth: number): Promise<number> {
  return depth === 0 ? 0 : 1 + await level(depth - 1);
}

async function calls(
  count: number,
  call: (depth: number) => Promise<number>,
): Promise<number> {
  let total = 0;
  for (let done = 0; done < count; done += DEPTH) total += await call(DEPTH);
  return total;
}
