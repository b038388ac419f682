/**
 * Promises of users that need not keep the rules: a `then()` may throw, call back twice, or
 * hand over another of its kind.
 *
 * @module
 */
import { isRevoked } from "../_base/repr.ts";

/**
 * Returns a promise that keeps the rules: the host's own as it is, one of any other making
 * as `await` would take it.
 *
 * @param thenable What has a `then()`.
 */
export function asPromise<T>(thenable: PromiseLike<T>): Promise<T> {
  return thenable instanceof Promise &&
      Object.getPrototypeOf(thenable) === Promise.prototype
    ? thenable
    // Not `Promise.resolve()`, which gives a promise of a subclass back as it is.
    : new Promise<T>((resolve) => resolve(thenable));
}

/** Says whether `value` has a `then` method. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return !isRevoked(value) &&
    typeof (value as { then?: unknown } | null | undefined)?.then ===
      "function";
}
