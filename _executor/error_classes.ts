/**
 * The classes of errors that come back as what they were.
 *
 * @module
 */
import * as errors from "../errors.ts";
import { ProcessError } from "../_process/process_error.ts";

/** What is inherited by the errors of a class. */
type Prototype = object;

const LANGUAGE = [
  "Error",
  "AggregateError",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SuppressedError",
  "SyntaxError",
  "TypeError",
  "URIError",
];

/** The name of the class that only its own constructor can make. */
const DOM_EXCEPTION = "DOMException";

interface Host {
  readonly Deno?: { readonly errors: Readonly<Record<string, unknown>> };
}

// By keys, not by the names of the classes: bundlers change those.
const PROTOTYPES: ReadonlyMap<string, Prototype> = new Map(
  [
    ...Object.entries({ ...errors, ProcessError }),
    ...[...LANGUAGE, DOM_EXCEPTION].map((name) =>
      [name, (globalThis as Readonly<Record<string, unknown>>)[name]] as const
    ),
    ...Object.entries((globalThis as Host).Deno?.errors ?? {}).map((
      [name, value],
    ) => [`Deno.errors.${name}`, value] as const),
  ].flatMap(([name, value]) =>
    typeof value === "function" ? [[name, value.prototype as Prototype]] : []
  ),
);

const NAMES: ReadonlyMap<Prototype, string> = new Map(
  [...PROTOTYPES].map(([name, prototype]) => [prototype, name]),
);

// A proxy may inherit without end.
const LONGEST = 100;

/** Returns the name of the nearest class of an error that other hosts know as well. */
export function classOf(error: Error): string {
  let prototype: Prototype | null = Object.getPrototypeOf(error);
  for (let i = 0; i < LONGEST && prototype !== null; i++) {
    const name = NAMES.get(prototype);
    if (name !== undefined) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return "Error";
}

/**
 * Makes an error.
 *
 * @param className What {@linkcode classOf} gave; of a class that is not known here it is
 * an Error.
 * @param name The name of the error.
 * @param message The message of the error.
 */
export function makeError(
  className: string,
  name: string,
  message: string,
): Error {
  if (className === DOM_EXCEPTION && PROTOTYPES.has(className)) {
    return new DOMException(message, name);
  }
  const error = new Error(message);
  // Constructors want more than a message, or do more than to make an error.
  const prototype = PROTOTYPES.get(className);
  if (prototype !== undefined) Object.setPrototypeOf(error, prototype);
  return error;
}
