/**
 * An async function's `await` of a coroutine: it runs as a part of the task.
 *
 * @module
 */
import { type CancelReason, cancelWith } from "./_cancelled.ts";
import type { Body, Coroutine } from "./_coroutine.ts";
import { drive, type Driver, HostBody, PARKED } from "./_drive.ts";
import { KeyboardInterrupt } from "./errors.ts";
import type { Future } from "./future.ts";
import type { ParkedWait, ParkingTask } from "./_future_wait.ts";
import type { Scheduler } from "./handle.ts";
import {
  kAbortRun,
  kAwaitedBy,
  kCancelWait,
  kContinue,
  kDescribe,
  kEnqueue,
  kFrame,
  kPark,
  kRun,
  kTakeCancel,
  kTask,
  kTop,
  kUnpark,
  kWaiters,
  kWaitingOn,
  kWake,
  kYieldToHost,
} from "./_protocol.ts";
import { running } from "./_running.ts";
import { type OnFulfilled, type OnRejected, Then } from "./_then.ts";

/** Runs a coroutine for an `await` and delivers its outcome there. */
export class Strand<T, A, B> extends Then<T, A, B>
  implements Driver, ParkedWait {
  [kTop]: Body | (() => unknown);
  [kFrame]: Coroutine<unknown> | undefined = undefined;
  [kWaitingOn]: Future<unknown> | HostBody | undefined = undefined;
  readonly [kTask]: ParkingTask | undefined;
  readonly #scheduler: Scheduler;

  constructor(
    body: Body | (() => unknown),
    scheduler: Scheduler,
    task: ParkingTask | undefined,
    onFulfilled: OnFulfilled<T, A>,
    onRejected: OnRejected<B>,
  ) {
    super(onFulfilled, onRejected);
    this[kTop] = body;
    this.#scheduler = scheduler;
    this[kTask] = task;
  }

  /** Runs up to the first wait, within the turn of the `await`. */
  start(): void {
    this[kTask]?.[kPark](this);
    this.#advance(false, undefined);
  }

  [kWake](): void {
    this.#scheduler[kEnqueue](this);
  }

  [kRun](): void {
    const cancelled = this[kTask]?.[kTakeCancel](this[kWaitingOn]);
    this.#advance(cancelled !== undefined, cancelled);
  }

  [kContinue](): void {
    this.#advance(false, undefined);
  }

  [kCancelWait](reason: CancelReason): boolean {
    const waitingOn = this[kWaitingOn];
    if (waitingOn === undefined || waitingOn instanceof HostBody) return false;
    return cancelWith(waitingOn, reason);
  }

  [kDescribe](): string {
    const waitingOn = this[kWaitingOn];
    return (waitingOn as { [kDescribe]?(): string } | undefined)
      ?.[kDescribe]?.() ??
      String(waitingOn ?? "its turn");
  }

  [kWaiters](): unknown[] {
    return this[kWaitingOn] === undefined ? [] : [this[kWaitingOn]];
  }

  *[kAwaitedBy](): Generator<unknown, void, undefined> {
    if (this[kTask] !== undefined) yield this[kTask];
  }

  override toString(): string {
    return this[kTask] === undefined
      ? "await"
      : `await of ${this[kTask][kDescribe]()}`;
  }

  #advance(throwing: boolean, input: unknown): void {
    this[kWaitingOn] = undefined;
    const { loop, task, context } = running;
    running.loop = this.#scheduler;
    running.task = this[kTask];
    running.context = undefined;
    try {
      const outcome = drive(this, this.#scheduler, throwing, input);
      // A cancel that came while nothing could take it goes to this wait.
      if (outcome === PARKED) return this[kTask]?.[kPark](this);
      this.#leave();
      this.fulfil(outcome as T);
    } catch (error) {
      // It belongs to who awaits, a CancelledError too.
      if (error instanceof KeyboardInterrupt) this.#scheduler[kAbortRun](error);
      this.#leave();
      this.reject(error);
    } finally {
      running.loop = loop;
      running.task = task;
      running.context = context;
    }
  }

  #leave(): void {
    this[kTask]?.[kUnpark](this);
    this.#scheduler[kYieldToHost]();
  }
}
