/**
 * Processes of `node:child_process`, in Deno, Node and Bun. They die by SIGKILL.
 *
 * @module
 */
import { builtin } from "../_host/environment.ts";
import { bootstrap, execPath, hostName } from "../_executor/host.ts";
import { HostTimer } from "../_executor/host_timer.ts";
import { type Packer, packer } from "../_executor/packer.ts";
import type { Hello, WorkerStart } from "../_executor/wire.ts";
import { checkReadable } from "../_worker/readable.ts";
import { FilePoolMarks } from "../_worker/file_marks.ts";
import type { Channel, ChannelEvents, ChannelFactory } from "./channel.ts";
import { ProcessGuard } from "./process_guard.ts";

// How long nothing may come from a process that has ended until all was heard, in seconds.
const QUIET = 0.01;
const QUIET_TIMES = 2;

// The file with the marks of the jobs, as the process has it: it comes behind the channel.
const MARK_FILE = 4;

interface Child {
  readonly pid?: number;
  readonly connected: boolean;
  readonly stdin: {
    on(event: "error", listener: () => void): void;
    end(text: string): void;
  } | null;
  on(event: "message", listener: (bytes: unknown) => void): void;
  on(event: "disconnect", listener: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(
    event: "exit",
    listener: (code: number | null, signal: string | null) => void,
  ): void;
  // Without a callback, a closed channel would be an "error", and look as the end.
  send(message: Uint8Array, done: (error: Error | null) => void): boolean;
  disconnect(): void;
  kill(signal: "SIGKILL"): boolean;
  ref(): void;
  unref(): void;
  readonly channel?: { ref?(): void; unref?(): void } | null;
}

interface ChildProcess {
  spawn(path: string, args: readonly string[], options: object): Child;
}

/** What processes are started with. */
export interface ProcessFactoryOptions {
  /** The flags of the runtime. */
  readonly execArgv: readonly string[];
  /** The environment; the own one if there is none. */
  readonly env: Readonly<Record<string, string>> | undefined;
}

/** Makes processes. */
export class ProcessFactory implements ChannelFactory {
  readonly kills = true;
  readonly isReal = true;
  readonly copies = true;
  readonly moves = false;
  readonly #options: ProcessFactoryOptions;

  constructor(options: ProcessFactoryOptions) {
    this.#options = options;
  }

  open(start: WorkerStart, events: ChannelEvents): Channel {
    return new ProcessChannel(start, events, this.#options);
  }
}

class ProcessChannel implements Channel {
  readonly marks: FilePoolMarks | undefined = FilePoolMarks.open();
  readonly #events: ChannelEvents;
  readonly #child: Child;
  readonly #packer: Packer = packer();
  #error: Error | undefined;
  #exit: { readonly error: Error | undefined } | undefined;
  #isDisconnected = false;
  // How many messages came.
  #heard = 0;
  #quiet: HostTimer | undefined;
  #guard: ProcessGuard | undefined;
  #isGone = false;

  constructor(
    start: WorkerStart,
    events: ChannelEvents,
    options: ProcessFactoryOptions,
  ) {
    this.#events = events;
    try {
      this.#child = spawnWorker(options, this.marks?.descriptor);
    } catch (error) {
      this.marks?.close();
      throw error;
    }
    const child = this.#child;
    child.on("message", (bytes) => this.#hear(bytes));
    child.on("error", (error) => this.#fail(error));
    child.on("exit", (code, signal) => this.#exited(code, signal));
    // It has said all that it had to say. The order of the two depends on the host.
    child.on("disconnect", () => {
      this.#isDisconnected = true;
      if (this.#exit !== undefined) this.#leave(this.#exit.error);
    });
    const markFile = this.marks === undefined ? undefined : MARK_FILE;
    const hello: Hello = { ...start, markFile };
    this.post(hello);
    if (child.pid !== undefined) this.#guard = ProcessGuard.over(child.pid);
  }

  post(message: unknown): void {
    checkReadable(message, true);
    const bytes = this.#packer.pack(message);
    this.#child.send(bytes, (error) => {
      // It may not know that nothing reaches it any more.
      if (error && !this.#isGone) this.kill();
    });
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  ref(): void {
    this.#hold("ref");
  }

  unref(): void {
    this.#hold("unref");
  }

  #hear(bytes: unknown): void {
    this.#heard++;
    // A job may say something to its parent, such as "ready": that is for nobody here.
    if (this.#isGone || !ArrayBuffer.isView(bytes)) return;
    let message: unknown;
    try {
      message = this.#packer.unpack(bytes as Uint8Array);
    } catch (error) {
      // Which of its jobs that was about cannot be known.
      this.#error ??= error as Error;
      return this.kill();
    }
    this.#events.message(message);
  }

  #fail(error: Error): void {
    // It never started.
    if (this.#child.pid === undefined) return this.#leave(error);
    // Whatever it is, its end is still to come.
    this.#error ??= error;
    this.kill();
  }

  #exited(code: number | null, signal: string | null): void {
    const how = signal === null ? `Exit code ${code}` : `Killed by ${signal}`;
    const error = this.#error ?? (code === 0 ? undefined : new Error(how));
    this.#exit = { error };
    if (this.#isDisconnected) return this.#leave(error);
    this.#drain(QUIET_TIMES);
  }

  #hold(how: "ref" | "unref"): void {
    try {
      this.#child[how]();
    } catch {
      // It has ended: Deno says so by an error, perhaps before it tells the exit.
    }
    this.#child.channel?.[how]?.();
  }

  // Hears what is under way. Deno 2.9 never tells "disconnect" where the process has left
  // something unread.
  #drain(times: number): void {
    if (times === 0) {
      this.end();
      return this.#leave(this.#exit!.error);
    }
    const heard = this.#heard;
    this.#quiet = new HostTimer(QUIET, () => {
      this.#drain(heard === this.#heard ? times - 1 : QUIET_TIMES);
    });
  }

  #leave(error: Error | undefined): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#quiet?.cancel();
    const leave = (): void => {
      this.#events.exit(error);
      this.marks?.close();
    };
    if (this.#guard === undefined) leave();
    else this.#guard.end(leave);
  }
}

/** Starts a process, which has the file with the marks if there is one. */
function spawnWorker(
  { execArgv, env }: ProcessFactoryOptions,
  markFile: number | undefined,
): Child {
  const { spawn } = builtin<ChildProcess>("node:child_process")!;
  const { args, input } = callOf(execArgv);
  const child = spawn(execPath(), args, {
    // Not fork(): on Deno its child would have all permissions.
    stdio: [
      input === undefined ? "ignore" : "pipe",
      "inherit",
      "inherit",
      "ipc",
      ...markFile === undefined ? [] : [markFile],
    ],
    serialization: "advanced",
    ...env === undefined ? {} : { env },
  });
  if (input !== undefined) {
    // One that does not start reads nothing; its exit tells of that.
    child.stdin!.on("error", () => {});
    child.stdin!.end(input);
  }
  return child;
}

/** How a process is started. */
interface Call {
  readonly args: readonly string[];
  /** What it reads from its standard input. */
  readonly input?: string;
}

function callOf(execArgv: readonly string[]): Call {
  const source = bootstrap("startProcess");
  switch (hostName()) {
    case "Deno":
      // Not a data URL: with that, Deno does not look for the project's deno.json.
      return { args: ["run", "--no-prompt", ...execArgv, "-"], input: source };
    case "Bun":
      return { args: [...execArgv, "-e", source] };
    default:
      return { args: [...execArgv, "--input-type=module", "-e", source] };
  }
}
