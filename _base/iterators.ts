/**
 * Iterators of users, treated as `for of` and `for await` treat them.
 *
 * @module
 */
import { describeKind } from "./repr.ts";

/**
 * Refuses what a list gave in the place of an iterator.
 *
 * @param value What it gave.
 * @throws {TypeError} If it is none.
 */
export function checkIterator(value: unknown): void {
  checkObject("an iterator", value);
  if (typeof (value as Partial<Iterator<unknown>>).next !== "function") {
    refuse("an iterator with next()", value);
  }
}

/**
 * Refuses what an iterator gave in the place of a result.
 *
 * @param value What it gave.
 * @throws {TypeError} If it is none: it would never be the last.
 */
export function checkResult(value: unknown): void {
  checkObject("a result with done and value", value);
}

/**
 * Calls the `return()` of an iterator, if it has one: `null` is none, as in the language.
 *
 * @param iterator The iterator.
 * @returns What that gives.
 * @throws {TypeError} If it is no function.
 */
export function closeIterator(
  iterator: { readonly return?: unknown },
): unknown {
  const close: unknown = iterator.return;
  if (close === undefined || close === null) return undefined;
  if (typeof close !== "function") {
    refuse("an iterator whose return is a function", iterator);
  }
  return close.call(iterator);
}

/** Whether `for of` would go over it. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  return value !== undefined && value !== null &&
    typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] ===
      "function";
}

/** Whether `for await` would go over it by its own async iterator. */
export function isAsyncIterable(
  value: unknown,
): value is AsyncIterable<unknown> {
  return value !== undefined && value !== null &&
    typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] ===
      "function";
}

/**
 * Whether an iterator queues its `return()`, as async generators do: it is closed when it has
 * answered, and in V8 loses its async context by that. By its tag, which those of other realms
 * and of compilers have too.
 */
export function queuesReturn(iterator: object): boolean {
  return Object.prototype.toString.call(iterator) === "[object AsyncGenerator]";
}

function checkObject(words: string, value: unknown): void {
  if (
    (typeof value === "object" && value !== null) || typeof value === "function"
  ) return;
  refuse(words, value);
}

function refuse(words: string, value: unknown): never {
  throw new TypeError(
    `Cannot iterate: a list must give ${words}, got ${describeKind(value)}`,
  );
}
