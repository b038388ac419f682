/**
 * Who submits jobs to a queue, and learns how they end.
 *
 * @module
 */
import { RuntimeError } from "../errors.ts";
import type { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import type { EventLoop } from "../loop.ts";
import { getRunningLoop } from "../running_loop.ts";
import { describeValue } from "../_base/repr.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { HostTimer } from "../_executor/host_timer.ts";
import type { JobOwner } from "../_executor/job.ts";
import type { JobStream } from "../_executor/job_stream.ts";
import type {
  ShutdownOptions,
  StreamOptions,
  SubmitOptions,
} from "../_executor/job_types.ts";
import { Keeper } from "../_executor/keeper.ts";
import { ShutdownFuture } from "../_executor/shutdown_future.ts";
import {
  cancelsJobs,
  cannotSubmit,
  checkJob,
  highWaterMarkOf,
  STREAM_OPTIONS,
  SUBMIT_OPTIONS,
} from "../_pool/checks.ts";
import type { Bullmq, BullmqQueueOptions } from "../_bullmq/engine.ts";
import { unsendableArgument } from "../_bullmq/json.ts";
import { Connector } from "./connector.ts";
import { Inquiry, toldLater } from "./inquiry.ts";
import { jobId } from "./job_id.ts";
import { Link, type LinkEvents } from "./link.ts";
import { Lookout } from "./lookout.ts";
import type { YieldedValue } from "../_bullmq/payload.ts";
import { Patience, Silence } from "./patience.ts";
import { QueuedJob, QueuedStream } from "./queued_job.ts";

/** What {@linkcode Submitter} is made of. */
export interface SubmitterOptions extends BullmqQueueOptions {
  /** The options of each job of the engine. */
  readonly jobOptions: object;
  /** How long the end of a cancelled job, or an answer of Redis, is waited for. */
  readonly grace: number;
  /** How often jobs are looked at whose news may have been lost, in seconds. */
  readonly pollInterval: number;
}

// How long Redis may not answer at least, in seconds: with no grace it may, too.
const LEAST_PATIENCE = 1;
// How many jobs go to Redis in one command.
const BATCH = 500;
// How long a job waits for its reader, in seconds and in intervals of looking.
const PATIENCE = 60;
const PATIENT_INTERVALS = 4;

/** Jobs of this program in a queue. */
export class Submitter implements JobOwner, LinkEvents {
  readonly #options: SubmitterOptions;
  readonly #patience: Patience;
  readonly #lookout: Lookout;
  readonly #inquiry: Inquiry;
  // By id: those of one key are one job in the queue.
  readonly #jobs = new Map<string, Set<QueuedJob>>();
  readonly #keeperOf = new Map<EventLoop, Keeper>();
  readonly #keepers = new Set<Keeper>();
  // Those that are to go to the queue, until they do or are settled.
  readonly #waiting = new Set<QueuedJob>();
  readonly #connector: Connector;
  // Who waits for the end; there is an end to come once there is a list.
  #shutdowns: ShutdownFuture[] | undefined;

  constructor(bullmq: Bullmq, options: SubmitterOptions) {
    this.#options = options;
    const patience = Math.max(options.grace, LEAST_PATIENCE);
    this.#patience = new Patience(patience);
    this.#connector = new Connector(options.queue, this.#patience, () => {
      this.#lookout.reset();
      return new Link(bullmq, options, options.jobOptions, this);
    });
    this.#inquiry = new Inquiry(
      this.#connector,
      { grace: options.grace, patience },
      (job, settle) => this.#settle(job, settle),
    );
    this.#lookout = new Lookout({
      interval: options.pollInterval,
      patience,
      jobs: () => this.#all().filter(({ place }) => place === "there"),
      look: (job) => this.#inquiry.look(job),
      lose: (job, message) => this.#settle(job, () => job.lose(message)),
    });
  }

  /** Adds a job to the queue. */
  submit(
    name: string,
    args: readonly unknown[],
    options?: SubmitOptions,
  ): QueuedJob {
    const checked = checkJob(name, args, options, SUBMIT_OPTIONS);
    const job = this.#makeJob(name, args, checked);
    this.#begin(job);
    return job;
  }

  /** Adds a job to the queue that yields. */
  stream(
    name: string,
    args: readonly unknown[],
    options?: StreamOptions,
  ): JobStream<unknown, unknown> {
    const checked = checkJob(name, args, options, STREAM_OPTIONS);
    const credit = highWaterMarkOf(checked);
    const job = this.#makeJob(name, args, checked);
    const { pollInterval } = this.#options;
    const patience = Math.max(PATIENCE, PATIENT_INTERVALS * pollInterval);
    job.stream = new QueuedStream(
      job,
      { credit, patience },
      () => this.#grant(job),
    );
    this.#begin(job);
    return job.stream.reader;
  }

  /** Takes no more jobs, and ends the connections when those that are left have ended. */
  shutdown(options?: ShutdownOptions): Future<void> {
    const cancelFutures = cancelsJobs(options);
    const loop = getRunningLoop();
    const end = new ShutdownFuture(loop, this.#options.queue);
    end.hold();
    (this.#shutdowns ??= []).push(end);
    if (cancelFutures) {
      for (const job of this.#all()) job.cancel("The executor was shut down");
    }
    this.#endIfEmpty();
    return end;
  }

  cancelJob(job: QueuedJob, message: string | undefined): void {
    job.keeper.resume(job);
    switch (job.place) {
      case "here":
        return this.#settle(job, () => job.finishCancelled());
      case "on its way":
        // It is asked to end when it has arrived.
        return this.#inquiry.limit(job);
      default:
        return void this.#inquiry.ask(job, message);
    }
  }

  callLater(
    _loop: Scheduler,
    seconds: number,
    callback: () => void,
  ): { cancel(): void } {
    return new HostTimer(seconds, callback);
  }

  begun(id: string): void {
    this.#lookout.heard();
    for (const job of this.#of(id)) {
      job.markBegun();
      // Another worker may have begun it again, and knows of no grants.
      this.#grant(job);
    }
  }

  completed(id: string, result: unknown): void {
    for (const job of this.#of(id)) {
      if (!job.hasKey) this.#inquiry.finish(job, result);
      else this.#inquiry.learnResult(job, result).catch(toldLater);
    }
  }

  failed(id: string, reason: string): void {
    for (const job of this.#of(id)) {
      this.#inquiry.learnEnd(job, reason).catch(toldLater);
    }
  }

  removed(id: string): void {
    for (const job of this.#of(id)) {
      // Then it was one of before, with the same key.
      if (job.place === "here") continue;
      // So it may have been as yet: that is seen when this one is there.
      job.removals++;
      if (job.place === "there") this.#inquiry.look(job).catch(toldLater);
    }
  }

  duplicated(id: string): void {
    for (const job of this.#of(id)) this.#inquiry.look(job).catch(toldLater);
  }

  progress(id: string, data: unknown): void {
    const value = data as YieldedValue | null;
    if (typeof value !== "object" || typeof value?.n !== "number") return;
    for (const job of this.#of(id)) {
      if (job.stream?.take(value) === false) this.#inquiry.loseValues(job);
    }
  }

  #makeJob(
    name: string,
    args: readonly unknown[],
    options: SubmitOptions | undefined,
  ): QueuedJob {
    const id = jobId(name, options?.key);
    if (this.#shutdowns !== undefined) {
      throw new RuntimeError(cannotSubmit(name, "the executor was shut down"));
    }
    const loop = getRunningLoop();
    const keeper = this.#keeperOf.get(loop) ?? this.#makeKeeper(loop);
    return new QueuedJob(this, name, id, args, keeper, options);
  }

  #begin(job: QueuedJob): void {
    // Its signal was aborted before, or its time was over.
    if (job.done()) return;
    const wrong = unsendableArgument(job.args);
    if (wrong !== undefined) {
      const name = describeValue(job.jobName);
      return job.fail(
        new TypeError(`Cannot send the arguments of the job ${name}: ${wrong}`),
      );
    }
    const same = this.#jobs.get(job.id);
    if (same === undefined) this.#jobs.set(job.id, new Set([job]));
    else same.add(job);
    job.keeper.add(job);
    this.#keepers.add(job.keeper);
    // All jobs of one turn go together.
    this.#waiting.add(job);
    if (this.#waiting.size > 1) return;
    (job.getLoop() as EventLoop).callSoon(() => void this.#add(), NO_CONTEXT);
  }

  async #add(): Promise<void> {
    const isWanted = (): boolean => this.#waiting.size > 0;
    const link = this.#connector.ready ??
      await this.#connector.connect(isWanted);
    if (link === undefined) return;
    const jobs = [...this.#waiting];
    this.#waiting.clear();
    if (link instanceof Error) {
      for (const job of jobs) this.#settle(job, () => job.fail(link));
      return;
    }
    for (const job of jobs) job.place = "on its way";
    const batches: Promise<void>[] = [];
    for (let i = 0; i < jobs.length; i += BATCH) {
      batches.push(this.#addBatch(link, jobs.slice(i, i + BATCH)));
    }
    await Promise.all(batches);
  }

  async #addBatch(link: Link, jobs: readonly QueuedJob[]): Promise<void> {
    try {
      await this.#patience.wait(link.add(jobs));
    } catch (error) {
      if (error instanceof Silence) {
        for (const job of jobs) {
          this.#settle(job, () => job.lose(error.message));
        }
      } else if (jobs.length > 1) {
        // One that cannot be sent after all, as it was changed, must not take others along.
        for (const job of jobs) {
          if (!job.done()) await this.#addBatch(link, [job]);
        }
      } else {
        const message = "Redis did not take the job, or did not say so";
        this.#settle(jobs[0]!, () => jobs[0]!.lose(message, error));
      }
      return;
    }
    for (const job of jobs) {
      job.place = "there";
      if (job.isCancelRequested()) this.#inquiry.ask(job, job.cancelMessage());
      else if (job.removals > 0) this.#inquiry.look(job).catch(toldLater);
    }
    // The news of their end may have been faster than the answer.
    if (this.#jobs.size > 0) this.#lookout.begin();
  }

  #grant(job: QueuedJob): void {
    this.#connector.link?.grant(job).catch(toldLater);
  }

  // Whoever goes through them may settle them.
  #of(id: string): Iterable<QueuedJob> {
    return this.#jobs.get(id) ?? [];
  }

  #all(): QueuedJob[] {
    return [...this.#jobs.values()].flatMap((same) => [...same]);
  }

  #settle(job: QueuedJob, settle: () => void): void {
    const same = this.#jobs.get(job.id);
    if (same?.delete(job) !== true) return;
    if (same.size === 0) this.#jobs.delete(job.id);
    this.#waiting.delete(job);
    job.limit?.cancel();
    settle();
    job.keeper.delete(job);
    if (this.#jobs.size > 0) return;
    this.#lookout.end();
    this.#endIfEmpty();
  }

  async #endIfEmpty(): Promise<void> {
    if (this.#shutdowns === undefined || this.#jobs.size > 0) return;
    await this.#connector.close();
    const ends = this.#shutdowns;
    this.#shutdowns = [];
    for (const keeper of this.#keeperOf.values()) keeper.unlist();
    this.#keeperOf.clear();
    for (const end of ends) end.release();
  }

  #makeKeeper(loop: EventLoop): Keeper {
    const keeper = new Keeper(loop, {
      isReal: true,
      name: this.#options.queue,
      onRest: () => this.#keepers.delete(keeper),
      onEnd: () => {
        this.#keeperOf.delete(loop);
        // A loop that was closed waits for no end.
        for (const job of keeper.jobs() as QueuedJob[]) {
          this.#settle(job, () => job.finishCancelled());
        }
        // It was perhaps to add the jobs of others, too.
        if (this.#waiting.size > 0) void this.#add();
        // The next loop that has jobs connects again.
        if (this.#keepers.size === 0) {
          loop._resources.noteClosing(this.#connector.close());
        }
      },
    });
    this.#keeperOf.set(loop, keeper);
    return keeper;
  }
}
