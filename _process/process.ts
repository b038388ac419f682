/**
 * What a process promises to whoever has started it.
 *
 * @module
 */
import type { Delay } from "../clock.ts";
import type { Future } from "../future.ts";
import type { SignalName } from "../_host/signals.ts";
import type { StreamReader } from "../stream_reader.ts";
import type { StreamWriter } from "../stream_writer.ts";
import type { Coroutine } from "../_coroutine/coroutine.ts";
import type { EndOutcome } from "./group_end.ts";

/** Options of {@linkcode Process.end}. */
export interface EndOptions {
  /**
   * Seconds between SIGTERM and SIGKILL, or an object with units.
   *
   * @default {what the process was started with: 5}
   */
  readonly grace?: Delay | undefined;
}

/**
 * A process that was started, with all that it starts itself.
 *
 * - **End**: `await using` and {@linkcode Process.end} end the process and its whole group;
 *   what is left at the end of `run()` is ended there.
 * - **Cancel**: a cancelled wait leaves the process alone, and loses no output.
 * - **Pressure**: its output is read ahead up to twice the limit; then it has to wait.
 *
 * Differs from CPython: a process leads a session of its own unless `newSession` is false,
 * so that what it starts can be ended with it. What calls `setsid` itself gets away.
 *
 * @example End a process that never ends
 * ```ts
 * import { createSubprocessExec, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   const process = await createSubprocessExec("tail", ["-f", "/dev/null"]);
 *   assertEquals(await process.end(), "terminated");
 *   assertEquals(process.returncode, -15);
 * });
 * ```
 */
export interface Process extends AsyncDisposable {
  /** Its input, if that is piped. */
  readonly stdin: StreamWriter | undefined;
  /** Its output, if that is piped. */
  readonly stdout: StreamReader | undefined;
  /** Its error output, if that is piped. */
  readonly stderr: StreamReader | undefined;
  /** Its number in the system, which is that of its group too. */
  readonly pid: number;
  /**
   * How it has ended: its exit code, or minus the number of the signal that has ended it.
   * `undefined` while it runs.
   */
  readonly returncode: number | undefined;
  /**
   * Waits until it has ended. A pipe that it shares with others may still be open.
   *
   * @returns A future of the return code.
   */
  wait(): Future<number>;
  /**
   * Sends bytes to its input, closes that, reads its output up to the end, and waits until
   * it has ended. That it does not want the bytes is no error.
   *
   * After a cancel or a timeout it can be called again, without input, and gives all that
   * came since the start. The input goes on to be sent meanwhile.
   *
   * @param input The bytes.
   * @returns A coroutine of what came by stdout and by stderr; `undefined` for what is not
   * piped.
   * @throws {TypeError} If `input` are no bytes.
   * @throws {RangeError} If there is input, but stdin is not piped, or it was called before.
   * @throws {RuntimeError} If somebody else reads.
   */
  communicate(
    input?: Uint8Array,
  ): Coroutine<
    [stdout: Uint8Array | undefined, stderr: Uint8Array | undefined]
  >;
  /**
   * Sends a signal to the process alone.
   *
   * @param signal The name of the signal.
   * @throws {ProcessLookupError} If it has ended.
   * @throws {RangeError} If there is no such signal.
   */
  sendSignal(signal: SignalName): void;
  /**
   * Sends SIGTERM to the process alone.
   *
   * @throws {ProcessLookupError} If it has ended.
   */
  terminate(): void;
  /**
   * Sends SIGKILL to the process alone.
   *
   * @throws {ProcessLookupError} If it has ended.
   */
  kill(): void;
  /**
   * Ends it and all of its group: SIGTERM, SIGKILL after the grace, and a wait until nobody
   * is left. It goes on though its task is cancelled; the CancelledError comes after it.
   *
   * In Deno only `--allow-run` without a list allows it to signal a group. Without, the
   * process alone is ended, and the loop's exception handler is told.
   *
   * @param options The grace.
   * @returns A coroutine of how it came to its end: by itself, by SIGTERM or by SIGKILL.
   * @throws {RangeError} If the grace is below 0 or NaN.
   * @throws {TypeError} If the grace is no delay.
   */
  end(options?: EndOptions): Coroutine<EndOutcome>;
  /** Ends it and all of its group, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Returns `<Process pid=12 running>` or `<Process pid=12 returncode=0>`. */
  toString(): string;
}

/** Notes that what it has written may be a part, if it is ended here before it has ended. */
export function noteCutOff({ returncode, stdout, stderr }: Process): void {
  if (returncode !== undefined) return;
  stdout?._buffer.noteCutOff();
  stderr?._buffer.noteCutOff();
}
