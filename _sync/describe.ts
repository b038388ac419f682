/**
 * How primitives show themselves.
 *
 * @module
 */

import { checkOptions, STRING } from "../_base/arguments.ts";

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
  options: { readonly name?: string },
): string {
  const kind = primitive.constructor.name;
  options = checkOptions(`make a ${kind}`, options, TITLE_OPTIONS);
  const { name } = options;
  return name === undefined ? kind : `${kind} ${JSON.stringify(name)}`;
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
