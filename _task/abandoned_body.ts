/**
 * A body that was left behind at its deadline: whatever it waits for throws.
 *
 * @module
 */
import { cancelledError } from "../_base/cancelled.ts";
import type { CancelledError } from "../errors.ts";
import { Future } from "../future.ts";
import type { PendingAwait } from "../_future/future_await.ts";
import type { Scheduler } from "../handle.ts";
import { afterBurst } from "../_line/cancel_line.ts";
import { type Resource, resourcesOf } from "../_loop/resources.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";

const ABANDONED = "The body was abandoned at its deadline";
// How often the end of the run cancels each wait: some go on through every cancel.
const MOST_ROUNDS = 100;

/**
 * The waits of one such body, and their cancels. A coroutine of this library gets one and
 * cleans up. The end of the run does not wait for that: then each of its waits throws, so that
 * the `finally` blocks round it run.
 */
export class AbandonedBody implements Resource {
  /** Nobody has forgotten it. */
  readonly _isClosing = true;
  readonly #loop: Scheduler;
  // Those that got their cancel: a coroutine of this library that waits on until its children
  // have ended is not cancelled at each wait of its clean-up.
  readonly #told = new WeakSet<PendingAwait>();
  readonly #waits = new Set<PendingAwait>();
  #isOver = false;

  constructor(loop: Scheduler) {
    this.#loop = loop;
  }

  /** Takes a wait that it stands at, or has begun. */
  add(wait: PendingAwait): void {
    this.tell(wait);
    if (this.#isOver) return;
    this.#waits.add(wait);
    resourcesOf(this.#loop)?.add(this);
  }

  /** Takes a wait away that has ended. */
  delete(wait: PendingAwait): void {
    this.#waits.delete(wait);
    if (this.#waits.size === 0) resourcesOf(this.#loop)?.delete(this);
  }

  /** Cancels a wait, once. */
  tell(wait: PendingAwait): void {
    if (this.#told.has(wait)) return;
    if (wait._cancelWait(ABANDONED, undefined)) this.#told.add(wait);
  }

  /** The error of a wait that goes on, if that has not got its cancel. */
  takeCancel(wait: PendingAwait, waited: unknown): CancelledError | undefined {
    if (this.#told.has(wait)) return undefined;
    this.#told.add(wait);
    return this.refuse(waited);
  }

  /** The error of a wait that has ended; none where it throws a CancelledError itself. */
  refuse(waited: unknown): CancelledError | undefined {
    if (waited instanceof Future && waited._givesCancelled()) return undefined;
    return cancelledError(ABANDONED, this.#loop.getDebug());
  }

  async _endWithLoop(): Promise<void> {
    for (let i = 0; i < MOST_ROUNDS && this.#waits.size > 0; i++) {
      for (const wait of this.#waits) {
        wait._cancelWait("The run has ended", undefined);
      }
      await new Promise<void>((resolve) =>
        this.#loop.callSoon(resolve, NO_CONTEXT)
      );
      // What the turn has resumed comes to its end, or to its next wait.
      await afterBurst(() => {});
    }
    this._abandon();
  }

  _abandon(): void {
    this.#isOver = true;
    this.#waits.clear();
  }

  toString(): string {
    return "a body that was abandoned at its deadline";
  }
}
