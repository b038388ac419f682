/**
 * What debug mode remembers of a loop's futures and tasks, and the steps that it times.
 *
 * @module
 */
import type { Scheduler } from "../handle.ts";
import type { Instrument, Step } from "../_loop/instrument.ts";
import { SlowBursts } from "./slow_bursts.ts";
import { creationStack } from "../_base/creation.ts";
import { textOf } from "../_base/repr.ts";
import type { Runnable, Unawaited } from "../_base/roles.ts";

/** What debug mode asks of its loop. */
export interface DebuggedLoop extends Scheduler {
  readonly slowCallbackDuration: number;
}

/** The debug mode of one loop. What it has noted stays when the mode is off. */
export class DebugMode implements Instrument {
  readonly #loop: DebuggedLoop;
  readonly #traces = new WeakMap<object, string>();
  readonly #waitingSince = new WeakMap<object, number>();
  readonly #unawaited = new Set<Unawaited>();
  readonly #slow: SlowBursts;
  #name = "";
  #start = 0;

  constructor(loop: DebuggedLoop) {
    this.#loop = loop;
    this.#slow = new SlowBursts(loop);
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

  /** The time at which a task began to wait, if it was noted. */
  waitingSince(task: object): number | undefined {
    return this.#waitingSince.get(task);
  }

  /** Notes a coroutine that was made. */
  addUnawaited(coroutine: Unawaited): void {
    this.#unawaited.add(coroutine);
  }

  /** Notes that a coroutine was taken or closed. */
  deleteUnawaited(coroutine: Unawaited): void {
    this.#unawaited.delete(coroutine);
  }

  /** Tells of the coroutines that nobody has awaited, at the end of the loop. */
  tellUnawaited(): void {
    for (const coroutine of [...this.#unawaited]) coroutine.tell();
  }

  /** Calls what resumes async functions of a task, and times them. */
  timeBurst(task: object, resume: () => void): void {
    this.#slow.time(task, resume);
  }

  /** Calls what goes on with a task outside of the loop's steps, and times it. */
  timeStep(task: object, step: () => void): void {
    const start = this.#slow.beginStep();
    try {
      step();
    } finally {
      this.#slow.endStep(start, textOf(task));
    }
  }

  before(step: Step): void {
    this.#name = textOf(step);
    this.#start = this.#slow.beginStep();
  }

  after(step: Step): void {
    this.#slow.endStep(this.#start, this.#name);
    if (isTask(step) && !step.done()) {
      this.#waitingSince.set(step, this.#loop.time());
    }
  }
}

function isTask(step: Step): step is Step & { done(): boolean } {
  return (step as Runnable)._task === step;
}
