/**
 * An async function's `await` of a future.
 *
 * @module
 */
import { type CancelReason, cancelWith } from "./_cancelled.ts";
import { type CancelledError, RuntimeError } from "./errors.ts";
import type { Scheduler } from "./handle.ts";
import {
  kAwaitedBy,
  kBackFromHost,
  kCancelWait,
  kDescribe,
  kEnqueue,
  type kPark,
  kRun,
  kTakeCancel,
  kUnpark,
  kWaiters,
  kWake,
  kYieldToHost,
  type Runnable,
  type Waiter,
} from "./_protocol.ts";
import { running } from "./_running.ts";
import { type OnFulfilled, type OnRejected, Then } from "./_then.ts";

/** A wait that an async function's `await` has begun, as its task sees it. */
export interface ParkedWait {
  /** Cancels what it waits for; false if that is done or can't be. */
  [kCancelWait](reason: CancelReason): boolean;
}

/** What a wait knows of the task whose async function does it. */
export interface ParkingTask {
  getLoop(): Scheduler;
  [kPark](wait: ParkedWait): void;
  [kUnpark](wait: ParkedWait): void;
  [kTakeCancel](waited: unknown): CancelledError | undefined;
  [kDescribe](): string;
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
export class FutureWait<T, A, B> extends Then<T, A, B>
  implements Waiter, Runnable, ParkedWait {
  readonly #future: WaitedFuture<T>;
  readonly #task: ParkingTask | undefined;

  constructor(
    future: WaitedFuture<T>,
    task: ParkingTask | undefined,
    onFulfilled: OnFulfilled<T, A>,
    onRejected: OnRejected<B>,
  ) {
    super(onFulfilled, onRejected);
    this.#future = future;
    this.#task = task;
    future.getLoop()[kBackFromHost]();
  }

  [kWake](): void {
    this.#future.getLoop()[kEnqueue](this);
  }

  [kRun](): void {
    this.#future.getLoop()[kYieldToHost]();
    // For a callback that `then()` was given.
    running.task = this.#task;
    running.context = undefined;
    this.#task?.[kUnpark](this);
    const cancelled = this.#task?.[kTakeCancel](this.#future);
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

  [kCancelWait](reason: CancelReason): boolean {
    return cancelWith(this.#future, reason);
  }

  [kDescribe](): string {
    const future = this.#future as { [kDescribe]?(): string };
    return future[kDescribe]?.() ?? String(future);
  }

  [kWaiters](): unknown[] {
    return [this.#future];
  }

  *[kAwaitedBy](): Generator<unknown, void, undefined> {
    if (this.#task !== undefined) yield this.#task;
  }

  override toString(): string {
    return this.#task === undefined
      ? "await"
      : `await of ${this.#task[kDescribe]()}`;
  }
}
