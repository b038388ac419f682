/**
 * `fromSignal()`: makes an API of promises and AbortSignals one that a task can cancel.
 *
 * ```ts
 * import { fromSignal, run, TimeoutError, waitFor } from "@asyncio/asyncio";
 * import { assert, assertRejects } from "@std/assert";
 *
 * let aborted = false;
 * function download(signal: AbortSignal) {
 *   return new Promise<string>((_, reject) => {
 *     signal.addEventListener("abort", () => {
 *       aborted = true;
 *       reject(signal.reason);
 *     });
 *   });
 * }
 *
 * await assertRejects(() => run(() => waitFor(fromSignal(download), 0.01)), TimeoutError);
 * assert(aborted);
 * ```
 *
 * @module
 */
import { asPromise, isThenable } from "./_coroutine/thenable.ts";
import { cancelledError, cancelReason } from "./_base/cancelled.ts";
import {
  type Coro,
  type Coroutine,
  refuseAsyncGenerator,
  type WorkResult,
} from "./_coroutine/coroutine.ts";
import { BodyLine } from "./_task/body_line.ts";
import type { Driver } from "./_task/drive.ts";
import type { PendingAwait } from "./_future/future_await.ts";
import { failureWith } from "./_future/failure.ts";
import {
  CancelRequest,
  noteLate,
  settleEnded,
} from "./_line/cancel_request.ts";
import { cancelLine } from "./_line/cancel_line.ts";
import { eventOf, hadEnded, isUnsure } from "./_line/bursts.ts";
import { isQuiet, knownWaitsOf, lineOf } from "./_line/line.ts";
import { describeInside } from "./_line/wait_text.ts";
import type { CancelledError } from "./errors.ts";
import type { Scheduler } from "./handle.ts";
import { runInLine } from "./_host/async_context.ts";
import { abortForgiven } from "./_host/uncaught.ts";
import { makeUnplaced } from "./_base/error_place.ts";
import { running } from "./_base/running.ts";
import { callbackName, describeKind, nameOr } from "./_base/repr.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import { MethodCoroutine } from "./_task/function_coroutine.ts";
import { type FutureOwner, OwnedFuture } from "./_task/owned_future.ts";

/** What {@linkcode fromSignal} calls: a function that gives what its signal aborts. */
export type SignalFunction<T> = (signal: AbortSignal) => PromiseLike<T>;

/**
 * Waits for a promise that a signal can abort.
 *
 * - **Cancellation**: aborts the signal with the CancelledError, and waits until the
 *   promise has settled. Then the CancelledError comes out, also if it gives a result all the
 *   same, as many APIs of the host do when they are aborted.
 * - **Errors**: those of the promise.
 *
 * The signal is aborted by a cancel alone, so it needs no clean-up.
 *
 * @param fn Is called when the wait begins; gives a promise that the signal aborts.
 * @returns A coroutine of what the promise gives.
 * @throws {TypeError} If `fn` is no function, or gives no promise.
 *
 * @example Fetch in a task
 * ```ts ignore
 * import { fromSignal, run, timeout } from "@asyncio/asyncio";
 *
 * const response = await run(() =>
 *   timeout(5, async () =>
 *     await fromSignal((signal) => fetch("https://example.com", { signal })))
 * );
 * ```
 */
export function fromSignal<
  T,
  F extends (signal: AbortSignal) => { readonly then: object } = never,
>(fn: F | SignalFunction<T>): Coroutine<WorkResult<F, T>> {
  if (typeof fn !== "function") {
    throw new TypeError(
      `Cannot wait: a function of a signal was expected, got ${
        describeKind(fn)
      }`,
    );
  }
  refuseAsyncGenerator(fn, "wait");
  const given = fn as SignalFunction<WorkResult<F, T>>;
  const name = nameOr("fromSignal", fn);
  return new MethodCoroutine(name, () => waitFor(given), true);
}

function* waitFor<T>(fn: (signal: AbortSignal) => PromiseLike<T>): Coro<T> {
  const loop = requireScheduler();
  const name = callbackName(fn);
  const abortable = new Abortable<T>(loop, name);
  // A line of its own, since it may be an async function that waits for this library.
  const promise = runInLine(abortable.line, () => fn(abortable.signal));
  if (!isThenable(promise)) {
    throw makeUnplaced(() =>
      new TypeError(
        `Cannot wait: ${name} must give a promise, gave ${
          describeKind(promise)
        }: make it async, or return what it waits for`,
      )
    );
  }
  abortable.follow(promise);
  return yield* abortable.future;
}

/** Follows a promise; its cancel aborts the signal, and waits. */
class Abortable<T> implements FutureOwner {
  readonly future: OwnedFuture<T>;
  /** The line of the function. */
  readonly line: BodyLine;
  readonly #controller = new AbortController();
  readonly #name: string;
  readonly #driver: Driver;
  #cancelled: CancelledError | undefined = undefined;
  // Whether its last wait had ended before the cancel.
  #hadEnded = false;

  constructor(loop: Scheduler, name: string) {
    this.future = new OwnedFuture(loop, this);
    this.#name = name;
    this.#driver = running.driver as Driver;
    this.line = new BodyLine(lineOf(this.#driver)!);
  }

  follow(promise: PromiseLike<T>): void {
    asPromise(promise).then(
      (value) => {
        // It may have had its result before it was cancelled, and was on its way.
        const isCancelled = this.#leave() && !this.#hadEnded;
        if (isCancelled) this.future._settleCancelled(this.#cancelled);
        else {
          this.#noteLate();
          this.future.setResult(value);
        }
      },
      (error) => {
        if (this.#leave()) this.future._settleCancelled(this.#cancelled);
        else this.future.setException(failureWith(error));
      },
    );
  }

  passCancelOn(message?: string, options?: ErrorOptions): boolean {
    const reason = cancelReason(message, options);
    const { line } = this;
    const isFirst = this.#cancelled === undefined;
    if (isFirst) {
      this.#cancelled = cancelledError(reason, line.getLoop().getDebug());
      // What waits for the host has the signal.
      (line._request ??= new CancelRequest()).aborted = true;
    }
    cancelLine(line, reason);
    if (isFirst) {
      const event = eventOf(line, line._request!);
      abortForgiven(this.#controller, this.#cancelled!);
      event?.end();
    }
    return true;
  }

  wouldTakeCancel(): boolean {
    return true;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  // Ends the line; says whether it was cancelled.
  #leave(): boolean {
    const { line } = this;
    const request = line._request;
    this.#hadEnded = request?.pending === true && !isUnsure(line, request) &&
      hadEnded(line, request);
    if (request !== undefined) settleEnded(request);
    line.leave();
    return this.#cancelled !== undefined;
  }

  // What waits for it is still to get a cancel that has come too late for this.
  #noteLate(): void {
    const request = this.line._outer._request;
    if (this.#cancelled !== undefined && request?.pending) {
      noteLate(request, this.#driver as Driver & PendingAwait);
    }
  }

  isOfHost(): boolean {
    return isQuiet(this.line);
  }

  /** Returns what its function waits for. */
  waitsFor(): unknown[] {
    return knownWaitsOf(this.line);
  }

  describeWait(): string {
    const state = this.#cancelled === undefined ? "" : ", which was aborted";
    return describeInside(
      `fromSignal of ${this.#name}${state}`,
      "function",
      this.waitsFor(),
      this.line.getLoop(),
    );
  }
}
