/**
 * Hands the jobs of a queue to workers, and replaces workers that are lost.
 *
 * @module
 */
import { isError } from "../_base/repr.ts";
import { type ErrorData, fromErrorData } from "../_executor/error_data.ts";
import { hostTime, HostTimer } from "../_executor/host_timer.ts";
import {
  FIRST_RESULT,
  FromWorker,
  Outcome,
  RESULT_WIDTH,
} from "../_executor/wire.ts";
import type { ChannelFactory } from "../_channel/channel.ts";
import { JobQueue } from "./job_queue.ts";
import type { PoolJob } from "./pool_job.ts";
import { PoolWorker } from "./pool_worker.ts";
import { Roster } from "./roster.ts";

/** What {@linkcode Dispatcher} is made of. */
export interface DispatcherOptions {
  readonly module: string;
  readonly factory: ChannelFactory;
  readonly maxWorkers: number;
  /** How many jobs a worker runs at once. */
  readonly concurrency: number;
  /** How long a worker has for its clean-up, in seconds. */
  readonly grace: number;
  readonly name: string;
}

/** What a dispatcher tells its pool. */
export interface DispatcherOwner {
  /** A job has ended, and said how. */
  jobEnded(job: PoolJob, outcome: number, value: unknown): void;
  /** A job that was asked to end has not begun, and stands in the queue. */
  jobNotBegun(job: PoolJob): void;
  /** A job has ended with its worker. */
  jobLost(job: PoolJob, message: string, cause: unknown): void;
  /** A job cannot be sent. */
  jobUnsendable(job: PoolJob, error: unknown): void;
  /** No worker can start. */
  broken(message: string, cause: unknown): void;
  /** The last worker is gone. */
  allGone(): void;
}

const MOST_START_FAILURES = 3;
// How long a worker has after the grace to kill what it has started, and to say so, in seconds.
const LAST_WORDS = 1;

/** The workers of a pool, and the jobs that wait for one. */
export class Dispatcher {
  readonly queue: JobQueue = new JobQueue();
  readonly #options: DispatcherOptions;
  readonly #owner: DispatcherOwner;
  readonly #roster = new Roster();
  #workersMade = 0;
  #startFailures = 0;
  // Why no worker can start.
  #broken: { readonly message: string; readonly cause: unknown } | undefined;
  // Whether a job could not be sent, so that its place is free.
  #hasRoom = false;
  #isReferenced = false;

  constructor(options: DispatcherOptions, owner: DispatcherOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  /**
   * Takes a job; hands it over if it is the first and a worker has nothing to do.
   *
   * @returns Whether it was handed over; else `dispatch()` has something to do.
   */
  add(job: PoolJob): boolean {
    this.queue.push(job);
    if (this.queue.size > 1) return false;
    const worker = this.#roster.idle();
    if (worker === undefined) return false;
    this.queue.shift();
    worker.take(job);
    worker.flush(this.#onUnsendable);
    return true;
  }

  /** Hands out what may be handed out. */
  dispatch(): void {
    this.#takeBackStuck();
    do {
      this.#hasRoom = false;
      this.#handOut();
      for (const worker of this.#roster.active) {
        worker.flush(this.#onUnsendable);
      }
    } while (this.#hasRoom);
    if (this.queue.size === 0 && this.#roster.active.size > 1) this.#share();
  }

  /** Whether it has no workers. */
  get isGone(): boolean {
    return this.#roster.size === 0;
  }

  /** Lets workers keep the program alive, or not. */
  reference(isReferenced: boolean): void {
    if (this.#isReferenced === isReferenced) return;
    this.#isReferenced = isReferenced;
    for (const { channel } of this.#roster.all()) {
      if (isReferenced) channel.ref();
      else channel.unref();
    }
  }

  /** Ends the worker of a job by force. */
  killWorkerOf(job: PoolJob, why: string): void {
    for (const worker of this.#roster.active) {
      if (worker === job.worker) return this.#kill(worker, why);
    }
  }

  /** Ends all workers: no job is left. */
  end(): void {
    for (const worker of this.#roster.active) {
      this.#roster.dismiss(worker);
      if (worker.state === "ready") this.#stop(worker);
      else worker.channel.kill();
      worker.state = "stopping";
    }
    if (this.#roster.size === 0) this.#owner.allGone();
  }

  /** Loses all workers at once. */
  crash(): void {
    for (const worker of [...this.#roster.active]) {
      this.#kill(worker, "crashed");
    }
  }

  #handOut(): void {
    for (;;) {
      const job = this.queue.first;
      if (job === undefined) return;
      const worker = this.#pick(job);
      if (worker === undefined) return;
      this.queue.shift();
      worker.take(job);
    }
  }

  readonly #onUnsendable = (job: PoolJob, error: unknown): void => {
    // No answer will come that would hand out the next.
    this.#hasRoom = true;
    this.#owner.jobUnsendable(job, error);
  };

  #pick(job: PoolJob): PoolWorker | undefined {
    const roster = this.#roster;
    const best = roster.leastLoaded();
    const { concurrency, maxWorkers } = this.#options;
    if (best !== undefined && best.load < concurrency) return best;
    const mayStart = roster.active.size < maxWorkers;
    if (mayStart && roster.starting() < this.queue.size) this.#start();
    return best?.takesAhead(job) === true ? best : undefined;
  }

  // Workers with nothing to do take half of what another has not begun: all of them, as
  // nothing may come that would call this again.
  #share(): void {
    for (;;) {
      const idle = this.#roster.idle();
      if (idle === undefined) return;
      const jobs = this.#takeBackSpare();
      if (jobs.length === 0) return;
      for (const job of jobs) idle.take(job);
      idle.flush(this.#onUnsendable);
    }
  }

  // The richest may have begun all that it has, and only not said so.
  #takeBackSpare(): PoolJob[] {
    for (const worker of this.#roster.rich()) {
      const jobs = worker.takeBackHalf();
      if (jobs.length > 0) return jobs;
    }
    return [];
  }

  // Workers that always have something to do never share.
  #takeBackStuck(): void {
    const { active } = this.#roster;
    if (active.size < 2) return;
    const now = hostTime();
    for (const worker of active) {
      const jobs = worker.takeBackStuck(now);
      if (jobs.length > 0) this.queue.putBack(jobs);
    }
  }

  #start(): void {
    if (this.#broken !== undefined) return;
    const { module, concurrency, grace, factory } = this.#options;
    const name = `${this.#options.name}-${++this.#workersMade}`;
    try {
      const worker = new PoolWorker(factory, {
        module,
        concurrency,
        grace,
        name,
      }, {
        message: (data) => this.#onMessage(worker, data as unknown[]),
        exit: (error) => this.#onExit(worker, error),
      });
      this.#roster.active.add(worker);
      if (!this.#isReferenced) worker.channel.unref();
    } catch (error) {
      this.#break(`no worker can be started: ${messageOf(error)}`, error);
    }
  }

  #onMessage(worker: PoolWorker, message: unknown[]): void {
    switch (message[0]) {
      case FromWorker.Results:
        if (!this.#roster.active.has(worker)) return;
        return this.#onResults(worker, message);
      case FromWorker.Ready:
        if (worker.state !== "starting") return;
        worker.begin(message[1] as boolean);
        this.#startFailures = 0;
        return this.dispatch();
      case FromWorker.Process:
        return worker.processes.note(
          message[1] as number,
          message[2] as boolean,
          message[3] as boolean,
        );
      case FromWorker.Stopped:
        return worker.channel.end();
      case FromWorker.StartFailed: {
        const cause = fromErrorData(message[1] as ErrorData);
        this.#break(
          `the module ${this.#options.module} cannot be loaded: ${cause.message}`,
          cause,
        );
        this.#kill(worker, "ended: it could not start", cause);
      }
    }
  }

  #onResults(worker: PoolWorker, results: unknown[]): void {
    const count = (results.length - FIRST_RESULT) / RESULT_WIDTH;
    worker.measure(results[1] as number, count);
    const notBegun: PoolJob[] = [];
    for (let i = FIRST_RESULT; i < results.length; i += RESULT_WIDTH) {
      const outcome = results[i + 1] as number;
      const job = worker.ended(results[i] as number, outcome);
      if (job === undefined) continue;
      const value = results[i + 2];
      if (outcome === Outcome.Yielded) job.takeValue(value);
      else if (outcome === Outcome.Skipped) notBegun.push(job);
      else this.#owner.jobEnded(job, outcome, value);
    }
    if (notBegun.length > 0) this.#putBack(notBegun);
    this.dispatch();
  }

  #onExit(worker: PoolWorker, error: Error | undefined): void {
    const wasStarting = worker.state === "starting";
    worker.state = "gone";
    worker.stopTimer?.cancel();
    worker.processes.kill();
    if (this.#roster.leaving.delete(worker)) {
      if (this.#roster.size === 0) this.#owner.allGone();
      return;
    }
    const why = error === undefined ? "ended" : `ended: ${error.message}`;
    if (wasStarting && ++this.#startFailures >= MOST_START_FAILURES) {
      this.#break(
        `${MOST_START_FAILURES} workers ended while they started, the last ${why}`,
        error,
      );
    }
    this.#lose(worker, why, error);
  }

  #kill(worker: PoolWorker, why: string, cause?: unknown): void {
    this.#roster.leaving.add(worker);
    this.#lose(worker, why, cause);
    worker.channel.kill();
  }

  // What it had begun is lost; what it had not goes to others.
  #lose(worker: PoolWorker, why: string, cause: unknown): void {
    if (!this.#roster.active.delete(worker)) return;
    const notBegun: PoolJob[] = [];
    const begun: PoolJob[] = [];
    for (const job of worker.held()) {
      // What was moved to it is gone with it.
      if (worker.takeBack(job) && job.transfer === undefined) {
        notBegun.push(job);
      } else begun.push(job);
    }
    this.#putBack(notBegun);
    for (const job of begun) {
      job.worker = undefined;
      this.#owner.jobLost(
        job,
        `The worker ${worker.name} was lost: it ${why}`,
        cause,
      );
    }
    this.dispatch();
    if (this.#broken === undefined || this.#roster.active.size > 0) return;
    // The last is gone, and what it had not begun stands in the queue.
    this.#owner.broken(this.#broken.message, this.#broken.cause);
  }

  #putBack(jobs: readonly PoolJob[]): void {
    this.queue.putBack(jobs);
    for (const job of jobs) {
      if (job.isCancelRequested()) this.#owner.jobNotBegun(job);
    }
  }

  // What its jobs have left behind cleans up first.
  #stop(worker: PoolWorker): void {
    worker.stop();
    const { grace, factory } = this.#options;
    if (!factory.isReal || grace === Infinity) return;
    worker.stopTimer = new HostTimer(
      grace + LAST_WORDS,
      () => worker.channel.kill(),
    );
  }

  #break(message: string, cause: unknown): void {
    if (this.#broken !== undefined) return;
    this.#broken = { message, cause };
    this.#owner.broken(message, cause);
  }
}

function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
