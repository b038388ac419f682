/**
 * The tasks that have run since somebody asked what they wait for.
 *
 * Before a clock for tests moves, it asks whether a task waits for the host. To look at all
 * tasks would make each step of time as slow as there are tasks; but one that has not run
 * since it was looked at waits for what it waited for then.
 *
 * @module
 */

/** A task. */
export interface RecentTask {
  done(): boolean;
}

const FEW = 1_024;

/** Keeps tasks until they are asked about. */
export class RecentTasks {
  readonly #tasks = new Set<RecentTask>();
  #most = FEW;

  /** Adds a task that has run. */
  add(task: RecentTask): void {
    this.#tasks.add(task);
    if (this.#tasks.size < this.#most) return;
    // Nobody has asked for long: those that have ended need not be kept.
    for (const each of this.#tasks) if (each.done()) this.#tasks.delete(each);
    this.#most = Math.max(FEW, 2 * this.#tasks.size);
  }

  /** Whether something is so of one of them. Those of which it is not are dropped. */
  some(isSo: (task: RecentTask) => boolean): boolean {
    for (const task of this.#tasks) {
      if (isSo(task)) return true;
      this.#tasks.delete(task);
    }
    return false;
  }

  /** Drops all. */
  clear(): void {
    this.#tasks.clear();
  }
}
