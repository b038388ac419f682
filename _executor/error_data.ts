/**
 * Errors as data, to go to another thread, process or machine.
 *
 * An error may refer to others, by its cause, its list or a field, and they to it. So the
 * data is a list of errors that know each other by their place.
 *
 * @module
 */
import { define } from "../_base/error_text.ts";
import { moreText } from "../_base/lines.ts";
import {
  cut,
  describeValue,
  guarded,
  isBytes,
  isError,
  isInstance,
  isList,
} from "../_base/repr.ts";
import { classOf, makeError } from "./error_classes.ts";

/** An error as data that JSON can carry. */
export interface ErrorData {
  /** The error, then those that it refers to. */
  readonly errors: readonly OneError[];
}

/** One of several errors. */
export interface OneError {
  /** The class that it comes back as. */
  readonly type: string;
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: ValueData;
  /** Those of an AggregateError. */
  readonly errors?: readonly ValueData[];
  /** Its own fields. */
  readonly fields: readonly FieldData[];
}

/** A value that an error holds. What is not plain is a text. */
type ValueData =
  | string
  | number
  | boolean
  | null
  | { readonly none: true }
  /** A number that JSON does not have. */
  | { readonly number: string }
  | { readonly bigint: string }
  /** As characters from 0 to 255. */
  | { readonly bytes: string }
  /** The place of an error. */
  | { readonly error: number }
  | { readonly list: readonly ValueData[] }
  | { readonly fields: readonly FieldData[] };

type FieldData = readonly [name: string, value: ValueData];

// What errors have of themselves; it is kept apart from their fields.
const OWN = ["name", "message", "stack", "cause"];
// Of an AggregateError and of a SuppressedError.
const PARTS = "errors";
const SUPPRESSED = ["error", "suppressed"];

// An error is no way to send data: these are for those that hold too much.
const MOST_ERRORS = 1_000;
const MOST_VALUES = 10_000;
const DEEPEST = 20;
const MOST_BYTES = 1_048_576;
const MOST_ARGUMENTS = 8_192;

/**
 * Returns an error as data. What is no error becomes one, with the value as its cause.
 *
 * @param error What was thrown.
 */
export function toErrorData(error: unknown): ErrorData {
  return new Writer().write(error);
}

/**
 * Returns the error of some data.
 *
 * @param data What {@linkcode toErrorData} gave.
 */
export function fromErrorData(data: ErrorData): Error {
  const all = data.errors.map(({ type, name, message }) =>
    makeError(type, name, message)
  );
  for (const [i, one] of data.errors.entries()) fill(all[i]!, one, all);
  return all[0]!;
}

/** Says in short what an error says. */
export function shortText({ errors }: ErrorData): string {
  const { message, name } = errors[0]!;
  return message || name;
}

class Writer {
  // What has a place; errors that wait for theirs are behind those that are written.
  readonly #found: unknown[] = [];
  readonly #places = new Map<unknown, number>();
  #valuesLeft = MOST_VALUES;
  #bytesLeft = MOST_BYTES;

  write(error: unknown): ErrorData {
    const text = `${describeValue(error)} was thrown, which is no error`;
    this.#place(isError(error) ? error : stackless(text, error));
    const errors: OneError[] = [];
    for (let i = 0; i < this.#found.length; i++) {
      errors.push(this.#one(this.#found[i] as Error));
    }
    return { errors };
  }

  // Users' getters may throw: what can be read of it is told.
  #one(error: Error): OneError {
    const stack = guarded(() => error.stack, undefined);
    const cause = guarded(() => error.cause, undefined);
    const type = guarded(() => classOf(error), "Error");
    const hasParts = isInstance(error, AggregateError);
    const own = hasParts ? [...OWN, PARTS] : OWN;
    const keys = guarded(() => Object.keys(error), []);
    return {
      type,
      name: guarded(() => String(error.name), "Error"),
      message: guarded(
        () => String(error.message),
        "The message cannot be read",
      ),
      ...typeof stack === "string" ? { stack } : {},
      ...cause === undefined ? {} : { cause: this.#value(cause, 0) },
      ...hasParts
        ? { errors: this.#parts(guarded(() => error.errors, [])) }
        : {},
      fields: this.#fields(error, [
        ...type === "SuppressedError" ? SUPPRESSED : [],
        ...keys.filter((key) => !own.includes(key)),
      ], 0),
    };
  }

  #parts(errors: unknown): ValueData[] {
    const most = Math.min(MOST_ERRORS - this.#found.length, this.#valuesLeft);
    const { items, leftOut } = cut(errors, Math.max(0, most));
    const parts = items.map((item) => this.#value(item, 0));
    if (leftOut > 0) {
      const more = stackless(moreText(leftOut, "errors"), undefined);
      parts.push({ error: this.#place(more) });
    }
    return parts;
  }

  #fields(
    holder: object,
    keys: readonly string[],
    depth: number,
  ): FieldData[] {
    const fields: FieldData[] = [];
    for (const key of keys) {
      if (this.#valuesLeft <= 0) break;
      const read = guarded(
        () => ({ value: (holder as Record<string, unknown>)[key] }),
        undefined,
      );
      // What cannot be sent says nothing as a text: methods, sockets, requests.
      if (read === undefined || !isPlain(read.value)) continue;
      fields.push([key, this.#value(read.value, depth)]);
    }
    return fields;
  }

  #value(value: unknown, depth: number): ValueData {
    this.#valuesLeft--;
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return Number.isFinite(value) ? value : { number: String(value) };
      case "undefined":
        return { none: true };
      case "bigint": {
        // The digits of a huge one take seconds.
        const text = describeValue(value);
        return /^-?\d+n$/.test(text) ? { bigint: text.slice(0, -1) } : text;
      }
      case "object":
        return value === null ? null : this.#object(value, depth);
      default:
        return describeValue(value);
    }
  }

  #object(value: object, depth: number): ValueData {
    if (isError(value)) {
      const isFull = this.#found.length >= MOST_ERRORS;
      return isFull && !this.#places.has(value)
        ? describeValue(value)
        : { error: this.#place(value) };
    }
    if (isBytes(value)) {
      // Cut, as whoever reads them wants bytes and no text about them.
      const bytes = guarded(
        () => textOfBytes(value.subarray(0, this.#bytesLeft)),
        undefined,
      );
      if (bytes !== undefined) {
        this.#bytesLeft -= bytes.length;
        return { bytes };
      }
    }
    if (!isPlain(value)) return describeValue(value);
    if (depth === DEEPEST) return "...";
    if (isList(value)) {
      const { items, leftOut } = cut(value, Math.max(0, this.#valuesLeft));
      const list = items.map((item) => this.#value(item, depth + 1));
      if (leftOut > 0) list.push(moreText(leftOut, "items"));
      return { list };
    }
    const keys = guarded(() => Object.keys(value), []);
    return { fields: this.#fields(value, keys, depth + 1) };
  }

  #place(error: unknown): number {
    const known = this.#places.get(error);
    if (known !== undefined) return known;
    const place = this.#found.push(error) - 1;
    this.#places.set(error, place);
    return place;
  }
}

function fill(error: Error, one: OneError, all: readonly Error[]): void {
  const { name, stack, cause, errors, fields } = one;
  if (error.name !== name) define(error, "name", name);
  if (stack !== undefined) define(error, "stack", stack);
  if (cause !== undefined) define(error, "cause", valueOf(cause, all));
  if (errors !== undefined) {
    const parts = errors.map((part) => valueOf(part, all));
    define(error, PARTS, parts);
  }
  for (const [key, value] of fields) {
    define(error, key, valueOf(value, all), true);
  }
}

function valueOf(data: ValueData, all: readonly Error[]): unknown {
  if (typeof data !== "object" || data === null) return data;
  if ("none" in data) return undefined;
  if ("number" in data) return Number(data.number);
  if ("bigint" in data) return BigInt(data.bigint);
  if ("bytes" in data) {
    return bytesOf(data.bytes);
  }
  if ("error" in data) return all[data.error];
  if ("list" in data) return data.list.map((item) => valueOf(item, all));
  const object = {};
  for (const [key, value] of data.fields) {
    define(object, key, valueOf(value, all), true);
  }
  return object;
}

/** Whether a value can be sent as what it is, apart from what it holds. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object") {
    return typeof value !== "function" && typeof value !== "symbol";
  }
  if (value === null || isError(value) || isBytes(value)) return true;
  if (isList(value)) return true;
  const prototype = guarded(() => Object.getPrototypeOf(value), undefined);
  return prototype === null || prototype === Object.prototype;
}

/** Makes an error whose stack would tell of nothing but this module. */
function stackless(message: string, cause: unknown): Error {
  const error = new Error(message, { cause });
  define(error, "stack", undefined);
  return error;
}

function textOfBytes(bytes: Uint8Array): string {
  // In parts: a call takes so many arguments at most.
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += MOST_ARGUMENTS) {
    parts.push(
      String.fromCharCode(...bytes.subarray(at, at + MOST_ARGUMENTS)),
    );
  }
  return parts.join("");
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
