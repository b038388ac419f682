/**
 * Futures: results that are not there yet.
 *
 * A future is what callbacks and tasks meet at. Application code mostly uses
 * tasks; futures connect code that works with callbacks.
 *
 * ```ts
 * import { getRunningLoop, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const answer = await run(async () => {
 *   const loop = getRunningLoop();
 *   const future = loop.createFuture<number>();
 *   loop.callLater(0.01, () => future.setResult(42));
 *   return await future;
 * });
 * assertEquals(answer, 42);
 * ```
 *
 * @module
 */
import {
  check,
  checkOptions,
  CONTEXT,
  FUNCTION,
  LOOP,
  type OptionKinds,
} from "./_base/arguments.ts";
import {
  cancelledError,
  type CancelReason,
  cancelReason,
} from "./_base/cancelled.ts";
import { type Context, copyContext } from "./context.ts";
import { DoneCallback } from "./_future/done_callback.ts";
import { Failure } from "./_future/failure.ts";
import { Waiters } from "./_future/waiters.ts";
import { CancelledError, InvalidStateError } from "./errors.ts";
import type { CallbackOptions, Scheduler } from "./handle.ts";
import {
  FutureAwait,
  type Line,
  misplacedWait,
  notIterable,
} from "./_future/future_await.ts";
import { asyncLine, catchAwaits } from "./_host/async_context.ts";
import { forgive } from "./_host/uncaught.ts";
import {
  areOfUser,
  hostPromise,
  type OnFulfilled,
  type OnRejected,
  placedRejection,
  refuseAwait,
} from "./_future/await.ts";
import type { kWait, Waiter } from "./_base/roles.ts";
import { describeCreation } from "./_base/creation.ts";
import {
  describeOnce,
  describeValue,
  guarded,
  isInstance,
  isObject,
  isRevoked,
} from "./_base/repr.ts";
import { comesToUser, isUnplaced, placeHere } from "./_base/error_place.ts";
import { mustGiveWay, NEXT_TURN } from "./_base/running.ts";
import { schedulerForNew } from "./_loop/scheduler.ts";

/** What a coroutine yields to the task that runs it: a request to wait. Opaque. */
export interface Wait {
  /** @internal */
  readonly [kWait]: true;
}

/** What `yield*` asks of a future or a coroutine that it waits for. */
// No Iterator: of the argument of its `return`, which may be left out, the compiler would take
// that a coroutine may give undefined, where Generator has no `[Symbol.dispose]` (in ES2022).
export interface WaitIterator<T> {
  /** @internal */
  next(): IteratorResult<Wait, T>;
}

/** Options of {@linkcode Future}. */
export interface FutureOptions {
  /**
   * The loop that the future belongs to.
   *
   * @default {the running loop, else the current one}
   */
  readonly loop?: Scheduler | undefined;
}

const FUTURE_OPTIONS: OptionKinds<FutureOptions> = { loop: LOOP };
const CALLBACK_OPTIONS: OptionKinds<CallbackOptions> = { context: CONTEXT };

type State =
  | typeof PENDING
  | typeof REQUESTED
  | typeof CANCELLED
  | typeof FINISHED
  | typeof FAILED;
// In this order: what is above REQUESTED is done.
const PENDING = 0;
// Pending, and `yield*` has asked for it; the driver that gets it takes that back.
const REQUESTED = 1;
const CANCELLED = 2;
const FINISHED = 3;
const FAILED = 4;

/** Says that an object is a future though its class does not extend {@linkcode Future}. */
export const FUTURE_MARKER: unique symbol = Symbol.for(
  "asyncio.future",
) as never;

/**
 * A result that is not there yet: pending, then finished, failed or cancelled.
 *
 * - **Order**: callbacks and waiting tasks run in the order in which they came.
 * - **Turns**: nobody runs inside `setResult()`; they run in the loop's next turn.
 * - **Errors**: one that nobody has fetched after some seconds is reported, at the latest
 *   when the loop is closed.
 *
 * `yield* future` in a generator and `await future` in an async function both
 * give the result.
 *
 * @typeParam T The type of the result.
 *
 * @example Set the result from elsewhere
 * ```ts
 * import { Future, getRunningLoop, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const text = await run(async () => {
 *   const future = new Future<string>();
 *   getRunningLoop().callSoon(() => future.setResult("ready"));
 *   return await future;
 * });
 * assertEquals(text, "ready");
 * ```
 */
export class Future<T> implements Promise<T> {
  /** @internal */
  declare readonly [FUTURE_MARKER]: true;
  static {
    Object.defineProperty(this.prototype, FUTURE_MARKER, { value: true });
  }

  // As in Coroutine: set in the constructor, and no private member, for the sake of
  // subclasses, which are made by the hundred thousand.
  /** @internal */
  declare _state: State;
  /**
   * @internal The state says what it is. While it is pending, its waiters: none, one, or
   * several in the order in which they came; then the result, the Failure, or the
   * CancelReason. One field, since a future has never both: 8 B a future and a task.
   */
  declare _waitersOrOutcome: unknown;
  /** The loop of the future, as far as subclasses need it. */
  declare protected readonly scheduler: Scheduler;

  /**
   * Makes a pending future. `loop.createFuture()` does the same.
   *
   * @param options The loop.
   * @throws {RuntimeError} If no loop is given, running or current.
   * @throws {TypeError} If `loop` is no event loop.
   */
  constructor(options?: FutureOptions) {
    const loop = isRevoked(options) ? undefined : options?.loop;
    const scheduler = loop ?? loopWithout(options);
    if (
      isRevoked(scheduler) || typeof scheduler._enqueue !== "function" ||
      typeof scheduler.getDebug !== "function"
    ) {
      check("make a future", "loop", scheduler, LOOP);
    }
    this._state = PENDING;
    this._waitersOrOutcome = undefined;
    this.scheduler = scheduler;
    if (scheduler.getDebug()) scheduler._trace(this);
  }

  /** The loop that the future belongs to. */
  getLoop(): Scheduler {
    return this.scheduler;
  }

  /** Whether it is finished, failed or cancelled. */
  done(): boolean {
    return this._state > REQUESTED;
  }

  /** Whether it was cancelled. */
  cancelled(): boolean {
    return this._state === CANCELLED;
  }

  /**
   * Returns the result, or throws the error.
   *
   * @returns The result.
   * @throws {InvalidStateError} If it is pending.
   * @throws {CancelledError} If it was cancelled.
   */
  result(): T {
    switch (this._state) {
      case FINISHED:
        return this._waitersOrOutcome as T;
      case FAILED:
        throw fetchError(this);
      case CANCELLED:
        throw cancellationOf(this);
    }
    throw new InvalidStateError(
      `Result is not set: ${this} is pending, wait for it first`,
    );
  }

  /**
   * Returns the error, or `undefined` if there is a result.
   *
   * @returns The error.
   * @throws {InvalidStateError} If it is pending.
   * @throws {CancelledError} If it was cancelled.
   */
  exception(): unknown {
    switch (this._state) {
      case FINISHED:
        return undefined;
      case FAILED:
        return fetchError(this);
      case CANCELLED:
        throw cancellationOf(this);
    }
    throw new InvalidStateError(
      `Exception is not set: ${this} is pending, wait for it first`,
    );
  }

  /**
   * Finishes the future and wakes whoever waits, in the loop's next turn.
   *
   * @param result The result.
   * @throws {InvalidStateError} If it is done already.
   */
  setResult(result: T): void {
    if (this._state > REQUESTED) {
      throw new InvalidStateError(
        `Cannot set result ${describeValue(result)}: ${this} is done`,
      );
    }
    settle(this, FINISHED, result);
  }

  /**
   * Fails the future and wakes whoever waits, in the loop's next turn.
   *
   * @param error The error, or an error class to make one of.
   * @throws {InvalidStateError} If it is done already.
   * @throws {TypeError} If there is no error.
   */
  setException(error: unknown): void {
    if (this._state > REQUESTED) {
      throw new InvalidStateError(
        `Cannot set exception ${describeValue(error)}: ${this} is done`,
      );
    }
    if (error === undefined || error === null) {
      throw new TypeError(
        `Cannot set exception: an error was expected, got ${error}`,
      );
    }
    const failure = new Failure(
      this,
      isErrorClass(error) ? made(error) : error,
      {
        kind: this.kind,
        owner: this.label(),
        scheduler: this.scheduler,
        context: this.contextOfReports(),
        sourceTraceback: this.scheduler._traceOf(this),
      },
    );
    const isAwaited = this._waitersOrOutcome !== undefined;
    settle(this, FAILED, failure);
    // Whoever waits fetches it first, and then it needs no copy.
    if (isAwaited && !this.scheduler.isClosed()) {
      this.scheduler._enqueue(failure);
    } else failure._run();
  }

  /**
   * Cancels the future and wakes whoever waits, in the loop's next turn.
   *
   * @param message The message of the CancelledError.
   * @param options The `cause` of the CancelledError.
   * @returns Whether this cancelled it: false if it was done.
   * @throws {TypeError} If `message` is no string, or the options are no object.
   */
  cancel(message?: string, options?: ErrorOptions): boolean {
    if (this._state > REQUESTED) {
      // Whoever cancels it has no more interest in its error.
      if (this._state === FAILED) fetchError(this);
      return false;
    }
    this._settleCancelled(cancelReason(message, options));
    return true;
  }

  /**
   * Calls `callback` with the future in the loop's turn after it is done; in the
   * next turn if it is done already.
   *
   * @param callback What to call.
   * @param options The context to call it in.
   * @throws {TypeError} If `callback` is no function.
   */
  addDoneCallback(
    callback: (future: this) => void,
    options?: CallbackOptions,
  ): void {
    check("add a callback", "callback", callback, FUNCTION);
    options = checkOptions("add a callback", options, CALLBACK_OPTIONS);
    const context = options?.context ?? copyContext();
    const waiter = new DoneCallback(callback, context);
    if (this._state <= REQUESTED) this._addWaiter(waiter);
    else waiter._wake(this);
  }

  /**
   * Takes a callback back, however often it was added.
   *
   * @param callback The callback.
   * @returns How often it had been added.
   * @throws {TypeError} If `callback` is no function.
   */
  removeDoneCallback(callback: (future: this) => void): number {
    check("remove a callback", "callback", callback, FUNCTION);
    if (this._state > REQUESTED) return 0;
    const waiters = this._waitersOrOutcome;
    if (waiters instanceof Waiters) return waiters.deleteCallback(callback);
    if (!(waiters instanceof DoneCallback)) return 0;
    if (waiters.callback !== callback) return 0;
    this._waitersOrOutcome = undefined;
    return 1;
  }

  /**
   * Serves `await`, and turns the future into a promise where one is wanted.
   *
   * Inside a task, `task.cancel()` ends the wait with a CancelledError.
   *
   * @param onFulfilled Takes the result.
   * @param onRejected Takes the error, whose type it may name.
   * @returns A promise of what they give. They are called in the async context of here, but
   * for two at once if nobody uses the promise: use `catch()` then.
   */
  then<A = T, B = never, E = unknown>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null | undefined,
    onRejected?: ((reason: E) => B | PromiseLike<B>) | null | undefined,
  ): Promise<A | B> {
    if (this._state > REQUESTED) {
      return awaitDone(this, onFulfilled, onRejected as OnRejected<B>);
    }
    if (areOfUser(onFulfilled, onRejected)) {
      return hostPromise(this).then(onFulfilled, onRejected);
    }
    return this._await(onFulfilled, onRejected as OnRejected<B>);
  }

  /** @internal What `then()` does for the host. */
  _await<A, B>(
    onFulfilled: OnFulfilled<T, A>,
    onRejected: OnRejected<B>,
  ): Promise<A | B> {
    if (this._state > REQUESTED) {
      return awaitDone(this, onFulfilled, onRejected);
    }
    let line = asyncLine() as Line | undefined;
    if (line !== undefined) {
      // What a callback of the host has begun may wait for the task that it stems from: that
      // waits for none of this at its end, but a scope may still end it.
      if (line._task === this && line._mayAwaitTask()) {
        if ((line as unknown) === this) line = undefined;
      } else {
        const error = misplacedWait(line._task, line.getLoop(), this);
        if (error !== undefined) {
          return refuseAwait(error, onFulfilled, onRejected);
        }
      }
    }
    const wait = new FutureAwait(this, line, onFulfilled, onRejected);
    if (this.addDoneCallback === Future.prototype.addDoneCallback) {
      this._addWaiter(wait);
    } // As in CPython, a subclass that has its own is asked by it.
    else this.addDoneCallback(() => wait._run());
    line?._addAwait(wait);
    return wait;
  }

  /**
   * Takes the error, as a promise's `catch()`.
   *
   * @param onRejected Takes the error, a CancelledError too; it may name its type.
   * @returns A promise of the result, or of what it gives.
   */
  catch<B = never, E = unknown>(
    onRejected?: ((reason: E) => B | PromiseLike<B>) | null | undefined,
  ): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  /**
   * Calls a function at the end, as a promise's `finally()`.
   *
   * @param onFinally What to call.
   * @returns A promise of the result.
   */
  finally(onFinally?: (() => void) | null | undefined): Promise<T> {
    return hostPromise(this).finally(onFinally);
  }

  /** The word for the class. */
  get [Symbol.toStringTag](): string {
    return this.kind;
  }

  /** Serves `yield*`: gives the result, waiting for it if it is pending. */
  [Symbol.iterator](): WaitIterator<T> {
    return this;
  }

  /** @internal */
  next(): IteratorResult<Wait, T> {
    if (this._state <= REQUESTED) {
      return { done: false, value: this._requestWait() };
    }
    if (mustGiveWay()) return NEXT_TURN as never;
    if (this._state === FAILED) placeAtWait(this);
    return { done: true, value: this.result() };
  }

  /** @internal */
  throw(error: unknown): IteratorResult<Wait, T> {
    throw error;
  }

  /** @internal */
  return(value: T): IteratorResult<Wait, T> {
    if (this._state > REQUESTED) return { done: true, value };
    // Whoever takes one item and leaves the rest is no task.
    throw notIterable(this);
  }

  /** Returns `<Future pending>` and the like. */
  toString(): string {
    return describeOnce(
      this,
      () => `<${this.kind} ${this.describe().join(" ")}>`,
    );
  }

  /**
   * Returns {@linkcode Future.toString}: what is logged as JSON, as the context of an
   * exception handler may be, has no place for what a future holds.
   *
   * Not in CPython.
   */
  toJSON(): string {
    return this.toString();
  }

  /** Returns {@linkcode Future.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** The word for the class in reports. */
  protected get kind(): string {
    return "Future";
  }

  /** What reports call this future once it is gone. */
  protected label(): string {
    return `<${this.kind}>`;
  }

  /** The context to report an error in that nobody fetched. */
  protected contextOfReports(): Context | undefined {
    return undefined;
  }

  /** Returns the words of {@linkcode Future.toString}. */
  protected describe(): string[] {
    return [
      describeState(this._state),
      ...describeOutcome(this),
      ...describeWaiters(
        waitersOf(this),
        (waiter) => waiter instanceof Future ? waiter.label() : String(waiter),
      ),
      ...describeCreation(this.scheduler._traceOf(this)),
    ];
  }

  /** @internal */
  _requestWait(): Wait {
    if (this._state === REQUESTED) {
      // No driver took it the last time: something else iterates.
      this._state = PENDING;
      throw notIterable(this);
    }
    this._state = REQUESTED;
    return this as unknown as Wait;
  }

  /** @internal */
  _takeWaitRequest(): boolean {
    if (this._state !== REQUESTED) return false;
    this._state = PENDING;
    return true;
  }

  /** @internal */
  _addWaiter(waiter: Waiter): boolean {
    const waiters = this._waitersOrOutcome;
    if (waiters === undefined) this._waitersOrOutcome = waiter;
    else if (waiters === waiter) return false;
    else if (!(waiters instanceof Waiters)) {
      this._waitersOrOutcome = new Waiters(waiters as Waiter, waiter);
    } else return waiters.add(waiter);
    return true;
  }

  /** @internal */
  _removeWaiter(waiter: Waiter): void {
    if (this._state > REQUESTED) return;
    const waiters = this._waitersOrOutcome;
    if (waiters === waiter) this._waitersOrOutcome = undefined;
    else if (waiters instanceof Waiters) waiters.delete(waiter);
  }

  /** @internal */
  _settleCancelled(reason: CancelReason): void {
    settle(this, CANCELLED, reason);
  }

  /** @internal */
  _failure(): Failure | undefined {
    return this._state === FAILED
      ? this._waitersOrOutcome as Failure
      : undefined;
  }

  /** @internal */
  _givesCancelled(): boolean {
    if (this._state !== FAILED) return this._state === CANCELLED;
    return isInstance(
      (this._waitersOrOutcome as Failure).error,
      CancelledError,
    );
  }

  /** @internal */
  _cancelReason(): CancelReason {
    return this._waitersOrOutcome as CancelReason;
  }

  /** @internal */
  *_awaitedBy(): Generator<unknown, void, undefined> {
    for (const waiter of waitersOf(this)) {
      const task = waiter as { _awaitedBy?: () => Iterable<unknown> };
      if (waiter instanceof Future) yield waiter;
      else if (task._awaitedBy !== undefined) yield* task._awaitedBy();
    }
  }
}

catchAwaits(Future.prototype);

/**
 * Says whether `value` is a future or a task.
 *
 * @param value Anything.
 * @returns Whether it is one.
 *
 * @example Tell futures from promises
 * ```ts
 * import { isFuture, newEventLoop } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * using loop = newEventLoop();
 * assert(isFuture(loop.createFuture()));
 * assert(!isFuture(Promise.resolve()));
 * ```
 */
export function isFuture(value: unknown): value is Future<unknown> {
  try {
    if (value instanceof Future) return true;
  } catch {
    return false;
  }
  if (!isObject(value)) return false;
  // Asked of the class, so that a proxy that answers everything is none.
  const prototype = Object.getPrototypeOf(value) as
    | Partial<Future<unknown>>
    | null;
  return prototype?.[FUTURE_MARKER] === true;
}

function loopWithout(options: FutureOptions | undefined): Scheduler {
  return checkOptions("make a future", options, FUTURE_OPTIONS)?.loop ??
    schedulerForNew();
}

function isErrorClass(value: unknown): value is new () => Error {
  if (typeof value !== "function") return false;
  return value === Error ||
    guarded(() => isInstance(value.prototype, Error), false);
}

// The host may have rejected with the class, and there is nobody to throw at.
function made(kind: new () => Error): unknown {
  try {
    return new kind();
  } catch (error) {
    return error ?? kind;
  }
}

function waitersOf(future: Future<unknown>): Waiters | readonly Waiter[] {
  const waiters = future._waitersOrOutcome;
  if (future._state > REQUESTED || waiters === undefined) return [];
  return waiters instanceof Waiters ? waiters : [waiters as Waiter];
}

function settle<T>(future: Future<T>, state: State, outcome: unknown): void {
  const waiters = future._waitersOrOutcome as
    | Waiter
    | Waiters
    | undefined;
  future._state = state;
  future._waitersOrOutcome = outcome;
  // After the end of the loop nobody is left who could go on.
  if (waiters === undefined || future.getLoop().isClosed()) return;
  if (waiters instanceof Waiters) waiters.wake(future);
  else waiters._wake(future);
}

// Its error may have no frame of a user yet, and the generator that waits stands on the stack.
function placeAtWait(future: Future<unknown>): void {
  const { error } = future._waitersOrOutcome as Failure;
  if (isUnplaced(error) && comesToUser(future)) placeHere(error, future.next);
}

function fetchError(future: Future<unknown>): unknown {
  return (future._waitersOrOutcome as Failure).fetch();
}

// Made when first asked for, and then always the same.
function cancellationOf(future: Future<unknown>): CancelledError {
  const error = cancelledError(
    future._waitersOrOutcome as CancelReason,
    future.getLoop().getDebug(),
  );
  future._waitersOrOutcome = error;
  return error;
}

// An `await` of what is done takes no turn, but in a long chain of them.
function awaitDone<T, A, B>(
  future: Future<T>,
  onFulfilled: OnFulfilled<T, A>,
  onRejected: OnRejected<B>,
): Promise<A | B> {
  const line = mustGiveWay() && !areOfUser(onFulfilled, onRejected)
    ? asyncLine() as Line | undefined
    : undefined;
  if (
    line === undefined || line._task === future ||
    line.getLoop() !== future.getLoop()
  ) return toPromise(future).then(onFulfilled, onRejected);
  const wait = new FutureAwait(future, line, onFulfilled, onRejected);
  wait._wake();
  line._addAwait(wait);
  return wait;
}

function toPromise<T>(future: Future<T>): Promise<T> {
  try {
    return Promise.resolve(future.result());
  } catch (error) {
    // Handed on to whoever awaits, CancelledError included.
    if (isInstance(error, CancelledError)) forgive(error);
    return isUnplaced(error) ? placedRejection(error) : Promise.reject(error);
  }
}

function describeState(state: State): string {
  switch (state) {
    case PENDING:
    case REQUESTED:
      return "pending";
    case CANCELLED:
      return "cancelled";
    default:
      return "finished";
  }
}

function describeOutcome(future: Future<unknown>): string[] {
  if (future._state === FINISHED) {
    return [`result=${describeValue(future._waitersOrOutcome)}`];
  }
  if (future._state !== FAILED) return [];
  return [
    `exception=${describeValue((future._waitersOrOutcome as Failure).error)}`,
  ];
}

// To walk to the last of many costs each text as much as there are of them.
const MOST_WALKED = 1_000;

function describeWaiters(
  waiters: Waiters | readonly Waiter[],
  describe: (waiter: Waiter) => string,
): string[] {
  const { length } = waiters;
  if (length === 0) return [];
  const [first, second] = waiters;
  const names = [describe(first!)];
  if (length > MOST_WALKED) names.push(`<${length - 1} more>`);
  else if (length > 2) {
    names.push(`<${length - 2} more>`, describe([...waiters].at(-1)!));
  } else if (length === 2) names.push(describe(second!));
  return [`cb=[${names.join(", ")}]`];
}
