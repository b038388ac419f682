/**
 * Checks the lists of awaitables that combinators take.
 *
 * @module
 */
import {
  type Awaitable,
  closeCoroutine,
  Coroutine,
} from "../_coroutine/coroutine.ts";
import { isGenerator } from "../_coroutine/generators.ts";
import { DoneCallback } from "../_future/done_callback.ts";
import { Future, isFuture } from "../future.ts";
import type { Waiter } from "../_base/roles.ts";
import { checkIterator, checkResult } from "../_base/iterators.ts";
import { describeKind, isInstance, isRevoked } from "../_base/repr.ts";

/**
 * What the lists of a type hold: `L` where the compiler has found it, which takes a union of
 * lists of different results, else the `A` that was said or that all have.
 */
export type ItemOf<L, A> = [L] extends [never] ? A
  : unknown extends L ? A
  : L extends Iterable<infer I> ? I
  : A;

/**
 * Refuses what is no list, a single awaitable above all.
 *
 * @param value What the user gave.
 * @param action What can't be done with it, for the error.
 * @param options What the list is to hold, and whether a generator is taken for a list of
 * them, and not for a coroutine.
 * @throws {TypeError} If it is no list.
 */
export function checkList<A = Awaitable<unknown>>(
  value: unknown,
  action: string,
  { what = "awaitables", generatorsToo = false } = {},
): Iterable<A> {
  const list = value as Partial<Iterable<A>> | null | undefined;
  const isSingle = isRevoked(value) || isSingleWait(value) ||
    (!generatorsToo && isGenerator(value));
  if (
    !isSingle && typeof value !== "string" &&
    typeof list?.[Symbol.iterator] === "function"
  ) {
    return list as Iterable<A>;
  }
  throw new TypeError(
    `Cannot ${action}: a list of ${what} was expected, got ${
      describeKind(value)
    }`,
  );
}

/**
 * Says whether a value is one wait of this library: it can be iterated over for `yield*`, and
 * is no list.
 *
 * @param value What the user gave.
 */
export function isSingleWait(value: unknown): boolean {
  return isFuture(value) || isInstance(value, Coroutine);
}

/**
 * Begins to iterate over a list of users, as `for of` does.
 *
 * @param list The list.
 * @throws {TypeError} If it gives no iterator.
 */
export function iteratorOf<A>(list: Iterable<A>): Iterator<A> {
  const iterator: unknown = list[Symbol.iterator]();
  checkIterator(iterator);
  return iterator as Iterator<A>;
}

/**
 * Takes the next of an iterator of users, as `for of` does: what is no result would never
 * be the last.
 *
 * @param iterator The iterator.
 * @throws {TypeError} If it gives no result.
 */
export function nextOf<A>(iterator: Iterator<A>): IteratorResult<A> {
  const step = iterator.next();
  checkResult(step);
  return step;
}

/**
 * Returns a list with what is given twice once. A function stays as often as it is given:
 * each time is a call of its own.
 *
 * @param list The awaitables.
 */
export function distinct<A>(list: Iterable<A>): A[] {
  const seen = new Set<A>();
  const kept: A[] = [];
  for (const awaitable of list) {
    if (seen.has(awaitable)) continue;
    if (typeof awaitable !== "function") seen.add(awaitable);
    kept.push(awaitable);
  }
  return kept;
}

/**
 * Begins each of a list. If one can't be, those that were begun are cancelled, the others
 * are closed, and the error is thrown: nobody could wait for them.
 *
 * @param list The awaitables.
 * @param begin Begins one, or returns it if it is a future.
 * @returns Those that were begun.
 */
export function beginEach(
  list: readonly unknown[],
  begin: (awaitable: Awaitable<unknown>, index: number) => Future<unknown>,
): Future<unknown>[] {
  const begun: Future<unknown>[] = [];
  for (let i = 0; i < list.length; i++) {
    try {
      const future = begin(list[i] as Awaitable<unknown>, i);
      if (future !== list[i]) begun.push(future);
    } catch (error) {
      for (const future of begun) future.cancel();
      for (const rest of list.slice(i)) closeCoroutine(rest);
      throw error;
    }
  }
  return begun;
}

/** Who waits for several, and can take that back. */
export interface Watcher extends Waiter {
  /** What was given to the futures that have an `addDoneCallback()` of their own. */
  _callbacks?: Map<Future<unknown>, () => void> | undefined;
}

/**
 * Puts a waiter among those of a future. As in CPython, a subclass that has its own
 * `addDoneCallback()` is asked by it: it may begin its work there.
 *
 * @param future The future.
 * @param waiter Who is to be told.
 * @returns Whether it was not among them.
 */
export function watch(future: Future<unknown>, waiter: Watcher): boolean {
  if (!hasOwnCallbacks(future)) return future._addWaiter(waiter);
  if (waiter instanceof DoneCallback) {
    future.addDoneCallback(waiter.callback, { context: waiter.context });
    return true;
  }
  const callbacks = waiter._callbacks ??= new Map();
  const callback = callbacks.get(future) ?? (() => waiter._wake(future));
  callbacks.set(future, callback);
  future.addDoneCallback(callback);
  return true;
}

/** Takes back what {@linkcode watch} has put there, or was about to when it failed. */
export function unwatch(future: Future<unknown>, waiter: Watcher): void {
  if (!hasOwnCallbacks(future)) {
    future._removeWaiter(waiter);
    return;
  }
  const callback = waiter instanceof DoneCallback
    ? waiter.callback
    : waiter._callbacks?.get(future);
  waiter._callbacks?.delete(future);
  if (callback !== undefined) future.removeDoneCallback(callback);
}

function hasOwnCallbacks(future: Future<unknown>): boolean {
  return future.addDoneCallback !== Future.prototype.addDoneCallback;
}
