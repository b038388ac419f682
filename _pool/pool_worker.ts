/**
 * A worker, and the jobs in its hands.
 *
 * @module
 */
import { hostTime } from "../_executor/host_timer.ts";
import {
  type Extra,
  FIRST_RUN,
  Outcome,
  RUN_WIDTH,
  ToWorker,
} from "../_executor/wire.ts";
import type {
  Channel,
  ChannelEvents,
  ChannelFactory,
} from "../_channel/channel.ts";
import type { PoolMarks } from "../_worker/marks.ts";
import { WorkerProcesses } from "./worker_processes.ts";
import type { JobHolder, PoolJob } from "./pool_job.ts";
import type { Movable } from "../_executor/job_types.ts";

// How much work a worker may have in hand beyond what it runs, in seconds: more hides
// the way of the messages and the turns in which the pool has no core, less leaves more
// to others.
const AHEAD = 0.002;
const MOST_AHEAD = 1024;
// After how long without an answer a worker is stuck: in seconds, and in jobs.
const LONGEST_SILENCE = 0.02;
const SILENT_JOBS = 8;
// How fast the measured time of a job may rise. A thread that waited for a core says
// little of its jobs: with a mean, the jobs a second fall to a fifth.
const STEEPEST = 1.5;

/** Where a worker is. */
type WorkerState = "starting" | "ready" | "stopping" | "gone";

/** Stands in the place of a job that was taken back, until the worker says so. */
const TAKEN_BACK: unique symbol = Symbol("asyncio.takenBack");

/** What {@linkcode PoolWorker} is made of. */
export interface PoolWorkerOptions {
  readonly module: string;
  readonly concurrency: number;
  /** How long what jobs have left behind may clean up at its end, in seconds. */
  readonly grace: number;
  readonly name: string;
}

/** One worker of a pool. */
export class PoolWorker implements JobHolder {
  readonly name: string;
  readonly channel: Channel;
  /** What its jobs have started. */
  readonly processes: WorkerProcesses = new WorkerProcesses();
  state: WorkerState = "starting";
  /** How many jobs are in its hands, those taken back included. */
  load = 0;
  /** How many cancels it has not answered. */
  unanswered = 0;
  /** Ends it by force if it does not stop. */
  stopTimer: { cancel(): void } | undefined = undefined;
  readonly #concurrency: number;
  // What runs in the loop itself has no way to hide, and its order no time to hang on.
  readonly #isReal: boolean;
  #marks: PoolMarks | undefined;
  readonly #jobs: (PoolJob | typeof TAKEN_BACK | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  // How many of its jobs were taken back, and stand there until it says so.
  #takenBack = 0;
  // What a job takes, in seconds.
  #secondsAJob = Infinity;
  // When it last had nothing to do, or ended a job.
  #heardAt = 0;
  #isStuck = false;
  #isFilling = false;
  // The message that carries what was taken.
  #out: unknown[] = [ToWorker.Run];
  #moves: Movable[] = [];

  /** Starts a worker; throws if the host cannot. */
  constructor(
    factory: ChannelFactory,
    options: PoolWorkerOptions,
    events: ChannelEvents,
  ) {
    const { concurrency, name } = options;
    this.name = name;
    this.#concurrency = concurrency;
    this.#isReal = factory.isReal;
    const slots = concurrency + MOST_AHEAD;
    for (let slot = slots - 1; slot >= 0; slot--) this.#freeSlots.push(slot);
    this.channel = factory.open({ ...options, slots }, events);
    this.#marks = this.channel.marks;
  }

  /** Notes that it takes jobs from now on, and whether it keeps their marks. */
  begin(keepsMarks: boolean): void {
    this.state = "ready";
    if (!keepsMarks) this.#marks = undefined;
  }

  /** Whether it may be given jobs. */
  takesJobs(): boolean {
    // One with a cancel to answer may have to be killed, with all that it runs.
    return this.state === "ready" && this.unanswered === 0;
  }

  /** Whether it runs nothing, and may be given a job. */
  isIdle(): boolean {
    return this.load === 0 && this.takesJobs();
  }

  /** Whether it may have a job in hand beyond those that it runs. */
  takesAhead(job: PoolJob): boolean {
    // What is moved could not be taken back.
    if (this.#marks === undefined || job.transfer !== undefined) return false;
    if (this.#isStuck || !this.#isReal) return false;
    const most = this.#secondsAJob === Infinity ? 1 : Math.min(
      Math.max(Math.floor(AHEAD / this.#secondsAJob), 1),
      MOST_AHEAD,
    );
    // By halves, so that messages stay large.
    if (this.load <= this.#concurrency + (most >> 1)) this.#isFilling = true;
    else if (this.load >= this.#concurrency + most) this.#isFilling = false;
    return this.#isFilling && this.#freeSlots.length > 0;
  }

  /** Takes a job; {@linkcode PoolWorker.flush} sends it. */
  take(job: PoolJob): void {
    const slot = this.#freeSlots.pop()!;
    job.worker = this;
    job.slot = slot;
    this.#jobs[slot] = job;
    if (this.load === 0) this.#heardAt = hostTime();
    this.load++;
    if (this.#marks !== undefined) this.#marks.send(slot, job.id);
    else job.markBegun();
    this.#out.push(slot, job.id, job.jobName, job.args, this.#extraOf(job));
    if (job.transfer !== undefined) this.#moves.push(...job.transfer);
  }

  /**
   * Sends what was taken.
   *
   * @param onFailed Is told of each job that cannot be sent.
   */
  flush(onFailed: (job: PoolJob, error: unknown) => void): void {
    if (this.#out.length === FIRST_RUN) return;
    const out = this.#out;
    const moves = this.#moves;
    this.#out = [ToWorker.Run];
    if (moves.length > 0) this.#moves = [];
    try {
      this.channel.post(out, moves);
    } catch {
      // One of them cannot be sent: each for itself, then.
      for (let i = FIRST_RUN; i < out.length; i += RUN_WIDTH) {
        this.#sendOne(out.slice(i, i + RUN_WIDTH), onFailed);
      }
    }
  }

  /** Asks it to end what its jobs have left behind, and to say so. */
  stop(): void {
    this.#post(ToWorker.Stop);
  }

  grant(job: PoolJob, count: number): void {
    this.#post(ToWorker.Grant, job.id, count);
  }

  hasBegun(job: PoolJob): boolean {
    return this.#marks?.hasBegun(job.slot, job.id) ?? true;
  }

  takeBack(job: PoolJob): boolean {
    if (this.#marks?.takeBack(job.slot, job.id) !== true) return false;
    // The worker says when the slot is free.
    this.#jobs[job.slot] = TAKEN_BACK;
    this.#takenBack++;
    job.worker = undefined;
    return true;
  }

  cancel(job: PoolJob, message: string | undefined): void {
    this.#marks?.cancel(job.slot, job.id);
    this.unanswered++;
    this.#post(ToWorker.Cancel, job.id, message);
  }

  /** Notes how long some jobs took together, in seconds. */
  measure(seconds: number, count: number): void {
    if (seconds <= 0) return;
    this.#heardAt = hostTime();
    this.#isStuck = false;
    const each = seconds / count;
    const last = this.#secondsAJob;
    this.#secondsAJob = each < last ? each : Math.min(each, last * STEEPEST);
  }

  /**
   * Takes what the worker says of a slot.
   *
   * @returns The job, unless it was taken back.
   */
  ended(slot: number, outcome: number): PoolJob | undefined {
    const job = this.#jobs[slot];
    if (outcome !== Outcome.Yielded) this.#free(slot);
    if (job === undefined || job === TAKEN_BACK) return undefined;
    if (outcome !== Outcome.Yielded) {
      if (job.isCancelRequested()) this.unanswered--;
      job.worker = undefined;
    }
    return job;
  }

  /** Returns the jobs in its hands. */
  held(): PoolJob[] {
    return this.#jobs.filter((job) =>
      job !== undefined && job !== TAKEN_BACK
    ) as PoolJob[];
  }

  /** How many of its jobs it cannot be at, as far as is known. */
  get spare(): number {
    if (this.#marks === undefined) return 0;
    return Math.max(this.load - this.#takenBack - this.#concurrency, 0);
  }

  /** Takes back about half of what it has not begun, those sent last. */
  takeBackHalf(): PoolJob[] {
    return this.#takeBackLast((this.spare + 1) >> 1);
  }

  /**
   * Takes back what stands behind a job that takes far longer than those before it.
   *
   * @param now The host's time, in seconds.
   */
  takeBackStuck(now: number): PoolJob[] {
    if (this.#isStuck || this.spare === 0) return [];
    const longest = Math.max(LONGEST_SILENCE, SILENT_JOBS * this.#secondsAJob);
    if (now - this.#heardAt < longest) return [];
    this.#isStuck = true;
    return this.#takeBackLast(this.spare);
  }

  #takeBackLast(wanted: number): PoolJob[] {
    const taken: PoolJob[] = [];
    const held = this.held().filter(({ transfer }) => transfer === undefined);
    held.sort((a, b) => b.id - a.id);
    for (const job of held) {
      if (wanted === 0) break;
      if (!this.takeBack(job)) continue;
      taken.push(job);
      wanted--;
    }
    return taken.reverse();
  }

  #post(...message: unknown[]): void {
    try {
      this.channel.post(message, []);
    } catch {
      // It is on its way out, and `exit` follows.
    }
  }

  #sendOne(
    run: unknown[],
    onFailed: (job: PoolJob, error: unknown) => void,
  ): void {
    const slot = run[0] as number;
    const job = this.#jobs[slot] as PoolJob;
    try {
      this.channel.post([ToWorker.Run, ...run], job.transfer ?? []);
    } catch (error) {
      this.#free(slot);
      job.worker = undefined;
      onFailed(job, error);
    }
  }

  #free(slot: number): void {
    const job = this.#jobs[slot];
    if (job === undefined) return;
    if (job === TAKEN_BACK) this.#takenBack--;
    this.#jobs[slot] = undefined;
    this.#freeSlots.push(slot);
    this.load--;
  }

  #extraOf({ deadline, due, credit, origin }: PoolJob): Extra | undefined {
    if (
      deadline === undefined && credit === undefined && origin === undefined
    ) return undefined;
    return { deadline, due: this.#isReal ? undefined : due, credit, origin };
  }
}
