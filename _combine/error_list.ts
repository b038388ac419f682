/**
 * The words for several errors: whose each is.
 *
 * @module
 */
import { unplaced } from "../_base/error_place.ts";
import {
  describeOnce,
  describeValue,
  guarded,
  isInstance,
  shorten,
} from "../_base/repr.ts";
import { madeAt } from "../_line/wait_text.ts";
import type { Scheduler } from "../handle.ts";
import { isFuture } from "../future.ts";

// How many errors the message tells of.
const MOST_TOLD = 3;
// Of errors that lie in one of them, in characters.
const LONGEST_INNER = 240;

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
    `${describeOwner(owners[index], loop)} failed with ${describeError(error)}`
  );
  const all = listOf(words, errors.length);
  return unplaced(new AggregateError(errors, `${what}: ${all}`));
}

// The message of a group in the group tells of its errors too, but would be cut before it comes
// to them.
function describeError(error: unknown): string {
  const inner = isInstance(error, AggregateError)
    ? guarded(() => describeInner(error), undefined)
    : undefined;
  return inner ?? describeValue(error);
}

function describeInner(error: AggregateError): string | undefined {
  const { errors, message } = error;
  if (!Array.isArray(errors) || errors.length === 0) return undefined;
  return describeOnce(error, () => {
    const words = errors.slice(0, MOST_TOLD).map(describeError);
    const saysMore = message !== "" && !message.includes(words[0]!);
    const what = saysMore ? describeValue(error) : error.name;
    return shorten(`${what} [${listOf(words, errors.length)}]`, LONGEST_INNER);
  });
}

function listOf(words: readonly string[], count: number): string {
  const more = count - words.length;
  return [...words, ...more > 0 ? [`${more} more`] : []].join(", ");
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
