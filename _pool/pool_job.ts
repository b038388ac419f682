/**
 * A job in a pool.
 *
 * @module
 */
import { type Delay, toSeconds } from "../clock.ts";
import type { ErrorData } from "../_executor/error_data.ts";
import { Job, type JobOwner } from "../_executor/job.ts";
import type { JobStream } from "../_executor/job_stream.ts";
import type { Movable, SubmitOptions } from "../_executor/job_types.ts";
import type { Keeper } from "../_executor/keeper.ts";
import {
  type JobOrigin,
  type OriginOptions,
  Outcome,
} from "../_executor/wire.ts";

/** The worker that has a job in hand, as the job knows it. */
export interface JobHolder {
  /** Whether a job has begun, as far as is known. */
  hasBegun(job: PoolJob): boolean;
  /** Takes a job back; false if it has begun, or may have. */
  takeBack(job: PoolJob): boolean;
  /** Tells a job that has begun to end. */
  cancel(job: PoolJob, message: string | undefined): void;
  /** Lets a job yield more values. */
  grant(job: PoolJob, count: number): void;
}

/** A job, and where it stands. */
export class PoolJob extends Job<unknown> {
  /** Jobs are begun in this order. */
  declare readonly id: number;
  readonly args: readonly unknown[];
  readonly transfer: readonly Movable[] | undefined;
  /** When it has to be done, in seconds since 1970. */
  readonly deadline: number | undefined;
  /** The same in the time of its loop. */
  readonly due: number | undefined;
  /** The engine that it comes from. */
  readonly origin: JobOrigin | undefined;
  readonly keeper: Keeper;
  /** The worker that has it; `undefined` while it is in the queue. */
  worker: JobHolder | undefined = undefined;
  /** Its place in the worker's hands. */
  slot = -1;
  /** Who reads what it yields. */
  stream: JobStream<unknown, unknown> | undefined = undefined;
  /** How many values it may yield as yet. */
  credit: number | undefined = undefined;
  /** Ends the worker if the job does not end after its cancel. */
  grace: { cancel(): void } | undefined = undefined;

  constructor(
    owner: JobOwner,
    name: string,
    id: number,
    args: readonly unknown[],
    keeper: Keeper,
    options: SubmitOptions | undefined,
  ) {
    super(owner, name, id, options);
    this.args = args;
    this.transfer = options?.transfer;
    this.origin = (options as OriginOptions | undefined)?._origin;
    this.keeper = keeper;
    const seconds = secondsOf(options?.timeout);
    const hasEnd = seconds !== undefined;
    this.deadline = hasEnd ? Date.now() / 1000 + seconds : undefined;
    this.due = hasEnd ? this.scheduler.time() + seconds : undefined;
  }

  /** Takes a value that it has yielded; with the last that it may, it waits. */
  takeValue(value: unknown): void {
    if (this.stream === undefined) return;
    if (--this.credit! === 0) this.keeper.pause(this);
    this.stream.push(value);
  }

  /** Ends the job as its worker says. */
  endAs(outcome: number, value: unknown): void {
    switch (outcome) {
      case Outcome.Ok:
        // Whoever was told that it will be cancelled may wait for that.
        if (this.isCancelRequested()) return this.finishCancelled();
        return this.finish(value);
      case Outcome.OkAllTheSame:
        return this.finish(value);
      case Outcome.Failed:
        this._hadEnded = this.isCancelRequested();
        return this._failBy(value as ErrorData);
      case Outcome.FailedAllTheSame:
        return this._failBy(value as ErrorData);
      case Outcome.Expired:
        return this.finishExpired();
      case Outcome.Cancelled:
        return this._finishCancelledBy(value as ErrorData | undefined);
      default:
        this.finishCancelled();
    }
  }
}

function secondsOf(timeout: Delay | undefined): number | undefined {
  const seconds = timeout === undefined ? Infinity : toSeconds(timeout);
  return seconds === Infinity ? undefined : seconds;
}
