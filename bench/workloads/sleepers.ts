/**
 * Many tasks asleep.
 *
 * @module
 */
import { asyncio, bluebird, caf, effect, effection } from "../_peers.ts";
import { check, randoms, sum, sumBelow, type Workload } from "../_workload.ts";

/** Tasks that sleep up to a second. */
export const sleepers: Workload = {
  name: "sleepers",
  operation:
    "a task that sleeps a random time between 0 and 1 s (native: `setTimeout` in a " +
    "promise); all are joined by one `gather`; judged by the CPU time of the whole run and by " +
    "the process's peak resident memory",
  bound:
    "native: a host timer each, 2.6 µs with 100,000 of them alive; here: one heap behind one " +
    "host timer",
  count: 100_000,
  judgedBy: "cpu",
  targets: [
    { style: "generator", measure: "ratio", must: 0.5, aim: 0.3 },
    { style: "generator", measure: "peak", must: 0.8, aim: 0.5 },
    { style: "async", measure: "ratio", must: 1.5 },
    { style: "async", measure: "peak", must: 2 },
  ],
  peers: {
    native: () => {
      async function child(index: number, seconds: number): Promise<number> {
        await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
        return index;
      }
      return async (count) => {
        const random = randoms();
        const promises: Promise<number>[] = [];
        for (let index = 0; index < count; index++) {
          promises.push(child(index, random()));
        }
        check(sum(await Promise.all(promises)), sumBelow(count));
      };
    },

    generator: async () => {
      const { createTask, gather, run, sleep } = await asyncio();
      function* child(index: number, seconds: number) {
        yield* sleep(seconds);
        return index;
      }
      return (count) =>
        run(function* () {
          const random = randoms();
          const tasks = [];
          for (let index = 0; index < count; index++) {
            tasks.push(createTask(child(index, random())));
          }
          check(sum(yield* gather(tasks)), sumBelow(count));
        });
    },

    async: async () => {
      const { createTask, gather, run, sleep } = await asyncio();
      return (count) =>
        run(async () => {
          const random = randoms();
          const tasks = [];
          for (let index = 0; index < count; index++) {
            const seconds = random();
            tasks.push(createTask(async () => {
              await sleep(seconds);
              return index;
            }));
          }
          check(sum(await gather(tasks)), sumBelow(count));
        });
    },

    effection: async () => {
      const { run, sleep, spawn } = await effection();
      function* child(index: number, seconds: number) {
        yield* sleep(1000 * seconds);
        return index;
      }
      return (count) =>
        run(function* () {
          const random = randoms();
          const tasks = [];
          for (let index = 0; index < count; index++) {
            const seconds = random();
            tasks.push(yield* spawn(() => child(index, seconds)));
          }
          let total = 0;
          for (const task of tasks) total += yield* task;
          check(total, sumBelow(count));
        });
    },

    effect: async () => {
      const { Effect, Fiber } = await effect();
      const child = Effect.fnUntraced(
        function* (index: number, seconds: number) {
          yield* Effect.sleep(1000 * seconds);
          return index;
        },
      );
      return (count) =>
        Effect.runPromise(Effect.gen(function* () {
          const random = randoms();
          const fibers = [];
          for (let index = 0; index < count; index++) {
            fibers.push(
              yield* Effect.forkChild(child(index, random())),
            );
          }
          check(sum(yield* Fiber.joinAll(fibers)), sumBelow(count));
        }));
    },

    bluebird: async () => {
      const Bluebird = await bluebird();
      const child = Bluebird.coroutine(
        function* (index: number, seconds: number) {
          yield Bluebird.delay(1000 * seconds);
          return index;
        },
      );
      return async (count) => {
        const random = randoms();
        const promises: Promise<number>[] = [];
        for (let index = 0; index < count; index++) {
          promises.push(child(index, random()));
        }
        check(sum(await Bluebird.all(promises)), sumBelow(count));
      };
    },

    caf: async () => {
      const CAF = await caf();
      const child = CAF(function* (signal, index: number, seconds: number) {
        yield CAF.delay(signal, 1000 * seconds);
        return index;
      });
      return async (count) => {
        const random = randoms();
        const { signal } = new CAF.cancelToken();
        const promises: Promise<number>[] = [];
        for (let index = 0; index < count; index++) {
          promises.push(child(signal, index, random()));
        }
        check(sum(await Promise.all(promises)), sumBelow(count));
      };
    },
  },
};
