/**
 * Errors that refuse a wait before it has begun, or end it.
 *
 * @module
 */
import { unplaced } from "../_base/error_place.ts";
import { running } from "../_base/running.ts";
import { Coroutine } from "./coroutine.ts";

/**
 * Says that an error has no frame of a user yet, if it ends a wait under no generator, whose
 * frames it would have.
 *
 * @param error An error of the library, made where it is thrown.
 * @returns The error.
 */
export function unplacedAtAwait<E extends Error>(error: E): E {
  const driver = running.driver as { readonly _body: unknown } | undefined;
  // An `await` has no driver in its first step.
  const isAwait = driver === undefined || driver._body instanceof Coroutine;
  return isAwait ? unplaced(error) : error;
}
