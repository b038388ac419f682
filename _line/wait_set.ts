/**
 * The waits that stand beside each other in a line.
 *
 * @module
 */
import type { PendingAwait } from "../_future/future_await.ts";

/**
 * Several waits, in the order in which they began.
 *
 * The newest stands apart: in a chain of coroutines the others stay where they are, and that
 * at the bottom comes and goes, for which a `Set` takes 60 ns.
 */
export class WaitSet implements Iterable<PendingAwait> {
  readonly #older: Set<PendingAwait> = new Set();
  #newest: PendingAwait | undefined;

  constructor(older: PendingAwait, newest: PendingAwait) {
    this.#older.add(older);
    this.#newest = newest;
  }

  /** How many there are. */
  get size(): number {
    return this.#older.size + (this.#newest === undefined ? 0 : 1);
  }

  /** Adds a wait; says whether it was not there. */
  add(wait: PendingAwait): boolean {
    const newest = this.#newest;
    if (newest === wait || this.#older.has(wait)) return false;
    if (newest !== undefined) this.#older.add(newest);
    this.#newest = wait;
    return true;
  }

  delete(wait: PendingAwait): void {
    if (this.#newest === wait) this.#newest = undefined;
    else this.#older.delete(wait);
  }

  *[Symbol.iterator](): Iterator<PendingAwait> {
    yield* this.#older;
    if (this.#newest !== undefined) yield this.#newest;
  }
}

/** Lists what a line waits for: nothing, one wait alone, or several. */
export function listWaits(
  awaits: PendingAwait | WaitSet | undefined,
): PendingAwait[] {
  if (awaits === undefined) return [];
  return awaits instanceof WaitSet ? [...awaits] : [awaits];
}
