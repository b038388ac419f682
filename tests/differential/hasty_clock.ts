/**
 * A virtual clock for programs that never wait for the host.
 *
 * @module
 */
import { type Sleeper, VirtualClock } from "../../mod.ts";

/** Gives a loop up at once that has nothing due: no program waits for the host. */
export class HastyClock extends VirtualClock {
  #waiting: Sleeper | undefined;

  override wait(sleeper: Sleeper, deadline: number | undefined): void {
    super.wait(sleeper, deadline);
    if (deadline !== undefined) return;
    this.#waiting = sleeper;
    setTimeout(() => this.#waiting?.deadlock());
  }

  override unwait(sleeper: Sleeper): void {
    super.unwait(sleeper);
    this.#waiting = undefined;
  }
}
