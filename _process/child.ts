/**
 * What a process of the host has to bring: all that an adapter makes.
 *
 * @module
 */
import { brokenPipe } from "../_host/errors.ts";
import type { SignalName } from "../_host/signals.ts";
import type { ReceiveBuffer } from "../_io/receive_buffer.ts";
import type {
  ByteSource,
  Transport,
  TransportOwner,
} from "../_io/transport.ts";

/** Where one of the three streams of a process leads to. */
export type Stdio = "piped" | "null" | "inherit";

/** What is started, and how. */
export interface SpawnRequest {
  /** A path, or a name to be looked for. */
  readonly program: string;
  /** The arguments, without the program. */
  readonly args: readonly string[];
  /** The three streams. */
  readonly stdin: Stdio;
  readonly stdout: Stdio;
  readonly stderr: Stdio;
  /** The folder to run in. */
  readonly cwd: string | undefined;
  /** Variables of the environment. */
  readonly env: Readonly<Record<string, string>> | undefined;
  /** Whether those are all. */
  readonly clearEnv: boolean;
  /** Whether it leads a session and a process group of its own. */
  readonly newSession: boolean;
  /** Whether the arguments are given to Windows as they are, without quotes. */
  readonly rawArgs: boolean;
}

/** How a process has ended. */
export interface Exit {
  /** Its exit code; `null` if a signal has ended it. */
  readonly code: number | null;
  /** The signal that has ended it. */
  readonly signal: SignalName | null;
  /** Python's: the exit code, or minus the number of the signal. */
  readonly returncode: number;
}

/** An output of the process: it reads ahead into a buffer, which may hold it back. */
export interface OutputPipe extends ByteSource {
  /**
   * Begins to read.
   *
   * @param buffer Takes the bytes.
   * @param onOver Called once, at the end.
   */
  start(buffer: ReceiveBuffer, onOver: () => void): void;
  /** Reads up to the end from now on, however much that is. */
  collect(): void;
  /** Reads no more: the buffer is told the end. */
  close(): void;
}

/** The input of the process. */
export interface InputPipe extends Transport {
  /** Says who is told what happens. */
  own(owner: TransportOwner): void;
  /** Closes it now, since the process has ended: what is not sent is an error. */
  readerEnded(): void;
}

/** The error of an input that was not read to its end. */
export function unread(stdin: InputPipe): Error {
  return brokenPipe(`Cannot write: the process of ${stdin} has ended`);
}

/** A process that was started. */
export interface Child {
  readonly pid: number;
  readonly stdin: InputPipe | undefined;
  readonly stdout: OutputPipe | undefined;
  readonly stderr: OutputPipe | undefined;
  /** Calls `call` once, when it has ended. */
  onExit(call: (exit: Exit) => void): void;
  /**
   * Sends a signal to the process alone; does nothing if it has just ended.
   *
   * @throws The host's error, if it does not allow that.
   */
  kill(signal: SignalName): void;
}

/**
 * Starts a process.
 *
 * @param request What, and how.
 * @param onFailed Takes the host's error, if it tells it later only.
 * @returns The process; `undefined` if it could not be started, and `onFailed` follows.
 * @throws The host's error, if it could not be started.
 */
export type Spawn = (
  request: SpawnRequest,
  onFailed: (error: unknown) => void,
) => Child | undefined;
