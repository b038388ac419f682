/**
 * What may be submitted, and how an executor may be set up.
 *
 * @module
 */
import { RuntimeError } from "../errors.ts";
import {
  ANYTHING,
  BOOLEAN,
  checkOptions,
  copyList,
  DELAY,
  integer,
  type Kind,
  NUMBER,
  type OptionKinds,
  SIGNAL,
} from "../_base/arguments.ts";
import { describeValue, isError, isInstance, isList } from "../_base/repr.ts";
import type {
  ShutdownOptions,
  StreamOptions,
  SubmitOptions,
} from "../_executor/job_types.ts";

const DEFAULT_HIGH_WATER_MARK = 16;

/** How many there may be. */
export const COUNT: Kind = {
  words: integer(1).words,
  fits: NUMBER.fits,
  allows: (value) => Number.isSafeInteger(value) && value > 0,
};

/** Begins the message of an error of a job. */
export function cannotSubmit(name: unknown, why: string): string {
  return `Cannot submit the job ${describeValue(name)}: ${why}`;
}

/** What the options of `submit()` may be; a key is looked at by who takes it. */
export const SUBMIT_OPTIONS: OptionKinds<SubmitOptions> = withOrigin({
  timeout: DELAY,
  signal: SIGNAL,
  transfer: { words: "an array", copy: copyList, fits: isList },
  key: ANYTHING,
});

/** What the options of `stream()` may be. */
export const STREAM_OPTIONS: OptionKinds<StreamOptions> = withOrigin({
  ...SUBMIT_OPTIONS,
  highWaterMark: integer(1),
});

// An engine gives its jobs one, see `OriginOptions`. It is not named to users.
function withOrigin<K extends object>(kinds: K): K {
  return Object.defineProperty(kinds, "_origin", { value: ANYTHING });
}

/**
 * Checks what `submit()` and `stream()` were given.
 *
 * @returns A copy of the options, with what was looked at.
 * @throws {TypeError} If a value is of the wrong kind, or an option is not known.
 */
export function checkJob<O extends SubmitOptions>(
  name: unknown,
  args: unknown,
  options: O | undefined,
  kinds: Readonly<Record<string, Kind>>,
): O | undefined {
  if (typeof name !== "string") {
    throw new TypeError(
      cannotSubmit(name, "the name of an exported function was expected"),
    );
  }
  if (!isList(args)) {
    throw new TypeError(
      cannotSubmit(
        name,
        `an array of arguments was expected, got ${describeValue(args)}`,
      ),
    );
  }
  // Most have none, and to show the name is a part of what a job costs.
  if (options === undefined) return undefined;
  return checkOptions(`submit the job ${describeValue(name)}`, options, kinds);
}

/**
 * Refuses a key, where jobs do not outlive the program.
 *
 * @throws {RuntimeError} If there is a key.
 */
export function refuseKey(
  name: string,
  options: SubmitOptions | undefined,
): void {
  if (options?.key === undefined) return;
  throw new RuntimeError(
    cannotSubmit(
      name,
      `this executor is not durable and knows no keys, got the key ${
        describeValue(options.key)
      }`,
    ),
  );
}

/** Whether a value can be copied to no worker, as can be seen without a try. */
export function isUnsendable(value: unknown): boolean {
  return typeof value === "function" || typeof value === "symbol";
}

/** The error of a job whose arguments cannot be sent. */
export function unsendable(
  name: string,
  args: readonly unknown[],
  cause?: unknown,
): TypeError {
  const at = args.findIndex(isUnsendable);
  const why = at >= 0
    ? `argument ${at + 1} is ${
      describeValue(args[at])
    }, which cannot be copied; ` +
      "export the function from the module of jobs, and send its name"
    : isError(cause)
    ? cause.message
    : String(cause);
  return new TypeError(
    `Cannot send the arguments of the job ${describeValue(name)}: ${why}`,
    cause === undefined ? {} : { cause },
  );
}

/** How many values a job may be ahead of who reads them. */
export function highWaterMarkOf(options: StreamOptions | undefined): number {
  return options?.highWaterMark ?? DEFAULT_HIGH_WATER_MARK;
}

/**
 * Checks the place of a module of jobs.
 *
 * @returns Its URL.
 * @throws {TypeError} If it is no URL.
 */
export function moduleUrl(module: unknown): string {
  if (isInstance(module, URL)) return module.href;
  if (typeof module === "string" && URL.canParse(module)) return module;
  throw new TypeError(
    `Cannot make an executor: the URL of a module was expected, such as ` +
      `new URL("./jobs.ts", import.meta.url), got ${describeValue(module)}`,
  );
}

const SHUTDOWN_OPTIONS: OptionKinds<ShutdownOptions> = {
  cancelFutures: BOOLEAN,
};

/**
 * Whether `shutdown()` is to cancel what is left.
 *
 * @throws {TypeError} If an option is of the wrong kind, or not known.
 */
export function cancelsJobs(options: ShutdownOptions | undefined): boolean {
  const action = "shut the executor down";
  return checkOptions(action, options, SHUTDOWN_OPTIONS)?.cancelFutures ??
    false;
}
