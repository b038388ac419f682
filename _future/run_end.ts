/**
 * Ends a run when a future is done.
 *
 * @module
 */
import { RuntimeError } from "../errors.ts";
import type { Runnable, Waiter } from "../_base/roles.ts";
import { isUnplaced, placeHere } from "../_base/error_place.ts";
import { running } from "../_base/running.ts";
import { blame } from "../_host/uncaught.ts";

/** The loop that runs. */
interface RunningLoop {
  _enqueue(runnable: Runnable): void;
  stop(): void;
}

/** What it runs for. */
interface Awaited {
  _removeWaiter(waiter: Waiter): void;
}

/** Stands in the future's list, and a turn later in the loop's ready queue. */
export class RunEnd implements Waiter, Runnable {
  readonly #loop: RunningLoop;
  readonly #future: Awaited;
  #isOver = false;

  constructor(loop: RunningLoop, future: Awaited) {
    this.#loop = loop;
    this.#future = future;
  }

  /** The run has ended, be it by this or not: the next one must not end with it. */
  release(): void {
    this.#isOver = true;
    this.#future._removeWaiter(this);
  }

  _wake(): void {
    this.#loop._enqueue(this);
  }

  _run(): void {
    running.task = undefined;
    if (!this.#isOver) this.#loop.stop();
  }

  toString(): string {
    return "runUntilComplete()";
  }
}

/**
 * The result of what a run was for.
 *
 * @param future What it was for.
 * @param run What awaited the run: an error that has no frame of a user gets those behind it.
 */
export function resultOf<T>(
  future: { done(): boolean; result(): T },
  run: (...args: never[]) => unknown,
): T {
  if (!future.done()) {
    throw new RuntimeError(
      `Event loop stopped before the future completed: ${future}`,
    );
  }
  try {
    return future.result();
  } catch (error) {
    if (isUnplaced(error)) placeHere(error, run);
    // Whoever began the run has to see it, a CancelledError too.
    blame(error);
    throw error;
  }
}
