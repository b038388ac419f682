/**
 * What the options of `run()` and `Runner` may be.
 *
 * @module
 */
import {
  BOOLEAN,
  copyList,
  DELAY,
  FUNCTION,
  instance,
  type Kind,
  SIGNAL,
} from "../_base/arguments.ts";
import { type Delay, toSeconds } from "../clock.ts";
import { Context } from "../context.ts";
import {
  isCatchable,
  isSignalName,
  type SignalName,
} from "../_host/signals.ts";
import type { EventLoop } from "../loop.ts";
import type { ShutdownReport } from "./shutdown_report.ts";
import type { SignalOptions } from "./signal_watch.ts";

/** Options of {@linkcode Runner}. */
export interface RunnerOptions {
  /**
   * Whether debug mode is on.
   *
   * @default {as the loop has it}
   */
  readonly debug?: boolean | undefined;
  /**
   * Makes the loop.
   *
   * @default {newEventLoop}
   */
  readonly loopFactory?: (() => EventLoop) | undefined;
  /**
   * The signals that end the run. A library that runs something of its own inside a
   * program gives `[]`. Workers, browsers and signals that the system does not have are no
   * error: nothing comes there.
   *
   * @default {["SIGINT"]}
   */
  readonly signals?: readonly SignalName[] | undefined;
  /**
   * How long after the first signal nothing is cancelled: seconds, or an object with units.
   * Meanwhile `closing()` is done and `onClosing()`'s services stop.
   *
   * @default {none: the first signal cancels}
   */
  readonly grace?: Delay | undefined;
  /**
   * How long cleaning up may take after the cancel, by whatever that came: a signal, the
   * `signal` of the run, or the end of `main`, which cancels what it has left. Seconds, or
   * an object with units. Then the run ends whatever hangs, and `onShutdown` is told.
   *
   * @default {5 seconds with `grace`, else as long as it takes}
   */
  readonly cleanup?: Delay | undefined;
  /**
   * Takes what became of everything, when a signal or `cleanup` has ended the run.
   *
   * @default {what did not go well is written to stderr}
   */
  readonly onShutdown?: ((report: ShutdownReport) => void) | undefined;
}

/** Options of {@linkcode Runner.run}. */
export interface RunnerRunOptions {
  /**
   * The context to run in.
   *
   * @default {the runner's own}
   */
  readonly context?: Context | undefined;
  /** Cancels the main task when it aborts; its reason is the `cause` of the CancelledError. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode run}. */
export interface RunOptions extends RunnerOptions {
  /** Cancels the main task when it aborts; its reason is the `cause` of the CancelledError. */
  readonly signal?: AbortSignal | undefined;
}

const SIGNALS: Kind = {
  words: 'an array of signals that can be listened to, such as ["SIGTERM"]',
  copy: copyList,
  fits: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === "string"),
  allows: (names: readonly string[]) =>
    names.every((name) => isSignalName(name) && isCatchable(name)),
};

/** Of `Runner`. */
export const RUNNER_OPTIONS = {
  debug: BOOLEAN,
  loopFactory: FUNCTION,
  signals: SIGNALS,
  grace: DELAY,
  cleanup: DELAY,
  onShutdown: FUNCTION,
} satisfies Readonly<Record<string, Kind>>;

/** Of `run()`. */
export const RUN_OPTIONS = {
  ...RUNNER_OPTIONS,
  signal: SIGNAL,
} satisfies Readonly<Record<string, Kind>>;

/** Of `Runner.run()`. */
export const RUNNER_RUN_OPTIONS = {
  context: instance(Context, "a Context"),
  signal: SIGNAL,
} satisfies Readonly<Record<string, Kind>>;

const DEFAULT_SIGNALS: readonly SignalName[] = ["SIGINT"];
/** Seconds that cleaning up may take where there is a grace. */
export const DEFAULT_CLEANUP = 5;

/** What the user says of signals, with the defaults, in seconds. */
export function signalOptions(options: RunnerOptions): SignalOptions {
  const { signals = DEFAULT_SIGNALS, grace, cleanup, onShutdown } = options;
  const limit = cleanup ?? (grace === undefined ? undefined : DEFAULT_CLEANUP);
  return {
    signals,
    grace: grace === undefined ? undefined : toSeconds(grace),
    cleanup: limit === undefined ? undefined : toSeconds(limit),
    onShutdown,
  };
}
