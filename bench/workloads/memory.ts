/**
 * What a waiting task holds.
 *
 * @module
 */
import { asyncio, bluebird, caf, effect, effection } from "../_peers.ts";
import { check, type Run, sum, sumBelow, type Workload } from "../_workload.ts";
import { inContext, plainly, type Start } from "./_native.ts";

/** Tasks parked on futures of their own. */
export const memory: Workload = {
  name: "memory",
  operation:
    "a task parked on a future of its own (native: an async function awaiting a promise " +
    "of its own), with the means to finish it; judged by the bytes of heap it holds after a " +
    "full collection",
  bound:
    "object layout: how many objects a parked task is, and how many fields they have",
  count: 100_000,
  judgedBy: "heap",
  targets: [
    { style: "generator", measure: "heap", must: 600, aim: 450 },
    { style: "async", measure: "heap", must: 1600 },
  ],
  peers: {
    native: () => native(plainly),
    context: () => native(inContext),

    generator: async () => {
      const { createTask, gather, getRunningLoop, run, sleep } =
        await asyncio();
      return (count, atPeak) =>
        run(function* () {
          const loop = getRunningLoop();
          function* child(
            future: ReturnType<typeof loop.createFuture<number>>,
          ) {
            return yield* future;
          }
          const futures = [];
          const tasks = [];
          for (let index = 0; index < count; index++) {
            const future = loop.createFuture<number>();
            futures.push(future);
            tasks.push(createTask(child(future)));
          }
          yield* sleep(0);
          atPeak();
          futures.forEach((future, index) => future.setResult(index));
          check(sum(yield* gather(tasks)), sumBelow(count));
        });
    },

    async: async () => {
      const { createTask, gather, getRunningLoop, run, sleep } =
        await asyncio();
      return (count, atPeak) =>
        run(async () => {
          const loop = getRunningLoop();
          const futures = [];
          const tasks = [];
          for (let index = 0; index < count; index++) {
            const future = loop.createFuture<number>();
            futures.push(future);
            tasks.push(createTask(async () => await future));
          }
          await sleep(0);
          atPeak();
          futures.forEach((future, index) => future.setResult(index));
          check(sum(await gather(tasks)), sumBelow(count));
        });
    },

    effection: async () => {
      const { run, spawn, withResolvers } = await effection();
      return (count, atPeak) =>
        run(function* () {
          const deferreds = [];
          const tasks = [];
          for (let index = 0; index < count; index++) {
            const deferred = withResolvers<number>();
            deferreds.push(deferred);
            tasks.push(yield* spawn(() => deferred.operation));
          }
          atPeak();
          deferreds.forEach((deferred, index) => deferred.resolve(index));
          let total = 0;
          for (const task of tasks) total += yield* task;
          check(total, sumBelow(count));
        });
    },

    effect: async () => {
      const { Deferred, Effect, Fiber } = await effect();
      return (count, atPeak) =>
        Effect.runPromise(Effect.gen(function* () {
          const deferreds = [];
          const fibers = [];
          for (let index = 0; index < count; index++) {
            const deferred = Deferred.makeUnsafe<number>();
            deferreds.push(deferred);
            fibers.push(yield* Effect.forkChild(Deferred.await(deferred)));
          }
          yield* Effect.yieldNow;
          atPeak();
          for (const [index, deferred] of deferreds.entries()) {
            yield* Deferred.succeed(deferred, index);
          }
          check(sum(yield* Fiber.joinAll(fibers)), sumBelow(count));
        }));
    },

    bluebird: async () => {
      const Bluebird = await bluebird();
      const child = Bluebird.coroutine(
        function* (promise: unknown): Generator<unknown, number, number> {
          return yield promise;
        },
      );
      return async (count, atPeak) => {
        const resolvers: ((index: number) => void)[] = [];
        const promises: Promise<number>[] = [];
        for (let index = 0; index < count; index++) {
          promises.push(
            child(new Bluebird<number>((resolve) => resolvers.push(resolve))),
          );
        }
        await undefined;
        atPeak();
        resolvers.forEach((resolve, index) => resolve(index));
        check(sum(await Bluebird.all(promises)), sumBelow(count));
      };
    },

    caf: async () => {
      const CAF = await caf();
      const child = CAF(
        function* (
          _signal,
          promise: Promise<number>,
        ): Generator<unknown, number, number> {
          return yield promise;
        },
      );
      return async (count, atPeak) => {
        const { signal } = new CAF.cancelToken();
        const deferreds: PromiseWithResolvers<number>[] = [];
        const promises: Promise<number>[] = [];
        for (let index = 0; index < count; index++) {
          const deferred = Promise.withResolvers<number>();
          deferreds.push(deferred);
          promises.push(child(signal, deferred.promise));
        }
        await undefined;
        atPeak();
        deferreds.forEach((deferred, index) => deferred.resolve(index));
        check(sum(await Promise.all(promises)), sumBelow(count));
      };
    },
  },
};

function native(start: Start): Run {
  async function child(promise: Promise<number>): Promise<number> {
    return await promise;
  }
  return async (count, atPeak) => {
    const deferreds: PromiseWithResolvers<number>[] = [];
    const promises: Promise<number>[] = [];
    for (let index = 0; index < count; index++) {
      const deferred = Promise.withResolvers<number>();
      deferreds.push(deferred);
      promises.push(start(child, deferred.promise));
    }
    await undefined;
    atPeak();
    deferreds.forEach((deferred, index) => deferred.resolve(index));
    check(sum(await Promise.all(promises)), sumBelow(count));
  };
}
