/**
 * A wait that can be used again and again.
 *
 * @module
 */
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import type { Waiter } from "../_base/roles.ts";

/**
 * Where one driver lies until there is more for it to do. It stays pending, so that lying
 * down costs no future each time; a cancel of its task ends it for good.
 */
export class Notifier extends Future<undefined> {
  constructor(loop: Scheduler) {
    super({ loop });
  }

  /** Wakes the driver, which must lie here. */
  wake(): void {
    // Cancelled meanwhile, which has woken it.
    if (this.done()) return;
    const sleeper = this._waitersOrOutcome as Waiter;
    this._waitersOrOutcome = undefined;
    sleeper._wake(this);
  }

  _describe(): string {
    return "more work";
  }
}
