/**
 * An async function's `await` of a coroutine: it runs as a part of the task.
 *
 * @module
 */
import type { CancelReason } from "../_base/cancelled.ts";
import { endEvents } from "../_base/descent.ts";
import type { Body } from "../_coroutine/body.ts";
import { Coroutine, place } from "../_coroutine/coroutine.ts";
import { isUnplaced } from "../_base/error_place.ts";
import { drive, type Driver, open, SUSPENDED, waitFor } from "./drive.ts";
import { settleRequest } from "../_line/cancel_request.ts";
import {
  cancelDriver,
  cancelFuture,
  cancelLine,
} from "../_line/cancel_line.ts";
import { noteBodyEnd } from "../_line/bursts.ts";
import { takeScopeCancel } from "../_line/delivery.ts";
import type { LineState, ScopeLine } from "../_line/line.ts";
import { Future } from "../future.ts";
import { PROMISE_BODY, type PromiseBody } from "../_coroutine/promise_body.ts";
import type { PendingAwait } from "../_future/future_await.ts";
import type { Scheduler } from "../handle.ts";
import { awaitNextTurn, NextTurn } from "../_coroutine/next_turn.ts";
import {
  NEXT_TURN,
  putBack,
  running,
  takeSlots,
  wouldGiveWay,
} from "../_base/running.ts";
import {
  hasAsyncContext,
  noteResumedLine,
  type Start,
} from "../_host/async_context.ts";
import {
  Await,
  type OnFulfilled,
  type OnRejected,
  placedRejection,
} from "../_future/await.ts";

/**
 * Runs a coroutine for an `await`, up to its first wait within the turn of the `await`.
 *
 * @param coroutine The coroutine, not begun.
 * @param scheduler The loop.
 * @param line The line whose async function awaits.
 * @param onFulfilled Takes the result.
 * @param onRejected Takes the error.
 * @returns What `then()` gives.
 */
export function awaitCoroutine<T, A, B>(
  coroutine: Coroutine<T>,
  scheduler: Scheduler,
  line: LineState | undefined,
  onFulfilled: OnFulfilled<T, A>,
  onRejected: OnRejected<B>,
): Promise<A | B> {
  if (coroutine instanceof NextTurn) {
    return awaitNextTurn(coroutine, scheduler, line, onFulfilled, onRejected);
  }
  const outer = takeSlots(scheduler, line?._task, undefined);
  try {
    const body = coroutine[Symbol.iterator]() as unknown as Body;
    const inContext = coroutine._startInContext;
    // Where the host has no storage, what an async function does after its first wait
    // belongs to whom the loop has resumed: nobody else may be on their way then.
    const givesWay = wouldGiveWay() ||
      !hasAsyncContext && coroutine._mayRunAsync;
    const step = givesWay || inContext !== undefined ? undefined : body.next();
    // Many need no driver: 200 ns less, and 200 B.
    if (step?.done) {
      const ended = new SettledAwait(onFulfilled, onRejected);
      ended.fulfil(step.value as T);
      return ended;
    }
    const driver = new CoroutineAwait(
      body,
      scheduler,
      line,
      onFulfilled,
      onRejected,
    );
    if (givesWay || step === NEXT_TURN) driver.startLater(inContext);
    else if (step === undefined) inContext!({ driver });
    else driver.start(step.value, coroutine);
    return driver;
  } catch (error) {
    const rejection = isUnplaced(error)
      ? placedRejection(error)
      : Promise.reject<T>(error);
    return rejection.then(onFulfilled, onRejected);
  } finally {
    putBack(outer);
  }
}

/** An `await` that had nothing to wait for. */
class SettledAwait<T, A, B> extends Await<T, A, B> {
  override fulfil(value: T): void {
    super.fulfil(value);
  }
}

/**
 * Runs a coroutine for an `await` and delivers its outcome there.
 *
 * Its methods are private to the compiler alone: V8 keeps 8 B in each object for those
 * that are private to itself.
 */
class CoroutineAwait<T, A, B> extends Await<T, A, B>
  implements Driver, PendingAwait {
  _body: Body | (() => unknown);
  _coroutine: Coroutine<unknown> | undefined = undefined;
  _waitingOn: Future<unknown> | PromiseBody | Start | undefined = undefined;
  _scope: ScopeLine | undefined = undefined;
  readonly _line: LineState | undefined;
  readonly _isBeside: boolean;
  readonly #scheduler: Scheduler;

  constructor(
    body: Body,
    scheduler: Scheduler,
    line: LineState | undefined,
    onFulfilled: OnFulfilled<T, A>,
    onRejected: OnRejected<B>,
  ) {
    super(onFulfilled, onRejected);
    this._body = body;
    this.#scheduler = scheduler;
    this._line = line;
    this._isBeside = line !== undefined && line._mayAwaitTask();
  }

  get _task(): object | undefined {
    return this._line?._task;
  }

  /** Waits for what the first step of the coroutine gave: often a future. */
  start(wait: unknown, coroutine: Coroutine<unknown>): void {
    running.driver = this;
    if (
      wait instanceof Future &&
      waitFor(this, this.#scheduler, wait) === undefined
    ) {
      this._line?._addAwait(this);
      this.#scheduler._noteSuspended();
      return;
    }
    let failed = false;
    let error: unknown;
    let opened: unknown;
    try {
      // One that is its own body has begun to wait: it gives its wait again.
      if (wait === coroutine) opened = open(this, this.#scheduler, coroutine);
    } catch (thrown) {
      // Its function threw before it gave a body: thrown into the coroutine.
      failed = true;
      error = thrown;
    }
    if (opened !== SUSPENDED) this.advance(failed, error);
    else this.stand();
    if (this._waitingOn !== undefined) this.#scheduler._noteSuspended();
  }

  /** Begins, in the async context of the call that gave the coroutine. */
  _start(): void {
    const outer = takeSlots(this.#scheduler, this._task, undefined);
    const body = this._body as Body;
    try {
      let step = body.next();
      // That was asked before.
      if (step === NEXT_TURN) step = body.next();
      if (step.done) this.fulfil(step.value as T);
      else this.start(step.value, body as unknown as Coroutine<unknown>);
    } catch (error) {
      this.reject(error);
    } finally {
      putBack(outer);
    }
  }

  /** Begins in the next turn. */
  startLater(inContext: Start | undefined): void {
    this._waitingOn = inContext;
    this._wake();
    this.stand();
    this.#scheduler._noteSuspended();
  }

  _wake(): void {
    this.#scheduler._enqueue(this);
  }

  _run(): void {
    running.task = this._task;
    running.driver = this;
    running.context = undefined;
    const waited = this._waitingOn;
    let cancelled = this._line?._takeCancel(this, waited);
    if (this._scope !== undefined) {
      const ofScope = takeScopeCancel(this._scope, waited);
      cancelled ??= ofScope;
    }
    if (typeof waited === "function" && cancelled === undefined) {
      this._waitingOn = undefined;
      this.leave();
      waited({ driver: this });
      return endEvents();
    }
    this.advance(cancelled !== undefined, cancelled);
  }

  _resume(failed: boolean, outcome: unknown): void {
    const outer = takeSlots(this.#scheduler, this._task, this);
    if (this._scope !== undefined) noteBodyEnd(this._scope, failed, outcome);
    try {
      if (this.#scheduler.getDebug()) this.advanceTimed(failed, outcome);
      else this.advance(failed, outcome);
    } finally {
      putBack(outer);
    }
  }

  _cancelWait(reason: CancelReason, lines: LineState[] | undefined): boolean {
    if (this._scope === undefined) {
      return cancelFuture(this, this._line, reason);
    }
    const inside = lines ?? [];
    const taken = cancelDriver(this, undefined, this._line, reason, inside);
    if (lines === undefined) {
      for (const line of inside) cancelLine(line, reason);
    }
    return taken;
  }

  _describe(): string {
    const awaited = this.awaited();
    return (awaited as { _describe?(): string } | undefined)?._describe?.() ??
      String(awaited ?? "its turn");
  }

  _waitsFor(): unknown[] {
    const awaited = this.awaited();
    return awaited === undefined ? [] : [awaited];
  }

  *_awaitedBy(): Generator<unknown, void, undefined> {
    if (this._line !== undefined) yield this._line._task;
  }

  override toString(): string {
    return this._line === undefined
      ? "await"
      : `await of ${this._line._describe()}`;
  }

  // One that has yet to begin waits for its turn alone.
  private awaited(): Future<unknown> | PromiseBody | undefined {
    const waitingOn = this._waitingOn;
    return typeof waitingOn === "function" ? undefined : waitingOn;
  }

  private advanceTimed(throwing: boolean, input: unknown): void {
    const step = (): void => this.advance(throwing, input);
    this.#scheduler._timeStep(this._task ?? this, step);
  }

  private advance(throwing: boolean, input: unknown): void {
    try {
      const outcome = drive(this, this.#scheduler, throwing, input);
      if (outcome === SUSPENDED) return this.stand();
      this.leave();
      this.fulfil(outcome as T);
    } catch (error) {
      const body = this._body;
      if (isUnplaced(error) && body instanceof Coroutine) place(error, body);
      // It belongs to whoever awaits, a CancelledError too; a KeyboardInterrupt that nobody
      // catches ends the run by way of the task.
      this.leave();
      this.reject(error);
    }
  }

  // Stands at a wait. A cancel that came while nothing could take it goes to this one.
  private stand(): void {
    const line = this._line;
    if (line === undefined) return;
    const request = this._scope?._request;
    // An async function gets it at its own next wait.
    if (
      request?.pending && this._waitingOn !== PROMISE_BODY &&
      this._cancelWait(request.reason, undefined)
    ) settleRequest(request);
    line._addAwait(this);
  }

  private leave(): void {
    this._line?._removeAwait(this);
    noteResumedLine(this._line);
    this.#scheduler._noteResumed();
  }
}
