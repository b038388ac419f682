/**
 * The error of a program that has not ended well. It stands apart from what starts programs:
 * executors give it back where nothing of that is loaded.
 *
 * @module
 */
import { check, OBJECT } from "../_base/arguments.ts";
import type { SignalName } from "../_host/signals.ts";

/** How a program has ended, and what it has written. */
export interface ProcessResult {
  /** Its exit code; `null` if a signal has ended it. */
  readonly code: number | null;
  /** The signal that has ended it; `null` if none has. */
  readonly signal: SignalName | null;
  /** What it has written to its output. */
  readonly stdout: Uint8Array;
  /** What it has written to its error output. */
  readonly stderr: Uint8Array;
}

/**
 * Says that a program was ended by a signal or with another code than 0.
 *
 * @example Look at what it said
 * ```ts
 * import { ProcessError, run, runProcess } from "@asyncio/asyncio";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(
 *   () => run(() => runProcess("sh", ["-c", "echo no >&2; exit 3"])),
 *   ProcessError,
 * );
 * assertEquals(error.message, "Process sh ended with code 3: no");
 * assertEquals(error.result.code, 3);
 * ```
 */
export class ProcessError extends Error {
  /** The name of the class. */
  override readonly name = "ProcessError";
  /** How the program has ended, and what it has written. */
  readonly result: ProcessResult;

  /**
   * Makes the error.
   *
   * @param message What happened.
   * @param result How the program has ended, and what it has written.
   * @throws {TypeError} If `result` is no object.
   */
  constructor(message: string, result: ProcessResult) {
    check("make a ProcessError", "result", result, OBJECT);
    super(message);
    this.result = result;
  }
}
