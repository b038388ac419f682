/**
 * Makes cancellation errors cheaply.
 *
 * An error of the host is 1.6 µs, more than all the rest of a cancel, and nobody reads the
 * stack of a cancellation outside debug mode. So those without a message that come in one
 * turn of a loop are one error, without a stack.
 *
 * @module
 */
import { CancelledError } from "../errors.ts";
import { checkOptions, type OptionKinds, refusal, VALUE } from "./arguments.ts";
import { unplaced, withFrames } from "./error_place.ts";
import { running } from "./running.ts";

/** What a cancel request carries: a message, or a ready error with its cause. */
export type CancelReason = string | CancelledError | undefined;

// What takes a signal rejects with one of the first in the place of its reason: APIs of the
// hosts, and axios with the second. The last is that of another copy of the library.
const NAMES: readonly unknown[] = [
  "AbortError",
  "CanceledError",
  "CancelledError",
];

/** Whether an error of that name, of somebody else's, says that a signal has aborted. */
export function isNameOfAbort(name: unknown): boolean {
  return NAMES.includes(name);
}

/** Makes a CancelledError without the frames of a stack, which hold what they ran on. */
function withoutStack(message?: string): CancelledError {
  return withFrames(0, () => new CancelledError(message));
}

/**
 * Makes the CancelledError of a cancel request.
 *
 * @param reason What the request carried.
 * @param debug Whether to capture a stack.
 */
export function cancelledError(
  reason: CancelReason,
  debug: boolean,
): CancelledError {
  if (typeof reason === "object") return reason;
  if (debug) return unplaced(new CancelledError(reason));
  if (reason !== undefined) return withoutStack(reason);
  return (running.cancelled ??= withoutStack()) as CancelledError;
}

/**
 * The CancelledError of a future that was cancelled: what its `result()` throws.
 *
 * @param future The future.
 */
export function cancellationOf(future: { result(): unknown }): unknown {
  try {
    return future.result();
  } catch (error) {
    // It is handed on by the caller.
    return error;
  }
}

const CANCEL_OPTIONS: OptionKinds<ErrorOptions> = { cause: VALUE };

/**
 * Joins a message and a cause to what a cancel request carries.
 *
 * @param message The message, if any.
 * @param options The cause, if any.
 */
export function cancelReason(
  message?: string,
  options?: ErrorOptions,
): CancelReason {
  const text = typeof message === "string" ? message : textOf(message);
  if (options === undefined) return text;
  options = checkOptions("cancel", options, CANCEL_OPTIONS);
  if (!("cause" in options)) return text;
  return new CancelledError(text, options);
}

/** What a cancel may be passed on to. */
export interface CancelTarget {
  cancel(message?: string, options?: ErrorOptions): boolean;
  /**
   * What `cancel()` will return, of those that are not done and pass a cancel on: they may
   * be asked later, when the stack is not so full.
   */
  _wouldTakeCancel?(): boolean | undefined;
  /** Of a task: whether it gives the result that it had before the cancel. */
  _keepsResult?(): boolean;
}

/**
 * Cancels a future or task that is waited for with what a cancel request carried.
 *
 * @param future What to cancel.
 * @param reason What the request carried.
 * @returns Whether it took the request: else whoever waits for it has to get it as well, and
 * so it is with a task that keeps its result, as that turns out at its end.
 */
export function cancelWith(
  future: CancelTarget,
  reason: CancelReason,
): boolean {
  return typeof reason === "object"
    ? passCancel(future, reason.message, causeOf(reason))
    : passCancel(future, reason);
}

function causeOf({ cause }: CancelledError): ErrorOptions | undefined {
  return cause === undefined ? undefined : { cause };
}

// A cancel goes from a task to what it waits for, and so on down: a chain of 100,000 tasks
// would overflow the stack. A hundred may stand in each other, the rest waits in a queue.
const MOST_NESTED = 100;

/**
 * Cancels what somebody who is cancelled waits for.
 *
 * @param target What to cancel.
 * @param message The message of the CancelledError.
 * @param options The `cause` of the CancelledError.
 * @returns Whether it took the request.
 */
export function passCancel(
  target: CancelTarget,
  message?: string,
  options?: ErrorOptions,
): boolean {
  const { cancels } = running;
  const isTask = target._keepsResult !== undefined;
  if (isTask && cancels.path.has(target)) {
    cancels.circles.add(target);
    return true;
  }
  if (cancels.nested >= MOST_NESTED) {
    const taken = target._wouldTakeCancel?.();
    if (taken && !cancels.toCome.has(target)) {
      cancels.toCome.set(target, () => target.cancel(message, options));
    }
    if (taken !== undefined) return taken;
  }
  cancels.nested++;
  if (isTask) cancels.path.add(target);
  try {
    return target.cancel(message, options);
  } finally {
    if (isTask) leavePath(target);
    endNested();
  }
}

/**
 * Cancels what a signal is to cancel: that may abort the signal of others, and so on down.
 *
 * @param link Which of the links of the signal it is.
 * @param cancel Cancels.
 */
export function passAbort(link: object, cancel: () => unknown): void {
  const { cancels } = running;
  if (cancels.nested >= MOST_NESTED) {
    cancels.toCome.set(link, cancel);
    return;
  }
  cancels.nested++;
  try {
    cancel();
  } finally {
    endNested();
  }
}

function endNested(): void {
  try {
    if (running.cancels.nested === 1) passTheRest();
  } finally {
    running.cancels.nested--;
  }
}

function passTheRest(): void {
  const { toCome } = running.cancels;
  if (toCome.size === 0) return;
  // One that throws, of a subclass of users, does not keep the others from being asked.
  let failure: { readonly error: unknown } | undefined;
  for (const cancel of toCome.values()) {
    try {
      cancel();
    } catch (error) {
      failure ??= { error };
    }
  }
  toCome.clear();
  if (failure !== undefined) throw failure.error;
}

function leavePath(target: CancelTarget): void {
  const { path, circles } = running.cancels;
  path.delete(target);
  if (circles.size > 0) circles.delete(target);
}

/**
 * Calls what cancels others because something has ended, be it by a cancel that is under
 * way. None of these waits for one of those, so what comes back to a task is no circle.
 *
 * @param cancel Cancels.
 */
export function cancelApart(cancel: () => void): void {
  const { cancels } = running;
  const { path } = cancels;
  if (path.size === 0) return cancel();
  cancels.path = new Set();
  try {
    cancel();
  } finally {
    cancels.path = path;
  }
}

/**
 * Whether the cancel that a task has just passed on has come back to it: tasks that wait for
 * each other in a circle. Nobody in there can end before this one does, so its wait has to
 * end at once.
 *
 * @param task The task.
 */
export function hasComeBack(task: object | undefined): boolean {
  const { circles } = running.cancels;
  return circles.size > 0 && task !== undefined && circles.delete(task);
}

/**
 * Cancels many that may wait for each other: each is asked once, also where many others
 * pass the cancel on to it.
 *
 * @param targets What to cancel.
 */
export function cancelEach(targets: Iterable<CancelTarget>): void {
  askOnce(() => {
    const { path } = running.cancels;
    for (const target of targets) {
      path.add(target);
      try {
        target.cancel();
      } finally {
        leavePath(target);
      }
    }
  });
}

/**
 * Calls what cancels many that may wait for the same: each is asked once.
 *
 * @param cancel Cancels.
 */
export function askOnce(cancel: () => void): void {
  const { cancels } = running;
  const outer = cancels.asked;
  cancels.asked = new Set();
  try {
    cancel();
  } finally {
    cancels.asked = outer;
  }
}

// Not to be seen by whoever prints the error.
const OWNER = "_signalOwner";

/**
 * Makes the reason that a signal is aborted with: an error of its own, which knows whose
 * signal it was, so that one that comes too late is not taken for a cancel.
 *
 * @param reason What the request carried.
 * @param owner What the signal belongs to.
 */
export function signalReason(
  reason: CancelReason,
  owner: object,
): CancelledError {
  const error = typeof reason === "object"
    ? new CancelledError(reason.message, { cause: reason.cause })
    : withoutStack(reason);
  Object.defineProperty(error, OWNER, { value: owner });
  return error;
}

/** What the signal belongs to that was aborted with `error`, if it was one. */
export function ownerOfSignal(error: CancelledError): object | undefined {
  return (error as { [OWNER]?: object })[OWNER];
}

function textOf(message: unknown): string | undefined {
  if (message === undefined || message === null) return undefined;
  if (typeof message === "object" || typeof message === "function") {
    const words = refusal("cancel", "message", "a string", message);
    throw new TypeError(`${words}: give an error as the option cause`);
  }
  return String(message);
}
