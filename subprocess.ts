/**
 * `createSubprocessExec()` and `createSubprocessShell()`: processes that are ended with
 * all that they have started.
 *
 * ```ts
 * import { createSubprocessExec, run, timeout } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   await using process = await createSubprocessExec("echo", ["hello"], { stdout: "piped" });
 *   const [output] = await timeout(60, () => process.communicate());
 *   assertEquals(new TextDecoder().decode(output), "hello\n");
 * });
 * ```
 *
 * `runProcess()` does this in one call.
 *
 * @module
 */
import type { Delay } from "./clock.ts";
import type { Scheduler } from "./handle.ts";
import { resourcesOf } from "./_loop/resources.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import { IoWait } from "./_io/io_wait.ts";
import { DEFAULT_LIMIT } from "./_io/limits.ts";
import { check } from "./_base/arguments.ts";
import { shorten } from "./_base/repr.ts";
import type { Child, Spawn, SpawnRequest, Stdio } from "./_process/child.ts";
import { spawnByDeno } from "./_process/deno_child.ts";
import { hasGroups } from "./_process/group.ts";
import { spawnByNode } from "./_process/node_child.ts";
import {
  argumentsOf,
  checkGrace,
  checkSubprocessOptions,
  COMMAND,
  pathOf,
  START,
} from "./_process/options.ts";
import type { Process } from "./_process/process.ts";
import { RunningProcess } from "./_process/running_process.ts";
import type { Coro, Coroutine } from "./_coroutine/coroutine.ts";
import { MethodCoroutine } from "./_task/function_coroutine.ts";
import { NextTurn } from "./_coroutine/next_turn.ts";
import { builtin } from "./_host/environment.ts";
import { refusal } from "./_host/errors.ts";
import { RuntimeError } from "./errors.ts";

export type { SignalName } from "./_host/signals.ts";
export type { Stdio } from "./_process/child.ts";
export type { EndOutcome } from "./_process/group_end.ts";
export type { EndOptions, Process } from "./_process/process.ts";

/** Connects a stream of a process to the program that starts it. */
export const PIPE = "piped";
/** Connects a stream of a process to nothing: no input, and output is dropped. */
export const DEVNULL = "null";
/** Sends the error output of a process to where its output goes. */
export const STDOUT = "stdout";

/** Options of {@linkcode createSubprocessExec} and {@linkcode createSubprocessShell}. */
export interface SubprocessOptions {
  /**
   * Where the input comes from: a pipe, nowhere, or from where the program has its own.
   *
   * @default {"inherit"}
   */
  readonly stdin?: Stdio | undefined;
  /**
   * Where the output goes to.
   *
   * @default {"inherit"}
   */
  readonly stdout?: Stdio | undefined;
  /**
   * Where the error output goes; `"stdout"`: to where the output goes, in one order.
   *
   * @default {"inherit"}
   */
  readonly stderr?: Stdio | "stdout" | undefined;
  /**
   * How many bytes a line may have; twice as many are read ahead, then the process waits.
   *
   * @default {65536}
   */
  readonly limit?: number | undefined;
  /**
   * The folder to run in.
   *
   * @default {that of the program}
   */
  readonly cwd?: string | URL | undefined;
  /** Variables of the environment, beside those of the program. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the process gets none of the program's variables.
   *
   * @default {false}
   */
  readonly clearEnv?: boolean | undefined;
  /**
   * Whether it leads a session and a group of its own, so that all that it starts is ended
   * with it. Without, the Ctrl-C of a terminal reaches it, and it is ended alone.
   *
   * @default {true}
   */
  readonly newSession?: boolean | undefined;
  /**
   * Seconds between SIGTERM and SIGKILL when it is ended, or an object with units.
   *
   * @default {5}
   */
  readonly grace?: Delay | undefined;
}

/**
 * Starts a program.
 *
 * - **Cancel**: before it has started, nothing is started; after, it is the caller's, who
 *   ends it by `await using`.
 * - **Permissions**: Deno wants `--allow-run=PROGRAM`; to end what it has started itself,
 *   `--allow-run` without a list.
 * - **Errors**: the host's own, such as `Deno.errors.NotFound` or one with the code
 *   `"ENOENT"`.
 *
 * @param program A path, or a name to be looked for.
 * @param args The arguments.
 * @param options Where its streams lead to, where it runs, and how it is ended.
 * @returns A coroutine of the process.
 * @throws {TypeError} If an argument or an option is of a wrong kind.
 * @throws {RangeError} If an option has a value that there is not.
 * @throws {RuntimeError} If the host of this program has no processes.
 * @throws {Error} The host's own error, if it can't be started.
 *
 * @example Talk with a program
 * ```ts
 * import { createSubprocessExec, PIPE, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   await using cat = await createSubprocessExec("cat", [], { stdin: PIPE, stdout: PIPE });
 *   await cat.stdin!.write(new TextEncoder().encode("hello\n"));
 *   assertEquals(new TextDecoder().decode(await cat.stdout!.readline()), "hello\n");
 * });
 * ```
 */
export function createSubprocessExec(
  program: string | URL,
  args: readonly (string | URL)[] = [],
  options: SubprocessOptions = {},
): Coroutine<Process> {
  const path = pathOf("the program", program);
  if (path === "") {
    throw new RangeError("Cannot start a process: the program has no name");
  }
  const plan = planOf(options);
  const request = { ...plan.request, program: path, args: argumentsOf(args) };
  return new MethodCoroutine(
    "createSubprocessExec",
    () => start(request, plan, path, plan.merges ? mergeByShell : undefined),
  );
}

/**
 * Starts a command of the system's shell: `/bin/sh`, or `cmd.exe` on Windows. Never put into
 * it what comes from outside: {@linkcode createSubprocessExec} takes that as an argument.
 *
 * @param command The command.
 * @param options Where its streams lead to, where it runs, and how it is ended.
 * @returns A coroutine of the process.
 * @throws {TypeError} If an argument or an option is of a wrong kind.
 * @throws {RangeError} If an option has a value that there is not.
 * @throws {RuntimeError} If the host of this program has no processes.
 * @throws {Error} The host's own error, if it can't be started.
 *
 * @example Count lines
 * ```ts
 * import { createSubprocessShell, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   await using shell = await createSubprocessShell("(echo a; echo b) | wc -l", {
 *     stdout: "piped",
 *   });
 *   const [count] = await shell.communicate();
 *   assertEquals(Number(new TextDecoder().decode(count)), 2);
 * });
 * ```
 */
export function createSubprocessShell(
  command: string,
  options: SubprocessOptions = {},
): Coroutine<Process> {
  check(START, "the command", command, COMMAND);
  const plan = planOf(options);
  const request = hasGroups()
    ? {
      ...plan.request,
      program: SHELL,
      args: ["-c", plan.merges ? `exec 2>&1\n${command}` : command],
    }
    : {
      ...plan.request,
      program: "cmd.exe",
      args: ["/d", "/s", "/c", `"${command}"`],
      rawArgs: true,
    };
  return new MethodCoroutine(
    "createSubprocessShell",
    () => start(request, plan, command),
  );
}

const SHELL = "/bin/sh";

interface Plan {
  readonly request: Omit<SpawnRequest, "program" | "args">;
  /** Whether errors go to where the output goes. */
  readonly merges: boolean;
  readonly limit: number;
  readonly grace: number;
}

function planOf(options: SubprocessOptions): Plan {
  options = checkSubprocessOptions(options);
  const { limit = DEFAULT_LIMIT, grace = 5, cwd, env } = options;
  const { clearEnv = false, newSession = true } = options;
  const { stdin = "inherit", stdout = "inherit", stderr = "inherit" } = options;
  const merges = stderr === "stdout" && stdout !== "null";
  return {
    request: {
      stdin,
      stdout,
      stderr: stderr !== "stdout"
        ? stderr
        : stdout === "null"
        ? "null"
        : "inherit",
      cwd: cwd === undefined ? undefined : pathOf("cwd", cwd),
      env,
      clearEnv,
      newSession,
      rawArgs: false,
    },
    merges,
    limit,
    grace: checkGrace(grace),
  };
}

type Prepare = (loop: Scheduler, request: SpawnRequest) => Coro<SpawnRequest>;

function* start(
  request: SpawnRequest,
  plan: Plan,
  name: string,
  prepare?: Prepare,
): Coro<RunningProcess> {
  const loop = requireScheduler();
  // A cancel that comes until now starts nothing; from here on there is no wait.
  yield* new NextTurn(undefined);
  const child = yield* spawn(
    loop,
    prepare === undefined ? request : yield* prepare(loop, request),
    name,
  );
  for (const resource of resourcesOf(loop) ?? []) {
    if (resource instanceof RunningProcess) resource.forgetIfGone();
  }
  return new RunningProcess(child, {
    loop,
    limit: plan.limit,
    grace: plan.grace,
    newSession: request.newSession,
    name,
  });
}

// Waits only for the host to say why it could not start a process.
function* spawn(
  loop: Scheduler,
  request: SpawnRequest,
  name: string,
): Coro<Child> {
  const failure = new IoWait<never>(loop, "the start of a process", true);
  const start = hostSpawn();
  try {
    const child = start(request, (error) => failure.fail(error));
    return child ?? (yield* failure);
  } catch (error) {
    // Node says neither which folder is not there nor, at times, which program.
    const place = request.cwd === undefined ? "" : ` in ${request.cwd}`;
    const hint = isCommandLine(request, error) ? COMMAND_LINE : "";
    throw refusal(error, `Cannot start ${shorten(name)}${place}${hint}`);
  }
}

const COMMAND_LINE =
  ", whose arguments have to stand in a list of their own, or in a command for createSubprocessShell()";

// As "ls -l", of which hosts say no more than that there is no such program.
function isCommandLine(
  { program, args }: SpawnRequest,
  error: unknown,
): boolean {
  return args.length === 0 && /^[^/\\]+\s/.test(String(program)) &&
    (error as { readonly code?: unknown } | undefined)?.code === "ENOENT";
}

function hostSpawn(): Spawn {
  if ("Deno" in globalThis) return spawnByDeno;
  if (builtin("node:child_process") !== undefined) return spawnByNode;
  throw new RuntimeError(
    "Cannot start a process: this host has none, as a browser has none",
  );
}

// Not `command -v`, which knows commands of the shell itself, and files that nobody may run.
const CAN_RUN = `
set -f
can_run() { [ -f "$1" ] && [ -x "$1" ]; }
case $1 in */*) can_run "$1"; exit;; esac
IFS=:
for folder in $PATH; do can_run "\${folder:-.}/$1" && exit; done
exit 1`;

/**
 * Lets a shell join the outputs, as no host can. It is asked first whether there is such a
 * program, since of its own failure it would tell the process's readers.
 */
function* mergeByShell(
  loop: Scheduler,
  request: SpawnRequest,
): Coro<SpawnRequest> {
  const { program, args } = request;
  const shell = { ...request, program: SHELL };
  const look = yield* spawn(loop, {
    ...shell,
    args: ["-c", CAN_RUN, "sh", program],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }, program);
  const found = new IoWait<boolean>(loop, "the start of a process", true);
  look.onExit(({ code }) => found.release(code === 0));
  // The host says best why it is not there.
  if (!(yield* found)) return request;
  return { ...shell, args: ["-c", 'exec "$@" 2>&1', "sh", program, ...args] };
}
