/**
 * Cancelling many tasks.
 *
 * @module
 */
import { asyncio, bluebird, caf, effect, effection } from "../_peers.ts";
import { inContext } from "./_native.ts";
import { check, noop, type Workload } from "../_workload.ts";

/** Waiting tasks that are all cancelled. */
export const cancelStorm: Workload = {
  name: "cancel-storm",
  operation:
    "a task is made, waits for what never comes, is cancelled and joined; all are made, " +
    "then all cancelled, then all joined (native: an `AbortController` and a listener each; in " +
    "contexts: the least that can be cancelled, a promise and its `reject` each)",
  bound:
    "native: a DOMException with its stack (2 µs), the controller and its listener (1 µs); " +
    "here: the throw out of a generator, as a CancelledError captures no stack; growth: the " +
    "collector, which copies what each task holds, in `async` style mostly its async context",
  count: 100_000,
  targets: [
    { style: "generator", measure: "ratio", must: 0.5, aim: 0.25 },
    { style: "generator", measure: "growth", must: 2, aim: 1.3 },
    { style: "async", measure: "ratio", must: 1.0 },
    { style: "async", measure: "growth", must: 2, bound: "context" },
  ],
  peers: {
    native: () => {
      async function child(signal: AbortSignal): Promise<void> {
        await new Promise<never>((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), {
            once: true,
          });
        });
      }
      return async (count) => {
        const controllers: AbortController[] = [];
        const promises: Promise<void>[] = [];
        for (let index = 0; index < count; index++) {
          const controller = new AbortController();
          controllers.push(controller);
          promises.push(child(controller.signal));
        }
        await undefined;
        for (const controller of controllers) controller.abort();
        check(countRejected(await Promise.allSettled(promises)), count);
      };
    },

    context: () => {
      async function child(
        rejects: ((reason: unknown) => void)[],
      ): Promise<void> {
        await new Promise<never>((_resolve, reject) => rejects.push(reject));
      }
      return async (count) => {
        const rejects: ((reason: unknown) => void)[] = [];
        const promises: Promise<void>[] = [];
        for (let index = 0; index < count; index++) {
          promises.push(inContext(child, rejects));
        }
        await undefined;
        for (const reject of rejects) reject(undefined);
        check(countRejected(await Promise.allSettled(promises)), count);
      };
    },

    generator: async () => {
      const { CancelledError, createTask, gather, getRunningLoop, run, sleep } =
        await asyncio();
      return (count) =>
        run(function* () {
          const loop = getRunningLoop();
          function* child() {
            yield* loop.createFuture<void>();
          }
          const tasks = [];
          for (let index = 0; index < count; index++) {
            tasks.push(createTask(child()));
          }
          yield* sleep(0);
          for (const task of tasks) task.cancel();
          let cancelled = 0;
          for (
            const result of yield* gather(tasks, { returnExceptions: true })
          ) {
            if ((result as unknown) instanceof CancelledError) cancelled++;
          }
          check(cancelled, count);
        });
    },

    async: async () => {
      const { CancelledError, createTask, gather, getRunningLoop, run, sleep } =
        await asyncio();
      return (count) =>
        run(async () => {
          const loop = getRunningLoop();
          async function child(): Promise<void> {
            await loop.createFuture<void>();
          }
          const tasks = [];
          for (let index = 0; index < count; index++) {
            tasks.push(createTask(child));
          }
          await sleep(0);
          for (const task of tasks) task.cancel();
          let cancelled = 0;
          for (
            const result of await gather(tasks, { returnExceptions: true })
          ) {
            if ((result as unknown) instanceof CancelledError) cancelled++;
          }
          check(cancelled, count);
        });
    },

    effection: async () => {
      const { run, sleep, spawn, suspend } = await effection();
      return (count) =>
        run(function* () {
          let cancelled = 0;
          function* child() {
            try {
              yield* suspend();
            } finally {
              cancelled++;
            }
          }
          const tasks = [];
          for (let index = 0; index < count; index++) {
            tasks.push(yield* spawn(child));
          }
          // They start when their parent waits, and only what has started is halted in full.
          yield* sleep(0);
          for (const task of tasks) yield* task.halt();
          check(cancelled, count);
        });
    },

    effect: async () => {
      const { Effect, Exit, Fiber } = await effect();
      return (count) =>
        Effect.runPromise(Effect.gen(function* () {
          const fibers = [];
          for (let index = 0; index < count; index++) {
            fibers.push(yield* Effect.forkChild(Effect.never));
          }
          yield* Effect.yieldNow;
          yield* Fiber.interruptAll(fibers);
          const exits = yield* Fiber.awaitAll(fibers);
          check(exits.filter((exit) => Exit.isFailure(exit)).length, count);
        }));
    },

    bluebird: async () => {
      const Bluebird = await bluebird();
      Bluebird.config({ cancellation: true });
      return async (count) => {
        let cancelled = 0;
        const child = Bluebird.coroutine(function* () {
          try {
            yield new Bluebird<void>(noop);
          } finally {
            cancelled++;
          }
        });
        const promises: Cancellable[] = [];
        for (let index = 0; index < count; index++) {
          promises.push(child() as unknown as Cancellable);
        }
        await undefined;
        for (const promise of promises) promise.cancel();
        // Bluebird ends them in its next turn; their promises never settle.
        await Bluebird.delay(0);
        check(cancelled, count);
      };
    },

    caf: async () => {
      const CAF = await caf();
      const child = CAF(function* () {
        yield new Promise<never>(noop);
      });
      return async (count) => {
        const tokens = [];
        const promises: Promise<void>[] = [];
        for (let index = 0; index < count; index++) {
          const token = new CAF.cancelToken();
          tokens.push(token);
          promises.push(child(token));
        }
        await undefined;
        for (const token of tokens) token.abort("stop");
        check(countRejected(await Promise.allSettled(promises)), count);
      };
    },
  },
};

interface Cancellable {
  cancel(): void;
}

function countRejected(
  outcomes: readonly PromiseSettledResult<unknown>[],
): number {
  let rejected = 0;
  for (const outcome of outcomes) if (outcome.status === "rejected") rejected++;
  return rejected;
}
