/**
 * Hands the jobs of a queue to workers, and replaces workers that are lost.
 *
 * @module
 */
import { isInstance } from "../_base/repr.ts";
import { WorkerLostError } from "../errors.ts";
import { type ErrorData, fromErrorData } from "../_executor/error_data.ts";
import { HostTimer } from "../_executor/host_timer.ts";
import {
  FromWorker,
  Outcome,
  RESULT_WIDTH,
  ToWorker,
} from "../_executor/wire.ts";
import type { ChannelFactory } from "./channel.ts";
import { JobQueue } from "./job_queue.ts";
import type { PoolJob } from "./pool_job.ts";
import { PoolWorker } from "./pool_worker.ts";

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
  /** A job has ended with its worker. */
  jobLost(job: PoolJob, error: WorkerLostError): void;
  /** A job cannot be sent. */
  jobUnsendable(job: PoolJob, error: unknown): void;
  /** No worker can start. */
  broken(message: string, cause: unknown): void;
  /** The last worker is gone. */
  allGone(): void;
}

const MOST_START_FAILURES = 3;

/** The workers of a pool, and the jobs that wait for one. */
export class Dispatcher {
  readonly queue: JobQueue = new JobQueue();
  readonly #options: DispatcherOptions;
  readonly #owner: DispatcherOwner;
  readonly #workers = new Set<PoolWorker>();
  // Those that take no more and are not gone.
  readonly #leaving = new Set<PoolWorker>();
  #workersMade = 0;
  #startFailures = 0;
  #isBroken = false;
  // Whether a job could not be sent, so that its place is free.
  #hasRoom = false;
  #isReferenced = false;

  constructor(options: DispatcherOptions, owner: DispatcherOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  /** Whether workers are there, those that are leaving included. */
  get hasWorkers(): boolean {
    return this.#workers.size + this.#leaving.size > 0;
  }

  /**
   * Takes a job; hands it over if it is the first and a worker has nothing to do.
   *
   * @returns Whether it was handed over; else there is something to {@linkcode
   * Dispatcher.dispatch}.
   */
  add(job: PoolJob): boolean {
    this.queue.push(job);
    if (this.queue.size > 1) return false;
    for (const worker of this.#workers) {
      if (!worker.isIdle()) continue;
      this.queue.shift();
      worker.take(job);
      worker.flush(this.#onUnsendable);
      return true;
    }
    return false;
  }

  /** Hands out what may be handed out. */
  dispatch(): void {
    do {
      this.#hasRoom = false;
      this.#handOut();
      for (const worker of this.#workers) worker.flush(this.#onUnsendable);
    } while (this.#hasRoom);
    if (this.queue.size === 0 && this.#workers.size > 1) this.#share();
  }

  /** Lets workers keep the program alive, or not. */
  reference(isReferenced: boolean): void {
    if (this.#isReferenced === isReferenced) return;
    this.#isReferenced = isReferenced;
    for (const { channel } of [...this.#workers, ...this.#leaving]) {
      if (isReferenced) channel.ref();
      else channel.unref();
    }
  }

  /** Ends a worker by force. */
  kill(worker: PoolWorker, why: string, cause?: unknown): void {
    this.#leaving.add(worker);
    this.#lose(worker, why, cause);
    worker.channel.kill();
  }

  /** Ends all workers: no job is left. */
  end(): void {
    for (const worker of this.#workers) {
      this.#workers.delete(worker);
      this.#leaving.add(worker);
      if (worker.state === "ready") this.#stop(worker);
      else worker.channel.kill();
      worker.state = "stopping";
    }
    if (!this.hasWorkers) this.#owner.allGone();
  }

  /** Loses all workers at once. */
  crash(): void {
    for (const worker of [...this.#workers]) {
      this.kill(worker, "crashed");
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
    let best: PoolWorker | undefined;
    let starting = 0;
    for (const worker of this.#workers) {
      if (worker.state === "starting") starting++;
      // One with a cancel to answer may have to be killed, with all that it runs.
      else if (
        worker.unanswered === 0 &&
        (best === undefined || worker.load < best.load)
      ) best = worker;
    }
    const { concurrency, maxWorkers } = this.#options;
    if (best !== undefined && best.load < concurrency) return best;
    if (this.#workers.size < maxWorkers && starting < this.queue.size) {
      this.#start();
    }
    return best?.takesAhead(job) === true ? best : undefined;
  }

  // A worker with nothing to do takes half of what another has not begun.
  #share(): void {
    let idle: PoolWorker | undefined;
    let richest: PoolWorker | undefined;
    for (const worker of this.#workers) {
      if (worker.isIdle()) idle = worker;
      else if (
        worker.hasSpare() && worker.load > (richest?.load ?? 0)
      ) richest = worker;
    }
    if (idle === undefined || richest === undefined) return;
    for (const job of richest.takeBackHalf()) idle.take(job);
    idle.flush(this.#onUnsendable);
  }

  #start(): void {
    if (this.#isBroken) return;
    const { module, concurrency, factory } = this.#options;
    const name = `${this.#options.name}-${++this.#workersMade}`;
    try {
      const worker = new PoolWorker(factory, { module, concurrency, name }, {
        message: (data) => this.#onMessage(worker, data as unknown[]),
        exit: (error) => this.#onExit(worker, error),
      });
      this.#workers.add(worker);
      if (!this.#isReferenced) worker.channel.unref();
    } catch (error) {
      this.#break(`no worker can be started: ${messageOf(error)}`, error);
    }
  }

  #onMessage(worker: PoolWorker, message: unknown[]): void {
    switch (message[0]) {
      case FromWorker.Results:
        if (!this.#workers.has(worker)) return;
        return this.#onResults(
          worker,
          message[1] as number,
          message[2] as unknown[],
        );
      case FromWorker.Ready:
        if (worker.state !== "starting") return;
        worker.state = "ready";
        this.#startFailures = 0;
        return this.dispatch();
      case FromWorker.Stopped:
        return worker.channel.end();
      case FromWorker.StartFailed: {
        const cause = fromErrorData(message[1] as ErrorData);
        this.#break(
          `the module ${this.#options.module} cannot be loaded: ${cause.message}`,
          cause,
        );
        this.kill(worker, "ended: it could not start", cause);
      }
    }
  }

  #onResults(worker: PoolWorker, seconds: number, results: unknown[]): void {
    worker.measure(seconds, results.length / RESULT_WIDTH);
    for (let i = 0; i < results.length; i += RESULT_WIDTH) {
      const outcome = results[i + 1] as number;
      const job = worker.ended(results[i] as number, outcome);
      if (job === undefined) continue;
      const value = results[i + 2];
      if (outcome === Outcome.Yielded) job.stream?.push(value);
      else this.#owner.jobEnded(job, outcome, value);
    }
    this.dispatch();
  }

  #onExit(worker: PoolWorker, error: Error | undefined): void {
    const wasStarting = worker.state === "starting";
    worker.state = "gone";
    worker.stopTimer?.cancel();
    if (this.#leaving.delete(worker)) {
      if (!this.hasWorkers) this.#owner.allGone();
      return;
    }
    const why = error === undefined ? "ended" : `ended: ${error.message}`;
    if (wasStarting && ++this.#startFailures >= MOST_START_FAILURES) {
      this.#break(
        `${this.#startFailures} workers ended while they started, the last ${why}`,
        error,
      );
    }
    this.#lose(worker, why, error);
  }

  // What it had begun is lost; what it had not goes to others.
  #lose(worker: PoolWorker, why: string, cause: unknown): void {
    if (!this.#workers.delete(worker)) return;
    const notBegun: PoolJob[] = [];
    const begun: PoolJob[] = [];
    for (const job of worker.held()) {
      // What was moved to it is gone with it.
      if (worker.takeBack(job) && job.transfer === undefined) {
        notBegun.push(job);
      } else begun.push(job);
    }
    this.queue.putBack(notBegun);
    for (const job of begun) {
      job.worker = undefined;
      // Each gets an error of its own, as whoever catches it may add to it.
      this.#owner.jobLost(
        job,
        new WorkerLostError(
          `The worker ${worker.name} was lost: it ${why}`,
          cause === undefined ? {} : { cause },
        ),
      );
    }
    this.dispatch();
  }

  // What its jobs have left behind cleans up first.
  #stop(worker: PoolWorker): void {
    worker.post(ToWorker.Stop);
    const { grace, factory } = this.#options;
    if (!factory.isReal || grace === Infinity) return;
    worker.stopTimer = new HostTimer(grace, () => worker.channel.kill());
  }

  #break(message: string, cause: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#owner.broken(message, cause);
  }
}

function messageOf(error: unknown): string {
  return isInstance(error, Error) ? error.message : String(error);
}
