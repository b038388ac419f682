/**
 * What kind of function a value is. V8 makes an `instanceof` fast where it always meets one
 * class, so each kind has its own; a revoked proxy throws at it.
 *
 * @module
 */
import { kCoroutineFunction } from "./roles.ts";

const GeneratorFunction = kindOf(
  "GeneratorFunction",
  function* (): Generator<void> {},
);
const AsyncFunction = kindOf(
  "AsyncFunction",
  async function (): Promise<void> {},
);
const AsyncGeneratorFunction = kindOf(
  "AsyncGeneratorFunction",
  async function* (): AsyncGenerator<void> {},
);

/** A class, as far as `instanceof` asks it. */
interface FunctionKind {
  [Symbol.hasInstance](value: unknown): boolean;
}

/** Says whether `value` is a generator function. */
export function isGeneratorFunction(value: unknown): boolean {
  try {
    return value instanceof GeneratorFunction;
  } catch {
    return false;
  }
}

/** Says whether `value` is an async function. */
export function isAsyncFunction(value: unknown): boolean {
  try {
    return value instanceof AsyncFunction;
  } catch {
    return false;
  }
}

/** Says whether `value` is an `async function*`. */
export function isAsyncGeneratorFunction(value: unknown): boolean {
  try {
    return value instanceof AsyncGeneratorFunction;
  } catch {
    return false;
  }
}

/** Says whether `value` is what `coroutine()` gives. */
export function isCold(value: unknown): boolean {
  try {
    return typeof value === "function" && kCoroutineFunction in value;
  } catch {
    return false;
  }
}

/** Says whether a call of a function does no more than what is done when it returns. */
export function isPlainFunction(value: unknown): boolean {
  return !isGeneratorFunction(value) && !isAsyncFunction(value) &&
    !isAsyncGeneratorFunction(value) && !isCold(value);
}

/**
 * Has somebody told of the error of an async function, where the caller drops what a function
 * gives: the host would end the program by it.
 *
 * @param callback The function.
 * @param given What it has given.
 * @param failed Takes its error.
 * @returns Whether it is an async function.
 */
export function catchDropped(
  callback: unknown,
  given: unknown,
  failed: (error: unknown) => void,
): boolean {
  if (!isAsyncFunction(callback)) return false;
  (given as Promise<unknown>).then(undefined, failed);
  return true;
}

function kindOf(name: string, example: unknown): FunctionKind {
  const { constructor } = Object.getPrototypeOf(example);
  if (constructor !== Function) return constructor;
  // A compiler has made plain functions of those of the library, as for Angular: all functions
  // would be of the kind. Those that it has not compiled have a tag.
  const tag = `[object ${name}]`;
  return {
    [Symbol.hasInstance]: (value) =>
      typeof value === "function" &&
      Object.prototype.toString.call(value) === tag,
  };
}
