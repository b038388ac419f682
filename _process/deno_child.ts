/**
 * Processes by `Deno.Command`.
 *
 * `node:child_process` would ask for `--allow-env` beside `--allow-run` there.
 *
 * @module
 */
import type { SignalName } from "../_host/signals.ts";
import type { Child, Exit, SpawnRequest } from "./child.ts";
import { DenoInput, DenoOutput } from "./deno_pipes.ts";

interface DenoStatus {
  readonly code: number;
  readonly signal: SignalName | null;
}

interface DenoChild {
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly status: Promise<DenoStatus>;
  kill(signal: SignalName): void;
}

interface DenoHost {
  readonly Command: new (program: string, options: object) => {
    spawn(): DenoChild;
  };
}

// What a shell says of a process that a signal has ended: 128 and its number.
const SIGNAL_CODES = 128;

/** Starts a process. A failure is thrown at once. */
export function spawnByDeno(request: SpawnRequest): Child {
  const { Command } = (globalThis as unknown as { Deno: DenoHost }).Deno;
  const { program, args, stdin, stdout, stderr, cwd, env, clearEnv } = request;
  const child = new Command(program, {
    args,
    stdin,
    stdout,
    stderr,
    clearEnv,
    ...cwd === undefined ? {} : { cwd },
    ...env === undefined ? {} : { env },
    detached: request.newSession,
    windowsRawArguments: request.rawArgs,
  }).spawn();
  const pid = child.pid;
  return {
    pid,
    // The getters throw where there is no pipe.
    stdin: stdin === "piped" ? new DenoInput(child.stdin, pid) : undefined,
    stdout: stdout === "piped"
      ? new DenoOutput(child.stdout, `<stdout of process ${pid}>`)
      : undefined,
    stderr: stderr === "piped"
      ? new DenoOutput(child.stderr, `<stderr of process ${pid}>`)
      : undefined,
    onExit: (call) => void child.status.then((status) => call(exitOf(status))),
    kill(signal) {
      try {
        child.kill(signal);
      } catch (error) {
        if (!hasEnded(error)) throw error;
      }
    },
  };
}

function exitOf({ code, signal }: DenoStatus): Exit {
  return signal === null
    ? { code, signal, returncode: code }
    : { code: null, signal, returncode: SIGNAL_CODES - code };
}

// There is no class for it: it is a TypeError, or the system's ESRCH.
function hasEnded(error: unknown): boolean {
  return error instanceof Error &&
    (/already terminated/.test(error.message) ||
      (error as { code?: string }).code === "ESRCH");
}
