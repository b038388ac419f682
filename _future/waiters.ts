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
  // The callbacks by their functions, made when one is first taken back: to look through
  // all for each would take n² for n.
  #byCallback: Map<unknown, Same> | undefined = undefined;

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
    if (this.#byCallback !== undefined) index(this.#byCallback, waiter);
    return true;
  }

  /** Takes one out, if it is in. */
  delete(waiter: Waiter): void {
    if (!this.#all.delete(waiter)) return;
    if (this.#byCallback === undefined) return;
    if (!(waiter instanceof DoneCallback)) return;
    const same = this.#byCallback.get(waiter.callback);
    if (same instanceof Set) {
      same.delete(waiter);
      if (same.size > 0) return;
    }
    this.#byCallback.delete(waiter.callback);
  }

  /** Takes all out that call `callback`, and returns how many there were. */
  deleteCallback(callback: unknown): number {
    if (this.#byCallback === undefined) {
      this.#byCallback = new Map();
      for (const waiter of this.#all) index(this.#byCallback, waiter);
    }
    const found = this.#byCallback.get(callback);
    if (found === undefined) return 0;
    this.#byCallback.delete(callback);
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

function index(table: Map<unknown, Same>, waiter: Waiter): void {
  if (!(waiter instanceof DoneCallback)) return;
  const { callback } = waiter;
  const same = table.get(callback);
  if (same === undefined) table.set(callback, waiter);
  else if (same instanceof Set) same.add(waiter);
  else table.set(callback, new Set([same, waiter]));
}
