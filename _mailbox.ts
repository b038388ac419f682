/**
 * A queue without an end, through which a combinator hands over what has come.
 *
 * @module
 */
import type { Coro } from "./_coroutine.ts";
import { Future } from "./future.ts";
import type { Scheduler } from "./handle.ts";
import { kDescribe, kWaiters } from "./_protocol.ts";

/** Hands items to those who wait, in the order in which they came. */
export class Mailbox<T> {
  readonly #loop: Scheduler;
  readonly #describeWait: () => string;
  readonly #waitsFor: () => unknown[];
  #items: T[] = [];
  // Those before it are taken already.
  #first = 0;
  readonly #takers = new Set<Taker>();

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

  /** How many items are there. */
  get size(): number {
    return this.#items.length - this.#first;
  }

  /** Puts an item in, and wakes who waits longest. */
  put(item: T): void {
    this.#items.push(item);
    this.#wakeNext();
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
    const item = this.#items[this.#first] as T;
    this.#first++;
    // Most of the time the mailbox gets empty, which is when it costs nothing.
    if (this.#first === this.#items.length) {
      this.#items = [];
      this.#first = 0;
    } else if (this.#first >= 1024 && this.#first * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** Waits until it is this one's turn to look. */
  *wait(): Coro<void> {
    const taker = new Taker(this.#loop, this.#describeWait, this.#waitsFor);
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

class Taker extends Future<undefined> {
  readonly #describeWait: () => string;
  readonly #waitsFor: () => unknown[];

  constructor(
    loop: Scheduler,
    describeWait: () => string,
    waitsFor: () => unknown[],
  ) {
    super({ loop });
    this.#describeWait = describeWait;
    this.#waitsFor = waitsFor;
  }

  [kDescribe](): string {
    return this.#describeWait();
  }

  [kWaiters](): unknown[] {
    return this.#waitsFor();
  }
}
