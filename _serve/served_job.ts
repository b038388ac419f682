/**
 * A job of a queue, where it runs.
 *
 * @module
 */
import {
  BrokenExecutor,
  CancelledError,
  RuntimeError,
  TimeoutError,
  WorkerLostError,
} from "../errors.ts";
import type { Executor } from "../executor.ts";
import type { EventLoop } from "../loop.ts";
import { describeValue, isInstance } from "../_base/repr.ts";
import { OwnedFuture } from "../_task/owned_future.ts";
import {
  type ErrorData,
  shortText,
  toErrorData,
} from "../_executor/error_data.ts";
import { HostTimer } from "../_executor/host_timer.ts";
import type { Job } from "../_executor/job.ts";
import type { JobStream } from "../_executor/job_stream.ts";
import type { OriginOptions } from "../_executor/wire.ts";
import type { BullmqJob } from "../_bullmq/engine.ts";
import { unsendable } from "../_bullmq/json.ts";
import {
  type BoxedResult,
  type ControlEvent,
  earlyEndText,
  type JobData,
  type JobEnd,
  type StreamData,
  type YieldedValue,
} from "../_bullmq/payload.ts";

// deno-lint-ignore no-explicit-any -- what runs is named by who has submitted it
type AnyExecutor = Executor<any>;

/** What is heard of a cancel; the fields of events are texts. */
export type CancelEvent = Extract<
  ControlEvent,
  { readonly eventName: "cancel" }
>;

/** The end of a job that threw. */
export type FailedEnd = Extract<JobEnd, { readonly kind: "failed" }>;

type EarlyEnd = Extract<
  JobEnd,
  { readonly kind: "cancelled" | "expired" }
>;

/** How a served job goes back to the engine. */
export type ServedEnd =
  | { readonly kind: "result"; readonly box: BoxedResult }
  /** It is not tried again. */
  | { readonly kind: "final"; readonly message: string; readonly end: JobEnd }
  /** The engine may try it again. */
  | { readonly kind: "failed"; readonly end: FailedEnd }
  /** Another worker has it: what came of it here counts for nothing. */
  | { readonly kind: "lost" }
  /** It did not get to its end here, and nobody wanted that. */
  | { readonly kind: "given back"; readonly error?: BrokenExecutor };

/** A job that was taken from a queue. */
export class ServedJob {
  readonly there: BullmqJob;
  readonly #data: JobData;
  readonly #loop: EventLoop;
  #job: Job<unknown> | undefined;
  #cancel: string | undefined;
  #isLost = false;
  #isGivenBack = false;
  // How many values it may yield in all, and who waits for more.
  #credit: number;
  #granted: OwnedFuture | undefined;
  // Ends the wait for a value to be sent.
  #leave: (() => void) | undefined;

  constructor(there: BullmqJob, loop: EventLoop) {
    this.there = there;
    this.#data = dataOf(there);
    this.#loop = loop;
    this.#cancel = this.#data.cancel;
    this.#credit = this.#data.stream?.credit ?? 0;
  }

  /** Ends it by a cancel, unless that is for one of before with the same key. */
  cancelBy({ added, message }: CancelEvent): void {
    if (Number(added) === this.there.timestamp) this.cancel(message);
  }

  /** Ends it, as who has submitted it wants. */
  cancel(message: string): void {
    this.#cancel ??= message;
    this.#job?.cancel(message === "" ? undefined : message);
  }

  /** Ends it here: another worker may have begun it. */
  lose(): void {
    this.#isLost = true;
    this.#job?.cancel("The lock of the job was lost");
  }

  /** Ends it here, so that another worker can begin it. */
  giveBack(): void {
    this.#isGivenBack = true;
    this.#leave?.();
    this.#job?.cancel("The worker ends");
  }

  /** Lets it yield more values. */
  grant(upTo: number): void {
    this.#credit = Math.max(this.#credit, upTo);
    this.#granted?.release();
  }

  /** Runs it; in the loop. */
  async run(executor: AnyExecutor): Promise<ServedEnd> {
    if (this.#cancel !== undefined) return this.#cancelled(undefined);
    if (this.#isGivenBack) return { kind: "given back" };
    const { deadline } = this.#data;
    const left = deadline === undefined
      ? undefined
      : (deadline - Date.now()) / 1000;
    if (left !== undefined && left <= 0) return final("expired");
    const { there } = this;
    const options: { timeout?: number } & OriginOptions = {
      ...(left === undefined ? {} : { timeout: left }),
      _origin: { id: there.id ?? "", attempt: there.attemptsStarted },
    };
    try {
      return await this.#runOn(executor, options);
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #runOn(executor: AnyExecutor, options: object): Promise<ServedEnd> {
    const { name } = this.there;
    const { args, stream } = this.#data;
    let values: number | undefined;
    if (stream === undefined) {
      this.#begin(taken(() => executor.submit(name, args, options)));
    } else {
      const yielded = taken(() =>
        executor.stream(name, args, { ...options, highWaterMark: 1 })
      );
      this.#begin(yielded.job);
      values = await this.#pump(yielded, stream);
    }
    const job = this.#job!;
    await ended(job);
    if (this.#isLost) return { kind: "lost" };
    if (job.cancelled()) return this.#cancelled(job);
    const error = job.exception();
    if (error !== undefined) return this.#failed(error);
    const isCut = stream !== undefined && values === undefined;
    return isCut ? { kind: "given back" } : this.#gave(job, values);
  }

  // Of a stream, `values` is how many were sent.
  #gave(job: Job<unknown>, values: number | undefined): ServedEnd {
    const result = job.result();
    const wrong = result === undefined ? undefined : unsendable(result, "it");
    if (wrong !== undefined) {
      const name = describeValue(this.there.name);
      return this.#failed(
        new TypeError(`Cannot send the result of the job ${name}: ${wrong}`),
      );
    }
    return {
      kind: "result",
      box: {
        ...(result === undefined ? {} : { result }),
        ...(values === undefined ? {} : { values }),
        ...(this.#cancel !== undefined && job.isCancelRequested()
          ? { allTheSame: true }
          : {}),
      },
    };
  }

  #begin(job: Job<unknown>): void {
    this.#job = job;
    // The executor's own end is told by the job's, as is everything else.
    if (this.#isLost || this.#isGivenBack) job.cancel();
    else if (this.#cancel !== undefined) job.cancel(this.#cancel || undefined);
  }

  // Sends what it yields, as far as it is granted; gives how many values there were, or
  // nothing if it was given back before the last was sent.
  async #pump(
    yielded: JobStream<unknown, unknown>,
    { patience }: StreamData,
  ): Promise<number | undefined> {
    const { job } = yielded;
    let n = 0;
    let refusal: TypeError | undefined;
    try {
      for (;;) {
        while (n >= this.#credit && !job.done()) {
          await this.#moreCredit(job, patience);
        }
        const { done, value } = await yielded.next();
        if (done) return n;
        const wrong = value === undefined ? undefined : unsendable(value, "it");
        if (wrong !== undefined) {
          const { name } = this.there;
          throw refusal = new TypeError(
            `Cannot send a value of the job ${describeValue(name)}: ${wrong}`,
          );
        }
        if (!await this.#send({ n, value })) {
          await yielded.return();
          return undefined;
        }
        n++;
      }
    } catch (error) {
      if (!job.done()) await yielded.return();
      if (error === refusal) throw error;
      // Its own end says more.
      if (job.cancelled() || error === failureOf(job)) return n;
      throw error;
    }
  }

  // Gives whether it was sent: while Redis is away that is open.
  #send(value: YieldedValue): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#leave = () => resolve(false);
      this.there.updateProgress(value).then(() => resolve(true), reject);
    });
  }

  async #moreCredit(job: Job<unknown>, patience: number): Promise<void> {
    const waiter = this.#granted = new OwnedFuture(this.#loop, {
      describeWait: () => `a reader of the stream of ${job.jobName}`,
    });
    const wake = (): void => waiter.release();
    job.addDoneCallback(wake);
    // Who reads says so again and again, so its program has ended.
    const limit = new HostTimer(
      patience,
      () => this.cancel(`Nobody has read the stream for ${patience} s`),
    );
    try {
      await waiter;
    } finally {
      limit.cancel();
      this.#granted = undefined;
      job.removeDoneCallback(wake);
    }
  }

  #cancelled(job: Job<unknown> | undefined): ServedEnd {
    if (job === undefined) return final("cancelled");
    const error = errorOf(job);
    const isOwn = !job.isCancelRequested();
    // It was this program that wanted it.
    if (this.#cancel === undefined && !isOwn) return { kind: "given back" };
    return final("cancelled", {
      ...lossOf(error),
      ...(isOwn ? { error: toErrorData(error) } : {}),
    });
  }

  #failed(error: unknown): ServedEnd {
    if (this.#isLost) return { kind: "lost" };
    // One that has begun has thrown it itself, as who uses an executor of its own.
    if (isInstance(error, BrokenExecutor) && this.#job?._begun !== true) {
      return { kind: "given back", error };
    }
    const isOver = this.#job?._request?.timedOut !== undefined;
    if (isOver && isExpiry(error)) return final("expired", lossOf(error.cause));
    const data = toErrorData(error);
    const job = this.#job;
    const hadCancel = this.#cancel !== undefined &&
      job?.isCancelRequested() === true && !job._keepsResult();
    const end: FailedEnd = {
      kind: "failed",
      error: data,
      ...(hadCancel ? { allTheSame: true } : {}),
    };
    // Nobody wants one that was cancelled to be tried again, or whose time is over.
    return this.#cancel === undefined && !isOver
      ? { kind: "failed", end }
      : { kind: "final", message: shortText(data), end };
  }
}

// An executor that was shut down runs nothing any more, as one that is broken.
function taken<T>(submit: () => T): T {
  try {
    return submit();
  } catch (error) {
    const isShutDown = isInstance(error, RuntimeError) &&
      !isInstance(error, BrokenExecutor);
    if (!isShutDown) throw error;
    const message = `The executor takes no jobs: ${error.message}`;
    throw new BrokenExecutor(message, { cause: error });
  }
}

function final(kind: EarlyEnd["kind"], more?: Partial<EarlyEnd>): ServedEnd {
  const end = { ...more, kind } as EarlyEnd;
  return { kind: "final", message: earlyEndText(kind), end };
}

// Whether a job has ended with it that had no time left: its clean-up may throw, too.
function isExpiry(error: unknown): error is TimeoutError {
  return isInstance(error, TimeoutError) &&
    isInstance(error.cause, CancelledError);
}

// Why the clean-up of a job was cut off that has ended with this cancel, if it was.
function lossOf(cancelled: unknown): { readonly lost?: ErrorData } {
  const { cause } = (cancelled ?? {}) as { readonly cause?: unknown };
  return isInstance(cause, WorkerLostError) ? { lost: toErrorData(cause) } : {};
}

function dataOf({ data }: BullmqJob): JobData {
  const { args } = (data ?? {}) as Partial<JobData>;
  // Who has added it by hand may have given anything.
  return Array.isArray(args) ? data as JobData : { args: [data] };
}

// Waits for the end of a job, whatever that is.
async function ended(job: Job<unknown>): Promise<void> {
  try {
    await job;
  } catch {
    // It says itself how it ended.
  }
}

function failureOf(job: Job<unknown>): unknown {
  return job.done() && !job.cancelled() ? job.exception() : undefined;
}

function errorOf(job: Job<unknown>): Error {
  try {
    job.result();
  } catch (error) {
    // A cancelled job gives its CancelledError.
    return error as Error;
  }
  throw new Error(`Cannot get the error of ${job}: it has a result`);
}
