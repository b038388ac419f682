/**
 * Timeouts that do not come.
 *
 * @module
 */
import { asyncio, bluebird, caf, effect, effection } from "../_peers.ts";
import { check, sumBelow, type Workload } from "../_workload.ts";

/** A timeout round a short wait. */
export const timeoutGuard: Workload = {
  name: "timeout-guard",
  operation:
    "a wait of one turn under a timeout of 10 s, which gives a number (`timeout`; native: " +
    "`Promise.race` with a timer that is cleared)",
  bound:
    "native: the timer, two calls into the host, and the race; here: a timer in the heap and " +
    "the closures",
  count: 100_000,
  targets: [
    { style: "generator", measure: "ratio", must: 0.4, aim: 0.2 },
    { style: "async", measure: "ratio", must: 1.0 },
  ],
  peers: {
    native: () => {
      async function work(index: number): Promise<number> {
        await undefined;
        return index;
      }
      async function guard<T>(
        milliseconds: number,
        guarded: Promise<T>,
      ): Promise<T> {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const timeout = new Promise<never>((_resolve, reject) => {
          timer = setTimeout(
            () => reject(new Error("Timed out")),
            milliseconds,
          );
        });
        try {
          return await Promise.race([guarded, timeout]);
        } finally {
          clearTimeout(timer);
        }
      }
      return async (count) => {
        let total = 0;
        for (let index = 0; index < count; index++) {
          total += await guard(10_000, work(index));
        }
        check(total, sumBelow(count));
      };
    },

    generator: async () => {
      const { run, sleep, timeout } = await asyncio();
      return (count) =>
        run(function* () {
          let total = 0;
          let index = 0;
          // Made once: V8 gives each new generator function a hidden class, 1.4 µs.
          function* work() {
            yield* sleep(0);
            return index;
          }
          for (; index < count; index++) total += yield* timeout(10, work);
          check(total, sumBelow(count));
        });
    },

    async: async () => {
      const { run, sleep, timeout } = await asyncio();
      return (count) =>
        run(async () => {
          let total = 0;
          for (let index = 0; index < count; index++) {
            total += await timeout(10, async () => {
              await sleep(0);
              return index;
            });
          }
          check(total, sumBelow(count));
        });
    },

    effection: async () => {
      const { race, run, sleep, until } = await effection();
      const resolved = Promise.resolve();
      function* work(index: number) {
        yield* until(resolved);
        return index;
      }
      // An expression, as a declaration that always throws is not typed so.
      const late = function* () {
        yield* sleep(10_000);
        throw new Error("Timed out");
      };
      return (count) =>
        run(function* () {
          let total = 0;
          for (let index = 0; index < count; index++) {
            total += yield* race([work(index), late()]);
          }
          check(total, sumBelow(count));
        });
    },

    effect: async () => {
      const { Effect } = await effect();
      const work = Effect.fnUntraced(function* (index: number) {
        yield* Effect.yieldNow;
        return index;
      });
      return (count) =>
        Effect.runPromise(Effect.gen(function* () {
          let total = 0;
          for (let index = 0; index < count; index++) {
            total += yield* Effect.timeout(work(index), 10_000);
          }
          check(total, sumBelow(count));
        }));
    },

    bluebird: async () => {
      const Bluebird = await bluebird();
      const resolved = Bluebird.resolve();
      const work = Bluebird.coroutine(function* (index: number) {
        yield resolved;
        return index;
      }) as unknown as (index: number) => InstanceType<typeof Bluebird<number>>;
      return async (count) => {
        let total = 0;
        for (let index = 0; index < count; index++) {
          total += await work(index).timeout(10_000);
        }
        check(total, sumBelow(count));
      };
    },

    caf: async () => {
      const CAF = await caf();
      const work = CAF(function* (_signal, index: number) {
        yield undefined;
        return index;
      });
      return async (count) => {
        let total = 0;
        for (let index = 0; index < count; index++) {
          // CAF clears a timeout token that was handed in, by itself.
          total += await work(CAF.timeout(10_000, "Timed out"), index);
        }
        check(total, sumBelow(count));
      };
    },
  },
};
