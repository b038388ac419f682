/**
 * Timers of real time, whatever the clock of the loop: what runs in a worker takes real
 * time, so its timeout and its grace are counted in it.
 *
 * @module
 */
import { type Clock, type Sleeper, SystemClock } from "../clock.ts";

const clock: Clock = new SystemClock();

/** Calls a function after some real time. */
export class HostTimer implements Sleeper {
  readonly #due: number;
  readonly #callback: () => void;

  /**
   * Starts the timer.
   *
   * @param seconds How long to wait, in seconds.
   * @param callback What to call.
   */
  constructor(seconds: number, callback: () => void) {
    this.#due = clock.time() + seconds;
    this.#callback = callback;
    clock.wait(this, this.#due);
  }

  /** Calls the timer off. */
  cancel(): void {
    clock.detach(this);
  }

  /** Called by the clock, which may be early: the host's longest timer is 25 days. */
  wake(): void {
    if (clock.time() < this.#due - clock.resolution) {
      clock.wait(this, this.#due);
    } else this.#callback();
  }

  /** Never called: a real clock goes on. */
  deadlock(): void {}

  /** Says that nothing of the loop is asked for here. */
  hostIsBusy(): boolean {
    return false;
  }
}

/** The real time in seconds: since the program started, so only good for differences. */
export function hostTime(): number {
  return clock.time();
}
