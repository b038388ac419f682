/**
 * What debug mode remembers of a loop's futures and tasks, and the steps that it times.
 *
 * @module
 */
import type { Scheduler } from "../handle.ts";
import type { Instrument, Step } from "./instrument.ts";
import { RuntimeError } from "../errors.ts";
import { warn } from "./report.ts";
import { creationStack, describeKind, textOf } from "../_base/repr.ts";
import type { Runnable } from "../_base/roles.ts";

/** What debug mode asks of its loop. */
export interface DebuggedLoop extends Scheduler {
  readonly slowCallbackDuration: number;
}

/** The debug mode of one loop. What it has noted stays when the mode is off. */
export class DebugMode implements Instrument {
  readonly #loop: DebuggedLoop;
  readonly #traces = new WeakMap<object, string>();
  readonly #claimed = new WeakSet<object>();
  readonly #waitingSince = new WeakMap<object, number>();
  #name = "";
  #start = 0;

  constructor(loop: DebuggedLoop) {
    this.#loop = loop;
  }

  /** Notes where something was made. */
  trace(made: object): void {
    const stack = creationStack();
    if (stack !== "") this.#traces.set(made, stack);
  }

  /** Where something was made, if it was noted. */
  traceOf(made: object): string | undefined {
    return this.#traces.get(made);
  }

  /** Refuses a coroutine that was used. A generator has no room for a mark itself. */
  claim(coro: object): void {
    if (this.#claimed.has(coro) && typeof coro !== "function") {
      throw new RuntimeError(
        `Cannot run ${describeKind(coro)} twice: call its function again`,
      );
    }
    this.#claimed.add(coro);
  }

  /** The time at which a task began to wait, if it was noted. */
  waitingSince(task: object): number | undefined {
    return this.#waitingSince.get(task);
  }

  before(step: Step): void {
    this.#name = textOf(step);
    this.#start = this.#loop.time();
  }

  after(step: Step): void {
    const now = this.#loop.time();
    const seconds = now - this.#start;
    if (seconds >= this.#loop.slowCallbackDuration) {
      warn(`Slow: ${this.#name} took ${seconds.toFixed(3)} seconds`);
    }
    if (isTask(step) && !step.done()) this.#waitingSince.set(step, now);
  }
}

function isTask(step: Step): step is Step & { done(): boolean } {
  return (step as Runnable)._task === step;
}
