/**
 * Sees to errors that nobody catches, before the host ends the program with them.
 *
 * @module
 */
import { isNameOfAbort } from "../_base/cancelled.ts";
import { isError, isInstance, isObject } from "../_base/repr.ts";
import { running } from "../_base/running.ts";
import { CancelledError } from "../errors.ts";

type Listener = (error: unknown) => void;

// Nobody waits for more cancels at once; lists and chains of users may have no end.
const MOST_PARTS = 100_000;

interface Host {
  readonly Bun?: unknown;
  readonly Deno?: unknown;
  readonly process?: EmittingProcess;
  addEventListener?(
    type: "unhandledrejection",
    listener: (event: PromiseRejectionEvent) => void,
    options: { readonly capture: boolean },
  ): void;
}

interface EmittingProcess {
  on?(
    event: "uncaughtExceptionMonitor" | "unhandledRejection",
    listener: Listener,
  ): unknown;
  listenerCount?(event: "unhandledRejection"): number;
  readonly emit: (this: unknown, ...args: unknown[]) => boolean;
}

/**
 * Calls `listener` with each error that is about to end the program. To be asked once a
 * process is enough: only the first listener is taken.
 */
export function beforeUncaught(listener: Listener): void {
  if (running.isUncaughtWatched) return;
  running.isUncaughtWatched = true;
  const { Bun, process } = globalThis as Host;
  // It only looks on: what the host does with errors stays as it is.
  process?.on?.("uncaughtExceptionMonitor", listener);
  // Bun does not ask it about a rejection, and then ends the program by itself.
  if (Bun === undefined) return;
  process?.on?.("unhandledRejection", (error) => {
    if (isForgiven(error)) return;
    listener(error);
    throw error;
  });
}

/**
 * Lets promises pass that are rejected with this error and that nobody handles; the host
 * would end the program. An async function that was called, and not awaited yet when its
 * task was cancelled, ends with the cancel too, and nobody has done wrong.
 *
 * @param error What a cancel throws in an async function.
 */
export function forgive(error: object): void {
  // What listens stays: such a function may end long after its loop.
  if (running.forgiven === undefined) {
    running.forgiven = new WeakSet();
    watchRejections();
  }
  running.forgiven.add(error);
}

/** Aborts a signal; what was begun with it and nobody awaits yet may be rejected with the error. */
export function abortForgiven(
  controller: AbortController,
  error: CancelledError,
): void {
  forgive(error);
  controller.abort(error);
}

/** Takes it back: the error comes out of a run, whose promise it is that rejects. */
export function blame(error: unknown): void {
  const { forgiven } = running;
  if (forgiven === undefined) return;
  for (const part of partsOf(error)) forgiven.delete(part as WeakKey);
}

function isForgiven(error: unknown): boolean {
  const { forgiven } = running;
  if (forgiven === undefined) return false;
  if (forgiven.has(error as WeakKey)) return true;
  const parts = partsOf(error);
  return parts.length > 0 &&
    parts.every((part) => forgiven.has(part as WeakKey));
}

// APIs of Node reject with an AbortError whose cause is the reason of the signal.
function isAnswer(error: Error): boolean {
  return error.cause !== undefined && isNameOfAbort(error.name) &&
    !isInstance(error, CancelledError);
}

// What an error consists of: `Promise.any()` makes a list of the cancels of all its promises,
// the end of a `using` block one of both of its errors. Those of users may hold themselves.
function partsOf(error: unknown): unknown[] {
  const seen = new Set<unknown>([error]);
  const parts: unknown[] = [];
  try {
    for (const each of seen) {
      if (!isError(each)) parts.push(each);
      else if (each instanceof AggregateError && each.errors.length > 0) {
        for (const inner of each.errors) seen.add(inner);
      } else if (each.name === "SuppressedError") {
        seen.add((each as SuppressedError).error);
        seen.add((each as SuppressedError).suppressed);
      } else if (isAnswer(each)) seen.add(each.cause);
      else parts.push(each);
      if (seen.size > MOST_PARTS) return [error];
    }
    return parts;
  } catch {
    // Of the user's class.
    return [error];
  }
}

// Other listeners are told nothing either: those of servers often end the program, and those
// of test runners fail the test.
function watchRejections(): void {
  const host = globalThis as Host;
  const { Bun, Deno, process } = host;
  if (Deno !== undefined || process?.on === undefined) {
    host.addEventListener?.("unhandledrejection", (event) => {
      if (!isForgiven(event.reason)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    }, { capture: true });
  } else if (Bun !== undefined || !takeEmit(process)) listenTo(process);
}

// Node has its process tell each rejection, and ends the program if nobody listens, unless a
// flag says otherwise: a listener would change that for those of others.
function takeEmit(process: EmittingProcess): boolean {
  const { emit } = process;
  const untold = new WeakSet<object>();
  return Reflect.defineProperty(process, "emit", {
    configurable: true,
    value(this: unknown, ...args: unknown[]): boolean {
      const [event, subject, detail] = args;
      if (event === "unhandledRejection" && isForgiven(subject)) {
        if (isObject(detail)) untold.add(detail);
        return true;
      }
      // With `--unhandled-rejections=strict` it is told as an error first.
      if (detail === "unhandledRejection" && isForgiven(subject)) return true;
      // Node warns when somebody handles it later, if nobody listens.
      return event === "rejectionHandled" && untold.has(subject as object) ||
        emit.apply(this, args);
    },
    writable: true,
  });
}

// Bun asks nobody, and calls those that listen.
function listenTo(process: EmittingProcess): void {
  process.on!("unhandledRejection", (error) => {
    // Whoever listens takes the host's own answer away: it is given here, if nobody else listens.
    const isAlone = process.listenerCount?.("unhandledRejection") === 1;
    if (isAlone && !isForgiven(error)) throw error;
  });
}
