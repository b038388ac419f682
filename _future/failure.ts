/**
 * The error of a future, and its report if nobody ever fetches it.
 *
 * @module
 */
import { callIn } from "../_base/running.ts";
import type { Context } from "../context.ts";
import { CancelledError } from "../errors.ts";
import type { Scheduler } from "../handle.ts";
import type { Runnable, UnfetchedError } from "../_base/roles.ts";
import { withoutFrames } from "../_base/error_text.ts";
import { isError, isInstance } from "../_base/repr.ts";

/**
 * What a future fails with, of what somebody threw: the error of a future is never undefined
 * or null.
 *
 * @param thrown What a promise was rejected with, or a source has thrown.
 */
export function failureWith(thrown: unknown): unknown {
  return thrown ?? new Error(`Rejected with ${thrown}`);
}

/** What is known of a future that has failed. */
export interface FailedFuture {
  readonly kind: string;
  readonly owner: string;
  readonly scheduler: Scheduler;
  readonly context: Context | undefined;
  readonly sourceTraceback: string | undefined;
}

// A future that is collected can't be asked any more.
const collected = new FinalizationRegistry<Report>((report) => {
  if (!report.isSettled) report.settle().tell();
});

/** It must not reach the future, or that is never collected. */
class Report implements UnfetchedError {
  since = 0;
  /** How many will hand the future to somebody. */
  holders = 0;
  /** Whether the error was fetched or told. */
  isSettled = false;
  // The error, or a copy: V8 keeps the receivers of an error's frames, and so the task
  // that failed.
  #error: unknown;
  // The error itself, where something else still holds it.
  #original: WeakRef<WeakKey> | undefined = undefined;
  readonly #future: FailedFuture;

  constructor(error: unknown, future: FailedFuture) {
    this.#error = error;
    this.#future = future;
    const { scheduler } = future;
    scheduler._addUnfetched(this, scheduler.time());
  }

  get isAwaited(): boolean {
    return this.holders > 0;
  }

  copyError(): void {
    const error = this.#error;
    this.#error = withoutFrames(error);
    if (isError(error)) this.#original = new WeakRef(error);
    this.#future.scheduler._tellAtExit();
  }

  /** Notes that somebody has it, or is told of it. */
  settle(): this {
    this.isSettled = true;
    this.#future.scheduler._deleteUnfetched(this);
    return this;
  }

  /** Notes that somebody has it: it is not to be told of, and must not be kept here. */
  forget(): void {
    this.settle();
    this.#error = undefined;
  }

  /** Nobody holds it any more: it has some time again. */
  release(): void {
    const { scheduler } = this.#future;
    this.holders--;
    if (!this.isSettled) scheduler._addUnfetched(this, scheduler.time());
  }

  tell(): void {
    this.isSettled = true;
    const { kind, owner, scheduler, context, sourceTraceback } = this.#future;
    const exception = this.#original?.deref() ?? this.#error;
    this.#error = undefined;
    const call = (): void =>
      scheduler.callExceptionHandler({
        message: `${kind} exception was never retrieved`,
        exception,
        future: owner,
        ...sourceTraceback === undefined ? {} : { sourceTraceback },
      });
    if (context === undefined) call();
    else callIn(context, call);
  }
}

/** The error of one future. */
export class Failure implements Runnable {
  /** The error. */
  readonly error: unknown;
  // None after the end of the loop: what settles then is nobody's error. None of a cancel.
  readonly #report: Report | undefined;

  /**
   * Keeps the error of a future.
   *
   * @param future The future.
   * @param error The error.
   * @param known What is known of the future.
   */
  constructor(future: object, error: unknown, known: FailedFuture) {
    this.error = error;
    if (known.scheduler.isClosed() || isInstance(error, CancelledError)) return;
    this.#report = new Report(error, known);
    collected.register(future, this.#report);
  }

  /** Whether nobody has fetched the error, and nobody will be handed it. */
  get isOverlooked(): boolean {
    const report = this.#report;
    return report !== undefined && !report.isSettled && !report.isAwaited;
  }

  /** Hands the error to someone who asks for it. */
  fetch(): unknown {
    if (this.#report?.isSettled === false) this.#report.forget();
    return this.error;
  }

  /** Says that somebody will be handed the future. */
  hold(): void {
    if (this.#report !== undefined) this.#report.holders++;
  }

  /** Takes {@linkcode Failure.hold} back. */
  release(): void {
    this.#report?.release();
  }

  /** Keeps a copy for the report. Whoever waited has had its turn and fetched the error. */
  _run(): void {
    if (this.#report?.isSettled === false) this.#report.copyError();
  }
}
