/**
 * The cancel that a scope has ended by, for the functions that it has left at promises of the
 * host: each gets it at its next wait.
 *
 * @module
 */
import type { PendingAwait } from "../_future/future_await.ts";
import { newestMark } from "../_host/async_context.ts";
import { type CancelRequest, noteCleanUp } from "./cancel_request.ts";
import { beginDelivery } from "./bursts.ts";
import { leaveCleaning } from "./delivery.ts";
import type { LineState } from "./line.ts";
import { listWaits } from "./wait_set.ts";

/** What a scope that was cancelled leaves behind. */
export class LeftCancel {
  readonly #line: LineState;
  readonly #request: CancelRequest;
  // With what those are marked, at least, that have got it.
  readonly #mark: number;
  // The waits that were begun before the end, or have met it; nearly always there are none.
  #met: WeakSet<PendingAwait> | undefined = undefined;
  #told: WeakSet<PendingAwait> | undefined = undefined;

  /**
   * Notes what there is at the end.
   *
   * @param line The line of the scope.
   * @param request What it was asked.
   * @param outer What the line round it was asked, if that is where it came from.
   */
  constructor(
    line: LineState,
    request: CancelRequest,
    outer: CancelRequest | undefined,
  ) {
    this.#line = line;
    this.#request = request;
    this.#mark = Math.min(request.first, outer?.mark || Infinity);
    const waits = listWaits(line._awaits);
    if (waits.length > 0) this.#met = new WeakSet(waits);
  }

  /** Cancels a wait, if that is the first one of its function since the cancel. */
  meet(wait: PendingAwait): void {
    // A coroutine that is awaited comes to one wait after the other.
    if (this.#met?.has(wait)) return;
    (this.#met ??= new WeakSet()).add(wait);
    const request = this.#request;
    if (
      newestMark() < this.#mark &&
      wait._cancelWait(request.reason, undefined)
    ) (this.#told ??= new WeakSet()).add(wait);
    // So that what a generator calls in it is known for a clean-up.
    noteCleanUp(request, wait);
  }

  /** Notes that a wait ends: whoever comes to another one in this burst cleans up. */
  end(wait: PendingAwait): void {
    this.#request.cleanUps?.delete(wait);
    if (this.#told?.delete(wait)) {
      leaveCleaning(this.#line, this.#mark);
      beginDelivery(this.#line, this.#request, false);
    }
  }
}
