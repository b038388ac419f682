/**
 * The one hook for whatever looks on while a loop works: debug mode, sweeps, explorers of
 * schedules, timelines and watchdogs.
 *
 * A loop that nobody observes pays one comparison a step, and one a task.
 *
 * @module
 */
import { asyncTask } from "../_host/async_context.ts";
import type { RingBuffer } from "../_base/ring_buffer.ts";
import type { Runnable } from "../_base/roles.ts";

/**
 * What a loop runs at once, with nothing in between: a step of a task, the resumption of
 * an async function, or a callback. The object is the same from `woken()` to `after()`; a
 * task is the step of itself.
 */
export interface Step {
  /** Returns a text for reports. */
  toString(): string;
}

/** The steps that are ready, in the loop's order. */
export interface ReadySteps {
  /** How many there are. */
  readonly size: number;
  /** Returns one of them; the first has the index 0. */
  at(index: number): Step;
}

/**
 * Looks on while a loop works. All methods are optional, and are called at once; one that
 * throws ends the run.
 */
export interface Instrument {
  /** Called before each step. */
  before?(step: Step): void;
  /** Called after each step, also if it threw. */
  after?(step: Step): void;
  /**
   * Says which of the steps that are ready runs next, by its index; 0 is the loop's order.
   * Of several instruments, the first that has this method chooses.
   */
  choose?(ready: ReadySteps): number;
  /**
   * Called when a task was made, after its first step was scheduled.
   *
   * @param task The task.
   * @param by The step, or the task of the async function, that made it.
   */
  created?(task: Step, by: Step | undefined): void;
  /**
   * Called when a step became ready but for timers, which become so by time.
   *
   * @param step The step.
   * @param by The step, or the task of the async function, that woke it.
   */
  woken?(step: Step, by: Step | undefined): void;
}

/** The instruments of one loop: there is one at least. */
export class Instruments {
  // Replaced, never changed: an instrument may come or go within a step.
  #all: readonly Instrument[] = [];
  #current: Step | undefined = undefined;

  /** How many there are. */
  get size(): number {
    return this.#all.length;
  }

  /** Adds one. */
  add(instrument: Instrument): void {
    this.#all = [...this.#all, instrument];
  }

  /** Takes one out; does nothing if it is not in. */
  delete(instrument: Instrument): void {
    this.#all = this.#all.filter((other) => other !== instrument);
  }

  /** Takes the next step out of the ready queue and runs it. */
  runNext(ready: RingBuffer<Runnable>): void {
    const all = this.#all;
    const step = ready.takeAt(choose(all, ready));
    this.#current = step;
    try {
      for (const instrument of all) instrument.before?.(step);
      step._run();
    } finally {
      for (const instrument of all.toReversed()) instrument.after?.(step);
      this.#current = undefined;
    }
  }

  /** Tells of a task that was made. */
  created(task: Step): void {
    const by = this.#doer();
    for (const instrument of this.#all) instrument.created?.(task, by);
  }

  /** Tells of a step that became ready. */
  woken(step: Step): void {
    const by = this.#doer();
    for (const instrument of this.#all) instrument.woken?.(step, by);
  }

  // Between two steps only async functions run, if it is not the host.
  #doer(): Step | undefined {
    return this.#current ?? asyncTask() as Step | undefined;
  }
}

function choose(all: readonly Instrument[], ready: ReadySteps): number {
  const chooser = all.find((instrument) => instrument.choose !== undefined);
  if (chooser === undefined) return 0;
  const index = chooser.choose!(ready);
  if (Number.isInteger(index) && index >= 0 && index < ready.size) return index;
  throw new RangeError(
    `Cannot choose step ${index}: ${ready.size} are ready, the first is 0`,
  );
}
