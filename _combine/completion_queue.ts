/**
 * A queue without an end, through which a combinator hands over what has come.
 *
 * @module
 */
import type { Coro } from "../_task/coroutine.ts";
import type { Scheduler } from "../handle.ts";
import { Waiter } from "../_task/waiter.ts";

/** Hands items to those who wait, in the order in which they came. */
export class CompletionQueue<T> {
  readonly #loop: Scheduler;
  readonly #describeWait: () => string;
  readonly #waitsFor: () => unknown[];
  // A ring whose length is a power of two.
  #ring: (T | undefined)[] = new Array(16).fill(undefined);
  #first = 0;
  readonly #takers = new Set<Waiter>();
  /** How many items are there. */
  size = 0;

  /**
   * Makes an empty mailbox.
   *
   * @param loop The loop of who waits.
   * @param describeWait What they wait for, for reports.
   * @param waitsFor The futures that it depends on, for reports.
   */
  constructor(
    loop: Scheduler,
    describeWait: () => string,
    waitsFor: () => unknown[],
  ) {
    this.#loop = loop;
    this.#describeWait = describeWait;
    this.#waitsFor = waitsFor;
  }

  /** Puts an item in, and wakes who waits longest. */
  put(item: T): void {
    if (this.size === this.#ring.length) this.#grow();
    this.#ring[(this.#first + this.size) & (this.#ring.length - 1)] = item;
    this.size++;
    if (this.#takers.size > 0) this.#wakeNext();
  }

  /** Wakes everybody: there will be no more items. */
  wakeAll(): void {
    while (this.#wakeNext());
  }

  /** Takes an item, waiting for it. */
  *take(): Coro<T> {
    while (this.size === 0) yield* this.wait();
    return this.takeNow();
  }

  /** Takes an item that is there. */
  takeNow(): T {
    const item = this.#ring[this.#first] as T;
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#ring.length - 1);
    this.size--;
    return item;
  }

  /** Waits until it is this one's turn to look. */
  *wait(): Coro<void> {
    const taker = new Waiter(this.#loop, this.#describeWait, this.#waitsFor);
    this.#takers.add(taker);
    try {
      yield* taker;
    } catch (error) {
      this.#takers.delete(taker);
      // Cancelled in the turn that woke it: the item is for the next one.
      if (this.size > 0 && !taker.cancelled()) this.#wakeNext();
      throw error;
    }
  }

  #grow(): void {
    const ring = this.#ring;
    this.#ring = [
      ...ring.slice(this.#first),
      ...ring.slice(0, this.#first),
      ...new Array(ring.length).fill(undefined),
    ];
    this.#first = 0;
  }

  #wakeNext(): boolean {
    for (const taker of this.#takers) {
      this.#takers.delete(taker);
      if (taker.done()) continue;
      taker.setResult(undefined);
      return true;
    }
    return false;
  }
}
