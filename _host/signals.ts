/**
 * The signals of the process: one listener of the host for each that somebody here
 * wants, however many want it.
 *
 * @module
 */
import { builtin, isMainThread } from "./environment.ts";

/** The names of the signals, of all systems that a host runs on. */
export type SignalName =
  | "SIGABRT"
  | "SIGALRM"
  | "SIGBREAK"
  | "SIGBUS"
  | "SIGCHLD"
  | "SIGCONT"
  | "SIGEMT"
  | "SIGFPE"
  | "SIGHUP"
  | "SIGILL"
  | "SIGINFO"
  | "SIGINT"
  | "SIGIO"
  | "SIGIOT"
  | "SIGKILL"
  | "SIGPIPE"
  | "SIGPOLL"
  | "SIGPROF"
  | "SIGPWR"
  | "SIGQUIT"
  | "SIGSEGV"
  | "SIGSTKFLT"
  | "SIGSTOP"
  | "SIGSYS"
  | "SIGTERM"
  | "SIGTRAP"
  | "SIGTSTP"
  | "SIGTTIN"
  | "SIGTTOU"
  | "SIGUNUSED"
  | "SIGURG"
  | "SIGUSR1"
  | "SIGUSR2"
  | "SIGVTALRM"
  | "SIGWINCH"
  | "SIGXCPU"
  | "SIGXFSZ";

// Hosts take names that they do not know, and then nothing ever comes. Here they stand once
// more, since `deno doc --lint` has no types of a private list in the public one.
const NAMES: Readonly<Record<SignalName, true>> = {
  SIGABRT: true,
  SIGALRM: true,
  SIGBREAK: true,
  SIGBUS: true,
  SIGCHLD: true,
  SIGCONT: true,
  SIGEMT: true,
  SIGFPE: true,
  SIGHUP: true,
  SIGILL: true,
  SIGINFO: true,
  SIGINT: true,
  SIGIO: true,
  SIGIOT: true,
  SIGKILL: true,
  SIGPIPE: true,
  SIGPOLL: true,
  SIGPROF: true,
  SIGPWR: true,
  SIGQUIT: true,
  SIGSEGV: true,
  SIGSTKFLT: true,
  SIGSTOP: true,
  SIGSYS: true,
  SIGTERM: true,
  SIGTRAP: true,
  SIGTSTP: true,
  SIGTTIN: true,
  SIGTTOU: true,
  SIGUNUSED: true,
  SIGURG: true,
  SIGUSR1: true,
  SIGUSR2: true,
  SIGVTALRM: true,
  SIGWINCH: true,
  SIGXCPU: true,
  SIGXFSZ: true,
};

/** Those that end or stop a process whatever it does. */
const UNCATCHABLE: ReadonlySet<string> = new Set(["SIGKILL", "SIGSTOP"]);

interface Host {
  readonly Deno?: {
    addSignalListener(signal: string, handler: () => void): void;
    removeSignalListener(signal: string, handler: () => void): void;
    exit(code: number): never;
  };
  readonly process?: {
    on(event: string, handler: () => void): unknown;
    off(event: string, handler: () => void): unknown;
    exit(code: number): never;
  };
}

interface OsModule {
  readonly constants: { readonly signals: Record<string, number> };
}

interface Listening {
  /** Whom to call; an object each, so that one function may stand there twice. */
  readonly handlers: Set<{ readonly call: (signal: SignalName) => void }>;
  /** What the host calls. */
  readonly dispatch: () => void;
}

const listening = new Map<SignalName, Listening>();

/** Whether there is such a signal. */
export function isSignalName(name: unknown): name is SignalName {
  return typeof name === "string" && Object.hasOwn(NAMES, name);
}

/** Whether a program may listen to it. */
export function isCatchable(signal: SignalName): boolean {
  return !UNCATCHABLE.has(signal);
}

/**
 * Calls `call` at every such signal. The host's listener keeps no process alive.
 *
 * @returns Stops listening.
 * @throws If the host can't listen to it, or this is a worker.
 */
export function listenToSignal(
  signal: SignalName,
  call: (signal: SignalName) => void,
): () => void {
  const entry = listening.get(signal) ?? startListening(signal);
  const handler = { call };
  entry.handlers.add(handler);
  return () => {
    if (!entry.handlers.delete(handler) || entry.handlers.size > 0) return;
    listening.delete(signal);
    toggle("off", signal, entry.dispatch);
  };
}

/** What a program that a signal has ended exits with: 128 and its number. */
function exitCodeOf(signal: SignalName): number {
  const os = builtin<OsModule>("node:os");
  return 128 + (os?.constants.signals[signal] ?? 2);
}

/** Ends the program as the signal does where nobody listens. */
export function exitBySignal(signal: SignalName): void {
  const { Deno, process } = globalThis as Host;
  // On Deno it calls the handlers of "exit" that libraries of Node set, and of "unload";
  // Deno.exit() calls the latter alone.
  (process ?? Deno)?.exit(exitCodeOf(signal));
}

function startListening(signal: SignalName): Listening {
  if (!isMainThread()) {
    throw new Error("Signals come to the main thread only, not to a worker");
  }
  const handlers: Listening["handlers"] = new Set();
  const dispatch = (): void => {
    for (const handler of [...handlers]) handler.call(signal);
  };
  toggle("on", signal, dispatch);
  const entry = { handlers, dispatch };
  listening.set(signal, entry);
  return entry;
}

function toggle(
  state: "on" | "off",
  signal: SignalName,
  dispatch: () => void,
): void {
  const { Deno, process } = globalThis as Host;
  if (Deno !== undefined) {
    if (state === "on") Deno.addSignalListener(signal, dispatch);
    else Deno.removeSignalListener(signal, dispatch);
  } else if (process?.on !== undefined) {
    process[state](signal, dispatch);
  } else throw new Error("This host has no signals");
}
