/**
 * The jobs of a pool that no worker has.
 *
 * @module
 */
import type { PoolJob } from "./pool_job.ts";

// Below this, it is not worth the while to take out what has gone.
const FEW = 64;

/** Jobs in the order in which they are to be begun. */
export class JobQueue {
  // Those before the head are handed out; those that are done have been taken out.
  #jobs: PoolJob[] = [];
  #head = 0;
  /** How many are waiting. */
  size = 0;

  /** Appends a job. */
  push(job: PoolJob): void {
    this.#jobs.push(job);
    this.size++;
  }

  /** Puts jobs back that are older than all others. */
  putBack(jobs: readonly PoolJob[]): void {
    const older = [...jobs].sort((a, b) => a.id - b.id);
    this.#jobs = [...older, ...this.#left()];
    this.#head = 0;
    this.size += jobs.length;
  }

  /** Returns the first job, if there is one. */
  get first(): PoolJob | undefined {
    while (this.#head < this.#jobs.length) {
      const job = this.#jobs[this.#head]!;
      if (!job.done()) return job;
      this.#head++;
    }
    return undefined;
  }

  /** Takes the first job out. There must be one. */
  shift(): void {
    this.size--;
    this.#head++;
    const dead = this.#jobs.length - this.size;
    if (this.size === 0 || (dead > FEW && dead > this.size)) this.#compact();
  }

  /** Notes that a job of the queue is done. */
  remove(): void {
    this.size--;
    const dead = this.#jobs.length - this.size;
    if (dead > FEW && dead > this.size) this.#compact();
  }

  #left(): PoolJob[] {
    return this.#jobs.slice(this.#head).filter((job) => !job.done());
  }

  #compact(): void {
    this.#jobs = this.size === 0 ? [] : this.#left();
    this.#head = 0;
  }
}
