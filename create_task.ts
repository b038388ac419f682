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
import {
  closeCoroutine,
  type CoroutineFunction,
  type CoroutineLike,
  type Work,
  type WorkResult,
} from "./_coroutine/coroutine.ts";
import type { CreateTaskOptions, EventLoop } from "./loop.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import type { Task } from "./task.ts";

export type { CreateTaskOptions } from "./loop.ts";

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
export function createTask<
  T,
  C extends CoroutineLike<unknown> | (() => Work) = never,
>(
  coro: C | CoroutineLike<T> | CoroutineFunction<T>,
  options?: CreateTaskOptions,
): Task<WorkResult<C, T>> {
  let loop: EventLoop;
  try {
    loop = requireScheduler() as EventLoop;
  } catch (error) {
    closeCoroutine(coro);
    throw error;
  }
  return loop.createTask<T, C>(coro, options);
}
