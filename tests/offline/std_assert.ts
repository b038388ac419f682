/**
 * Stands in for `@std/assert` where JSR is out of reach.
 *
 * Only what this project uses, with the arguments, types and results of the
 * real package, so that a test that passes here passes there too.
 * `std_stand_ins_test.ts` runs against both.
 *
 * @module
 */
import { equal } from "./_equal.ts";

export { equal };

// deno-lint-ignore no-explicit-any
type Constructor<T = any> = new (...args: any[]) => T;

/** What `assertFalse` leaves. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** Says that an assertion did not hold. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Asserts that `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Asserts that `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Asserts deep equality. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `Values are not equal${suffix(msg)}\n${difference(actual, expected)}`,
  );
}

/** Asserts that two values are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${show(actual)} not to be: ${show(expected)}${
      suffix(msg)
    }`,
  );
}

/** Asserts that two values are the same, as `Object.is` says. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const what = show(actual) === show(expected)
    ? "Values have the same structure but are not reference-equal"
    : "Values are not strictly equal";
  throw new AssertionError(
    `${what}${suffix(msg)}\n${difference(actual, expected)}`,
  );
}

/** Asserts that two values are not the same, as `Object.is` says. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    `Expected "actual" to not be strictly equal to: ${show(actual)}${
      suffix(msg)
    }\n`,
  );
}

/** Asserts that two numbers are close. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  tolerance ??= isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7;
  const delta = Math.abs(expected - actual);
  if (delta <= tolerance) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to be close to "${expected}": ` +
      `delta "${delta}" is greater than "${tolerance}"${suffix(msg)}`,
  );
}

/** Asserts `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (actual > expected) return;
  throw new AssertionError(msg ?? `Expect ${show(actual)} > ${show(expected)}`);
}

/** Asserts `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual >= expected) return;
  throw new AssertionError(
    msg ?? `Expect ${show(actual)} >= ${show(expected)}`,
  );
}

/** Asserts `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (actual < expected) return;
  throw new AssertionError(msg ?? `Expect ${show(actual)} < ${show(expected)}`);
}

/** Asserts `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual <= expected) return;
  throw new AssertionError(
    msg ?? `Expect ${show(actual)} <= ${show(expected)}`,
  );
}

/** Asserts that a value is neither `null` nor `undefined`. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`,
  );
}

/** Asserts that a value is an instance of a class. */
export function assertInstanceOf<T extends Constructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was "${
      kindOf(actual)
    }"${suffix(msg)}`,
  );
}

/** Asserts that a text matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`,
  );
}

/** Asserts that a text contains another. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`,
  );
}

/** Asserts that every value of `expected` is in `actual`, deeply compared. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T> & object,
  expected: ArrayLike<T> & object,
  msg?: string,
): void {
  const items = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) =>
    !items.some((item) => equal(wanted, item))
  );
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: "${show(actual)}" to include: "${show(expected)}"${
      suffix(msg)
    }\nmissing: ${show(missing)}`,
  );
}

/** Asserts that `actual` has all that `expected` has, deeply. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals<unknown>(
    shapedLike(actual, expected),
    shapedLike(expected, expected),
    msg,
  );
}

/** Asserts that a value is an `Error`, of a class and with a text. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: Constructor<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `Expected "error" to be an Error object${suffix(msg)}`,
    );
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${
        kindOf(error)
      }"${suffix(msg)}`,
    );
  }
  if (!msgMatches) return;
  const matches = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches.test(error.message);
  if (matches) return;
  throw new AssertionError(
    `Expected error message to include ${
      typeof msgMatches === "string"
        ? JSON.stringify(msgMatches)
        : String(msgMatches)
    }, but got ${JSON.stringify(error.message)}${suffix(msg)}`,
  );
}

/** Asserts that `fn` throws, and gives what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that `fn` throws an error of a class, and gives the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  ...rest: ExpectedError
): unknown {
  const { ErrorClass, msgIncludes, msg } = readExpected(rest);
  let error: unknown;
  try {
    fn();
  } catch (thrown) {
    error = thrown;
    checkError(thrown, "thrown", ErrorClass, msgIncludes, msg);
    return error;
  }
  throw new AssertionError(`Expected function to throw${suffix(msg)}`);
}

/** Asserts that `fn` gives a promise that rejects, and gives the reason. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Asserts that `fn` gives a promise that rejects with an error of a class. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  ...rest: ExpectedError
): Promise<unknown> {
  const { ErrorClass, msgIncludes, msg } = readExpected(rest);
  const promise = callForPromise(fn, msg);
  try {
    await promise;
  } catch (reason) {
    checkError(reason, "rejected", ErrorClass, msgIncludes, msg);
    return reason;
  }
  throw new AssertionError(`Expected function to reject${suffix(msg)}`);
}

/** Fails. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Fails: this place can't be reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}

type ExpectedError = [
  errorClassOrMsg?: Constructor<Error> | string,
  msgIncludesOrMsg?: string,
  msg?: string,
];

function readExpected([first, second, third]: ExpectedError): {
  ErrorClass: Constructor<Error> | undefined;
  msgIncludes: string | undefined;
  msg: string | undefined;
} {
  return typeof first === "string"
    ? { ErrorClass: undefined, msgIncludes: undefined, msg: first }
    : { ErrorClass: first, msgIncludes: second, msg: third };
}

function callForPromise(
  fn: () => PromiseLike<unknown>,
  msg: string | undefined,
): PromiseLike<unknown> {
  try {
    const promise: unknown = fn();
    if (
      typeof promise === "object" && promise !== null && "then" in promise &&
      typeof promise.then === "function"
    ) {
      return promise as PromiseLike<unknown>;
    }
  } catch {
    // As in the real one, the error itself is not shown.
  }
  throw new AssertionError(
    `Function throws when expected to reject${suffix(msg)}`,
  );
}

function checkError(
  error: unknown,
  how: "thrown" | "rejected",
  ErrorClass: Constructor<Error> | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): void {
  // Without a class the real one looks at nothing, not even the text.
  if (ErrorClass === undefined) return;
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was ${how}${suffix(msg)}`);
  }
  assertIsError(error, ErrorClass, msgIncludes, msg);
}

/** The part of `value` that `shape` names, as plain objects. */
function shapedLike(
  value: object,
  shape: object,
  seen = new Map<object, object>(),
): unknown {
  if (seen.get(value) === shape) return value;
  seen.set(value, shape);
  const keys = Reflect.ownKeys(value);
  const shared = keys.filter((key) => Object.hasOwn(shape, key));
  // Nothing in common: all of it, so that the comparison fails and shows it.
  const nothing = shared.length === 0 && Reflect.ownKeys(shape).length > 0;
  const part: Record<PropertyKey, unknown> = {};
  for (const key of nothing ? keys : shared) {
    const item: unknown = Reflect.get(value, key);
    part[key] = nothing
      ? item
      : itemShapedLike(item, Reflect.get(shape, key), seen);
  }
  return part;
}

function itemShapedLike(
  item: unknown,
  shape: unknown,
  seen: Map<object, object>,
): unknown {
  if (!isObject(item) || !isObject(shape) || item instanceof RegExp) {
    return item;
  }
  if (Array.isArray(item) && Array.isArray(shape)) {
    return item.slice(0, shape.length).map((entry, i) =>
      itemShapedLike(entry, shape[i], seen)
    );
  }
  if (item instanceof Map && shape instanceof Map) {
    return new Map(
      [...item].filter(([key]) => shape.has(key)).map((
        [key, entry],
      ) => [key, itemShapedLike(entry, shape.get(key), seen)]),
    );
  }
  if (item instanceof Set && shape instanceof Set) {
    return new Set([...item].filter((entry) => shape.has(entry)));
  }
  return shapedLike(item, shape, seen);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function kindOf(value: unknown): string {
  return isObject(value)
    ? value.constructor?.name ?? "Object"
    : value === null
    ? "null"
    : typeof value;
}

function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

function show(value: unknown): string {
  return Deno.inspect(value, {
    depth: Infinity,
    sorted: true,
    trailingComma: true,
    compact: false,
    iterableLimit: Infinity,
    strAbbreviateSize: Infinity,
  });
}

/** The lines between the first and the last that differ. */
function difference(actual: unknown, expected: unknown): string {
  const left = show(actual).split("\n");
  const right = show(expected).split("\n");
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  const start = left.slice(0, same);
  const end: string[] = [];
  while (
    Math.min(left.length, right.length) - end.length > same &&
    left.at(-1 - end.length) === right.at(-1 - end.length)
  ) end.unshift(left.at(-1 - end.length)!);
  return [
    "\n    [Diff] Actual / Expected\n",
    ...start.slice(-3).map((line) => `    ${line}`),
    ...left.slice(same, left.length - end.length).map((line) => `-   ${line}`),
    ...right.slice(same, right.length - end.length).map((line) =>
      `+   ${line}`
    ),
    ...end.slice(0, 3).map((line) => `    ${line}`),
    "",
  ].join("\n");
}
