/**
 * `shield()`: protects work from the cancel of the task that waits for it.
 *
 * The waiting task is cancelled as ever; the work goes on. Keep a reference to it if
 * someone is to wait for it again.
 *
 * ```ts
 * import { CancelledError, createTask, run, shield, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const result = await run(async () => {
 *   const work = createTask(sleep(0.01, "saved"));
 *   const user = createTask(async () => await shield(work));
 *   await sleep(0);
 *   user.cancel();
 *   try {
 *     await user;
 *   } catch (error) {
 *     if (!(error instanceof CancelledError)) throw error;
 *   }
 *   return await work;
 * });
 * assertEquals(result, "saved");
 * ```
 *
 * @module
 */
import { copyContext } from "./context.ts";
import type { AwaitedResult, Work } from "./_coroutine/coroutine.ts";
import { DoneCallback } from "./_future/done_callback.ts";
import { unwatch, watch } from "./_combine/awaitables.ts";
import { futureOf } from "./_coroutine/to_future.ts";
import type { Future } from "./future.ts";
import { Handle } from "./handle.ts";
import { NO_CONTEXT } from "./_loop/scheduler.ts";
import { type FutureOwner, OwnedFuture } from "./_task/owned_future.ts";
import { describeOnce, guarded, textOf } from "./_base/repr.ts";
import type { Waiter } from "./_base/roles.ts";

/**
 * Returns a future that follows `awaitable`, and whose cancel does not reach it.
 *
 * - **Cancellation**: cancelling the result cancels the result alone. If the shielded work
 *   itself is cancelled, so is the result.
 * - **Errors**: those of the work; one that comes after the result was cancelled, and that
 *   nobody else waits for, goes to the loop's exception handler.
 * - **Async functions**: pass the function itself, `shield(save)` or `shield(() => save(row))`.
 *   The call `shield(save(row))` has started it as a part of the task that calls, so a cancel
 *   of that task reaches its waits, and with them the work.
 *
 * @param awaitable A future, coroutine, promise, or function that gives one.
 * @returns The future of the result; `awaitable` itself if it is a future that is done.
 * @throws {TypeError} If it can't be waited for.
 * @throws {RuntimeError} If a task is needed and there is no loop.
 *
 * @example Give a result
 * ```ts
 * import { run, shield, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await run(() => shield(sleep(0.001, 1))), 1);
 * ```
 *
 * @example Save, though the task is cancelled
 * ```ts
 * import { createTask, shield, sleep } from "@asyncio/asyncio";
 * import { runTest } from "@asyncio/asyncio/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const saved: string[] = [];
 * async function save(row: string) {
 *   await sleep(2);
 *   saved.push(row);
 * }
 *
 * await runTest(async () => {
 *   const protectedTask = createTask(async () => await shield(() => save("first")));
 *   const exposedTask = createTask(async () => await shield(save("second")));
 *   await sleep(1);
 *   protectedTask.cancel();
 *   exposedTask.cancel();
 *   await sleep(2);
 *   assertEquals(saved, ["first"]);
 * });
 * ```
 */
export function shield<A extends Work | (() => Work)>(
  awaitable: A,
): Future<AwaitedResult<A>> {
  const inner = futureOf(awaitable, undefined);
  if (inner.done()) return inner as Future<AwaitedResult<A>>;
  const { outer } = new Shield(inner);
  return outer as Future<unknown> as Future<AwaitedResult<A>>;
}

/** What stands between the work and the task that waits. */
class Shield implements FutureOwner {
  readonly outer: OwnedFuture<unknown>;
  readonly #inner: Future<unknown>;

  constructor(inner: Future<unknown>) {
    const outer = this.outer = new OwnedFuture<unknown>(inner.getLoop(), this);
    this.#inner = inner;
    const follow = new DoneCallback(
      () => this.#follow(),
      copyContext(),
      outer,
    );
    watch(inner, follow);
    outer.addDoneCallback(() => {
      if (inner.done()) return;
      unwatch(inner, follow);
      // One for all shields: it is added once.
      inner._addWaiter(ON_FAILURE);
    });
  }

  describeWait(): string {
    return describeOnce(this, () => `shield of ${describe(this.#inner)}`);
  }

  waitsFor(): unknown[] {
    return this.#inner.done() ? [] : [this.#inner];
  }

  #follow(): void {
    const { outer } = this;
    if (outer.cancelled()) return;
    const inner = this.#inner;
    if (inner.cancelled()) {
      outer.cancel();
      return;
    }
    const error = inner.exception();
    if (error === undefined) outer.setResult(inner.result());
    else outer.setException(error);
  }
}

function describe(future: Future<unknown>): string {
  const described = future as { _describe?(): string };
  return described._describe?.() ?? textOf(future);
}

/** Reports the error of work whose shield was cancelled, unless somebody else waits for it. */
class FailureReporter implements Waiter {
  _wake(future: Future<unknown>, among?: ReadonlySet<Waiter>): void {
    if (future._failure() === undefined) return;
    const loop = future.getLoop();
    const report = new Handle(() => reportError(future), loop, NO_CONTEXT);
    // Those beside it get the error in the next turn.
    const later = { _run: () => loop._enqueue(report) };
    loop._enqueue(among !== undefined && among.size > 1 ? later : report);
  }

  toString(): string {
    return "shield";
  }
}

const ON_FAILURE = new FailureReporter();

function reportError(future: Future<unknown>): void {
  if (!future._failure()!.isOverlooked) return;
  const error = future.exception();
  const name = guarded(
    () => String((error as { name?: unknown }).name ?? "Unknown"),
    "Unknown",
  );
  future.getLoop().callExceptionHandler({
    message: `${name} exception in shielded future`,
    exception: error,
    future,
  });
}
