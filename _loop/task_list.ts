/**
 * The unfinished tasks of a loop, the oldest first.
 *
 * The links stand in the tasks: adding and removing is a few nanoseconds and no
 * allocation, where a Set would be 36 ns and 40 B.
 *
 * @module
 */

/** What can stand in the list. */
export interface TaskNode {
  _nextTask: TaskNode | undefined;
  _previousTask: TaskNode | undefined;
}

/** A doubly linked list. */
export class TaskList<T extends TaskNode> {
  #first: T | undefined;
  #last: T | undefined;
  /** Told of each task that is added. */
  onAdd: ((task: T) => void) | undefined = undefined;

  /** Whether there is none. */
  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Appends a task. */
  add(task: T): void {
    if (this.#last === undefined) this.#first = task;
    else {
      task._previousTask = this.#last;
      this.#last._nextTask = task;
    }
    this.#last = task;
    this.onAdd?.(task);
  }

  /** Takes a task out; does nothing if it is not in. */
  delete(task: T): void {
    const previous = task._previousTask;
    const next = task._nextTask;
    if (previous !== undefined) previous._nextTask = next;
    else if (this.#first === task) this.#first = next as T | undefined;
    if (next !== undefined) next._previousTask = previous;
    else if (this.#last === task) this.#last = previous as T | undefined;
    task._previousTask = undefined;
    task._nextTask = undefined;
  }

  /** Drops all tasks. */
  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
  }

  /** Returns the tasks, the oldest first. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    let task = this.#first;
    while (task !== undefined) {
      const next = task._nextTask as T | undefined;
      yield task;
      task = next;
    }
  }
}
