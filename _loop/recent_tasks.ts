/**
 * The tasks that have run since somebody asked what they wait for, and the futures of the
 * host that somebody began to wait for: combinators do that, which are no tasks.
 *
 * Before a clock for tests moves, it asks whether a task waits for the host. To look at all
 * tasks would make each step of time as slow as there are tasks; but one that has not run
 * since it was looked at waits for what it waited for then.
 *
 * @module
 */

/** A task, or a future that only the host can settle. */
export interface RecentTask {
  done(): boolean;
}

const FEW = 1_024;

/** Keeps tasks until they are asked about. */
export class RecentTasks {
  // Made when it is needed: there may be a loop a request.
  #tasks: Set<RecentTask> | undefined = undefined;
  #most = FEW;

  /** Adds a task that has run. */
  add(task: RecentTask): void {
    const tasks = this.#tasks ??= new Set();
    tasks.add(task);
    if (tasks.size < this.#most) return;
    // Nobody has asked for long: those that have ended need not be kept.
    for (const each of tasks) if (each.done()) tasks.delete(each);
    this.#most = Math.max(FEW, 2 * tasks.size);
  }

  /** Whether something is so of one of them. Those of which it is not are dropped. */
  some(isSo: (task: RecentTask) => boolean): boolean {
    if (this.#tasks === undefined) return false;
    for (const task of this.#tasks) {
      if (isSo(task)) return true;
      this.#tasks.delete(task);
    }
    return false;
  }

  /** Drops all. */
  clear(): void {
    this.#tasks = undefined;
  }
}
