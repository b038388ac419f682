/**
 * Processes of `node:child_process`, in Deno, Node and Bun. They die by SIGKILL.
 *
 * @module
 */
import { bootstrap, builtin, execPath, hostName } from "../_executor/host.ts";
import { HostTimer } from "../_executor/host_timer.ts";
import { type Packer, packer } from "../_executor/packer.ts";
import type { Hello } from "../_executor/wire.ts";
import type { Channel, ChannelEvents, ChannelFactory } from "./channel.ts";

// How long what a process has said last may be under way after its end, in seconds.
const LONGEST_DRAIN = 1;

interface Child {
  readonly pid?: number;
  readonly connected: boolean;
  readonly stdin: {
    on(event: "error", listener: () => void): void;
    end(text: string): void;
  } | null;
  on(event: "message", listener: (bytes: Uint8Array) => void): void;
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
  readonly sharesMemory = false;
  readonly kills = true;
  readonly isReal = true;
  readonly copies = true;
  readonly #options: ProcessFactoryOptions;

  constructor(options: ProcessFactoryOptions) {
    this.#options = options;
  }

  open(hello: Hello, events: ChannelEvents): Channel {
    return new ProcessChannel(hello, events, this.#options);
  }
}

class ProcessChannel implements Channel {
  readonly #events: ChannelEvents;
  readonly #child: Child;
  readonly #packer: Packer = packer();
  #error: Error | undefined;
  #exit: { readonly error: Error | undefined } | undefined;
  #isDisconnected = false;
  #limit: HostTimer | undefined;
  #isGone = false;

  constructor(
    hello: Hello,
    events: ChannelEvents,
    { execArgv, env }: ProcessFactoryOptions,
  ) {
    this.#events = events;
    const { spawn } = builtin<ChildProcess>("node:child_process")!;
    const { args, input } = callOf(execArgv);
    const child = this.#child = spawn(execPath(), args, {
      // Not fork(): on Deno its child would have all permissions.
      stdio: [
        input === undefined ? "ignore" : "pipe",
        "inherit",
        "inherit",
        "ipc",
      ],
      serialization: "advanced",
      ...env === undefined ? {} : { env },
    });
    if (input !== undefined) {
      // One that does not start reads nothing; its exit tells of that.
      child.stdin!.on("error", () => {});
      child.stdin!.end(input);
    }
    child.on("message", (bytes) => {
      if (!this.#isGone) events.message(this.#packer.unpack(bytes));
    });
    child.on("error", (error) => {
      // It never started.
      if (child.pid === undefined) return this.#leave(error);
      // Whatever it is, its end is still to come.
      this.#error ??= error;
      this.kill();
    });
    child.on("exit", (code, signal) => {
      const error = this.#error ?? (code === 0 ? undefined : new Error(
        signal === null ? `Exit code ${code}` : `Killed by ${signal}`,
      ));
      this.#exit = { error };
      if (this.#isDisconnected) return this.#leave(error);
      this.#limit = new HostTimer(LONGEST_DRAIN, () => this.end());
    });
    // It has said all that it had to say. The order of the two depends on the host.
    child.on("disconnect", () => {
      this.#isDisconnected = true;
      if (this.#exit !== undefined) this.#leave(this.#exit.error);
    });
    this.post(hello);
  }

  post(message: unknown): void {
    const bytes = this.#packer.pack(message);
    // Bun 1.4 calls back only where it knew at once.
    this.#child.send(bytes, (error) => {
      if (error && !this.#isGone) this.#events.undelivered(message);
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

  #hold(how: "ref" | "unref"): void {
    try {
      this.#child[how]();
    } catch {
      // It has ended: Deno says so by an error, perhaps before it tells the exit.
    }
    this.#child.channel?.[how]?.();
  }

  #leave(error: Error | undefined): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#limit?.cancel();
    this.#events.exit(error);
  }
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
