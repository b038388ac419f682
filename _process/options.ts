/**
 * What a process is asked for, checked before anything is started.
 *
 * @module
 */
import {
  BOOLEAN,
  check,
  checkOptions,
  copyRecord,
  DELAY,
  type Kind,
  oneOf,
  refusal,
} from "../_base/arguments.ts";
import { guarded, isList } from "../_base/repr.ts";
import { builtin } from "../_host/environment.ts";
import { LIMIT } from "../_io/limits.ts";
import { type Delay, toSeconds } from "../clock.ts";
import type { EndOptions } from "./process.ts";

interface UrlModule {
  fileURLToPath(url: URL): string;
}

/** What cannot be done, in the words of an error. */
export const START = "start a process";

const STDIO = ["piped", "null", "inherit"];

// The system takes a null character for the end, and hosts say all kinds of things of it.
const hasNoNull = (value: string | URL): boolean =>
  typeof value !== "string" || !value.includes("\0");

const PATH: Kind = {
  words: "a string without null characters or the URL of a file",
  fits: (value) =>
    typeof value === "string" ||
    (value instanceof URL && value.protocol === "file:"),
  allows: hasNoNull,
};

// None at all would be this program's own, on some hosts.
const FOLDER: Kind = {
  words:
    "a path, not empty and without null characters, or the URL of a folder",
  fits: PATH.fits,
  allows: (value) => value !== "" && hasNoNull(value),
};

/** A command of a shell. */
export const COMMAND: Kind = {
  words: "a string without null characters",
  fits: (value) => typeof value === "string",
  allows: hasNoNull,
};

const ENV: Kind = {
  words: "an object of strings without null characters, by names without =",
  copy: copyRecord,
  fits: (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((part) => typeof part === "string"),
  allows: (value: Record<string, string>) =>
    Object.entries(value).every(([name, text]) =>
      /^[^=\0]+$/.test(name) && !text.includes("\0")
    ),
};

/** The kinds of what every process may be given. */
export const COMMON_KINDS = { cwd: FOLDER, env: ENV, grace: DELAY } as const;

const KINDS = {
  stdin: oneOf(STDIO),
  stdout: oneOf(STDIO),
  stderr: oneOf([...STDIO, "stdout"]),
  limit: LIMIT,
  clearEnv: BOOLEAN,
  newSession: BOOLEAN,
  ...COMMON_KINDS,
};

// Python's subprocesses have them; asyncio refuses what is not its default, as here.
const REFUSED = [
  "bufsize",
  "encoding",
  "errors",
  "shell",
  "text",
  "universalNewlines",
];

/**
 * Checks the options of a process.
 *
 * @returns A copy with what was looked at.
 * @throws {RangeError} If one has a value that can't be, or is one of Python's that asyncio
 * refuses: pipes carry bytes.
 * @throws {TypeError} If one is of a wrong kind, or there is no such option.
 */
export function checkSubprocessOptions<O extends object>(options: O): O {
  const refused = guarded(
    () => REFUSED.find((name) => name in Object(options)),
    undefined,
  );
  if (refused !== undefined) {
    throw new RangeError(
      `Cannot ${START}: ${refused} is not supported, pipes carry bytes and programs run without a shell`,
    );
  }
  return checkOptions(START, options, KINDS);
}

/**
 * Returns the text of a program, an argument or a folder.
 *
 * @throws {TypeError} If it is neither a string nor the URL of a file.
 */
export function pathOf(what: string, value: string | URL): string {
  check(START, what, value, PATH);
  if (typeof value === "string") return value;
  const url = builtin<UrlModule>("node:url");
  return url?.fileURLToPath(value) ?? decodeURIComponent(value.pathname);
}

/**
 * Returns the texts of a list of arguments.
 *
 * @throws {TypeError} If it is no list of strings and URLs of files.
 */
export function argumentsOf(args: readonly (string | URL)[]): string[] {
  if (!isList(args)) {
    throw new TypeError(refusal(START, "args", "an array", args));
  }
  return args.map((arg) => pathOf("an argument", arg));
}

/**
 * The seconds of the grace that `end()` is given, or of the process.
 *
 * @throws {RangeError} If it is below 0 or NaN.
 * @throws {TypeError} If it is no delay, or there is no such option.
 */
export function graceOf(options: EndOptions, ofProcess: number): number {
  const { grace } = checkOptions("end a process", options, { grace: DELAY });
  return grace === undefined ? ofProcess : checkGrace(grace);
}

/**
 * The seconds of a grace.
 *
 * @throws {RangeError} If it is below 0 or NaN.
 * @throws {TypeError} If it is no delay.
 */
export function checkGrace(grace: Delay): number {
  const seconds = toSeconds(grace);
  if (seconds >= 0) return seconds;
  throw new RangeError(
    `Cannot end a process: the grace must be 0 s or more, got ${seconds}`,
  );
}
