/**
 * What the options of `run()` and `Runner` may be.
 *
 * @module
 */
import {
  BOOLEAN,
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
import type { ShutdownReport } from "./shutdown_report.ts";
import type { SignalOptions } from "./signal_watch.ts";

const SIGNALS: Kind = {
  words: 'an array of signals that can be listened to, such as ["SIGTERM"]',
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
const DEFAULT_CLEANUP = 5;

/** What the user says of signals, with the defaults, in seconds. */
export function signalOptions(options: {
  readonly signals?: readonly SignalName[];
  readonly grace?: Delay;
  readonly cleanup?: Delay;
  readonly onShutdown?: (report: ShutdownReport) => void;
}): SignalOptions {
  const { signals = DEFAULT_SIGNALS, grace, cleanup, onShutdown } = options;
  const limit = cleanup ?? (grace === undefined ? undefined : DEFAULT_CLEANUP);
  return {
    signals,
    grace: grace === undefined ? undefined : toSeconds(grace),
    cleanup: limit === undefined ? undefined : toSeconds(limit),
    onShutdown,
  };
}
