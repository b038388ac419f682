/**
 * What the library itself waits on, where there is no future of the user's: in a lock's
 * list, at the end of a group, for a promise of the host.
 *
 * @module
 */
import type { CancelReason } from "../_base/cancelled.ts";
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import type { Waiter as Wakeable } from "../_base/roles.ts";

/** The future of one wait. It knows what it is for, so that reports can say so. */
export class Waiter extends Future<undefined> {
  // In the constructor, as in Future: a lock makes one for each wait.
  declare readonly describeWait: () => string;
  declare readonly waitsFor: (() => unknown[]) | undefined;
  /** The one that came before, in a {@linkcode WaiterList}. */
  declare previous: Waiter | undefined;
  /** The one that came after, in a {@linkcode WaiterList}. */
  declare following: Waiter | undefined;

  /**
   * Makes a waiter.
   *
   * @param loop The loop of the waiting task.
   * @param describeWait What they wait for, for reports.
   * @param waitsFor The futures that it depends on, for reports.
   */
  constructor(
    loop: Scheduler,
    describeWait: () => string,
    waitsFor?: () => unknown[],
  ) {
    super({ loop });
    this.describeWait = describeWait;
    this.waitsFor = waitsFor;
    this.previous = undefined;
    this.following = undefined;
  }

  /** Lets the waiting task go on; it may have been cancelled meanwhile. */
  release(): void {
    if (!this.done()) this.setResult(undefined);
  }

  /** Lets the waiting task go on and stays pending, so that it can be waited for again. */
  wake(): void {
    // Cancelled meanwhile, which has woken it.
    if (this.done()) return;
    const sleeper = this._waitersOrOutcome as Wakeable;
    this._waitersOrOutcome = undefined;
    sleeper._wake(this);
  }

  _describe(): string {
    return this.describeWait();
  }

  _waitsFor(): unknown[] {
    return this.waitsFor?.() ?? [];
  }
}

/** A waiter that tells of its cancel at once, so that what it waits for is cancelled in that turn. */
export class TellingWaiter extends Waiter {
  /** Is called in the turn of the cancel. */
  onCancel: ((reason: CancelReason) => void) | undefined = undefined;

  override _settleCancelled(reason: CancelReason): void {
    super._settleCancelled(reason);
    this.onCancel?.(reason);
  }
}
