/**
 * Asks Redis how jobs go on, and tells it that they are to end.
 *
 * @module
 */
import { HostTimer } from "../_executor/host_timer.ts";
import type { BullmqJob } from "../_bullmq/engine.ts";
import {
  type BoxedResult,
  earlyEnd,
  isStalled,
  type JobData,
  type LastNote,
} from "../_bullmq/payload.ts";
import type { Connector } from "./connector.ts";
import { silence } from "./patience.ts";
import type { QueuedJob } from "./queued_job.ts";

// How long Redis has to take a cancel, in seconds.
const REACH = 5;

/** Ends a job, unless it is done: it must not be known any more when it is. */
export type Settle = (job: QueuedJob, settle: () => void) => void;

/** How long is waited for what, in seconds. */
export interface InquiryLimits {
  /** For the end of a job after its cancel. */
  readonly grace: number;
  /** For Redis. */
  readonly patience: number;
}

/** What is asked of jobs that are in the queue. */
export class Inquiry {
  readonly #connector: Connector;
  readonly #limits: InquiryLimits;
  readonly #settle: Settle;

  /**
   * Makes an inquiry.
   *
   * @param connector The way to Redis.
   * @param limits How long is waited.
   * @param settle Ends jobs.
   */
  constructor(connector: Connector, limits: InquiryLimits, settle: Settle) {
    this.#connector = connector;
    this.#limits = limits;
    this.#settle = settle;
  }

  /** Takes it out of the queue, or asks the worker that runs it to end it. */
  async ask(job: QueuedJob, message: string | undefined): Promise<void> {
    const { grace } = this.#limits;
    this.limit(job);
    try {
      if (await this.#takeBack(job, message)) return;
    } catch {
      // It has ended meanwhile, or Redis is away: then the limit tells.
      return await this.look(job).catch(toldLater);
    }
    job.limit?.cancel();
    if (job.done() || grace === Infinity) return;
    job.limit = new HostTimer(grace, () => {
      const text = `No worker has ended it within ${grace} s of its cancel`;
      this.#settle(job, () => job.lose(text));
    });
  }

  /** Redis has to take its cancel soon. */
  limit(job: QueuedJob): void {
    if (job.done()) return;
    const reach = Math.min(this.#limits.patience, REACH);
    job.limit ??= new HostTimer(reach, () => {
      this.#settle(job, () => job.lose(silence(reach)));
    });
  }

  // Says whether nobody runs it.
  async #takeBack(
    job: QueuedJob,
    message: string | undefined,
  ): Promise<boolean> {
    const link = this.#connector.link;
    const there = await link?.get(job.id);
    if (there === undefined || there.finishedOn !== undefined) {
      await this.look(job);
      return true;
    }
    const isRemoved = await there.remove().then(() => true, () => false);
    if (isRemoved) {
      this.#settle(job, () => job.finishCancelled());
      return true;
    }
    job.told = message ?? "";
    // For who begins it later; then for who runs it.
    await there.updateData({ ...there.data as JobData, cancel: job.told });
    await link?.tellCancel(job, there);
    return false;
  }

  /** Learns what may not have been told. */
  async look(job: QueuedJob): Promise<void> {
    const link = this.#connector.link;
    const { removals } = job;
    const there = await link?.get(job.id);
    if (job.done()) return;
    if (there === undefined) {
      if (job.removals > job.outlived) {
        return this.#settle(job, () => {
          job.endCancelled("The job was taken out of the queue");
        });
      }
      if (!isLate(job)) return;
      return this.#settle(job, () => {
        job.lose("Nothing is known of the job any more in Redis");
      });
    }
    // What was told since then may be its own end.
    job.outlived = Math.max(job.outlived, removals);
    if (there.finishedOn !== undefined) return this.#finishFrom(job, there);
    if (there.processedOn !== undefined) job.markBegun();
    // What workers were told may have been lost as well.
    if (job.told !== undefined) await link?.tellCancel(job, there);
    else await link?.grant(job);
  }

  #finishFrom(job: QueuedJob, there: BullmqJob): void {
    // One that was tried again may have both.
    if (there.failedReason && !there.returnvalue) {
      return this.#endFrom(job, there.failedReason, there);
    }
    if (job.stream?.misses(there.returnvalue) === true && !isLate(job)) return;
    this.finish(job, there.returnvalue);
  }

  /** Ends it with what it gave. */
  finish(job: QueuedJob, result: unknown): void {
    // Who has cancelled it reads no more.
    if (job.stream?.misses(result) === true && !job.isCancelRequested()) {
      return this.loseValues(job);
    }
    this.#settle(job, () => job.endWith(result as BoxedResult | null));
  }

  /** Learns whether it was it, and none of before with the same key, that gave a result. */
  async learnResult(job: QueuedJob, result: unknown): Promise<void> {
    const there = await this.#connector.link?.get(job.id);
    if (!isUnderWay(there)) this.finish(job, result);
  }

  /** Learns how it has failed. */
  async learnEnd(job: QueuedJob, reason: string): Promise<void> {
    const there = await this.#connector.link?.get(job.id);
    if (!isUnderWay(there)) this.#endFrom(job, reason, there);
  }

  #endFrom(
    job: QueuedJob,
    reason: string,
    there: BullmqJob | undefined,
  ): void {
    if (isStalled(reason)) {
      const text = "The workers that ran the job were lost too often";
      return this.#settle(job, () => job.lose(text, new Error(reason)));
    }
    const note = there?.progress as Partial<LastNote> | null | undefined;
    const end = note?.end ?? earlyEnd(reason);
    this.#settle(job, () => job.end(end, reason));
  }

  /** Ends a stream of which values did not come. */
  loseValues(job: QueuedJob): void {
    const why = job.hasKey
      ? "the job of its key had begun before, or Redis keeps too few events"
      : "Redis keeps too few events";
    this.#settle(job, () => {
      job.lose(`Values of the stream were lost: ${why}`);
    });
    // Nobody reads any more, unless others have the same job.
    if (job.hasKey) return;
    this.#takeBack(job, "Values of the stream were lost").catch(toldLater);
  }
}

// The end that was told is that of one of before with the same key, then.
function isUnderWay(there: BullmqJob | undefined): boolean {
  return there !== undefined && there.finishedOn === undefined;
}

/** For what is not waited for: what was missed is found by looking. */
export function toldLater(): void {}

// Whether the news of its end should be here by now: at the first look they may be under way.
function isLate(job: QueuedJob): boolean {
  if (job.isLate) return true;
  job.isLate = true;
  return false;
}
