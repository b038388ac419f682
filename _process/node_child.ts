/**
 * Processes by `node:child_process`: on Node and Bun.
 *
 * @module
 */
import { builtin } from "../_host/environment.ts";
import type { SignalName } from "../_host/signals.ts";
import type { Child, Exit, SpawnRequest } from "./child.ts";
import {
  NodeInput,
  NodeOutput,
  type NodeReadable,
  type NodeWritable,
} from "./node_pipes.ts";

interface NodeChild {
  readonly pid: number | undefined;
  readonly stdin: NodeWritable | null;
  readonly stdout: NodeReadable | null;
  readonly stderr: NodeReadable | null;
  once(
    event: "exit",
    call: (code: number | null, signal: SignalName | null) => void,
  ): unknown;
  on(event: "error", call: (error: unknown) => void): unknown;
  kill(signal: SignalName): boolean;
}

interface NodeHost {
  readonly process: {
    readonly env: Readonly<Record<string, string>>;
  };
}

interface ChildModule {
  spawn(program: string, args: readonly string[], options: object): NodeChild;
}

interface OsModule {
  readonly constants: {
    readonly signals: Readonly<Record<string, number>>;
  };
}

/** Starts a process. The host tells most failures in a later turn only. */
export function spawnByNode(
  request: SpawnRequest,
  onFailed: (error: unknown) => void,
): Child | undefined {
  const { process } = globalThis as unknown as NodeHost;
  const { spawn } = builtin<ChildModule>("node:child_process")!;
  const { program, args, cwd, env, clearEnv } = request;
  const child = spawn(program, args, {
    stdio: [request.stdin, request.stdout, request.stderr].map((stdio) =>
      stdio === "piped" ? "pipe" : stdio === "null" ? "ignore" : stdio
    ),
    cwd,
    env: clearEnv ? env ?? {} : { ...process.env, ...env },
    detached: request.newSession,
    windowsVerbatimArguments: request.rawArgs,
  });
  const { pid } = child;
  if (pid === undefined) {
    child.on("error", onFailed);
    return undefined;
  }
  // Of a signal that could not be sent: kill() throws it as well.
  child.on("error", () => {});
  return {
    pid,
    stdin: child.stdin === null ? undefined : new NodeInput(child.stdin, pid),
    stdout: child.stdout === null
      ? undefined
      : new NodeOutput(child.stdout, `<stdout of process ${pid}>`),
    stderr: child.stderr === null
      ? undefined
      : new NodeOutput(child.stderr, `<stderr of process ${pid}>`),
    onExit(call) {
      child.once("exit", (code, signal) => call(exitOf(code, signal)));
    },
    // Gives false, and throws nothing, if the process has just ended.
    kill: (signal) => void child.kill(signal),
  };
}

function exitOf(code: number | null, signal: SignalName | null): Exit {
  if (signal === null) return { code, signal, returncode: code ?? 0 };
  const { signals } = builtin<OsModule>("node:os")!.constants;
  return { code: null, signal, returncode: -(signals[signal] ?? 0) };
}
