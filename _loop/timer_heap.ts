/**
 * The timers of a loop: a binary heap by due time.
 *
 * A cancelled timer stays until it comes to the top or until more than half of
 * over 100 timers are cancelled; then all of them go in one pass. So cancelling
 * is O(1), and a million timers set and cancelled cost memory for a hundred.
 *
 * @module
 */
import type { Timer } from "../_base/roles.ts";

const COMPACT_ABOVE = 100;

/** A heap of timers, the earliest on top. */
export class TimerHeap<T extends Timer> {
  // Due times stand apart, so that sifting reads numbers and not objects.
  #timers: T[] = [];
  #times: number[] = [];
  #cancelledCount = 0;

  /** Adds a timer. */
  push(timer: T): void {
    const when = timer.when();
    timer._inHeap = true;
    this.#timers.push(timer);
    this.#times.push(when);
    this.#rise(this.#timers.length - 1, 0, timer, when);
  }

  /** Drops cancelled timers from the top; gives the due time of the earliest one left. */
  earliest(): number | undefined {
    while (this.#timers.length > 0) {
      if (!this.#timers[0]!._isCalledOff()) return this.#times[0];
      this.#takeTop();
    }
    return undefined;
  }

  /** Takes the earliest timer if it is due at `time`, cancelled or not. */
  takeDue(time: number): T | undefined {
    // Not "<": far from zero, a time and the clock's resolution make that time.
    return this.#times[0]! <= time ? this.#takeTop() : undefined;
  }

  /** Counts a timer of this heap that has just been cancelled. */
  noteCancelled(): void {
    this.#cancelledCount++;
    if (
      this.#timers.length > COMPACT_ABOVE &&
      this.#cancelledCount * 2 > this.#timers.length
    ) this.#compact();
  }

  /** Drops everything. */
  clear(): void {
    if (this.#timers.length === 0) return;
    this.#timers = [];
    this.#times = [];
    this.#cancelledCount = 0;
  }

  #compact(): void {
    const timers = this.#timers.filter((timer) => !timer._isCalledOff());
    this.#timers = timers;
    this.#times = timers.map((timer) => timer.when());
    this.#cancelledCount = 0;
    for (let index = (timers.length >> 1) - 1; index >= 0; index--) {
      this.#sink(index);
    }
  }

  #takeTop(): T {
    const top = this.#timers[0]!;
    top._inHeap = false;
    if (top._isCalledOff()) this.#cancelledCount--;
    this.#removeTop();
    return top;
  }

  #removeTop(): void {
    const timer = this.#timers.pop()!;
    const when = this.#times.pop()!;
    if (this.#timers.length === 0) return;
    this.#timers[0] = timer;
    this.#times[0] = when;
    this.#sink(0);
  }

  // As CPython's heapq: down to a leaf along the smaller children (of two equal
  // ones the right), then up. So timers due at the same time run in its order.
  #sink(start: number): void {
    const timer = this.#timers[start]!;
    const when = this.#times[start]!;
    const { length } = this.#timers;
    let index = start;
    for (let child = 2 * index + 1; child < length; child = 2 * index + 1) {
      if (
        child + 1 < length && !(this.#times[child]! < this.#times[child + 1]!)
      ) child++;
      this.#move(child, index);
      index = child;
    }
    this.#rise(index, start, timer, when);
  }

  #rise(from: number, top: number, timer: T, when: number): void {
    let index = from;
    while (index > top) {
      const parent = (index - 1) >> 1;
      if (this.#times[parent]! <= when) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#timers[index] = timer;
    this.#times[index] = when;
  }

  #move(from: number, to: number): void {
    this.#timers[to] = this.#timers[from]!;
    this.#times[to] = this.#times[from]!;
  }
}
