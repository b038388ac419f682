/**
 * Refuses what users give by mistake, at once and in the same words everywhere:
 * `Cannot <do it>: <parameter> must be <what>, got <value>`. A TypeError for another type,
 * a RangeError for a value of the type that can't be.
 *
 * A function checks all that it was given before it begins anything:
 *
 * ```ts ignore
 * const OPTIONS: OptionKinds<SleepOptions> = { name: STRING, signal: SIGNAL };
 *
 * check("sleep", "callback", callback, FUNCTION);
 * const { name, signal } = checkOptions("sleep", options, OPTIONS);
 * ```
 *
 * @module
 */
import {
  describeKind,
  guarded,
  isError,
  isInstance,
  isList,
  isObject,
  isRevoked,
} from "./repr.ts";

/** What an argument may be. */
export interface Kind {
  /** What it must be, in words: "a function". */
  readonly words: string;
  /** Whether a value is of the type. */
  readonly fits: (value: unknown) => boolean;
  /** Whether a value of the type can be. */
  readonly allows?: (value: never) => boolean;
  /**
   * Copies a list or an object of an option, so that what is used is what was looked at. It
   * is given whatever the user gave.
   */
  readonly copy?: (value: unknown) => unknown;
}

/** The kinds of the options of an interface: all of them are named. */
export type OptionKinds<O> = { readonly [Name in keyof Required<O>]: Kind };

/** True or false. */
export const BOOLEAN: Kind = {
  words: "true or false",
  fits: (value) => typeof value === "boolean",
};

/** A string. */
export const STRING: Kind = {
  words: "a string",
  fits: (value) => typeof value === "string",
};

/** A number that is not NaN. */
export const NUMBER: Kind = {
  words: "a number",
  fits: (value) => typeof value === "number",
  allows: (value) => !Number.isNaN(value),
};

/** A function. */
export const FUNCTION: Kind = {
  words: "a function",
  fits: (value) => typeof value === "function",
};

/** A span of time; `toSeconds()` looks at it closely. */
export const DELAY: Kind = {
  words: "seconds or an object with units",
  fits: (value) =>
    typeof value === "number" ||
    (typeof value === "object" && value !== null && !Array.isArray(value)),
  allows: (value) => !Number.isNaN(value),
};

/** An AbortSignal, also one that is not the host's own. */
export const SIGNAL: Kind = {
  words: "an AbortSignal",
  fits: (value) => has(value, "addEventListener") && "aborted" in value,
};

/** An event loop. */
export const LOOP: Kind = {
  words: "an event loop",
  fits: (value) =>
    has(value, "_enqueue") && has(value, "callSoon") && has(value, "getDebug"),
};

/** A context of variables. */
export const CONTEXT: Kind = {
  words: "a Context",
  fits: (value) => has(value, "assign") && has(value, "unset"),
};

/** A clock of a loop. */
export const CLOCK: Kind = {
  words: "a Clock",
  fits: (value) => has(value, "time") && has(value, "attach"),
};

/** A name: whatever is no string is turned into one, if it can be. */
export const NAME: Kind = {
  words: "a string",
  fits: (value) =>
    typeof value === "string" ||
    guarded(() => typeof String(value) === "string", false),
};

/** An async generator. */
export const ASYNC_GENERATOR: Kind = {
  words: "an async generator",
  fits: (value) => has(value, "next") && has(value, "return"),
};

/** An object that is looked at closely where it is used. */
export const OBJECT: Kind = {
  words: "an object",
  fits: (value) => typeof value === "object" && value !== null,
};

/** Anything that can be looked at. */
export const ANYTHING: Kind = { words: "anything", fits: () => true };

/** Anything: what nobody looks at may be a proxy that was revoked, too. */
export const VALUE: Kind = { words: "anything", fits: () => true };

/** An integer of at least `least`; a RangeError for all else, as counts always had. */
export function integer(least: number): Kind {
  return {
    words: `an integer of at least ${least}`,
    fits: () => true,
    allows: (value) => Number.isInteger(value) && value >= least,
  };
}

/** A number of a kind, or `Infinity` for no limit. */
export function orInfinity({ words, fits, allows }: Kind): Kind {
  return {
    words: `${words}, or Infinity`,
    fits,
    allows: (value) => value === Infinity || allows!(value),
  };
}

/** An instance of a class. */
export function instance(
  kind: abstract new (...args: never[]) => unknown,
  words: string,
): Kind {
  return { words, fits: (value) => isInstance(value, kind) };
}

/** One of some values. */
export function oneOf(values: readonly string[]): Kind {
  return {
    words: `one of ${values.join(", ")}`,
    fits: (value) => typeof value === "string",
    allows: (value) => values.includes(value),
  };
}

/**
 * Refuses an argument of the wrong kind.
 *
 * @param action What can't be done with it, as in "Cannot …".
 * @param parameter The name of the parameter or option.
 * @param value What was given.
 * @param kind What it must be.
 * @throws {TypeError} If it is of another type.
 * @throws {RangeError} If it is of the type, and can't be.
 */
export function check(
  action: string,
  parameter: string,
  value: unknown,
  kind: Kind,
): void {
  if (kind === VALUE) return;
  if (isRevoked(value) || !kind.fits(value)) {
    throw new TypeError(refusal(action, parameter, kind.words, value));
  }
  if (kind.allows !== undefined && !kind.allows(value as never)) {
    throw new RangeError(refusal(action, parameter, kind.words, value));
  }
}

/**
 * Refuses options that are no object, that have a name which is not known, or a value of
 * the wrong kind. What is left out, or `undefined`, is not looked at.
 *
 * Each option is read once: what was given may have getters, may be a proxy, or may be
 * changed later. Nobody uses it after the check.
 *
 * @param action What can't be done with them, as in "Cannot …".
 * @param options What was given.
 * @param kinds What each option must be.
 * @returns A copy with what was looked at.
 * @throws {TypeError} If something is of another type, or not known.
 * @throws {RangeError} If a value is of its type, and can't be.
 */
export function checkOptions<O extends object | undefined>(
  action: string,
  options: O,
  kinds: Readonly<Record<string, Kind>>,
): O {
  if (options === undefined) return options;
  // Most are plain, and this is on the way of every task that has a name.
  const isPlain = isObject(options) &&
    Object.getPrototypeOf(options) === Object.prototype;
  if (!isPlain && !(isObject(options) && mayBeOptions(options, kinds))) {
    const names = Object.keys(kinds).join(", ");
    throw new TypeError(
      refusal(action, "options", `an object with ${names}`, options),
    );
  }
  const copy: Record<string, unknown> = isPlain
    ? { ...options }
    : withInherited(options);
  for (const name in copy) {
    if (!Object.hasOwn(kinds, name)) refuseName(action, name, kinds);
    const kind = kinds[name]!;
    if (kind.copy !== undefined) copy[name] = kind.copy(copy[name]);
    const value = copy[name];
    if (value !== undefined) check(action, name, value, kind);
  }
  return copy as O;
}

// An object of a class may have options of its prototype, and getters.
function withInherited(options: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name in options) {
    copy[name] = (options as Record<string, unknown>)[name];
  }
  return copy;
}

/** Copies a list, for {@linkcode Kind.copy}. */
export function copyList(value: unknown): unknown {
  return isList(value) ? [...value] : value;
}

/** Copies an object that is no list, for {@linkcode Kind.copy}. */
export function copyRecord(value: unknown): unknown {
  return isObject(value) && !isList(value) ? { ...value } : value;
}

function refuseName(
  action: string,
  name: string,
  kinds: Readonly<Record<string, Kind>>,
): never {
  const known = Object.keys(kinds).join(", ");
  throw new TypeError(
    `Cannot ${action}: unknown option "${name}", it takes ${known}`,
  );
}

/** The words of a refusal. */
export function refusal(
  action: string,
  parameter: string,
  words: string,
  value: unknown,
): string {
  return `Cannot ${action}: ${parameter} must be ${words}, got ${
    describeKind(value)
  }`;
}

// A signal, a context or a Map in the place of the options is a mistake; an object of a
// class that has some of them, perhaps as getters, is none.
function mayBeOptions(
  options: object,
  kinds: Readonly<Record<string, Kind>>,
): boolean {
  if (Array.isArray(options) || isError(options)) return false;
  const prototype = Object.getPrototypeOf(options) as unknown;
  // Of every realm: the prototype of plain objects is the one that has none itself.
  if (prototype === null || Object.getPrototypeOf(prototype) === null) {
    return true;
  }
  return Object.keys(kinds).some((name) => name in options);
}

function has<Name extends string>(
  value: unknown,
  name: Name,
): value is Record<Name, unknown> {
  return typeof value === "object" && value !== null &&
    guarded(() => typeof (value as Record<string, unknown>)[name], "") ===
      "function";
}
