/**
 * Making tasks and joining them.
 *
 * @module
 */
import { asyncio, bluebird, caf, effect, effection } from "../_peers.ts";
import { check, sum, sumBelow, type Workload } from "../_workload.ts";

/** Tasks that return at once. */
export const spawn: Workload = {
  name: "spawn",
  operation:
    "create a task whose coroutine returns its number at once; all are joined by one " +
    "`gather` (native: `Promise.all` over the calls of an async function)",
  bound:
    "allocation, then scavenging of the live tasks: bytes a task are its cost, and the time " +
    "swings with the state of the young generation",
  count: 100_000,
  targets: [
    { style: "generator", measure: "bytes", must: 450 },
    { style: "generator", measure: "ratio", must: 10, aim: 4 },
    { style: "async", measure: "bytes", must: 1300 },
    { style: "async", measure: "ratio", must: 30 },
  ],
  peers: {
    native: () => {
      // deno-lint-ignore require-await -- an async function is what is measured
      async function child(index: number): Promise<number> {
        return index;
      }
      return async (count) => {
        const promises: Promise<number>[] = [];
        for (let index = 0; index < count; index++) promises.push(child(index));
        check(sum(await Promise.all(promises)), sumBelow(count));
      };
    },

    generator: async () => {
      const { createTask, gather, run } = await asyncio();
      function* child(index: number) {
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
      const { createTask, gather, run } = await asyncio();
      return (count) =>
        run(async () => {
          const tasks = [];
          for (let index = 0; index < count; index++) {
            // deno-lint-ignore require-await -- an async function is what is measured
            tasks.push(createTask(async () => index));
          }
          check(sum(await gather(tasks)), sumBelow(count));
        });
    },

    effection: async () => {
      const { run, spawn } = await effection();
      function* child(index: number): Generator<never, number> {
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
      const child = Bluebird.coroutine(function* (index: number) {
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
