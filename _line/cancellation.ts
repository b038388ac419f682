/**
 * Which errors that come out of a line are what a cancel has come to.
 *
 * @module
 */
import { isNameOfAbort, ownerOfSignal } from "../_base/cancelled.ts";
import { isError, isInstance } from "../_base/repr.ts";
import { CancelledError } from "../errors.ts";
import { type LineState, requestsOf } from "./line.ts";

// Lists and chains of users may have no end.
const MOST_ERRORS = 1_000_000;

/**
 * Whether an error is what a cancel has come to: a CancelledError, that of the end of a
 * `using` block with the error of its body, or the AbortError of an API of the host or the
 * CancelledError of another copy of the library that was given the signal. The CancelledError
 * of a signal that was aborted for an earlier request, or for another line's, is none.
 *
 * @param line The line that it comes out of.
 * @param error The error.
 */
export function isCancellation(line: LineState, error: unknown): boolean {
  if (isInstance(error, CancelledError)) {
    const owner = ownerOfSignal(error) as LineState | undefined;
    return owner === undefined || requestsOf(line) > 0 ||
      requestsOf(owner) > 0;
  }
  return requestsOf(line) > 0 && isOnlyCancellations(error);
}

/** As {@linkcode isCancellation}, of a line that was cancelled and has ended since. */
export function wasCancellation(error: unknown): boolean {
  return isInstance(error, CancelledError) || isOnlyCancellations(error);
}

/**
 * Whether an error of a clean-up is lost if the `return()` of an iterator throws it: the
 * language drops it where an error has left the loop, as it has that of a cancelled line.
 *
 * @param line The line that the loop belongs to, if there is one.
 * @param error The error.
 */
export function isDroppedByLoop(
  line: LineState | undefined,
  error: unknown,
): boolean {
  return line !== undefined && !isInstance(error, CancelledError) &&
    requestsOf(line) > 0;
}

// Promise.any() makes a list of the cancels of all its waits. Of what `using` makes at the end
// of a block that an error has left the last error counts, as in Python. Each may hold others.
function isOnlyCancellations(error: unknown): boolean {
  const all = new Set<unknown>([error]);
  let isCancelled = false;
  try {
    for (const each of all) {
      // Node 22 has no such class, but compilers write one.
      if (isError(each) && each.name === "SuppressedError") {
        if (all.size === MOST_ERRORS) return false;
        all.add((each as SuppressedError).error);
        continue;
      }
      if (!isInstance(each, AggregateError)) {
        if (!isOne(each)) return false;
        isCancelled = true;
        continue;
      }
      const errors: unknown[] = each.errors;
      const { length } = errors;
      if (length === 0 || all.size + length > MOST_ERRORS) return false;
      // A hole is no cancel, so a list of them adds one.
      for (let i = 0; i < length; i++) all.add(errors[i]);
    }
    return isCancelled;
  } catch {
    // Of the user's class.
    return false;
  }
}

// Of a line of which a cancel was asked for, and no error that holds others.
function isOne(error: unknown): boolean {
  return isInstance(error, CancelledError) || isOfAnother(error);
}

// What the signal of a cancel makes others reject with: APIs of the host, and another copy of
// the library, as a package may bring one in its bundle.
function isOfAnother(error: unknown): boolean {
  if (!isError(error)) return false;
  try {
    return isNameOfAbort(error.name);
  } catch {
    // Of the user's class.
    return false;
  }
}
