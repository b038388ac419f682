/**
 * Errors as data, to go to another thread, process or machine.
 *
 * @module
 */
import * as errors from "../errors.ts";
import { moreText } from "../_base/lines.ts";
import { cut, describeValue, isInstance } from "../_base/repr.ts";

/** An error as data. */
export interface ErrorData {
  readonly isError: true;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Data of an error, or something plain. */
  readonly cause: unknown;
  /** Those of an AggregateError. */
  readonly errors: readonly unknown[] | undefined;
  /** Its own fields that are plain. */
  readonly fields: Readonly<Record<string, unknown>>;
}

type ErrorClass = new (message?: string, options?: ErrorOptions) => Error;

// Those that come back as what they were.
const KNOWN: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>(
  [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    errors.BrokenBarrierError,
    errors.BrokenExecutor,
    errors.CancelledError,
    errors.DeadlockError,
    errors.InvalidStateError,
    errors.QueueEmpty,
    errors.QueueFull,
    errors.QueueShutDown,
    errors.RuntimeError,
    errors.TimeoutError,
    errors.WorkerLostError,
  ].map((known) => [known.name, known as ErrorClass]),
);

const OWN: ReadonlySet<string> = new Set([
  "name",
  "message",
  "stack",
  "cause",
  "errors",
]);

// A chain of causes may be a circle, and lists may hold themselves.
const DEEPEST = 8;
const MOST_ERRORS = 1_000;

/** How much of an error there is room for. */
interface Room {
  errors: number;
}

/**
 * Returns an error as data. What is no error becomes one.
 *
 * @param error What was thrown.
 */
export function toErrorData(error: unknown): ErrorData {
  try {
    return dataOf(error, 0, { errors: MOST_ERRORS });
  } catch {
    // An error of the user's whose own getters throw.
    return plainData("Error", "An error that cannot be read was thrown");
  }
}

/**
 * Returns the error of some data.
 *
 * @param data What {@linkcode toErrorData} gave.
 */
export function fromErrorData(data: ErrorData): Error {
  const { name, message, stack, fields } = data;
  const options = data.cause === undefined
    ? undefined
    : { cause: causeOf(data.cause) };
  const error = makeError(data, message, options);
  if (error.name !== name) define(error, "name", name);
  if (stack !== undefined) define(error, "stack", stack);
  for (const [key, value] of Object.entries(fields)) define(error, key, value);
  return error;
}

function dataOf(error: unknown, depth: number, room: Room): ErrorData {
  room.errors--;
  if (!isInstance(error, Error)) {
    const text = `${describeValue(error)} was thrown, which is no error`;
    return { ...plainData("Error", text), cause: plainOrText(error) };
  }
  return {
    isError: true,
    name: String(error.name),
    message: String(error.message),
    stack: typeof error.stack === "string" ? error.stack : undefined,
    cause: depth < DEEPEST ? causeData(error.cause, depth, room) : undefined,
    errors: isInstance(error, AggregateError) && depth < DEEPEST
      ? partsData(error.errors, depth, room)
      : undefined,
    fields: fieldsOf(error),
  };
}

function partsData(errors: unknown, depth: number, room: Room): ErrorData[] {
  const { items, leftOut } = cut(errors, Math.max(0, room.errors));
  const parts: ErrorData[] = [];
  for (const item of items) {
    if (room.errors <= 0) break;
    parts.push(dataOf(item, depth + 1, room));
  }
  const more = leftOut + items.length - parts.length;
  if (more > 0) parts.push(plainData("Error", moreText(more, "errors")));
  return parts;
}

function causeData(cause: unknown, depth: number, room: Room): unknown {
  if (room.errors <= 0) return describeValue(cause);
  return isInstance(cause, Error)
    ? dataOf(cause, depth + 1, room)
    : plainOrText(cause);
}

function causeOf(data: unknown): unknown {
  const isError = (data as Partial<ErrorData> | null | undefined)?.isError;
  return isError === true ? fromErrorData(data as ErrorData) : data;
}

function makeError(
  { name, errors }: ErrorData,
  message: string,
  options: ErrorOptions | undefined,
): Error {
  if (errors !== undefined) {
    return new AggregateError(errors.map(causeOf), message, options);
  }
  return new (KNOWN.get(name) ?? Error)(message, options);
}

function fieldsOf(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    if (OWN.has(key)) continue;
    const value = (error as unknown as Record<string, unknown>)[key];
    if (isPlain(value)) fields[key] = value;
  }
  return fields;
}

function plainData(name: string, message: string): ErrorData {
  return {
    isError: true,
    name,
    message,
    stack: undefined,
    cause: undefined,
    errors: undefined,
    fields: {},
  };
}

function plainOrText(value: unknown): unknown {
  return isPlain(value) ? value : describeValue(value);
}

function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "undefined":
      return true;
    default:
      return value === null;
  }
}

// Not by assignment: a class may have only a getter, and "__proto__" is a field, too.
function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, {
    value,
    configurable: true,
    writable: true,
    enumerable: !OWN.has(key),
  });
}
