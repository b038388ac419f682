/**
 * `runProcess()`: runs a program to its end, with all that it has started.
 *
 * ```ts
 * import { run, runProcess, timeout } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const { stdout } = await run(() => timeout(60, () => runProcess("echo", ["hello"])));
 * assertEquals(new TextDecoder().decode(stdout), "hello\n");
 * ```
 *
 * @module
 */
import { isBytes, isInstance } from "./_base/repr.ts";
import type { Delay } from "./clock.ts";
import { CancelledError } from "./errors.ts";
import {
  BOOLEAN,
  checkOptions,
  type Kind,
  type OptionKinds,
} from "./_base/arguments.ts";
import { makeUnplaced } from "./_base/error_place.ts";
import { COMMON_KINDS } from "./_process/options.ts";
import { ProcessError, type ProcessResult } from "./_process/process_error.ts";
import type { RunningProcess } from "./_process/running_process.ts";
import { createSubprocessExec, type Process } from "./subprocess.ts";
import type { Coro, Coroutine } from "./_coroutine/coroutine.ts";
import { MethodCoroutine } from "./_task/function_coroutine.ts";

export type { SignalName } from "./_host/signals.ts";
export { ProcessError, type ProcessResult } from "./_process/process_error.ts";

/** Options of {@linkcode runProcess}. */
export interface RunProcessOptions {
  /**
   * The folder to run in.
   *
   * @default {that of the program}
   */
  readonly cwd?: string | URL | undefined;
  /** Variables of the environment, beside those of the program. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * What the program reads: text, or bytes.
   *
   * @default {nothing}
   */
  readonly input?: string | Uint8Array | undefined;
  /**
   * Seconds between SIGTERM and SIGKILL once it is cancelled, or an object with units.
   *
   * @default {5}
   */
  readonly grace?: Delay | undefined;
  /**
   * Whether an end by a signal or with another code than 0 is an error.
   *
   * @default {true}
   */
  readonly check?: boolean | undefined;
}

/**
 * Runs a program, and gives what it has written.
 *
 * - **Cancel**: SIGTERM to the program and all that it has started, SIGKILL after the grace,
 *   and when none is left the CancelledError, with the {@linkcode ProcessResult} so far as
 *   its `result`. It is the `cause` of a TimeoutError.
 * - **End**: what the program has left running in its group is ended too.
 *
 * @param command A path, or a name to be looked for.
 * @param args The arguments.
 * @param options What it reads, where it runs, and how it is ended.
 * @returns A coroutine of the result.
 * @throws {ProcessError} If it ended by a signal or with another code than 0.
 * @throws {TypeError} If an argument or an option is of a wrong kind.
 * @throws {RangeError} If the grace is below 0 or NaN.
 * @throws {RuntimeError} If the host of this program has no processes.
 * @throws {Error} The host's own error, if it can't be started.
 *
 * @example What was written until the time was up
 * ```ts
 * import { type ProcessResult, run, runProcess, timeout, TimeoutError } from "@asyncio/asyncio";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(
 *   () => run(() => timeout(0.01, () => runProcess("sleep", ["600"]))),
 *   TimeoutError,
 * );
 * const { result } = error.cause as { result: ProcessResult };
 * assertEquals(result.signal, "SIGTERM");
 * ```
 */
export function runProcess(
  command: string | URL,
  args: readonly (string | URL)[] = [],
  options: RunProcessOptions = {},
): Coroutine<ProcessResult> {
  const { input, check = true, ...rest } = checkOptions(
    "run a process",
    options,
    KINDS,
  );
  const bytes = typeof input === "string"
    ? new TextEncoder().encode(input)
    : input;
  const starting = createSubprocessExec(command, args, {
    ...rest,
    stdin: bytes === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  });
  return new MethodCoroutine(
    "runProcess",
    () => runChecked(command, starting, bytes, check),
  );
}

const INPUT: Kind = {
  words: "text or a Uint8Array",
  fits: (value) => typeof value === "string" || isBytes(value),
};
const KINDS: OptionKinds<RunProcessOptions> = {
  check: BOOLEAN,
  input: INPUT,
  ...COMMON_KINDS,
};

function* runChecked(
  command: string | URL,
  starting: Coroutine<Process>,
  input: Uint8Array | undefined,
  isChecked: boolean,
): Coro<ProcessResult> {
  const result = yield* runToEnd(starting, input);
  if (isChecked && result.code !== 0) {
    throw makeUnplaced(() =>
      new ProcessError(describeEnd(command, result), result)
    );
  }
  return result;
}

function* runToEnd(
  starting: Coroutine<Process>,
  input: Uint8Array | undefined,
): Coro<ProcessResult> {
  const process = (yield* starting) as RunningProcess;
  try {
    yield* process.communicate(input);
  } catch (error) {
    throw yield* endAfter(process, error);
  }
  try {
    yield* process.end();
  } catch (error) {
    throw withResult(process, error);
  }
  return resultOf(process);
}

// The error to throw: a second cancel comes after the first.
function* endAfter(process: RunningProcess, error: unknown): Coro<unknown> {
  try {
    yield* process.end();
  } catch (later) {
    return withResult(process, later);
  }
  return withResult(process, error);
}

function withResult(process: RunningProcess, error: unknown): unknown {
  if (!isInstance(error, CancelledError)) return error;
  return Object.assign(error, { result: resultOf(process) });
}

function resultOf(process: RunningProcess): ProcessResult {
  const { code = null, signal = null } = process.exit ?? {};
  return {
    code,
    signal,
    stdout: process.outputSoFar("stdout"),
    stderr: process.outputSoFar("stderr"),
  };
}

function describeEnd(
  command: string | URL,
  { code, signal, stderr }: ProcessResult,
): string {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  const said = new TextDecoder().decode(stderr).trim();
  const tail = said.length > MOST_SAID ? `…${said.slice(-MOST_SAID)}` : said;
  return `Process ${command} ended ${how}${tail === "" ? "" : `: ${tail}`}`;
}

// How much of what a program has said goes into an error's message.
const MOST_SAID = 500;
