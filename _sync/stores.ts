/**
 * What queues keep their items in: each gives them back in its own order.
 *
 * @module
 */
import { RingBuffer } from "../_base/ring_buffer.ts";

/** Keeps items. */
export interface Store<T> {
  /** How many there are. */
  readonly size: number;
  /** Adds one. */
  push(item: T): void;
  /** Takes the next one. There must be one. */
  pop(): T;
}

const SMALLEST = 16;
const LARGEST_IDLE = 1024;

/** First in, first out. */
export class FifoStore<T> implements Store<T> {
  readonly #items = new RingBuffer<T>(SMALLEST);

  get size(): number {
    return this.#items.size;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  pop(): T {
    const item = this.#items.shift();
    // An empty queue does not keep the memory of a burst.
    this.#items.trim(LARGEST_IDLE);
    return item;
  }
}

/** Last in, first out. */
export class LifoStore<T> implements Store<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  pop(): T {
    return this.#items.pop()!;
  }
}

/** Smallest first: a binary heap, which breaks ties as CPython's does. */
export class HeapStore<T> implements Store<T> {
  // Invariant: no item comes before its parent, that of `i` being `(i - 1) >> 1`.
  readonly #items: T[] = [];
  readonly #compare: (a: T, b: T) => number;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const items = this.#items;
    const end = items.length;
    // All comparisons come first: one that throws leaves all as it was.
    let place = end;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!(this.#compare(item, items[parent]!) < 0)) break;
      place = parent;
    }
    let hole = end;
    while (hole > place) {
      const parent = (hole - 1) >> 1;
      items[hole] = items[parent]!;
      hole = parent;
    }
    items[place] = item;
  }

  pop(): T {
    const items = this.#items;
    const first = items[0]!;
    const last = items.pop()!;
    if (items.length > 0) this.#replaceFirst(first, last);
    return first;
  }

  /** Takes the first out and gives `last` its place. */
  #replaceFirst(first: T, last: T): void {
    const items = this.#items;
    const { length } = items;
    let hole = 0;
    try {
      // The hole goes down to a leaf, since `last` most often belongs near one …
      for (let child = 1; child < length; child = 2 * hole + 1) {
        const right = child + 1;
        if (
          right < length && !(this.#compare(items[child]!, items[right]!) < 0)
        ) child = right;
        items[hole] = items[child]!;
        hole = child;
      }
      // … and from there up to where `last` fits.
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        if (!(this.#compare(last, items[parent]!) < 0)) break;
        items[hole] = items[parent]!;
        hole = parent;
      }
      items[hole] = last;
    } catch (error) {
      // A comparison threw: no item may get lost by that.
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        items[hole] = items[parent]!;
        hole = parent;
      }
      items[0] = first;
      items.push(last);
      throw error;
    }
  }
}
