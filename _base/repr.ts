/**
 * Words for reports: how values, functions and stacks are shown.
 *
 * What is shown is the users': their getters, `toString` and iterators may throw, and their
 * objects may be circles or proxies. Nothing here throws, and no text is longer than a limit.
 *
 * @module
 */
import { isAsyncGeneratorFunction } from "./function_kinds.ts";
import { running } from "./running.ts";

const LONGEST = 80;
/** More items or characters than fit in a text. */
const MOST_PARTS = LONGEST;

/** What `show` gives; the fallback where code of users that it calls throws. */
export function guarded<T>(show: () => T, fallback: T): T {
  try {
    return show();
  } catch {
    // Users' getters and methods run in here, no coroutine, so no cancel can be meant.
    return fallback;
  }
}

/** `instanceof`, for what may be a proxy that throws. */
export function isInstance<T>(
  value: unknown,
  kind: abstract new (...args: never[]) => T,
): value is T {
  // No closure for guarded(): this is asked at every run().
  try {
    return value instanceof kind;
  } catch {
    return false;
  }
}

const { isError: isErrorOfHost } = Error as {
  readonly isError?: (value: unknown) => boolean;
};
const TAGS_OF_ERRORS: readonly string[] = [
  "[object DOMException]",
  "[object Error]",
];

/**
 * Says whether `value` is an error, of any realm: in a test runner that gives each file globals
 * of its own those of the host's modules are of another one.
 */
export function isError(value: unknown): value is Error {
  if (isInstance(value, Error)) return true;
  if (typeof value !== "object" || value === null) return false;
  // Node 22 can't ask, and others may not count a DOMException.
  return isErrorOfHost?.(value) === true ||
    TAGS_OF_ERRORS.includes(
      guarded(() => Object.prototype.toString.call(value), ""),
    );
}

const nameOfBytes = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get as (this: unknown) => string | undefined;

/**
 * Says whether `value` is a Uint8Array: of any realm, as a Buffer is in a test runner that
 * gives each file globals of its own, and no proxy of one, in which hosts find no bytes.
 */
export function isBytes(value: unknown): value is Uint8Array {
  return nameOfBytes.call(value) === "Uint8Array";
}

/** Says whether `value` is a revoked proxy, of which nothing can be asked. */
export function isRevoked(value: unknown): boolean {
  try {
    Array.isArray(value);
    return false;
  } catch {
    return true;
  }
}

/** `Array.isArray()`, for what may be a revoked proxy. */
export function isList(value: unknown): value is unknown[] {
  return !isRevoked(value) && Array.isArray(value);
}

/** Says whether `value` is an object of which something can be asked, no function. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !isRevoked(value);
}

/** The first items of a list, and how many there are besides. */
export interface Cut {
  readonly items: readonly unknown[];
  readonly leftOut: number;
}

/**
 * Cuts a list of users to a length before anybody walks it: a hole takes no memory, so it
 * may be of any length. What is no list has no items.
 */
export function cut(list: unknown, most: number): Cut {
  const items: unknown[] = [];
  const length = guarded(() => {
    if (!Array.isArray(list)) return 0;
    const { length } = list;
    // Not by its own iterator or slice(), which are the users' too.
    for (let i = 0; i < length && i < most; i++) items.push(list[i]);
    return length;
  }, 0);
  return { items, leftOut: Math.max(0, length - items.length) };
}

/** Shows a value in a few words, as in an error message. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return shorten(JSON.stringify(value.slice(0, LONGEST)));
    case "function":
      return `function ${callbackName(value)}`;
    case "bigint":
      return value < -LARGEST || value > LARGEST
        ? "a huge bigint"
        : shorten(`${value}n`);
    case "object":
      return value === null
        ? "null"
        : guarded(() => describeObject(value), "an object");
    case "symbol":
      return shorten(String(value));
    default:
      return String(value);
  }
}

// The digits of one of a million take seconds.
const LARGEST = 1n << 10_000n;
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
  if (isInstance(value, Promise)) return "a Promise";
  if (isAsyncGenerator(value)) return "an async generator";
  if (isInstance(value, GeneratorClass)) return "a generator";
  if (typeof value === "function") {
    const kind = isAsyncGeneratorFunction(value) ? "async generator " : "";
    return `the ${kind}function ${callbackName(value)}`;
  }
  return describeValue(value);
}

/** Stands in for the class of async generators, which has no constructor to name. */
const AsyncGeneratorClass = function (): void {} as unknown as new () => object;
AsyncGeneratorClass.prototype =
  Object.getPrototypeOf(async function* (): AsyncGenerator<void> {}).prototype;

/** Stands in for the class of generators, which has no constructor to name. */
export const GeneratorClass = function (): void {} as unknown as new () =>
Generator;
GeneratorClass.prototype =
  Object.getPrototypeOf(function* (): Generator<void> {}).prototype;

/** Says whether `value` is what calling an `async function*` gives. */
export function isAsyncGenerator(value: unknown): boolean {
  return isInstance(value, AsyncGeneratorClass);
}

/** Shows a call of a function or coroutine; what has no name of its own as it is. */
export function describeCall(name: string): string {
  return name.endsWith(">") ? name : `${name}()`;
}

const ANONYMOUS = "<anonymous>";

/** The name of a function, for reports. */
export function callbackName(callback: unknown): string {
  // A class may have a static method or a getter of that name.
  const name = guarded(() => (callback as { name?: unknown }).name, undefined);
  return typeof name !== "string" || name === ""
    ? ANONYMOUS
    : shorten(name.replace(/^bound /, ""));
}

/** As {@linkcode callbackName}, but the name of who calls it for an arrow function without one. */
export function nameOr(caller: string, callback: unknown): string {
  const name = callbackName(callback);
  return name === ANONYMOUS ? caller : name;
}

/** How many there are of something, in words: `1 worker`, `2 workers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `String(value)`, where that works. */
export function textOf(value: unknown): string {
  return guarded(() => String(value), undefined) ?? describeKind(value);
}

/** Moves a text to the right, by two places unless a margin is given. */
export function indent(text: string, margin = "  "): string {
  return text.split("\n").map((line) => margin + line).join("\n");
}

/** Cuts a text that is too long to be read in a line of a message. */
export function shorten(text: string, longest: number = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

function describeObject(value: object): string {
  if (isError(value)) {
    const name = guarded(() => String(value.name), "Error");
    const message = guarded(() => String(value.message), "");
    return shorten(`${name}(${JSON.stringify(message.slice(0, LONGEST))})`);
  }
  // Its own text has all of its items.
  if (ArrayBuffer.isView(value)) return describeView(value);
  const own = Object.prototype.toString !== value.toString &&
    !Array.isArray(value) && typeof value.toString === "function";
  if (own) return shorten(String(value));
  // A circle, or a getter that throws: its class says enough.
  const text = guarded(() => json(value), undefined) ??
    Object.prototype.toString.call(value);
  // A Map, a Set or an AbortController has nothing to show but its class.
  return text === "{}" ? `${classNameOf(value)}{}` : text;
}

function classNameOf(value: object): string {
  const name = guarded(() => value.constructor.name, "");
  return typeof name !== "string" || name === "Object" || name === ""
    ? ""
    : `${shorten(name)} `;
}

function describeView(view: ArrayBufferView): string {
  return `${tagOf(view)}(${view.byteLength} bytes)`;
}

/** The name that the language has for the kind of an object: `Uint8Array`. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

function json(value: object): string {
  // Of all that lies in it: lists of lists of lists are many.
  let room = MOST_PARTS;
  return shorten(JSON.stringify(value, (_key, part) => {
    room--;
    if (typeof part === "string") return part.slice(0, MOST_PARTS);
    if (typeof part !== "object" || part === null) return part;
    if (room <= 0) return "…";
    return Array.isArray(part)
      ? cut(part, room).items
      : firstFields(part, room);
  }));
}

function firstFields(value: object, most: number): object {
  // Nearly all of them are small, and some are no plain ones.
  const names = Object.keys(value);
  if (names.length <= most) return value;
  return Object.fromEntries(
    names.slice(0, most).map((name) => [name, (value as never)[name]]),
  );
}
