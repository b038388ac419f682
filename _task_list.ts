/**
 * The unfinished tasks of a loop, the oldest first.
 *
 * The links stand in the tasks: adding and removing is a few nanoseconds and no
 * allocation, where a Set would be 36 ns and 40 B.
 *
 * @module
 */
import { kNextTask, kPreviousTask } from "./_protocol.ts";

/** What can stand in the list. */
export interface TaskNode {
  [kNextTask]: TaskNode | undefined;
  [kPreviousTask]: TaskNode | undefined;
}

/** A doubly linked list. */
export class TaskList<T extends TaskNode> {
  #first: T | undefined;
  #last: T | undefined;

  /** Appends a task. */
  add(task: T): void {
    if (this.#last === undefined) this.#first = task;
    else {
      task[kPreviousTask] = this.#last;
      this.#last[kNextTask] = task;
    }
    this.#last = task;
  }

  /** Takes a task out; does nothing if it is not in. */
  delete(task: T): void {
    const previous = task[kPreviousTask];
    const next = task[kNextTask];
    if (previous !== undefined) previous[kNextTask] = next;
    else if (this.#first === task) this.#first = next as T | undefined;
    if (next !== undefined) next[kPreviousTask] = previous;
    else if (this.#last === task) this.#last = previous as T | undefined;
    task[kPreviousTask] = undefined;
    task[kNextTask] = undefined;
  }

  /** Drops all tasks. */
  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
  }

  /** Gives the tasks, the oldest first. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    let task = this.#first;
    while (task !== undefined) {
      const next = task[kNextTask] as T | undefined;
      yield task;
      task = next;
    }
  }
}
