/**
 * A pool: takes jobs, tells how they end, and leaves none behind.
 *
 * @module
 */
import {
  BrokenExecutor,
  QueueFull,
  RuntimeError,
  WorkerLostError,
} from "../errors.ts";
import type { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import type { EventLoop } from "../loop.ts";
import { getRunningLoop } from "../running_loop.ts";
import { describeValue } from "../_base/repr.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { HostTimer } from "../_executor/host_timer.ts";
import type { JobOwner } from "../_executor/job.ts";
import { JobStream } from "../_executor/job_stream.ts";
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
  isUnsendable,
  refuseKey,
  STREAM_OPTIONS,
  SUBMIT_OPTIONS,
  unsendable,
} from "./checks.ts";
import {
  Dispatcher,
  type DispatcherOptions,
  type DispatcherOwner,
} from "./dispatcher.ts";
import { GraceTimer } from "./grace_timer.ts";
import { type JobHolder, PoolJob } from "./pool_job.ts";

/** What {@linkcode Pool} is made of. */
export interface PoolOptions extends DispatcherOptions {
  /** How many jobs may wait for a worker. */
  readonly maxQueue: number;
}

// How long an idle pool keeps the program alive, in seconds.
const REST = 0.01;

/** Jobs, and workers that run them. */
export class Pool implements JobOwner, DispatcherOwner {
  readonly #options: PoolOptions;
  // One for all loops; where jobs run in the loop itself, one for each.
  readonly #dispatchers = new Map<EventLoop | undefined, Dispatcher>();
  // By loop all, and those that have jobs.
  readonly #keeperOf = new Map<EventLoop, Keeper>();
  readonly #keepers = new Set<Keeper>();
  // The loops that will dispatch in their next turn.
  readonly #dispatching = new WeakSet<EventLoop>();
  // Who waits for the end; there is an end to come once there is a list.
  #shutdowns: ShutdownFuture[] | undefined;
  #broken: { readonly message: string; readonly cause: unknown } | undefined;
  #resting: HostTimer | undefined;
  #lastId = 0;

  /** Makes a pool; its workers start when they are needed. */
  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Runs a job. */
  submit(
    name: string,
    args: readonly unknown[],
    options?: SubmitOptions,
  ): PoolJob {
    const checked = checkJob(name, args, options, SUBMIT_OPTIONS);
    const job = this.#makeJob(name, args, checked);
    this.#begin(job);
    return job;
  }

  /** Runs a job that yields. */
  stream(
    name: string,
    args: readonly unknown[],
    options?: StreamOptions,
  ): JobStream<unknown, unknown> {
    const checked = checkJob(name, args, options, STREAM_OPTIONS);
    const ahead = highWaterMarkOf(checked);
    const job = this.#makeJob(name, args, checked);
    job.credit = ahead;
    job.stream = new JobStream(job, ahead, (count) => {
      job.credit! += count;
      job.keeper.resume(job);
      job.worker?.grant(job, count);
    });
    this.#begin(job);
    return job.stream;
  }

  /** Takes no more jobs, and ends the workers when those that are left have ended. */
  shutdown(options?: ShutdownOptions): Future<void> {
    const cancelFutures = cancelsJobs(options);
    const loop = getRunningLoop();
    const end = new ShutdownFuture(loop, this.#options.name);
    if (this.#options.factory.isReal) end.hold();
    (this.#shutdowns ??= []).push(end);
    if (cancelFutures) {
      for (const job of this.#jobs()) job.cancel("The executor was shut down");
    }
    this.#resting?.cancel();
    this.#resting = undefined;
    this.#reference(true);
    this.#endIfEmpty();
    return end;
  }

  /** Loses all workers at once, as a crash does. */
  crash(): void {
    for (const dispatcher of [...this.#dispatchers.values()]) {
      dispatcher.crash();
    }
  }

  cancelJob(job: PoolJob, message: string | undefined): void {
    const { worker } = job;
    if (worker === undefined) return this.jobNotBegun(job);
    if (!worker.takeBack(job)) {
      return this.#cancelBegun(job, worker, message);
    }
    job.finishCancelled();
    this.#leave(job);
  }

  hasBegun(job: PoolJob): boolean {
    return job.worker?.hasBegun(job) === true;
  }

  callLater(
    loop: Scheduler,
    seconds: number,
    callback: () => void,
  ): { cancel(): void } {
    return this.#options.factory.isReal
      ? new HostTimer(seconds, callback)
      : loop.callLater(seconds, callback, NO_CONTEXT);
  }

  jobEnded(job: PoolJob, outcome: number, value: unknown): void {
    job.endAs(outcome, value);
    this.#leave(job);
  }

  jobNotBegun(job: PoolJob): void {
    job.finishCancelled();
    this.#dispatcherOf(job.getLoop() as EventLoop).queue.remove();
    this.#leave(job);
  }

  jobLost(job: PoolJob, message: string, cause: unknown): void {
    // Each job gets an error of its own, as whoever catches it may add to it.
    const error = new WorkerLostError(
      message,
      cause === undefined ? {} : { cause },
    );
    if (job.isCancelRequested()) job.finishCancelled(error);
    else job.fail(error);
    this.#leave(job);
  }

  jobUnsendable(job: PoolJob, error: unknown): void {
    job.fail(unsendable(job.jobName, job.args, error));
    this.#leave(job);
  }

  broken(message: string, cause: unknown): void {
    this.#broken = { message, cause };
    for (const job of [...this.#jobs()]) {
      if (job.worker !== undefined) continue;
      job.fail(this.#brokenError());
      this.#dispatcherOf(job.getLoop() as EventLoop).queue.remove();
      this.#leave(job);
    }
  }

  allGone(): void {
    const ends = this.#shutdowns;
    if (ends === undefined || this.#keepers.size > 0) return;
    for (const { isGone } of this.#dispatchers.values()) if (!isGone) return;
    this.#shutdowns = [];
    for (const keeper of this.#keeperOf.values()) keeper.unlist();
    this.#keeperOf.clear();
    for (const end of ends) end.release();
  }

  #makeJob(
    name: string,
    args: readonly unknown[],
    options: SubmitOptions | undefined,
  ): PoolJob {
    refuseKey(name, options);
    if (this.#shutdowns !== undefined) {
      throw new RuntimeError(cannotSubmit(name, "the executor was shut down"));
    }
    if (this.#broken !== undefined) throw this.#brokenError();
    const { maxQueue } = this.#options;
    const loop = getRunningLoop();
    if (this.#dispatcherOf(loop).queue.size >= maxQueue) {
      throw new QueueFull(
        cannotSubmit(name, `${maxQueue} are waiting, which is the maxQueue`),
      );
    }
    const keeper = this.#keeperOf.get(loop) ?? this.#makeKeeper(loop);
    if (options?.transfer !== undefined && !this.#options.factory.moves) {
      options = { ...options, transfer: undefined };
    }
    return new PoolJob(this, name, ++this.#lastId, args, keeper, options);
  }

  #begin(job: PoolJob): void {
    // Its signal was aborted before, or its time was over.
    if (job.done()) return;
    if (this.#options.factory.copies && job.args.some(isUnsendable)) {
      return job.fail(unsendable(job.jobName, job.args));
    }
    const loop = job.getLoop() as EventLoop;
    job.keeper.add(job);
    this.#keepers.add(job.keeper);
    const dispatcher = this.#dispatcherOf(loop);
    dispatcher.reference(true);
    if (dispatcher.add(job) || this.#dispatching.has(loop)) return;
    this.#dispatching.add(loop);
    loop.callSoon(() => {
      this.#dispatching.delete(loop);
      dispatcher.dispatch();
    }, NO_CONTEXT);
  }

  #cancelBegun(
    job: PoolJob,
    worker: JobHolder,
    message: string | undefined,
  ): void {
    worker.cancel(job, message);
    job.keeper.resume(job);
    const { grace, factory } = this.#options;
    if (grace === Infinity) return;
    const onOver = (): void => {
      if (job.worker !== worker) return;
      const left = factory.kills ? "was killed" : "was given up";
      this.#dispatcherOf(job.getLoop() as EventLoop).killWorkerOf(
        job,
        `${left}, as the job ${
          describeValue(job.jobName)
        } did not end within ` +
          `${grace} s of its cancel`,
      );
    };
    job.grace = factory.isReal
      ? new GraceTimer(grace, onOver)
      : this.callLater(job.getLoop(), grace, onOver);
  }

  #leave(job: PoolJob): void {
    job.grace?.cancel();
    job.keeper.delete(job);
    this.#endIfEmpty();
  }

  #endIfEmpty(): void {
    if (this.#shutdowns !== undefined && this.#keepers.size === 0) {
      if (this.#dispatchers.size === 0) this.allGone();
      for (const dispatcher of [...this.#dispatchers.values()]) {
        dispatcher.end();
      }
    }
  }

  #dispatcherOf(loop: EventLoop): Dispatcher {
    const key = this.#options.factory.isReal ? undefined : loop;
    let dispatcher = this.#dispatchers.get(key);
    if (dispatcher === undefined) {
      dispatcher = new Dispatcher(this.#options, this);
      this.#dispatchers.set(key, dispatcher);
    }
    return dispatcher;
  }

  #reference(isReferenced: boolean): void {
    for (const dispatcher of this.#dispatchers.values()) {
      dispatcher.reference(isReferenced);
    }
  }

  // What runs in a loop ends with it, and so does what was under way there.
  #forget(loop: EventLoop, keeper: Keeper): void {
    this.#keeperOf.delete(loop);
    if (this.#options.factory.isReal) return;
    this.#dispatchers.delete(loop);
    this.#keepers.delete(keeper);
    this.#endIfEmpty();
  }

  #jobs(): PoolJob[] {
    return [...this.#keepers].flatMap((keeper) => keeper.jobs()) as PoolJob[];
  }

  #makeKeeper(loop: EventLoop): Keeper {
    const { factory, name } = this.#options;
    const keeper = new Keeper(loop, {
      isReal: factory.isReal,
      name,
      onRest: () => {
        this.#keepers.delete(keeper);
        this.#rest();
      },
      onEnd: () => this.#forget(loop, keeper),
    });
    this.#keeperOf.set(loop, keeper);
    return keeper;
  }

  // An idle pool lets the program end. Not at once: who waits for jobs one by one submits
  // the next soon, and to let go and hold is dear.
  #rest(): void {
    if (!this.#options.factory.isReal || this.#shutdowns !== undefined) return;
    this.#resting ??= new HostTimer(REST, () => {
      this.#resting = undefined;
      if (this.#keepers.size > 0 || this.#shutdowns !== undefined) return;
      this.#reference(false);
    });
  }

  #brokenError(): BrokenExecutor {
    const { message, cause } = this.#broken!;
    return new BrokenExecutor(`The executor is broken: ${message}`, { cause });
  }
}
