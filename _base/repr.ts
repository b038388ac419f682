/**
 * Words for reports: how values, errors, functions and stacks are shown.
 *
 * @module
 */
import { running } from "./running.ts";

const LONGEST = 80;

/** Shows a value in a few words, as in an error message. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return shorten(JSON.stringify(value));
    case "function":
      return `function ${callbackName(value)}`;
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return String(value);
  }
}

const DEEPEST = 4;

/** Shows what may contain itself: `...` where it does, or where it lies too deep. */
export function describeOnce(value: object, describe: () => string): string {
  const { beingShown } = running;
  if (beingShown.has(value) || beingShown.size === DEEPEST) return "...";
  beingShown.add(value);
  try {
    return describe();
  } finally {
    beingShown.delete(value);
  }
}

/** Shows a value's kind as a noun, for "got …" in error messages. */
export function describeKind(value: unknown): string {
  if (value instanceof Promise) return "a Promise";
  if (isAsyncGenerator(value)) return "an async generator";
  if (typeof value === "function") {
    const kind = isAsyncGeneratorFunction(value) ? "async generator " : "";
    return `the ${kind}function ${callbackName(value)}`;
  }
  return describeValue(value);
}

const AsyncGeneratorFunction =
  Object.getPrototypeOf(async function* (): AsyncGenerator<void> {})
    .constructor;
/** Stands in for the class of async generators, which has no constructor to name. */
const AsyncGeneratorClass = function (): void {} as unknown as new () => object;
AsyncGeneratorClass.prototype = AsyncGeneratorFunction.prototype.prototype;

/** Says whether `value` is an `async function*`. */
export function isAsyncGeneratorFunction(value: unknown): boolean {
  return value instanceof AsyncGeneratorFunction;
}

/** Says whether `value` is what calling an `async function*` gives. */
export function isAsyncGenerator(value: unknown): boolean {
  return value instanceof AsyncGeneratorClass;
}

/** Shows a call of a function or coroutine; what has no name of its own as it is. */
export function describeCall(name: string): string {
  return name.endsWith(">") ? name : `${name}()`;
}

/** The name of a function, for reports. */
export function callbackName(callback: unknown): string {
  const { name } = callback as { name?: string };
  return name === undefined || name === ""
    ? "<anonymous>"
    : name.replace(/^bound /, "");
}

const LIBRARY = new URL("../", import.meta.url).href;

/** The stack of the place that made something, from the user's code on. */
export function creationStack(): string {
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  const first = frames.findIndex((frame) => !isOfLibrary(frame));
  return frames.slice(Math.max(first, 0)).join("\n");
}

/** The words for where something was made, if its stack is known. */
export function describeCreation(stack: string | undefined): string[] {
  const place = /[^\s()]+:\d+:\d+/.exec(stack?.split("\n")[0] ?? "");
  return place === null ? [] : [`created at ${place[0]}`];
}

// Public modules stand in the root, internal ones in folders whose names begin with "_".
// Tests and examples are users.
function isOfLibrary(frame: string): boolean {
  const at = frame.indexOf(LIBRARY);
  return at >= 0 &&
    /^([^/]+|_[a-z]+\/[^/]+)$/.test(frame.slice(at + LIBRARY.length));
}

/** An error with its stack, for a report. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `Thrown: ${describeValue(error)}`;
  const text = error.stack || `${error.name}: ${error.message}`;
  if (error instanceof AggregateError) {
    const parts = error.errors.map((part) => indent(describeError(part)));
    return [text, ...parts].join("\n");
  }
  if (error.cause === undefined) return text;
  return `${text}\nCaused by ${describeError(error.cause)}`;
}

/**
 * Copies an error without the frames of its stack, which hold what they ran on; the
 * copy has the stack's text, and so have the copies of its causes.
 */
export function withoutFrames(
  error: unknown,
  depth: number = DEEPEST,
): unknown {
  if (!(error instanceof Error) || depth === 0) return error;
  const copy = Object.create(Object.getPrototypeOf(error));
  for (const key of Reflect.ownKeys(error)) {
    const descriptor = Object.getOwnPropertyDescriptor(error, key)!;
    const value: unknown = Reflect.get(error, key);
    const part = key === "errors" && Array.isArray(value)
      ? value.map((part) => withoutFrames(part, depth - 1))
      : withoutFrames(value, depth - 1);
    Object.defineProperty(copy, key, {
      value: part,
      configurable: true,
      writable: true,
      enumerable: descriptor.enumerable ?? false,
    });
  }
  return copy;
}

/** Moves a text two places to the right. */
export function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}

function describeObject(value: object): string {
  if (value instanceof Error) {
    return shorten(`${value.name}(${JSON.stringify(value.message)})`);
  }
  const own = Object.prototype.toString !== value.toString &&
    !Array.isArray(value) && typeof value.toString === "function";
  if (own) return shorten(String(value));
  try {
    return shorten(JSON.stringify(value));
  } catch {
    // A circle, or a getter that throws: its class says enough. No coroutine
    // runs in here, so no cancellation can be meant.
    return Object.prototype.toString.call(value);
  }
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
