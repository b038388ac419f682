/**
 * The natural order of values, as Python's `<` has it.
 *
 * @module
 */
import { describeKind } from "../_base/repr.ts";

/**
 * Compares numbers, strings, booleans, dates, and arrays of them element by element.
 *
 * @returns A negative number if `a` comes first, a positive one if `b` does, else 0.
 * @throws {TypeError} If there is no order between the two.
 */
export function compareValues(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b);
  const kind = orderKind(a);
  if (kind === undefined || kind !== orderKind(b)) refuse(a, b);
  // Equal kinds compare by `<`, numbers with bigints too.
  const [x, y] = [a, b] as [number, number];
  return x < y ? -1 : x > y ? 1 : 0;
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    // As in Python, what is the same needs no order: [1, task] fits [1, task].
    if (Object.is(a[i], b[i])) continue;
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function orderKind(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isNaN(value) ? undefined : "number";
    case "bigint":
    case "boolean":
      return "number";
    case "string":
      return "string";
  }
  return value instanceof Date && !Number.isNaN(value.getTime())
    ? "date"
    : undefined;
}

function refuse(a: unknown, b: unknown): never {
  throw new TypeError(
    `Cannot order ${describeKind(a)} and ${
      describeKind(b)
    }: numbers, strings or arrays of them were expected, or the option compare`,
  );
}
