/**
 * Who waits for a future, where there are several.
 *
 * @module
 */
import type { Waiter } from "../_base/roles.ts";
import { DoneCallback } from "./done_callback.ts";

/** Those who wait, in the order in which they came, each once. */
export class Waiters {
  readonly #all: Set<Waiter>;
  // Made when a callback is first taken back: to look through all for each would take n²
  // for n.
  #callbacks: Callbacks | undefined = undefined;

  constructor(first: Waiter, second: Waiter) {
    this.#all = new Set([first, second]);
  }

  /** How many there are. */
  get length(): number {
    return this.#all.size;
  }

  /** Adds one; false if it waits already. */
  add(waiter: Waiter): boolean {
    if (this.#all.has(waiter)) return false;
    this.#all.add(waiter);
    this.#callbacks?.add(waiter);
    return true;
  }

  /** Takes one out, if it is in. */
  delete(waiter: Waiter): void {
    if (this.#all.delete(waiter)) this.#callbacks?.delete(waiter);
  }

  /** Takes all out that call `callback`, and returns how many there were. */
  deleteCallback(callback: unknown): number {
    this.#callbacks ??= new Callbacks(this.#all);
    const found = this.#callbacks.take(callback);
    if (found === undefined) return 0;
    if (!(found instanceof Set)) return this.#all.delete(found) ? 1 : 0;
    for (const waiter of found) this.#all.delete(waiter);
    return found.size;
  }

  /** Tells all that the future is done. */
  wake(future: unknown): void {
    const all = this.#all;
    for (const waiter of all) waiter._wake(future, all);
  }

  /** Returns them. */
  [Symbol.iterator](): IterableIterator<Waiter> {
    return this.#all.values();
  }
}

/** Those of one function: a set for each would be most of what taking one back costs. */
type Same = Waiter | Set<Waiter>;

/**
 * The callbacks by their functions. One that is gone leaves its place until there are many
 * such: a Map of V8 looks through what it has lost before it finds the same key again, so
 * to add and take back one function beside n others would be n steps each time.
 */
class Callbacks {
  #byFunction = new Map<unknown, Same | undefined>();
  #gone = 0;

  constructor(waiters: Iterable<Waiter>) {
    for (const waiter of waiters) this.add(waiter);
  }

  add(waiter: Waiter): void {
    if (!(waiter instanceof DoneCallback)) return;
    const { callback } = waiter;
    const same = this.#byFunction.get(callback);
    if (same instanceof Set) same.add(waiter);
    else if (same !== undefined) {
      this.#byFunction.set(callback, new Set([same, waiter]));
    } else {
      if (this.#byFunction.has(callback)) this.#gone--;
      this.#byFunction.set(callback, waiter);
    }
  }

  delete(waiter: Waiter): void {
    if (!(waiter instanceof DoneCallback)) return;
    const same = this.#byFunction.get(waiter.callback);
    if (same instanceof Set) {
      same.delete(waiter);
      if (same.size > 0) return;
    }
    this.take(waiter.callback);
  }

  take(callback: unknown): Same | undefined {
    const found = this.#byFunction.get(callback);
    if (found === undefined) return undefined;
    this.#byFunction.set(callback, undefined);
    if (++this.#gone > this.#byFunction.size / 2) this.#sweep();
    return found;
  }

  #sweep(): void {
    const left = new Map<unknown, Same | undefined>();
    for (const [callback, same] of this.#byFunction) {
      if (same !== undefined) left.set(callback, same);
    }
    this.#byFunction = left;
    this.#gone = 0;
  }
}
