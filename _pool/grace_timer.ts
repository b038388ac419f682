/**
 * The grace that a job has after its cancel, before its worker is ended by force.
 *
 * @module
 */
import { hostTime, HostTimer } from "../_executor/host_timer.ts";

// How late its end may come, as a part of it.
const MOST_LATE = 0.1;

/** Counts the grace in real time. */
export class GraceTimer {
  #timer: HostTimer;

  /**
   * Starts to count.
   *
   * @param seconds The grace.
   * @param onOver Is called when it is over.
   */
  constructor(seconds: number, onOver: () => void) {
    const due = hostTime() + seconds;
    this.#timer = new HostTimer(seconds, () => {
      if (hostTime() - due <= MOST_LATE * seconds) return onOver();
      // A program that was busy, or stopped, has not heard what the worker has said, and may
      // not have sent what it was to hear. Once: one that is always busy gets to the end too.
      this.#timer = new HostTimer(seconds, onOver);
    });
  }

  /** Calls it off: the job has ended. */
  cancel(): void {
    this.#timer.cancel();
  }
}
