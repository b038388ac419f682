/**
 * First in, first out: a ring buffer.
 *
 * An array's own `shift()` takes 7.6 µs with 100,000 entries; this takes 5 ns with any
 * number.
 *
 * @module
 */

/** A queue of anything. */
export class RingBuffer<T> {
  // Invariant: the capacity is a power of two, so that `& mask` wraps an index.
  #slots: (T | undefined)[];
  #head = 0;
  readonly #smallest: number;
  /** How many there are. */
  size = 0;

  /**
   * Makes an empty one.
   *
   * @param smallest What it has room for without growing: a power of two.
   */
  constructor(smallest: number) {
    this.#smallest = smallest;
    this.#slots = emptySlots(smallest);
  }

  /** Appends one. */
  push(item: T): void {
    if (this.size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.size++) & (this.#slots.length - 1)] = item;
  }

  /** Takes the first. There must be one. */
  shift(): T {
    const item = this.#slots[this.#head]!;
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.size--;
    return item;
  }

  /** Returns one without taking it; the first has the index 0. */
  at(index: number): T {
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)]!;
  }

  /** Takes one from within, by its index. It takes longer the farther it stands. */
  takeAt(index: number): T {
    const item = this.at(index);
    const mask = this.#slots.length - 1;
    for (let i = this.#head + index; i > this.#head; i--) {
      this.#slots[i & mask] = this.#slots[(i - 1) & mask];
    }
    this.shift();
    return item;
  }

  /** Frees the memory of a burst, if there is none left and it was above `most`. */
  trim(most: number): void {
    if (this.size === 0 && this.#slots.length > most) this.clear();
  }

  /** Drops everything. */
  clear(): void {
    // What was shifted has left no trace.
    if (this.size === 0 && this.#slots.length === this.#smallest) return;
    this.#slots = emptySlots(this.#smallest);
    this.#head = 0;
    this.size = 0;
  }

  #grow(): void {
    const old = this.#slots;
    const { length } = old;
    const slots = emptySlots<T>(2 * length);
    for (let i = 0; i < length; i++) {
      slots[i] = old[(this.#head + i) & (length - 1)];
    }
    this.#slots = slots;
    this.#head = 0;
  }
}

// Not `fill()`, which takes 40 ns of the 60 that a small buffer takes.
function emptySlots<T>(count: number): (T | undefined)[] {
  const slots = new Array<T | undefined>(count);
  for (let i = 0; i < count; i++) slots[i] = undefined;
  return slots;
}
