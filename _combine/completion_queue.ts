/**
 * A queue without an end, through which a combinator hands over what has completed.
 *
 * @module
 */
import { RingBuffer } from "../_base/ring_buffer.ts";
import type { Scheduler } from "../handle.ts";
import { WaiterList } from "../_sync/waiter_list.ts";
import type { FutureOwner } from "../_task/owned_future.ts";
import type { Coro } from "../_coroutine/coroutine.ts";

/** Hands items to those who wait, in the order in which they came. */
export class CompletionQueue<T> {
  readonly #items = new RingBuffer<T>(16);
  readonly #takers: WaiterList;

  /**
   * Makes an empty queue.
   *
   * @param loop The loop of the waiting tasks.
   * @param owner Who knows what they wait for.
   */
  constructor(loop: Scheduler, owner: FutureOwner) {
    this.#takers = new WaiterList(() => loop, owner);
  }

  /** How many items are there. */
  get size(): number {
    return this.#items.size;
  }

  /** Puts an item in, and wakes the task that has waited longest. */
  put(item: T): void {
    this.#items.push(item);
    this.#takers.releaseNext();
  }

  /** Wakes everybody: there will be no more items. */
  wakeAll(): void {
    this.#takers.releaseAll();
  }

  /** Takes an item, waiting for it. */
  *take(): Coro<T> {
    while (this.size === 0) yield* this.wait();
    return this.takeNow();
  }

  /** Returns the waits of those who take. */
  *_awaitedBy(): Generator<unknown, void, undefined> {
    for (let at = this.#takers.first; at !== undefined; at = at.following) {
      yield at;
    }
  }

  /** Takes an item that is there. */
  takeNow(): T {
    return this.#items.shift();
  }

  /** Waits until it is this one's turn to look. */
  *wait(): Coro<void> {
    const taker = this.#takers.append(this.#takers.makeWaiter());
    try {
      yield* taker;
    } catch (error) {
      this.#takers.remove(taker);
      // Cancelled in the turn that woke it: the item is for the next one.
      if (this.size > 0 && !taker.cancelled()) this.#takers.releaseNext();
      throw error;
    }
  }
}
