/**
 * The futures of the library's own: what it waits on where there is no future of the user's,
 * in a lock's list, at the end of a group, for a timer.
 *
 * @module
 */
import type { CancelReason } from "../_base/cancelled.ts";
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import type { Waiter } from "../_base/roles.ts";

/** Who has made an {@linkcode OwnedFuture}, and knows what the wait for it is about. */
export interface FutureOwner {
  /** Returns what whoever waits waits for, for reports. */
  describeWait(): string;
  /** Returns the futures that it depends on, for reports. */
  waitsFor?(): unknown[];
  /** Is called in the turn of a cancel: what it waits for can be cancelled in that turn. */
  onCancel?(reason: CancelReason): void;
  /** Cancels what the future stands for, in the place of its own `cancel()`. */
  passCancelOn?(message?: string, options?: ErrorOptions): boolean;
  /** Returns what {@linkcode passCancelOn} will return; see {@linkcode CancelTarget}. */
  wouldTakeCancel?(): boolean | undefined;
  /** Whether only the host can settle it, as far as the loop knows. */
  isOfHost?(): boolean;
}

/**
 * A future whose differences from others stand in its owner. One class for all that need
 * some: V8 tells no more than four classes apart where a field is read, and the loop, which
 * is such a place, has the users' futures and tasks to tell apart too.
 */
export class OwnedFuture<T = undefined> extends Future<T> {
  // In the constructor, as in Future: a lock makes one for each wait.
  declare readonly owner: FutureOwner;
  /** The one that came before, in a {@linkcode WaiterList}. */
  declare previous: OwnedFuture | undefined;
  /** The one that came after, in a {@linkcode WaiterList}. */
  declare following: OwnedFuture | undefined;

  /**
   * Makes one.
   *
   * @param loop The loop of the waiting task.
   * @param owner Who knows what it is about.
   */
  constructor(loop: Scheduler, owner: FutureOwner) {
    super({ loop });
    this.owner = owner;
    this.previous = undefined;
    this.following = undefined;
  }

  /** Lets the waiting task go on; it may have been cancelled meanwhile. */
  release(this: OwnedFuture): void {
    if (!this.done()) this.setResult(undefined);
  }

  /** Lets the waiting task go on and stays pending, so that it can be waited for again. */
  wake(): void {
    // Cancelled meanwhile, which has woken it.
    if (this.done()) return;
    const sleeper = this._waitersOrOutcome as Waiter;
    this._waitersOrOutcome = undefined;
    sleeper._wake(this);
  }

  override cancel(message?: string, options?: ErrorOptions): boolean {
    const { owner } = this;
    return owner.passCancelOn === undefined || this.done()
      ? super.cancel(message, options)
      : owner.passCancelOn(message, options);
  }

  override _settleCancelled(reason: CancelReason): void {
    super._settleCancelled(reason);
    this.owner.onCancel?.(reason);
  }

  _wouldTakeCancel(): boolean | undefined {
    return this.done() ? undefined : this.owner.wouldTakeCancel?.();
  }

  get _ofHost(): boolean | undefined {
    return this.owner.isOfHost?.();
  }

  _describe(): string {
    return this.owner.describeWait();
  }

  _waitsFor(): unknown[] {
    return this.owner.waitsFor?.() ?? [];
  }
}
