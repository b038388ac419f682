/**
 * Keeps the jobs of a loop: `run()` leaves none behind, and virtual time waits for them.
 *
 * @module
 */
import type { EventLoop } from "../loop.ts";
import { TaskList } from "../_loop/task_list.ts";
import type { Resource } from "../_loop/resources.ts";
import { OwnedFuture } from "../_task/owned_future.ts";
import type { Job } from "./job.ts";

/** Options of {@linkcode Keeper}. */
export interface KeeperOptions {
  /** Whether real time passes where the jobs run, so that virtual time has to wait. */
  readonly isReal: boolean;
  /** The name of the executor. */
  readonly name: string;
  /** Is called when no job is under way any more. */
  readonly onRest: () => void;
  /** Is called when the loop ends. */
  readonly onEnd: () => void;
}

/** The jobs of one loop that are under way. */
export class Keeper implements Resource {
  /** How many jobs are under way. */
  size = 0;
  readonly #loop: EventLoop;
  readonly #options: KeeperOptions;
  readonly #jobs = new TaskList<Job<unknown>>();
  // Those that can't go on before something is done here.
  readonly #paused = new Set<Job<unknown>>();
  #isHolding = false;
  // Whether the loop knows of it: from the first job on, since to tell it at each costs more
  // than a job that is kept.
  #isListed = false;
  #isEnding = false;
  // Waits for the end of all jobs, at the end of the loop.
  #ending: OwnedFuture | undefined;

  /**
   * Makes a keeper of no jobs.
   *
   * @param loop The loop.
   * @param options What kind of jobs, and whose.
   */
  constructor(loop: EventLoop, options: KeeperOptions) {
    this.#loop = loop;
    this.#options = options;
  }

  /** Begins to keep a job. */
  add(job: Job<unknown>): void {
    this.#jobs.add(job);
    this.size++;
    this.#holdTime();
    if (this.#isListed) return;
    this.#isListed = true;
    this.#loop._resources.add(this);
  }

  /** Keeps a job no more: it has ended. It must have been added, and not be deleted twice. */
  delete(job: Job<unknown>): void {
    this.#jobs.delete(job);
    this.#paused.delete(job);
    this.size--;
    this.#holdTime();
    if (this.size > 0) return;
    if (!this.#loop.isClosed()) this.#ending?.release();
    this.#options.onRest();
  }

  /** Notes that a job waits for its reader: virtual time may go on. */
  pause(job: Job<unknown>): void {
    if (job.done()) return;
    this.#paused.add(job);
    this.#holdTime();
  }

  /** Notes that a job goes on, if it was paused. */
  resume(job: Job<unknown>): void {
    if (this.#paused.delete(job)) this.#holdTime();
  }

  /** Returns the jobs that are under way, the oldest first. */
  jobs(): Job<unknown>[] {
    return [...this.#jobs];
  }

  /** Forgets the loop: no more jobs will come. */
  unlist(): void {
    this.#isListed = false;
    this.#loop._resources.delete(this);
  }

  /** Whether nobody has forgotten a job. */
  get _isClosing(): boolean {
    return this.#isEnding || this.size === 0;
  }

  /** Called at the end of `run()`: cancels all jobs and waits for their clean-up. */
  async _endWithLoop(): Promise<void> {
    this.#isEnding = true;
    this.#isListed = false;
    this.#cancelAll();
    while (this.size > 0) {
      this.#ending = new OwnedFuture(this.#loop, {
        describeWait: () => String(this),
      });
      await this.#ending;
    }
    this.#options.onEnd();
  }

  /** Called when the loop is closed: cancels all jobs. */
  _abandon(): void {
    this.#cancelAll();
    this.#options.onEnd();
  }

  toString(): string {
    const names = this.jobs().map((job) => job.jobName);
    const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
    return `jobs of ${this.#options.name}: ${
      names.slice(0, 5).join(", ")
    }${more}`;
  }

  #holdTime(): void {
    const holds = this.#options.isReal && this.size > this.#paused.size;
    if (holds === this.#isHolding) return;
    this.#isHolding = holds;
    if (holds) this.#loop._hold();
    else this.#loop._letGo();
  }

  #cancelAll(): void {
    for (const job of this.jobs()) job.cancel("The loop ends");
  }
}
