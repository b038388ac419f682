/**
 * An async function's `await` of a future.
 *
 * @module
 */
import {
  cancelledError,
  type CancelReason,
  cancelWith,
  hasComeBack,
} from "../_base/cancelled.ts";
import { type CancelledError, RuntimeError } from "../errors.ts";
import type { Scheduler } from "../handle.ts";
import type { Runnable, Waiter } from "../_base/roles.ts";
import { running } from "../_base/running.ts";
import { noteResumedLine } from "../_host/async_context.ts";
import { Await, type OnFulfilled, type OnRejected } from "./await.ts";

/** A wait that an async function's `await` has begun, as its line sees it. */
export interface PendingAwait {
  /**
   * Cancels what it waits for; it is not taken if that is done or can't be cancelled.
   *
   * @param reason What the request carries.
   * @param lines Takes the lines inside that have to be cancelled too.
   */
  _cancelWait(reason: CancelReason, lines: Line[] | undefined): boolean;
  /** Whether it is a callback of a user's for the end of what goes on by itself. */
  _isCallback?(): boolean;
}

/** What a wait knows of the line of async functions that does it. */
export interface Line {
  /** The task that it belongs to. */
  readonly _task: object;
  getLoop(): Scheduler;
  /** Adds a wait that has begun. */
  _addAwait(wait: PendingAwait): void;
  /** Takes a wait away that ends in this turn; gives the error of a cancel to throw. */
  _endAwait(wait: PendingAwait, waited: unknown): CancelledError | undefined;
  /** Takes a wait away that has ended. */
  _removeAwait(wait: PendingAwait): void;
  /** Returns the error of a cancel to throw, for a wait that goes on. */
  _takeCancel(wait: PendingAwait, waited: unknown): CancelledError | undefined;
  /** Whether it runs on in this burst of microtasks. */
  _isOnItsWay(): boolean;
  /** Whether what waits now is a branch beside the task's own functions: it may await the task. */
  _mayAwaitTask(): boolean;
  _describe(): string;
}

/** What a wait knows of its future. */
export interface WaitedFuture<T> {
  getLoop(): Scheduler;
  result(): T;
  cancel(message?: string, options?: ErrorOptions): boolean;
  _removeWaiter(waiter: Waiter): void;
}

/** Returns the error for a future or coroutine that other code than a task's iterates over. */
export function notIterable(awaitable: object): RuntimeError {
  return new RuntimeError(
    `Cannot iterate over ${awaitable}: wait for it with "yield*" or "await"`,
  );
}

/** Says why `task`, which runs in `loop`, can't wait for `future`, if so. */
export function misplacedWait(
  task: object | undefined,
  loop: Scheduler,
  future: { getLoop(): Scheduler },
): RuntimeError | undefined {
  if (task === future) {
    return new RuntimeError(`Task cannot await itself: ${task}`);
  }
  if (future.getLoop() === loop) {
    // Nothing would ever wake it: a function that was left behind runs its `finally`.
    return loop.isClosed()
      ? new RuntimeError("Cannot wait: the event loop is closed")
      : undefined;
  }
  return new RuntimeError(
    `Cannot wait: ${task} got ${future}, which belongs to another loop`,
  );
}

/** Stands for a future that who waited for it was taken from, by a cancel. */
class EndedWait implements WaitedFuture<never> {
  readonly #loop: Scheduler;
  readonly #reason: CancelReason;

  constructor(loop: Scheduler, reason: CancelReason) {
    this.#loop = loop;
    this.#reason = reason;
  }

  getLoop(): Scheduler {
    return this.#loop;
  }

  result(): never {
    throw cancelledError(this.#reason, this.#loop.getDebug());
  }

  cancel(): boolean {
    return false;
  }

  _removeWaiter(): void {}

  toString(): string {
    return "a wait that has ended";
  }
}

/**
 * A waiter of the future, a wait of its task, and the promise-like object that
 * `then()` gives, in one.
 */
export class FutureAwait<T, A, B> extends Await<T, A, B>
  implements Waiter, Runnable, PendingAwait {
  #future: WaitedFuture<T>;
  readonly #line: Line | undefined;

  constructor(
    future: WaitedFuture<T>,
    line: Line | undefined,
    onFulfilled: OnFulfilled<T, A>,
    onRejected: OnRejected<B>,
  ) {
    super(onFulfilled, onRejected);
    this.#future = future;
    this.#line = line;
    future.getLoop()._noteSuspended();
  }

  get _task(): object | undefined {
    return this.#line?._task;
  }

  _wake(): void {
    this.#future.getLoop()._enqueue(this);
  }

  _run(): void {
    this.#future.getLoop()._noteResumed();
    // For a callback that `then()` was given.
    const line = this.#line;
    noteResumedLine(line);
    running.task = line?._task;
    running.driver = undefined;
    running.context = undefined;
    const cancelled = line?._endAwait(this, this.#future);
    if (cancelled !== undefined) return this.reject(cancelled);
    let value: T;
    try {
      value = this.#future.result();
    } catch (error) {
      // Handed on to whoever awaits, a CancelledError too.
      return this.reject(error);
    }
    this.fulfil(value);
  }

  _cancelWait(reason: CancelReason): boolean {
    const taken = cancelWith(this.#future, reason);
    if (!hasComeBack(this._task)) return taken;
    this.#future._removeWaiter(this);
    this.#future = new EndedWait(this.#future.getLoop(), reason);
    this._wake();
    return false;
  }

  _isCallback(): boolean {
    return this.callsUser();
  }

  _describe(): string {
    const future = this.#future as { _describe?(): string };
    return future._describe?.() ?? String(future);
  }

  _waitsFor(): unknown[] {
    return [this.#future];
  }

  *_awaitedBy(): Generator<unknown, void, undefined> {
    if (this.#line !== undefined) yield this.#line._task;
  }

  override toString(): string {
    return this.#line === undefined
      ? "await"
      : `await of ${this.#line._describe()}`;
  }
}
