/**
 * A wait that can be used again and again.
 *
 * @module
 */
import { Future } from "./future.ts";
import { kDescribe, kRemoveWaiter, kWake } from "./_protocol.ts";
import type { Task } from "./task.ts";

/**
 * Where one task lies until there is more for it to do. It stays pending, so that lying
 * down costs no future each time; a cancel of the task ends it for good.
 */
export class Bed extends Future<undefined> {
  readonly #sleeper: Task<unknown>;

  constructor(sleeper: Task<unknown>) {
    super({ loop: sleeper.getLoop() });
    this.#sleeper = sleeper;
  }

  /** Wakes the task, which must lie here. */
  wake(): void {
    // Cancelled meanwhile, which has woken it.
    if (this.done()) return;
    this[kRemoveWaiter](this.#sleeper);
    this.#sleeper[kWake]();
  }

  [kDescribe](): string {
    return "more work";
  }
}
