/**
 * Cancelling many tasks, and what they hold while they wait.
 *
 * @module
 */
import {
  CancelledError,
  type Coro,
  createTask,
  type EventLoop,
  gather,
  getRunningLoop,
  run,
  sleep,
  type Task,
} from "@asyncio/asyncio";
import { asTask, inContext, plainly, type Start } from "./_native.ts";
import {
  below,
  check,
  register,
  sum,
  sumBelow,
  type Workload,
} from "./_workload.ts";

// Native: a DOMException with its stack (2 µs), the controller and its listener (1 µs);
// here the throw out of a generator, as a CancelledError captures no stack.
const cancelStorm: Workload = {
  name: "cancel-storm",
  operation:
    "a task is made, waits for what never comes, is cancelled and joined; all are made, " +
    "then all cancelled, then all joined (native: an `AbortController` and a listener each; at " +
    "least: a promise and its `reject` each)",
  count: 100_000,
  must: { generator: 0.5, async: 1 },
  runs: {
    async native(count) {
      const controllers: AbortController[] = [];
      const promises: Promise<void>[] = [];
      for (const _ of below(count)) {
        const controller = new AbortController();
        controllers.push(controller);
        promises.push(waitForAbort(controller.signal));
      }
      await undefined;
      for (const controller of controllers) controller.abort();
      check(countRejected(await Promise.allSettled(promises)), count);
    },
    async least(count) {
      const rejects: ((reason: unknown) => void)[] = [];
      const promises: Promise<void>[] = [];
      for (const _ of below(count)) {
        promises.push(asTask(waitForReject, rejects));
      }
      while (rejects.length < count) await undefined;
      for (const reject of rejects) reject(undefined);
      check(countRejected(await Promise.allSettled(promises)), count);
    },
    generator: (count) => run(() => storm(count, never)),
    inline: (count) =>
      run(() =>
        storm(count, (loop) =>
          function* () {
            yield* loop.createFuture<void>();
          })
      ),
    async: (count) =>
      run(async () => {
        const loop = getRunningLoop();
        const tasks: Task<void>[] = [];
        for (const _ of below(count)) {
          tasks.push(createTask(async () => {
            await loop.createFuture<void>();
          }));
        }
        await sleep(0);
        for (const task of tasks) task.cancel();
        const results = await gather(tasks, { returnExceptions: true });
        check(countCancelled(results), count);
      }),
  },
};

async function waitForAbort(signal: AbortSignal): Promise<void> {
  await new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), {
      once: true,
    });
  });
}

async function waitForReject(
  rejects: ((reason: unknown) => void)[],
): Promise<void> {
  await new Promise<never>((_resolve, reject) => rejects.push(reject));
}

function* storm(
  count: number,
  child: (loop: EventLoop) => Coro<void> | (() => Coro<void>),
): Coro<void> {
  const loop = getRunningLoop();
  const tasks: Task<void>[] = [];
  for (const _ of below(count)) tasks.push(createTask(child(loop)));
  yield* sleep(0);
  for (const task of tasks) task.cancel();
  const results = yield* gather(tasks, { returnExceptions: true });
  check(countCancelled(results), count);
}

function* never(loop: EventLoop) {
  yield* loop.createFuture<void>();
}

function countRejected(outcomes: readonly { status: string }[]): number {
  return outcomes.filter(({ status }) => status === "rejected").length;
}

function countCancelled(results: readonly unknown[]): number {
  return results.filter((result) => result instanceof CancelledError).length;
}

// Bound by object layout: how many objects a waiting task is, and their fields.
const memory: Workload = {
  name: "memory",
  operation:
    "a task that waits for a future of its own (native: an async function awaiting a " +
    "promise of its own), with the means to finish it; judged by the bytes of heap it holds " +
    "after a full collection",
  count: 100_000,
  judgedBy: "heap",
  must: { generator: 0.87, async: 2.32 },
  runs: {
    native: (count, atPeak) => memoryNative(count, atPeak, plainly),
    least: (count, atPeak) => memoryNative(count, atPeak, inContext),
    generator: (count, atPeak) =>
      run(function* () {
        const loop = getRunningLoop();
        function* child(future: ReturnType<typeof makeFuture>) {
          return yield* future;
        }
        const makeFuture = () => loop.createFuture<number>();
        const futures = Array.from({ length: count }, makeFuture);
        const tasks = futures.map((future) => createTask(child(future)));
        yield* sleep(0);
        atPeak();
        futures.forEach((future, index) => future.setResult(index));
        check(sum(yield* gather(tasks)), sumBelow(count));
      }),
    async: (count, atPeak) =>
      run(async () => {
        const loop = getRunningLoop();
        const futures = Array.from(
          { length: count },
          () => loop.createFuture<number>(),
        );
        const tasks = futures.map((future) =>
          createTask(async () => await future)
        );
        await sleep(0);
        atPeak();
        futures.forEach((future, index) => future.setResult(index));
        check(sum(await gather(tasks)), sumBelow(count));
      }),
  },
};

async function memoryNative(
  count: number,
  atPeak: () => void,
  start: Start,
): Promise<void> {
  const child = async (promise: Promise<number>) => await promise;
  const deferreds = Array.from(
    { length: count },
    () => Promise.withResolvers<number>(),
  );
  const promises = deferreds.map(({ promise }) => start(child, promise));
  await undefined;
  atPeak();
  deferreds.forEach(({ resolve }, index) => resolve(index));
  check(sum(await Promise.all(promises)), sumBelow(count));
}

/** Cancelling many tasks, and what they hold while they wait. */
export const workloads: readonly Workload[] = [cancelStorm, memory];

register(workloads, 0.01);
