/**
 * Errors in reports: their text, and copies of them.
 *
 * An error is the users': its causes may go in circles or be very many, and its getters may
 * throw. Nothing here throws or goes down by recursion.
 *
 * @module
 */
import { Lines, moreText } from "./lines.ts";
import {
  type Cut,
  cut,
  describeKind,
  describeValue,
  guarded,
  isError,
  isInstance,
  isList,
  shorten,
} from "./repr.ts";

// Of one error. A stack has ten frames in most hosts.
const LONGEST_TEXT = 10_000;
// Causes that a getter makes anew have no end.
const MOST_ERRORS = 100_000;
const MOST_COPIES = 100;

/** An error that is still to be shown. */
interface Entry {
  readonly error: unknown;
  readonly margin: string;
  readonly isCause: boolean;
}

/** An error with its stack, its parts and its causes, for a report. */
export function describeError(error: unknown): string {
  const lines = new Lines();
  const seen = new Set<unknown>();
  let parts = 0;
  // What is to come, the next one last.
  const entries: Entry[] = [{ error, margin: "", isCause: false }];
  for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
    const { error, margin, isCause } = entry;
    const label = isCause ? "Caused by " : "";
    const again = seen.has(error);
    if (lines.isFull) lines.leaveOut();
    else if (again) {
      lines.add(`${label}${describeValue(error)} (above)`, margin);
    } else lines.add(label + fullText(error), margin, LONGEST_TEXT);
    if (again || seen.size >= MOST_ERRORS || !isError(error)) {
      continue;
    }
    seen.add(error);
    const cause = guarded<unknown>(() => error.cause, undefined);
    if (cause !== undefined) {
      entries.push({ error: cause, margin, isCause: true });
    }
    const { items, leftOut } = partsOf(error, MOST_ERRORS - parts);
    parts += items.length;
    lines.leaveOut(leftOut);
    for (const part of items.toReversed()) {
      entries.push({ error: part, margin: `${margin}  `, isCause: false });
    }
  }
  return lines.text("errors");
}

function fullText(error: unknown): string {
  if (!isError(error)) return `Thrown: ${describeKind(error)}`;
  const stack = guarded<unknown>(() => error.stack, undefined);
  return typeof stack === "string" && stack !== "" ? stack : guarded(
    () => `${error.name}: ${error.message}`,
    "An error that can not be shown",
  );
}

/** The errors of an AggregateError. */
function partsOf(error: Error, most: number): Cut {
  if (!isInstance(error, AggregateError)) return cut(undefined, most);
  return cut(guarded<unknown>(() => error.errors, undefined), most);
}

// V8's own, which formats a stack; that of users is not asked.
const nativeStack = Object.getOwnPropertyDescriptor(new Error(), "stack")?.get;

/**
 * Copies an error without the frames of its stack, which hold what they ran on; the
 * copy has the stack's text, and so have the copies of its causes. It reads no getter of
 * users, and holds neither the error nor its functions, which may hold the frames too.
 */
export function withoutFrames(error: unknown): unknown {
  return guarded(
    () => new ErrorCopies().of(error),
    undefined,
  ) ?? new Error(shorten(fullText(error), LONGEST_TEXT));
}

/** Copies errors that hold each other, each once. */
class ErrorCopies {
  readonly #copies = new Map<unknown, object>();
  // Copies that are still to be filled: no recursion.
  readonly #empty: [error: Error, copy: object][] = [];

  of(error: unknown): unknown {
    const copy = this.#copyOf(error);
    for (
      let next = this.#empty.pop();
      next !== undefined;
      next = this.#empty.pop()
    ) this.#fill(...next);
    return copy;
  }

  #copyOf(value: unknown): unknown {
    if (!isError(value)) return value;
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    if (this.#copies.size >= MOST_COPIES) return describeValue(value);
    const copy = Object.create(Object.getPrototypeOf(value)) as object;
    this.#copies.set(value, copy);
    this.#empty.push([value, copy]);
    return copy;
  }

  #fill(error: Error, copy: object): void {
    const properties = Object.getOwnPropertyDescriptors(error) as Record<
      PropertyKey,
      PropertyDescriptor
    >;
    for (const key of Reflect.ownKeys(properties)) {
      const { get, value, enumerable } = properties[key]!;
      if (get === undefined) {
        if (typeof value === "function") continue;
        define(copy, key, this.#partOf(key, value), enumerable);
      } else if (get === nativeStack) define(copy, key, error.stack);
    }
    // Its getters serve instances alone.
    if (isInstance(error, DOMException)) {
      define(copy, "name", error.name);
      define(copy, "message", error.message);
      define(copy, "code", error.code);
    }
  }

  #partOf(key: PropertyKey, value: unknown): unknown {
    return key === "errors" && isList(value)
      ? this.#partsOf(value)
      : this.#copyOf(value);
  }

  #partsOf(errors: unknown): unknown[] {
    const { items, leftOut } = cut(errors, MOST_COPIES);
    const copies = items.map((part) => this.#copyOf(part));
    if (leftOut === 0) return copies;
    return [...copies, moreText(leftOut, "errors")];
  }
}

/**
 * Sets a property as a class of errors does: over one of the prototype, and not shown. Not by
 * assignment: a class may have only a getter, and "__proto__" is a field, too.
 */
export function define(
  error: object,
  key: PropertyKey,
  value: unknown,
  enumerable = false,
): void {
  Object.defineProperty(error, key, {
    value,
    configurable: true,
    writable: true,
    enumerable,
  });
}
