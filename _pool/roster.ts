/**
 * The workers of a pool, and which of them is next.
 *
 * @module
 */
import type { PoolWorker } from "./pool_worker.ts";

/** Workers that are there, and those on their way out. */
export class Roster {
  /** Those that take jobs, now or once they have started. */
  readonly active: Set<PoolWorker> = new Set();
  /** Those that take no more and are not gone. */
  readonly leaving: Set<PoolWorker> = new Set();

  /** How many workers are there, those on their way out included. */
  get size(): number {
    return this.active.size + this.leaving.size;
  }

  /** Returns all workers. */
  all(): PoolWorker[] {
    return [...this.active, ...this.leaving];
  }

  /** Lets a worker take no more jobs. */
  dismiss(worker: PoolWorker): void {
    this.active.delete(worker);
    this.leaving.add(worker);
  }

  /** How many have not started yet. */
  starting(): number {
    let count = 0;
    for (const { state } of this.active) if (state === "starting") count++;
    return count;
  }

  /** Returns one that has nothing to do. */
  idle(): PoolWorker | undefined {
    for (const worker of this.active) if (worker.isIdle()) return worker;
    return undefined;
  }

  /** Returns the one with the fewest jobs of those that may get one. */
  leastLoaded(): PoolWorker | undefined {
    let best: PoolWorker | undefined;
    for (const worker of this.active) {
      if (!worker.takesJobs()) continue;
      if (best === undefined || worker.load < best.load) best = worker;
    }
    return best;
  }

  /** Returns those with jobs to spare, the one with the most first. */
  rich(): PoolWorker[] {
    return [...this.active]
      .filter(({ spare }) => spare > 0)
      .sort((a, b) => b.spare - a.spare);
  }
}
