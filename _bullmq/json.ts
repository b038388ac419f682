/**
 * What JSON gives back as it was: anything else would arrive as something that the types
 * do not tell of, so it is refused and not changed.
 *
 * @module
 */
import { describeKind } from "../_base/repr.ts";

/**
 * Looks for a value that JSON would lose or change.
 *
 * @param value What is to be sent.
 * @param path What it is called.
 * @returns What is wrong, and where; `undefined` if nothing is.
 */
export function unsendable(value: unknown, path: string): string | undefined {
  try {
    return find(value, path, []);
  } catch (error) {
    // Too deep, or the user's own getter.
    return error instanceof RangeError
      ? `${path} is nested too deeply`
      : `${path} cannot be read: ${describeKind(error)} was thrown`;
  }
}

/**
 * Looks for an argument that cannot be sent.
 *
 * @returns What is wrong, and where; `undefined` if nothing is.
 */
export function unsendableArgument(
  args: readonly unknown[],
): string | undefined {
  for (let i = 0; i < args.length; i++) {
    const found = unsendable(args[i], `argument ${i + 1}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The arguments without those at the end that are `undefined`, as if left out. */
export function withoutMissing(args: readonly unknown[]): readonly unknown[] {
  let length = args.length;
  while (length > 0 && args[length - 1] === undefined) length--;
  return length === args.length ? args : args.slice(0, length);
}

function find(
  value: unknown,
  path: string,
  within: object[],
): string | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value)
        ? undefined
        : `${path} is ${value}, which JSON does not have`;
    case "undefined":
      return `${path} is undefined, which JSON does not have; send null`;
    case "bigint":
      return `${path} is ${value}n, which JSON does not have; send a text`;
    case "object":
      return value === null ? undefined : findIn(value, path, within);
    default:
      return `${path} is ${describeKind(value)}, which JSON does not have`;
  }
}

function findIn(
  value: object,
  path: string,
  within: object[],
): string | undefined {
  if (within.includes(value)) return `${path} contains itself`;
  within.push(value);
  const found = Array.isArray(value)
    ? findInArray(value, path, within)
    : findInObject(value, path, within);
  within.pop();
  return found;
}

function findInArray(
  array: readonly unknown[],
  path: string,
  within: object[],
): string | undefined {
  for (let i = 0; i < array.length; i++) {
    const found = find(array[i], `${path}[${i}]`, within);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findInObject(
  object: object,
  path: string,
  within: object[],
): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (
    prototype !== null && Object.getPrototypeOf(prototype as object) !== null
  ) {
    return `${path} is an instance of ${classOf(prototype!)}, which JSON ` +
      "does not keep; send a plain object, an array or a text";
  }
  for (const [key, value] of Object.entries(object)) {
    // JSON leaves such a field out, which is the same to who reads it.
    if (value === undefined) continue;
    const found = find(value, `${path}.${key}`, within);
    if (found !== undefined) return found;
  }
  return undefined;
}

function classOf(prototype: object): string {
  const { constructor } = prototype;
  return typeof constructor === "function" && constructor.name !== ""
    ? constructor.name
    : "a class";
}
