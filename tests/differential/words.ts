/**
 * The words that both interpreters share, and what statements are made of.
 *
 * @module
 */
import {
  CancelledError,
  type Condition,
  type Coroutine,
  type CoroutineFunction,
  type CoroutineLike,
  type ExceptionContext,
  type Future,
  IncompleteReadError,
  LimitOverrunError,
  type Lock,
  type Semaphore,
} from "../../mod.ts";
import type { Json, Statement } from "./program.ts";

/** Times in programs and traces are eighths of a second. */
export const UNIT = 8;

/** An error of the program's own. */
export class UserError extends Error {}

/** A name that does not exist (yet), or not in this kind: the statement is skipped. */
export class Missing extends Error {}

/** What a `return` gave; `undefined` as long as none was met. */
export type Returned = readonly [value: Json] | undefined;

/** What `with` can hold. */
export type Guarded = Lock | Semaphore | Condition;

/** What the library's own coroutine functions give. */
export type Waitable = Coroutine<unknown> | Future<unknown>;

/** A coroutine of the program's, not begun. */
export type Cold = CoroutineLike<unknown> | CoroutineFunction<unknown>;

/** What an operand stands for. */
export type Source = Waitable | Cold;

/** A wait, and how to write down what it gives. */
export interface Wait {
  readonly on: Waitable;
  readonly show?: (value: never) => unknown;
}

/** Some statements and what they do, by their names. */
export interface Words {
  /** Those that do not wait. */
  readonly acts?: Readonly<Record<string, (...args: never[]) => unknown>>;
  /** Those that wait. */
  readonly waits?: Readonly<Record<string, (...args: never[]) => Wait>>;
}

/** Python's names, where they are others. */
const PYTHON_NAMES: Readonly<Record<string, string>> = {
  RangeError: "ValueError",
  ReferenceError: "LookupError",
  DeadlockError: "Deadlock",
};

/**
 * Splits a group, as CPython's `ExceptionGroup.split()` does.
 *
 * @returns The errors of the program's own of that name, and the others; `undefined` for none.
 */
export function splitGroup(
  group: AggregateError,
  code: string,
): [taken: AggregateError | undefined, rest: AggregateError | undefined] {
  const taken: unknown[] = [];
  const rest: unknown[] = [];
  for (const error of group.errors) {
    if (error instanceof AggregateError) {
      const [some, others] = splitGroup(error, code);
      if (some !== undefined) taken.push(some);
      if (others !== undefined) rest.push(others);
    } else {
      const isOne = error instanceof UserError && error.message === code;
      (isOne ? taken : rest).push(error);
    }
  }
  const groupOf = (errors: unknown[]) =>
    errors.length === 0 ? undefined : new AggregateError(errors);
  return [groupOf(taken), groupOf(rest)];
}

/** Names an error in the words that both interpreters share. */
export function describe(error: unknown): string {
  if (error === undefined) return "none";
  if (error instanceof CancelledError) return `Cancelled(${error.message})`;
  if (error instanceof UserError) return error.message;
  if (error instanceof IncompleteReadError) {
    return `Incomplete(${show(error.partial)}, ${show(error.expected)})`;
  }
  if (error instanceof LimitOverrunError) {
    return `LimitOverrun(${error.consumed})`;
  }
  // What Python calls the new error and its context: see departures.md.
  if (error instanceof SuppressedError) return describe(error.error);
  if (error instanceof AggregateError) {
    return `Group(${error.errors.map(describe).join(", ")})`;
  }
  // Whatever is thrown that should not be is told apart by its name.
  const name = error instanceof Error
    ? error.name
    : `not an error: ${String(error)}`;
  return PYTHON_NAMES[name] ?? name;
}

/** Writes a result in the words that both interpreters share. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value instanceof Error) return describe(value);
  if (value instanceof Uint8Array) {
    return JSON.stringify(new TextDecoder().decode(value));
  }
  return String(value);
}

/** Says what has become of a future. */
export function state(future: Future<unknown>): string {
  if (!future.done()) return "pending";
  if (future.cancelled()) return "cancelled";
  const error = future.exception();
  return error === undefined
    ? `ended ${show(future.result())}`
    : `failed ${describe(error)}`;
}

/** Names a statement in the trace. */
export function labelOf([op, first]: Statement): string {
  return typeof first === "string" ? `${op} ${first}` : op;
}

/** Converts a time of a program to the library's. */
export function seconds(eighths: Json): number | undefined {
  return eighths === null ? undefined : eighths as number / UNIT;
}

const REPORTS: Readonly<Record<string, string>> = {
  "callback": "callback",
  "step": "step",
  "shutdown": "shutdown",
  "loser": "loser",
  "async generator": "asyncgen",
  "exception handler": "handler",
};

/** What the exception handler was told, in the words that both interpreters share. */
export function kindOfReport(context: ExceptionContext): string {
  const { message, sourceTraceback: _, ...rest } = context;
  const words = Object.keys(REPORTS).find((each) => message.includes(each));
  const keys = Object.keys(rest).sort();
  return `${words === undefined ? message : REPORTS[words]} [${
    keys.join(", ")
  }] ${describe(context.exception)}`;
}
