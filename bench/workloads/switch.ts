/**
 * Going round the loop.
 *
 * @module
 */
import { asyncio, bluebird, caf, effect, effection } from "../_peers.ts";
import { check, sum, type Target, type Workload } from "../_workload.ts";

const BOUND =
  "resuming a generator (with its 40-byte iterator result) and a push and shift of " +
  "the ready queue, against a microtask";

/** One task that gives way a million times. */
export const switchOne: Workload = switchAmong(
  "switch",
  1,
  "`sleep(0)` (native: `await undefined`) in one task",
  [
    { style: "generator", measure: "ratio", must: 4, aim: 2.6 },
    { style: "generator", measure: "cpython", must: 10 },
    { style: "async", measure: "ratio", must: 20 },
  ],
);

/** A thousand tasks that give way a thousand times each. */
export const switchMany: Workload = switchAmong(
  "switch-1000",
  1000,
  "the same in 1,000 tasks, which take turns",
  [
    { style: "generator", measure: "ratio", must: 4, aim: 2 },
    { style: "async", measure: "ratio", must: 20 },
  ],
);

/** For the scale run: as many tasks as operations, each giving way ten times. */
export const switchTasks: Workload = {
  ...switchAmong(
    "switch-tasks",
    (count) => count,
    "a task that does `sleep(0)` ten times",
    [],
  ),
  count: 100_000,
};

function switchAmong(
  name: string,
  tasks: number | ((count: number) => number),
  operation: string,
  targets: readonly Target[],
): Workload {
  // How many tasks there are, and how often each gives way.
  function share(count: number): [tasks: number, turns: number] {
    if (typeof tasks === "function") return [tasks(count), 10];
    return [tasks, Math.max(1, Math.round(count / tasks))];
  }

  return {
    name,
    operation,
    bound: BOUND,
    count: 1_000_000,
    targets,
    peers: {
      native: () => {
        async function child(turns: number): Promise<number> {
          for (let turn = 0; turn < turns; turn++) await undefined;
          return turns;
        }
        return async (count) => {
          const [tasks, turns] = share(count);
          const promises: Promise<number>[] = [];
          for (let index = 0; index < tasks; index++) {
            promises.push(child(turns));
          }
          check(sum(await Promise.all(promises)), tasks * turns);
        };
      },

      generator: async () => {
        const { createTask, gather, run, sleep } = await asyncio();
        function* child(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield* sleep(0);
          return turns;
        }
        return (count) =>
          run(function* () {
            const [tasks, turns] = share(count);
            const all = [];
            for (let index = 0; index < tasks; index++) {
              all.push(createTask(child(turns)));
            }
            check(sum(yield* gather(all)), tasks * turns);
          });
      },

      async: async () => {
        const { createTask, gather, run, sleep } = await asyncio();
        async function child(turns: number): Promise<number> {
          for (let turn = 0; turn < turns; turn++) await sleep(0);
          return turns;
        }
        return (count) =>
          run(async () => {
            const [tasks, turns] = share(count);
            const all = [];
            for (let index = 0; index < tasks; index++) {
              all.push(createTask(() => child(turns)));
            }
            check(sum(await gather(all)), tasks * turns);
          });
      },

      effection: async () => {
        const { run, spawn, until } = await effection();
        const resolved = Promise.resolve();
        function* child(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield* until(resolved);
          return turns;
        }
        return (count) =>
          run(function* () {
            const [tasks, turns] = share(count);
            const all = [];
            for (let index = 0; index < tasks; index++) {
              all.push(yield* spawn(() => child(turns)));
            }
            let total = 0;
            for (const task of all) total += yield* task;
            check(total, tasks * turns);
          });
      },

      effect: async () => {
        const { Effect, Fiber } = await effect();
        const child = Effect.fnUntraced(function* (turns: number) {
          for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow;
          return turns;
        });
        return (count) =>
          Effect.runPromise(Effect.gen(function* () {
            const [tasks, turns] = share(count);
            const fibers = [];
            for (let index = 0; index < tasks; index++) {
              fibers.push(yield* Effect.forkChild(child(turns)));
            }
            check(sum(yield* Fiber.joinAll(fibers)), tasks * turns);
          }));
      },

      bluebird: async () => {
        const Bluebird = await bluebird();
        const resolved = Bluebird.resolve();
        const child = Bluebird.coroutine(function* (turns: number) {
          for (let turn = 0; turn < turns; turn++) yield resolved;
          return turns;
        });
        return async (count) => {
          const [tasks, turns] = share(count);
          const promises: Promise<number>[] = [];
          for (let index = 0; index < tasks; index++) {
            promises.push(child(turns));
          }
          check(sum(await Bluebird.all(promises)), tasks * turns);
        };
      },

      caf: async () => {
        const CAF = await caf();
        const child = CAF(function* (_signal, turns: number) {
          for (let turn = 0; turn < turns; turn++) yield undefined;
          return turns;
        });
        return async (count) => {
          const [tasks, turns] = share(count);
          const { signal } = new CAF.cancelToken();
          const promises: Promise<number>[] = [];
          for (let index = 0; index < tasks; index++) {
            promises.push(child(signal, turns));
          }
          check(sum(await Promise.all(promises)), tasks * turns);
        };
      },
    },
  };
}
