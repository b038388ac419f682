/**
 * A job: the future of what a function gives that runs elsewhere.
 *
 * @module
 */
import { check, type Kind, STRING } from "../_base/arguments.ts";
import { toSeconds } from "../clock.ts";
import {
  CancelledError,
  RuntimeError,
  TimeoutError,
  type WorkerLostError,
} from "../errors.ts";
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import {
  cancelledError,
  type CancelReason,
  cancelReason,
} from "../_base/cancelled.ts";
import {
  describeKind,
  describeValue,
  guarded,
  isError,
} from "../_base/repr.ts";
import { linkSignal } from "../_host/abort_signal.ts";
import { NO_CONTEXT, requireScheduler } from "../_loop/scheduler.ts";
import { type ErrorData, fromErrorData } from "./error_data.ts";
import type { SubmitOptions } from "./job_types.ts";

/** Where a job is. */
export type JobState = "pending" | "running" | "cancelling" | "done";

/** What an executor does for its jobs. */
export interface JobOwner {
  /**
   * Asks a job to end, and settles it when it has. Called once a job at most, and never
   * for one that is done.
   *
   * @param job The job.
   * @param message The message of the cancel, if it has one.
   */
  cancelJob(job: Job<unknown>, message: string | undefined): void;
  /**
   * Says whether a job has begun, where the executor learns of it only by looking.
   *
   * @param job The job.
   * @returns Whether it has.
   */
  hasBegun?(job: Job<unknown>): boolean;
  /**
   * Calls `callback` after some of the time that jobs run in.
   *
   * @param loop The loop of the job.
   * @param seconds How long after.
   * @param callback What to call.
   * @returns A handle that calls it off.
   */
  callLater?(
    loop: Scheduler,
    seconds: number,
    callback: () => void,
  ): { cancel(): void };
}

const OWNER: Kind = {
  words: "an object with cancelJob()",
  fits: (value) =>
    guarded(() => typeof (value as Partial<JobOwner>).cancelJob, "") ===
      "function",
};
const ID: Kind = {
  words: "a string or a number",
  fits: (value) => typeof value === "string" || typeof value === "number",
};

/**
 * A function that runs elsewhere: the future of its result. `executor.submit()` gives one.
 *
 * - **Cancellation**: {@linkcode Job.cancel} asks the job to end, as with a task. It is
 *   done when its `finally` blocks have run where it runs, or it was ended by force; then
 *   the CancelledError's `cause` is a WorkerLostError.
 * - **Waiting**: `gather()`, `wait()`, `timeout()` and so on take it as any future. A task
 *   that is cancelled while it awaits a job cancels the job.
 *
 * @typeParam T The type of the result.
 *
 * @example Cancel a job
 * ```ts
 * import { run, sleep } from "@asyncio/asyncio";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { assertEquals } from "@std/assert";
 *
 * const calls: string[] = [];
 * const jobs = {
 *   async work() {
 *     try {
 *       await sleep(3600);
 *     } finally {
 *       calls.push("cleaned up");
 *     }
 *   },
 * };
 *
 * await run(async () => {
 *   await using executor = new InlineExecutor(jobs);
 *   const job = executor.submit("work", []);
 *   await sleep(0.001);
 *   job.cancel();
 *   await Promise.allSettled([job]);
 *   assertEquals([job.cancelled(), calls], [true, ["cleaned up"]]);
 * });
 * ```
 */
export class Job<T> extends Future<T> {
  /** The id that the executor has given it. */
  readonly id: string | number;
  /** The name of its function. */
  readonly jobName: string;
  /** @internal */
  readonly _owner: JobOwner;
  /** @internal */
  _begun: boolean;
  /** @internal Set once it was asked to end. */
  _request: { reason: CancelReason; timedOut: number | undefined } | undefined;
  /** @internal Whether it had failed before it was asked to end, which was not known here. */
  _hadEnded: boolean;
  /** @internal What ends it early, if anything does. */
  _limits: Limits | undefined;
  /** @internal */
  _nextTask: Job<unknown> | undefined;
  /** @internal */
  _previousTask: Job<unknown> | undefined;

  /**
   * Makes a job; executors do. One whose signal is aborted, or whose time is over, is done
   * already and must not run.
   *
   * @param owner The executor, as the job knows it.
   * @param name The name of the function.
   * @param id What the executor calls the job.
   * @param options The timeout and the signal.
   * @throws {RuntimeError} If no loop is running.
   * @throws {TypeError} If the timeout is no delay, or the signal no AbortSignal; or if the
   * owner, the name or the id is of a wrong type.
   * @throws {RangeError} If the timeout is NaN.
   */
  constructor(
    owner: JobOwner,
    name: string,
    id: string | number,
    options?: SubmitOptions,
  ) {
    super({ loop: requireScheduler() });
    check("make a job", "owner", owner, OWNER);
    check("make a job", "name", name, STRING);
    check("make a job", "id", id, ID);
    this.id = id;
    this.jobName = name;
    this._owner = owner;
    this._begun = false;
    this._request = undefined;
    this._hadEnded = false;
    this._limits = undefined;
    this._nextTask = undefined;
    this._previousTask = undefined;
    if (options?.timeout !== undefined) this.#limit(toSeconds(options.timeout));
    if (options?.signal !== undefined) this.#link(options.signal);
  }

  /** Where the job is. */
  state(): JobState {
    if (this.done()) return "done";
    if (this._request !== undefined) return "cancelling";
    return this.hasBegun() ? "running" : "pending";
  }

  /** Whether the job was begun, as far as is known here. */
  hasBegun(): boolean {
    return this._begun ||
      this._owner.hasBegun?.(this as Job<unknown>) === true;
  }

  /** Whether the job was asked to end. */
  isCancelRequested(): boolean {
    return this._request !== undefined;
  }

  /**
   * Asks the job to end. One that has not begun never does; one that runs gets a
   * CancelledError at its wait and cleans up.
   *
   * @param message The message of the CancelledError.
   * @param options The `cause` of the CancelledError.
   * @returns Whether the job was asked: false if it was done.
   * @throws {TypeError} If `message` is no string, or the options are no object.
   */
  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return super.cancel();
    const reason = cancelReason(message, options);
    if (this._request !== undefined) {
      // Whoever cancels it has to see that: the time that was over before says less.
      if (this._request.timedOut !== undefined) {
        this._request = { reason, timedOut: undefined };
      }
      return true;
    }
    this.#request(reason, undefined);
    return true;
  }

  /**
   * Refuses: a job's result comes from where it runs.
   *
   * @throws {RuntimeError} Always.
   */
  override setResult(_result: T): never {
    throw new RuntimeError(
      `Cannot set the result of ${this}: it comes from where the job runs`,
    );
  }

  /**
   * Refuses: a job's error comes from where it runs.
   *
   * @throws {RuntimeError} Always.
   */
  override setException(_error: unknown): never {
    throw new RuntimeError(
      `Cannot set the exception of ${this}: it comes from where the job runs`,
    );
  }

  /** Notes that the job has begun. For executors. */
  markBegun(): void {
    this._begun = true;
  }

  /**
   * Ends the job with its result; does nothing if it is done. For executors.
   *
   * @param value The result.
   */
  finish(value: T): void {
    if (this.#leave()) super.setResult(value);
  }

  /**
   * Ends the job with an error; does nothing if it is done. For executors.
   *
   * @param error The error; what is none becomes the `cause` of one.
   */
  fail(error: unknown): void {
    if (this.#leave()) super.setException(toError(error));
  }

  /**
   * Ends the job as cancelled, or as timed out if that is why it was; does nothing if it
   * is done. For executors.
   *
   * @param lost Why its clean-up was cut off, if it was.
   */
  finishCancelled(lost?: WorkerLostError): void {
    if (!this.#leave()) return;
    const { reason, timedOut } = this._request ??
      { reason: undefined, timedOut: undefined };
    const cancelled = lost === undefined ? reason : withCause(reason, lost);
    if (timedOut === undefined) return this._settleCancelled(cancelled);
    super.setException(
      new TimeoutError(timedOutMessage(this, timedOut), {
        cause: cancelledError(cancelled, this.scheduler.getDebug()),
      }),
    );
  }

  /**
   * @internal Ends the job as cancelled by itself, with its own error if nobody here has
   * asked for that.
   */
  _finishCancelledBy(data: ErrorData | undefined): void {
    if (data === undefined || this._request !== undefined) {
      return this.finishCancelled();
    }
    const error = fromErrorData(data);
    if (!this.#leave()) return;
    const isOne = error instanceof CancelledError;
    this._settleCancelled(isOne ? error : error.message);
  }

  /** @internal Ends the job with the error that it has thrown: not one of its executor. */
  _failBy(data: ErrorData): void {
    this.markBegun();
    this.fail(fromErrorData(data));
  }

  /**
   * Ends the job as timed out: where it was to run its deadline had passed before it
   * began. Does nothing if it is done. For executors.
   *
   * @param lost Why its clean-up was cut off, if it had begun after all and that was.
   */
  finishExpired(lost?: WorkerLostError): void {
    this._request ??= {
      reason: "Timed out before it began",
      timedOut: this._limits?.timeout,
    };
    this.finishCancelled(lost);
  }

  /** @internal Whoever was told that it will be cancelled gets that, and not its error. */
  _keepsResult(): boolean {
    return this._hadEnded;
  }

  /** @internal */
  _describe(): string {
    return `job ${this.jobName}`;
  }

  /** The word for the class in reports. */
  protected override get kind(): string {
    return "Job";
  }

  /** What reports call this job once it is gone. */
  protected override label(): string {
    return `<Job name=${describeValue(this.jobName)}>`;
  }

  /** Returns the words of {@linkcode Future.toString}. */
  protected override describe(): string[] {
    const [state, ...rest] = super.describe();
    const word = this.done() ? state! : this.state();
    return [word, `name=${describeValue(this.jobName)}`, ...rest];
  }

  #limit(seconds: number): void {
    if (seconds === Infinity) return;
    const limits = this._limits = new Limits(seconds);
    const expire = (): void => {
      if (this.done() || this._request !== undefined) return;
      this.#request(timedOutMessage(this, seconds), seconds);
    };
    if (seconds <= 0) {
      this._request = { reason: "Timed out at once", timedOut: seconds };
      return this.finishCancelled();
    }
    const { scheduler } = this;
    limits.timer = this._owner.callLater?.(scheduler, seconds, expire) ??
      scheduler.callLater(seconds, expire, NO_CONTEXT);
  }

  #link(signal: AbortSignal): void {
    if (typeof signal?.addEventListener !== "function") {
      this.#leave();
      throw new TypeError(
        `Cannot submit the job ${describeValue(this.jobName)}: ` +
          `signal must be an AbortSignal, got ${describeKind(signal)}`,
      );
    }
    if (this.done()) return;
    if (!signal.aborted) {
      this._limits ??= new Limits(undefined);
      this._limits.unlink = linkSignal(signal, this);
    } else {
      this._request = {
        reason: cancelReason("The signal was aborted", {
          cause: signal.reason,
        }),
        timedOut: undefined,
      };
      this.finishCancelled();
    }
  }

  #request(reason: CancelReason, timedOut: number | undefined): void {
    this._request = { reason, timedOut };
    const message = typeof reason === "object" ? reason.message : reason;
    this._owner.cancelJob(this as Job<unknown>, message);
  }

  // Says whether it is to be settled. A closed loop has nobody left who would be told.
  #leave(): boolean {
    this._limits?.end();
    return !this.done() && !this.scheduler.isClosed();
  }
}

/** What ends a job early: its timeout and its signal. */
class Limits {
  readonly timeout: number | undefined;
  timer: { cancel(): void } | undefined = undefined;
  unlink: (() => void) | undefined = undefined;

  constructor(timeout: number | undefined) {
    this.timeout = timeout;
  }

  end(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.unlink?.();
    this.unlink = undefined;
  }
}

function timedOutMessage(job: Job<unknown>, seconds: number): string {
  return `Timed out after ${seconds} s: job ${describeValue(job.jobName)}`;
}

function toError(error: unknown): Error {
  if (isError(error)) return error;
  return new RuntimeError(`Job failed: ${describeValue(error)} was thrown`, {
    cause: error,
  });
}

function withCause(reason: CancelReason, lost: WorkerLostError): CancelReason {
  if (typeof reason === "object") {
    // What was lost has the reason of the cancel behind it.
    if (reason.cause !== undefined && lost.cause === undefined) {
      lost.cause = reason.cause;
    }
    return new CancelledError(reason.message, { cause: lost });
  }
  return new CancelledError(reason, { cause: lost });
}
