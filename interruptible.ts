/**
 * `interruptible()`: a wait for a promise of the host that a cancel ends at once.
 *
 * A task that awaits a plain promise can't be interrupted there: JavaScript has no way to
 * end that wait. Here the task waits for a future in its place. The promise itself goes on,
 * and what it gives is dropped; where its work can be stopped, use `fromSignal()`.
 *
 * ```ts
 * import { interruptible, run, timeout, TimeoutError } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * const never = new Promise<void>(() => {});
 * await assertRejects(
 *   () => run(() => timeout(0.01, async () => await interruptible(never))),
 *   TimeoutError,
 * );
 * ```
 *
 * @module
 */
import type { WorkResult } from "./_coroutine/coroutine.ts";
import { describeKind } from "./_base/repr.ts";
import { isThenable } from "./_coroutine/thenable.ts";
import type { Future } from "./future.ts";
import { followPromise } from "./_coroutine/to_future.ts";
import { requireScheduler } from "./_loop/scheduler.ts";

/**
 * Returns a future of a promise, whose wait a cancel ends at once.
 *
 * - **Cancellation**: the wait ends in that turn; the promise goes on by itself, and what
 *   it gives is dropped.
 * - **Errors**: those of the promise.
 *
 * @param promise A promise of the host.
 * @returns A future of what the promise gives.
 * @throws {TypeError} If it is no promise.
 * @throws {RuntimeError} If no loop is running.
 *
 * @example In both styles
 * ```ts
 * import { interruptible, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const one = await run(async () => await interruptible(Promise.resolve(1)));
 * const two = await run(function* () {
 *   return yield* interruptible(Promise.resolve(2));
 * });
 * assertEquals([one, two], [1, 2]);
 * ```
 */
export function interruptible<
  T,
  P extends { readonly then: object } = never,
>(promise: P | PromiseLike<T>): Future<WorkResult<P, T>> {
  if (!isThenable(promise)) {
    throw new TypeError(
      `Cannot wait: a promise was expected, got ${describeKind(promise)}`,
    );
  }
  return followPromise(
    promise as PromiseLike<WorkResult<P, T>>,
    requireScheduler(),
  );
}
