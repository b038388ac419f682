/**
 * `waitFor()`: waits for one awaitable, for a limited time.
 *
 * On timeout it cancels what it waits for, waits until that has cleaned up, and throws a
 * TimeoutError. `timeout()` limits several steps; `wait()` leaves its futures running.
 *
 * ```ts
 * import { run, sleep, TimeoutError, waitFor } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => run(() => waitFor(sleep(3600), 0.01)), TimeoutError);
 * ```
 *
 * @module
 */
import {
  isAsyncFunction,
  isGeneratorFunction,
} from "./_base/function_kinds.ts";
import { isInstance } from "./_base/repr.ts";
import {
  check,
  checkOptions,
  DELAY,
  type OptionKinds,
  SIGNAL,
} from "./_base/arguments.ts";
import { type Delay, toSeconds } from "./clock.ts";
import { copyContext } from "./context.ts";
import {
  type Awaitable,
  type AwaitedResult,
  closeCoroutine,
  type Coro,
  type Coroutine,
  isCoroutine,
  mayRunAsync,
  refuseAsyncGenerator,
  type Work,
} from "./_coroutine/coroutine.ts";
import { claim, isGenerator } from "./_coroutine/generators.ts";
import {
  FunctionCoroutine,
  MethodCoroutine,
} from "./_task/function_coroutine.ts";
import { asPromise, isThenable } from "./_coroutine/thenable.ts";
import { DoneCallback } from "./_future/done_callback.ts";
import { futureOf } from "./_coroutine/to_future.ts";
import { CancelledError, TimeoutError } from "./errors.ts";
import { type Future, isFuture, type Wait } from "./future.ts";
import { OwnedFuture } from "./_task/owned_future.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import { unplaced } from "./_base/error_place.ts";
import { tell } from "./_line/wait_text.ts";
import { unwatch, watch } from "./_combine/awaitables.ts";
import { abortedBefore, enterScope, SignalLink } from "./_combine/scope.ts";
import { cancelledError } from "./_base/cancelled.ts";
import type { BodyLine } from "./_task/body_line.ts";
import type { Driver } from "./_task/drive.ts";
import { currentLine, lineOf } from "./_line/line.ts";
import { Timeout } from "./timeout.ts";

/** Options of {@linkcode waitFor}. */
export interface WaitForOptions {
  /**
   * Ends the wait when it aborts, as a cancel does; its reason is the `cause` of the
   * CancelledError.
   */
  readonly signal?: AbortSignal | undefined;
}

const WAIT_FOR_OPTIONS: OptionKinds<WaitForOptions> = { signal: SIGNAL };

/**
 * Waits for `awaitable`, for a limited time.
 *
 * - **Cancellation**: cancelling the wait cancels what it waits for.
 * - **Timeout**: it ends only when what it waits for has ended. If that gives a result or
 *   throws an error of its own in spite of the cancel, so does the wait.
 * - **0 or less**: a future that is done gives its result; anything else is cancelled, and
 *   a coroutine does not begin.
 *
 * A coroutine runs in the current task, a plain promise goes on after the timeout.
 *
 * @param awaitable A future, coroutine, promise, or function that gives one.
 * @param limit Seconds, or an object with units; `undefined` for no limit.
 * @param options A signal.
 * @returns A coroutine of the result.
 * @throws {TimeoutError} If there was no result in time; its `cause` is the CancelledError.
 * @throws {CancelledError} If it was cancelled, or the signal aborted.
 * @throws {TypeError} If `awaitable` can't be waited for, or `limit` is no delay.
 * @throws {RangeError} If `limit` is NaN.
 * @throws {RuntimeError} If used outside of a task.
 *
 * @example Get the result in time
 * ```ts
 * import { run, sleep, waitFor } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await run(() => waitFor(sleep(0.001, "ok"), { seconds: 60 })), "ok");
 * ```
 */
export function waitFor<A extends Work | (() => Work)>(
  awaitable: A,
  limit: Delay | undefined,
  options: WaitForOptions = {},
): Coroutine<AwaitedResult<A>> {
  refuseAsyncGenerator(awaitable, "wait");
  let seconds: number | undefined;
  try {
    if (limit !== undefined) check("wait", "limit", limit, DELAY);
    options = checkOptions("wait", options, WAIT_FOR_OPTIONS);
    seconds = limit === undefined ? undefined : toSeconds(limit);
  } catch (error) {
    closeCoroutine(awaitable);
    throw error;
  }
  return new MethodCoroutine(
    "waitFor",
    () => waiting(awaitable, seconds, options.signal),
    mayRunAsync(awaitable),
  ) as Coroutine<unknown> as Coroutine<AwaitedResult<A>>;
}

function waiting(
  awaitable: unknown,
  seconds: number | undefined,
  signal: AbortSignal | undefined,
): Coro<unknown> {
  if (signal !== undefined) return underSignal(awaitable, seconds, signal);
  if (seconds !== undefined && seconds <= 0) return atOnce(awaitable);
  return underLimit(awaitable, seconds);
}

function* underSignal(
  awaitable: unknown,
  seconds: number | undefined,
  signal: AbortSignal,
): Coro<unknown> {
  const aborted = abortedBefore(signal);
  if (aborted !== undefined) {
    closeCoroutine(awaitable);
    throw aborted;
  }
  const link = new SignalLink(signal, enterScope(new Timeout()));
  try {
    return yield* waiting(awaitable, seconds, undefined);
  } catch (error) {
    throw link.errorOf(error);
  } finally {
    link.leave();
  }
}

function* underLimit(
  awaitable: unknown,
  seconds: number | undefined,
): Coro<unknown> {
  const now = requireScheduler().time();
  const scope = new Timeout(seconds === undefined ? undefined : now + seconds);
  scope._enter(now);
  let result: unknown;
  try {
    result = yield* inline(awaitable);
  } catch (error) {
    // A CancelledError too: only the scope's own becomes a TimeoutError.
    throw scope._leave(error);
  }
  scope._leave(undefined);
  return result;
}

function* atOnce(awaitable: unknown): Coro<unknown> {
  const future = futureOf(awaitable as Awaitable<unknown>, undefined);
  if (future.done()) return future.result();
  const waited = tell(currentLine()!, [future]);
  yield* cancelAndWait(future);
  try {
    return future.result();
  } catch (error) {
    // Whoever cancels this wait is thrown above; here the future was cancelled.
    if (!isInstance(error, CancelledError)) throw error;
    throw unplaced(
      new TimeoutError(`Timed out at once: ${waited}`, { cause: error }),
    );
  }
}

/** Calls a plain function, and can leave the promise behind that it gives. */
class PlainCall extends FunctionCoroutine<unknown> {
  override _start(driver: unknown): unknown {
    const given = super._start(driver);
    // Those of this library can be cancelled where they wait.
    if (isCoroutine(given) || isFuture(given) || !isThenable(given)) {
      return given;
    }
    const line = lineOf(driver as Driver) as BodyLine;
    return new Promise((resolve, reject) => {
      let hasEnded = false;
      asPromise(given).then((value) => {
        hasEnded = true;
        resolve(value);
      }, (error) => {
        hasEnded = true;
        reject(error);
      });
      line._interrupt = (reason) => {
        line.abandon();
        // In a turn, as all that is cancelled: whoever asks for it now comes to its wait first.
        const loop = line.getLoop();
        const end = () => {
          if (!hasEnded) line.settle();
          reject(cancelledError(reason, loop.getDebug()));
        };
        if (loop.isClosed()) end();
        else loop.callSoon(end);
      };
    });
  }
}

/** Returns what a task can wait for without a task in between. */
function inline(awaitable: unknown): Coro<unknown> {
  if (isGenerator(awaitable)) claim(awaitable);
  if (isFuture(awaitable) || isCoroutine(awaitable)) {
    return awaitable as unknown as Coro<unknown>;
  }
  if (typeof awaitable === "function") {
    const callee = awaitable as () => unknown;
    // It may give a promise of the host, which is waited for as if it was given itself.
    if (!isAsyncFunction(callee) && !isGeneratorFunction(callee)) {
      return new PlainCall(callee, []) as unknown as Coro<unknown>;
    }
    return new FunctionCoroutine(callee, []) as unknown as Coro<unknown>;
  }
  const future = futureOf(awaitable as Awaitable<unknown>, undefined);
  return future as unknown as Coro<unknown>;
}

// It does not wait for the future itself, so that a cancel can end the wait.
function* cancelAndWait(
  future: Future<unknown>,
): Generator<Wait, void, unknown> {
  const ending = new OwnedFuture(future.getLoop(), {
    describeWait: () => `the end of ${future}`,
    waitsFor: () => [future],
  });
  const onDone = new DoneCallback(
    () => ending.release(),
    copyContext(),
    ending,
  );
  watch(future, onDone);
  try {
    future.cancel();
    yield* ending;
  } finally {
    unwatch(future, onDone);
  }
}
