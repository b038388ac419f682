/**
 * Times what runs at once with nothing in between: the steps of a loop, and the bursts of
 * async functions between two awaits, which the host runs.
 *
 * A burst is a microtask that stands behind the one that begins its timer and before the one
 * that ends it: the queue of microtasks is first in, first out. Functions that it returns to
 * go on in microtasks of their own, which stand between two others in the same way.
 *
 * @module
 */
import { textOf } from "../_base/repr.ts";
import { warn } from "../_loop/report.ts";

// Through how many functions a burst is followed that return to each other.
const DEEPEST_RETURN = 8;

/** What is asked of the loop. */
export interface TimedLoop {
  readonly slowCallbackDuration: number;
  time(): number;
}

/** The timers of one loop. */
export class SlowBursts {
  readonly #loop: TimedLoop;
  // What was spent in steps and bursts that were timed already: others may have them in them.
  #timed = 0;

  constructor(loop: TimedLoop) {
    this.#loop = loop;
  }

  /** Begins a step; the result is for its end. */
  beginStep(): number {
    return this.#loop.time() - this.#timed;
  }

  /**
   * Ends a step.
   *
   * @param start What the beginning gave.
   * @param name What it was, for the report.
   */
  endStep(start: number, name: string): void {
    const seconds = this.beginStep() - start;
    this.#timed += seconds;
    if (seconds >= this.#loop.slowCallbackDuration) warnOf(name, seconds);
  }

  /**
   * Calls what resumes async functions, and times their bursts.
   *
   * @param task Whose they are.
   * @param resume What to call.
   */
  time(task: object, resume: () => void): void {
    const burst = { task, start: 0 };
    this.#begin(burst, 1);
    try {
      resume();
    } finally {
      this.#end(burst, 1);
    }
  }

  #begin(burst: Burst, depth: number): void {
    queueMicrotask(() => {
      if (depth < DEEPEST_RETURN) this.#begin(burst, depth + 1);
      burst.start = this.beginStep();
    });
  }

  #end(burst: Burst, depth: number): void {
    queueMicrotask(() => {
      if (depth < DEEPEST_RETURN) this.#end(burst, depth + 1);
      const seconds = this.beginStep() - burst.start;
      this.#timed += seconds;
      if (seconds > 0 && seconds >= this.#loop.slowCallbackDuration) {
        warnOf(textOf(burst.task), seconds);
      }
    });
  }
}

/** A burst, and after it those of the functions that it returns to. */
interface Burst {
  readonly task: object;
  start: number;
}

function warnOf(name: string, seconds: number): void {
  warn(`Slow: ${name} took ${seconds.toFixed(3)} seconds`);
}
