/**
 * `createTask()`: starts a coroutine in the running loop.
 *
 * Use {@linkcode ensureFuture} for what may be a future already, and a `taskGroup()`
 * for tasks that must not outlive a block.
 *
 * ```ts
 * import { createTask, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const total = await run(async () => {
 *   const one = createTask(async () => {
 *     await sleep(0.002);
 *     return 1;
 *   });
 *   const two = createTask(function* () {
 *     yield* sleep(0.002);
 *     return 2;
 *   });
 *   return await one + await two;
 * });
 * assertEquals(total, 3);
 * ```
 *
 * @module
 */
import { TASK_OPTIONS } from "./_task/task_options.ts";
import { checkOptions, type OptionKinds, SIGNAL } from "./_base/arguments.ts";
import {
  closeCoroutine,
  type CoroutineFunction,
  type CoroutineLike,
} from "./_task/coroutine.ts";
import { linkSignal } from "./_host/abort_signal.ts";
import type { EventLoop } from "./loop.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import type { Task, TaskOptions } from "./task.ts";

/** Options of {@linkcode createTask}. */
export interface CreateTaskOptions extends TaskOptions {
  /** Cancels the task when it aborts; its reason is the `cause` of the CancelledError. */
  readonly signal?: AbortSignal;
}

const CREATE_TASK_OPTIONS: OptionKinds<CreateTaskOptions> = {
  ...TASK_OPTIONS,
  signal: SIGNAL,
};

/**
 * Starts a coroutine in the running loop; its first step runs in the next turn.
 *
 * The loop holds the task until it is done, so a background task needs no reference.
 *
 * @param coro A coroutine, or a function that gives one: pass an async function itself.
 * @param options The name, the context, a signal, and whether to start at once.
 * @returns The task.
 * @throws {RuntimeError} If no loop is running, or the coroutine was used before.
 * @throws {TypeError} If `coro` is no coroutine and no function.
 *
 * @example Start and wait
 * ```ts
 * import { createTask, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await run(async () => await createTask(sleep(0.001, "done"))), "done");
 * ```
 */
export function createTask<T>(
  coro: CoroutineLike<T> | CoroutineFunction<T>,
  options?: CreateTaskOptions,
): Task<T> {
  if (options !== undefined) {
    checkOptions("create a task", options, CREATE_TASK_OPTIONS);
  }
  let loop: EventLoop;
  try {
    loop = requireScheduler() as EventLoop;
  } catch (error) {
    closeCoroutine(coro);
    throw error;
  }
  if (options?.signal === undefined) return loop.createTask(coro, options);
  const { signal, ...taskOptions } = options;
  const task = loop.createTask(coro, taskOptions);
  task.addDoneCallback(linkSignal(signal, task));
  return task;
}
