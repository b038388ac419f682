/**
 * Making tasks that wait, and joining them.
 *
 * @module
 */
import { asyncio, bluebird, caf, effect, effection } from "../_peers.ts";
import { check, type Run, sum, sumBelow, type Workload } from "../_workload.ts";
import { inContext, plainly, type Start } from "./_native.ts";

/** Tasks that wait once. */
export const spawnWait: Workload = {
  name: "spawn-wait",
  operation:
    "create a task that waits one turn (`sleep(0)`; native: `await undefined`) and " +
    "returns its number; all are joined by one `gather` (native: `Promise.all`)",
  bound:
    "as spawn, plus one resumption; native has to allocate three promises or reactions a task",
  count: 100_000,
  targets: [
    { style: "generator", measure: "ratio", must: 2.5, aim: 1.5 },
    { style: "generator", measure: "cpython", must: 10 },
    { style: "async", measure: "ratio", must: 8 },
  ],
  peers: {
    native: () => native(plainly),
    context: () => native(inContext),

    generator: async () => {
      const { createTask, gather, run, sleep } = await asyncio();
      function* child(index: number) {
        yield* sleep(0);
        return index;
      }
      return (count) =>
        run(function* () {
          const tasks = [];
          for (let index = 0; index < count; index++) {
            tasks.push(createTask(child(index)));
          }
          check(sum(yield* gather(tasks)), sumBelow(count));
        });
    },

    async: async () => {
      const { createTask, gather, run, sleep } = await asyncio();
      return (count) =>
        run(async () => {
          const tasks = [];
          for (let index = 0; index < count; index++) {
            tasks.push(createTask(async () => {
              await sleep(0);
              return index;
            }));
          }
          check(sum(await gather(tasks)), sumBelow(count));
        });
    },

    effection: async () => {
      const { run, spawn, until } = await effection();
      const resolved = Promise.resolve();
      function* child(index: number) {
        yield* until(resolved);
        return index;
      }
      return (count) =>
        run(function* () {
          const tasks = [];
          for (let index = 0; index < count; index++) {
            tasks.push(yield* spawn(() => child(index)));
          }
          let total = 0;
          for (const task of tasks) total += yield* task;
          check(total, sumBelow(count));
        });
    },

    effect: async () => {
      const { Effect, Fiber } = await effect();
      const child = Effect.fnUntraced(function* (index: number) {
        yield* Effect.yieldNow;
        return index;
      });
      return (count) =>
        Effect.runPromise(Effect.gen(function* () {
          const fibers = [];
          for (let index = 0; index < count; index++) {
            fibers.push(yield* Effect.forkChild(child(index)));
          }
          check(sum(yield* Fiber.joinAll(fibers)), sumBelow(count));
        }));
    },

    bluebird: async () => {
      const Bluebird = await bluebird();
      const resolved = Bluebird.resolve();
      const child = Bluebird.coroutine(function* (index: number) {
        yield resolved;
        return index;
      });
      return async (count) => {
        const promises: Promise<number>[] = [];
        for (let index = 0; index < count; index++) promises.push(child(index));
        check(sum(await Bluebird.all(promises)), sumBelow(count));
      };
    },

    caf: async () => {
      const CAF = await caf();
      const child = CAF(function* (_signal, index: number) {
        yield undefined;
        return index;
      });
      return async (count) => {
        const { signal } = new CAF.cancelToken();
        const promises: Promise<number>[] = [];
        for (let index = 0; index < count; index++) {
          promises.push(child(signal, index));
        }
        check(sum(await Promise.all(promises)), sumBelow(count));
      };
    },
  },
};

function native(start: Start): Run {
  async function child(index: number): Promise<number> {
    await undefined;
    return index;
  }
  return async (count) => {
    const promises: Promise<number>[] = [];
    for (let index = 0; index < count; index++) {
      promises.push(start(child, index));
    }
    check(sum(await Promise.all(promises)), sumBelow(count));
  };
}
