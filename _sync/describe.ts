/**
 * How primitives show themselves.
 *
 * @module
 */

import { checkOptions, STRING } from "../_base/arguments.ts";
import { guarded } from "../_base/repr.ts";

const TITLE_OPTIONS = { name: STRING };

/**
 * Returns the class and name of a primitive, for reports.
 *
 * @param primitive The primitive.
 * @param options The options that its constructor was given.
 * @throws {TypeError} If there is an option that it does not take.
 */
export function title(
  primitive: object,
  options: { readonly name?: string | undefined },
): string {
  const kind = className(primitive);
  options = checkOptions(`make a ${kind}`, options, TITLE_OPTIONS);
  const { name } = options;
  return name === undefined ? kind : `${kind} ${JSON.stringify(name)}`;
}

/**
 * Gives a class its name for good: bundlers shorten those of classes. That errors.ts has
 * this too is the price of its place below all rooms.
 *
 * @param kind The class.
 * @param name The name.
 */
export function keepName(kind: object, name: string): void {
  Object.defineProperty(kind, "name", { value: name, configurable: true });
}

/**
 * Returns the name of the class of a primitive, or of the nearest above that has one: a
 * class of users may have none, or a static method of that name.
 *
 * @param primitive The primitive.
 */
export function className(primitive: object): string {
  let name: unknown;
  let of: object = primitive;
  do {
    of = Object.getPrototypeOf(of);
    name = guarded<unknown>(() => of.constructor.name, undefined);
  } while (typeof name !== "string" || name === "");
  return name;
}

/** Returns `<Lock "db" [locked, waiters:2]>` and the like. */
export function describeState(
  heading: string,
  state: string,
  waiters: number,
): string {
  const suffix = waiters === 0 ? "" : `, waiters:${waiters}`;
  return `<${heading} [${state}${suffix}]>`;
}
