/**
 * Looks at jobs now and then: news of the engine may be lost, as Redis keeps only so many
 * events.
 *
 * @module
 */
import { hostTime, HostTimer } from "../_executor/host_timer.ts";
import { silence } from "./patience.ts";
import type { QueuedJob } from "./queued_job.ts";

/** What {@linkcode Lookout} is made of. */
export interface LookoutOptions {
  /** How long to wait between two rounds, in seconds. */
  readonly interval: number;
  /** How long an answer may take until all jobs count as lost, in seconds. */
  readonly patience: number;
  /** The jobs to look at. */
  readonly jobs: () => QueuedJob[];
  /** Looks at one. */
  readonly look: (job: QueuedJob) => Promise<void>;
  /** Ends one of which nothing can be learnt. */
  readonly lose: (job: QueuedJob, message: string) => void;
}

// What is told before the first connection listens is lost, so looks are close at first.
const FIRST = 0.05;
// How many jobs are looked at together.
const TOGETHER = 100;
// A round takes no more than about this part of the time.
const SHARE = 0.1;
// What a look takes at most, in seconds: with more, Redis was away, and has news.
const LONGEST_LOOK = 0.01;

/** Rounds of looks, while there are jobs. */
export class Lookout {
  readonly #options: LookoutOptions;
  #interval: number;
  #timer: HostTimer | undefined;
  // Ends all jobs if a round takes too long.
  #limit: HostTimer | undefined;
  #isLooking = false;
  // When Redis has answered last.
  #answered = 0;
  // How many connections there were: a round of one that is closed may never end.
  #connections = 0;

  constructor(options: LookoutOptions) {
    this.#options = options;
    this.#interval = options.interval;
  }

  /** Looks closely again: there is a new connection. */
  reset(): void {
    this.#endLimit();
    this.#interval = Math.min(FIRST, this.#options.interval);
    this.#isLooking = false;
    this.#connections++;
  }

  /** Notes that news come: the round that is due finds what came before, and is enough. */
  heard(): void {
    this.#interval = this.#options.interval;
  }

  /** Begins to look, if it does not already. There must be jobs, else nothing would end it. */
  begin(): void {
    if (this.#timer !== undefined) return;
    // Those of before may have ended meanwhile, and its limit with them.
    if (this.#isLooking) return this.#beginLimit();
    this.#answered = hostTime();
    this.#wait();
  }

  /** Ends: there are no jobs. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#endLimit();
  }

  #beginLimit(): void {
    const { patience } = this.#options;
    if (patience === Infinity) return;
    this.#limit ??= new HostTimer(patience, () => this.#loseAll());
  }

  #endLimit(): void {
    this.#limit?.cancel();
    this.#limit = undefined;
  }

  #wait(): void {
    this.#timer = new HostTimer(this.#interval, () => {
      this.#timer = undefined;
      void this.#round();
    });
  }

  async #round(): Promise<void> {
    const { patience, jobs, look } = this.#options;
    const connection = this.#connections;
    const start = hostTime();
    this.#isLooking = true;
    this.#beginLimit();
    const all = jobs();
    for (let i = 0; i < all.length; i += TOGETHER) {
      const some = all.slice(i, i + TOGETHER).filter((job) => !job.done());
      const looks = await Promise.allSettled(some.map(look));
      if (
        some.length === 0 || looks.some(({ status }) => status === "fulfilled")
      ) this.#answered = hostTime();
    }
    // The limit is that of a later round by then.
    if (connection !== this.#connections) return;
    this.#endLimit();
    // The engine itself may give up at once.
    if (hostTime() - this.#answered > patience) this.#loseAll();
    this.#isLooking = false;
    const spent = Math.min(hostTime() - start, LONGEST_LOOK * all.length);
    this.#interval = Math.max(
      Math.min(2 * this.#interval, this.#options.interval),
      spent / SHARE,
    );
    if (jobs().length > 0) this.#wait();
  }

  #loseAll(): void {
    const { patience, jobs, lose } = this.#options;
    for (const job of jobs()) lose(job, silence(patience));
  }
}
