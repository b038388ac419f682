/**
 * `ensureFuture()`: makes a future of anything that can be waited for.
 *
 * `createTask()` is for coroutines; this takes what may be a future already.
 *
 * ```ts
 * import { ensureFuture, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const values = await run(async () => {
 *   const task = ensureFuture(sleep(0.001, 1));
 *   return [await task, await ensureFuture(task), await ensureFuture(Promise.resolve(2))];
 * });
 * assertEquals(values, [1, 1, 2]);
 * ```
 *
 * @module
 */
import { checkOptions, LOOP, type OptionKinds } from "./_base/arguments.ts";
import type { AwaitedResult, Work } from "./_coroutine/coroutine.ts";
import type { Future } from "./future.ts";
import type { EventLoop } from "./loop.ts";
import { futureOf } from "./_coroutine/to_future.ts";

/** Options of {@linkcode ensureFuture}. */
export interface EnsureFutureOptions {
  /**
   * The loop of the task.
   *
   * @default {the running loop, else the current one}
   */
  readonly loop?: EventLoop | undefined;
}

const ENSURE_OPTIONS: OptionKinds<EnsureFutureOptions> = { loop: LOOP };

/**
 * Returns a future or task itself; starts a task for a coroutine, promise or function.
 *
 * A task for a promise can be cancelled: the promise then goes on by itself, and what
 * it gives is dropped.
 *
 * @param awaitable What to make a future of.
 * @param options The loop.
 * @returns The future.
 * @throws {TypeError} If it can't be waited for.
 * @throws {RangeError} If it is a future of another loop than `options.loop`.
 * @throws {RuntimeError} If a task is needed and there is no loop, or it is closed.
 *
 * @example Take anything
 * ```ts
 * import { ensureFuture, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await run(async () => await ensureFuture(async () => 3)), 3);
 * ```
 */
export function ensureFuture<A extends Work | (() => Work)>(
  awaitable: A,
  options: EnsureFutureOptions = {},
): Future<AwaitedResult<A>> {
  options = checkOptions("make a future", options, ENSURE_OPTIONS);
  return futureOf(awaitable, options.loop) as Future<AwaitedResult<A>>;
}
