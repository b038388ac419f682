/**
 * A job in a queue, as who has submitted it knows it.
 *
 * @module
 */
import { type Delay, toSeconds } from "../clock.ts";
import { WorkerLostError } from "../errors.ts";
import { fromErrorData } from "../_executor/error_data.ts";
import { Job, type JobOwner } from "../_executor/job.ts";
import { JobStream } from "../_executor/job_stream.ts";
import type { SubmitOptions } from "../_executor/job_types.ts";
import type { Keeper } from "../_executor/keeper.ts";
import { withoutMissing } from "../_bullmq/json.ts";
import type {
  BoxedResult,
  JobData,
  JobEnd,
  StreamData,
  YieldedValue,
} from "../_bullmq/payload.ts";

/** Where a job is on its way to the queue. */
export type Place = "here" | "on its way" | "there";

/** What a stream reads, and how far it is. */
export class QueuedStream {
  readonly data: StreamData;
  readonly #job: QueuedJob;
  /** Who reads. */
  readonly reader: JobStream<unknown, unknown>;
  /** How many values have come. */
  received = 0;
  /** How many values the job may yield in all. */
  granted: number;

  constructor(
    job: QueuedJob,
    data: StreamData,
    grant: (stream: QueuedStream) => void,
  ) {
    this.#job = job;
    this.data = data;
    this.granted = data.credit;
    this.reader = new JobStream<unknown, unknown>(job, data.credit, (count) => {
      this.granted += count;
      job.keeper.resume(job);
      grant(this);
    });
  }

  /**
   * Takes a value. One that has come before is dropped: another worker has begun the job
   * again.
   *
   * @returns Whether it came in its turn: else the ones before it are lost.
   */
  take({ n, value }: YieldedValue): boolean {
    if (n > this.received) return false;
    if (n < this.received) return true;
    this.received++;
    if (this.received === this.granted) this.#job.keeper.pause(this.#job);
    this.reader.push(value);
    return true;
  }

  /**
   * Whether values have not come that a job has yielded which gave this result. One of the
   * same key that nobody reads sends none, and does not count them.
   */
  misses(result: unknown): boolean {
    const values = (result as BoxedResult | null)?.values;
    return values === undefined || this.received < values;
  }
}

/** A job, and how far it is. */
export class QueuedJob extends Job<unknown> {
  declare readonly id: string;
  readonly args: readonly unknown[];
  readonly keeper: Keeper;
  /** When it has to be done, in milliseconds since 1970. */
  readonly deadline: number | undefined;
  /** Whether others may have the same job. */
  readonly hasKey: boolean;
  place: Place = "here";
  stream: QueuedStream | undefined = undefined;
  /** The message of the cancel that the workers were told of. */
  told: string | undefined = undefined;
  /** Whether it was seen to have ended before the news of that came. */
  isLate = false;
  /** How often one of its key was taken out of the queue: perhaps it, perhaps one of before. */
  removals = 0;
  /** How many of those were seen not to be its own end. */
  outlived = 0;
  /** Gives up waiting for the end after a cancel. */
  limit: { cancel(): void } | undefined = undefined;

  constructor(
    owner: JobOwner,
    name: string,
    id: string,
    args: readonly unknown[],
    keeper: Keeper,
    options: SubmitOptions | undefined,
  ) {
    super(owner, name, id, options);
    this.args = withoutMissing(args);
    this.keeper = keeper;
    this.deadline = deadlineOf(options?.timeout);
    this.hasKey = options?.key !== undefined;
  }

  /** What goes to the queue. */
  data(): JobData {
    return {
      args: [...this.args],
      ...(this.deadline === undefined ? {} : { deadline: this.deadline }),
      ...(this.stream === undefined ? {} : { stream: this.stream.data }),
    };
  }

  /** Ends it as lost: after its cancel that is a cancel whose clean-up was not seen. */
  lose(message: string, cause?: unknown): void {
    const error = new WorkerLostError(
      message,
      cause === undefined ? {} : { cause },
    );
    if (this.isCancelRequested()) this.finishCancelled(error);
    else this.fail(error);
  }

  /** The message of its cancel. */
  cancelMessage(): string | undefined {
    const reason = this._request?.reason;
    return typeof reason === "object" ? reason.message : reason;
  }

  /** Ends it with what it gave. */
  endWith(box: BoxedResult | null): void {
    // A cancel that came after the result has not reached the job, so who waits gets it.
    const isLate = this.isCancelRequested() && box?.allTheSame !== true;
    if (isLate) this.finishCancelled();
    else this.finish(box?.result);
  }

  /** Ends it as it has ended where it ran. */
  end(end: JobEnd | undefined, reason: string): void {
    try {
      this.#endAs(end, reason);
    } catch {
      // The data is none of this version's, nor what it was given by users.
      this.fail(new Error(reason));
    }
  }

  #endAs(end: JobEnd | undefined, reason: string): void {
    switch (end?.kind) {
      case "cancelled":
        if (end.error !== undefined) return this._finishCancelledBy(end.error);
        return this.endCancelled(
          "The job was cancelled elsewhere",
          lostOf(end),
        );
      case "expired":
        return this.finishExpired(lostOf(end));
      case "failed":
        this._hadEnded = this.isCancelRequested() && end.allTheSame !== true;
        return this._failBy(end.error);
      default:
        // No worker of this library has run it, or the queue has forgotten the rest.
        return this.fail(new Error(reason));
    }
  }

  /** Ends it as cancelled, also if it was somebody else who wanted that. */
  endCancelled(message: string, lost?: WorkerLostError): void {
    this._request ??= { reason: message, timedOut: undefined };
    this.finishCancelled(lost);
  }
}

function lostOf(
  { lost }: Exclude<JobEnd, { readonly kind: "failed" }>,
): WorkerLostError | undefined {
  return lost === undefined
    ? undefined
    : fromErrorData(lost) as WorkerLostError;
}

function deadlineOf(timeout: Delay | undefined): number | undefined {
  const seconds = timeout === undefined ? Infinity : toSeconds(timeout);
  return seconds === Infinity ? undefined : Date.now() + 1000 * seconds;
}
