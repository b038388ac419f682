/**
 * The words for several errors: whose each is.
 *
 * @module
 */
import { unplaced } from "../_base/error_place.ts";
import { describeValue, guarded } from "../_base/repr.ts";
import { madeAt } from "../_line/wait_text.ts";
import type { Scheduler } from "../handle.ts";
import { isFuture } from "../future.ts";

// How many errors the message tells of.
const MOST_TOLD = 3;

interface Named {
  _describe?(): string;
}

/** Several errors of one loop. */
export interface ErrorList {
  readonly errors: readonly unknown[];
  /** Whose they are, in the same order: tasks or futures, or the words for something else. */
  readonly owners: readonly unknown[];
  readonly loop: Scheduler;
}

/**
 * Makes the error of several.
 *
 * @param what What has failed.
 * @param list The errors, and whose they are.
 */
export function groupError(what: string, list: ErrorList): AggregateError {
  const { errors, owners, loop } = list;
  const words = errors.slice(0, MOST_TOLD).map((error, index) =>
    `${describeOwner(owners[index], loop)} failed with ${describeValue(error)}`
  );
  const more = errors.length - words.length;
  if (more > 0) words.push(`${more} more`);
  return unplaced(
    new AggregateError(errors, `${what}: ${words.join(", ")}`),
  );
}

/**
 * Says whose an error is, and in debug mode where that was made.
 *
 * @param owner A task or future, or the words for something else.
 * @param loop The loop.
 */
export function describeOwner(owner: unknown, loop: Scheduler): string {
  if (!isFuture(owner)) return String(owner);
  // A user's subclass may have methods that throw.
  return guarded(
    () => ((owner as Named)._describe?.() ?? "a future") + madeAt(owner, loop),
    "a task",
  );
}
