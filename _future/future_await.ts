/**
 * An async function's `await` of a future.
 *
 * @module
 */
import { type CancelReason, cancelWith } from "../_base/cancelled.ts";
import { type CancelledError, RuntimeError } from "../errors.ts";
import type { Scheduler } from "../handle.ts";
import type { Runnable, Waiter } from "../_base/roles.ts";
import { running } from "../_base/running.ts";
import { Await, type OnFulfilled, type OnRejected } from "./await.ts";

/** A wait that an async function's `await` has begun, as its task sees it. */
export interface PendingAwait {
  /** Cancels what it waits for; false if that is done or can't be. */
  _cancelWait(reason: CancelReason): boolean;
}

/** What a wait knows of the task whose async function does it. */
export interface AwaitingTask {
  getLoop(): Scheduler;
  _addAwait(wait: PendingAwait): void;
  _removeAwait(wait: PendingAwait): void;
  _takeCancel(waited: unknown): CancelledError | undefined;
  _describe(): string;
}

/** What a wait knows of its future. */
export interface WaitedFuture<T> {
  getLoop(): Scheduler;
  result(): T;
  cancel(message?: string, options?: ErrorOptions): boolean;
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
  if (future.getLoop() === loop) return undefined;
  return new RuntimeError(
    `Cannot wait: ${task} got ${future}, which belongs to another loop`,
  );
}

/**
 * A waiter of the future, a wait of its task, and the promise-like object that
 * `then()` gives, in one.
 */
export class FutureAwait<T, A, B> extends Await<T, A, B>
  implements Waiter, Runnable, PendingAwait {
  readonly #future: WaitedFuture<T>;
  readonly _task: AwaitingTask | undefined;

  constructor(
    future: WaitedFuture<T>,
    task: AwaitingTask | undefined,
    onFulfilled: OnFulfilled<T, A>,
    onRejected: OnRejected<B>,
  ) {
    super(onFulfilled, onRejected);
    this.#future = future;
    this._task = task;
    future.getLoop()._noteSuspended();
  }

  _wake(): void {
    this.#future.getLoop()._enqueue(this);
  }

  _run(): void {
    this.#future.getLoop()._noteResumed();
    // For a callback that `then()` was given.
    running.task = this._task;
    running.context = undefined;
    this._task?._removeAwait(this);
    const cancelled = this._task?._takeCancel(this.#future);
    if (cancelled !== undefined) return this.reject(cancelled);
    let value: T;
    try {
      value = this.#future.result();
    } catch (error) {
      // Handed on to who awaits, a CancelledError too.
      return this.reject(error);
    }
    this.fulfil(value);
  }

  _cancelWait(reason: CancelReason): boolean {
    return cancelWith(this.#future, reason);
  }

  _describe(): string {
    const future = this.#future as { _describe?(): string };
    return future._describe?.() ?? String(future);
  }

  _waitsFor(): unknown[] {
    return [this.#future];
  }

  *_awaitedBy(): Generator<unknown, void, undefined> {
    if (this._task !== undefined) yield this._task;
  }

  override toString(): string {
    return this._task === undefined
      ? "await"
      : `await of ${this._task._describe()}`;
  }
}
