/**
 * The frames of errors that the library makes: those of the user's code that they come to.
 *
 * Such an error is made long after the call that it belongs to, on a stack of the loop's own
 * frames. To keep the stack of each call is 3 µs, more than a whole `timeout()`; so the frames
 * are taken when the error comes by: from a generator when it is thrown into it, and from an
 * async function in a microtask from which V8 finds who awaits. Debug mode keeps the stack
 * of the call.
 *
 * @module
 */
import { running } from "./running.ts";

type Callee = (...args: never[]) => unknown;

/** What V8 has, and others have taken from it. */
interface StackTraces {
  stackTraceLimit?: unknown;
  captureStackTrace?(error: object, hidden?: Callee): void;
}

const traces = Error as StackTraces;

/**
 * Makes an error that has no frame yet. Its own stack would be half its price, and tell
 * nothing.
 *
 * @param make Makes it.
 */
export function makeUnplaced<E extends Error>(make: () => E): E {
  // A host that can't give it the frames of here later leaves it those of its making.
  return unplaced(
    traces.captureStackTrace === undefined ? make() : withFrames(0, make),
  );
}

/**
 * Calls something that makes an error, or reads its stack, of so many frames at most.
 *
 * @param most How many.
 * @param make What to call.
 * @returns What it gives.
 */
export function withFrames<R>(most: number, make: () => R): R {
  const limit = traces.stackTraceLimit;
  // It can't be set where the host has frozen its own objects.
  if (!Reflect.set(traces, "stackTraceLimit", most)) return make();
  try {
    return make();
  } finally {
    traces.stackTraceLimit = limit;
  }
}

/**
 * Says that an error has no frame of a user yet: the first of their code that gets it gives it
 * some, be it by way of tasks that end with it.
 *
 * @param error The error.
 * @returns The error.
 */
export function unplaced<E extends Error>(error: E): E {
  running.unplaced.add(error);
  return error;
}

/** Whether it is an error that has no frame of a user yet. */
export function isUnplaced(error: unknown): error is Error {
  return running.unplaced.has(error as Error);
}

/** A driver, as far as it has what waits on a stack. */
interface Stack {
  readonly _body: unknown;
  readonly _coroutine: { readonly _isOfLibrary: boolean } | undefined;
}

/**
 * Whether what comes out of a wait now comes to a generator of the user, which stands on the
 * call stack.
 *
 * @param wait The wait.
 */
export function comesToUser(wait: unknown): boolean {
  const driver = running.driver as Stack | undefined;
  return driver !== undefined && driver._body !== wait &&
    driver._coroutine?._isOfLibrary !== true;
}

/**
 * Sets the frames of an error to those of here.
 *
 * @param error The error.
 * @param hidden The function whose frame, and those above it, tell nothing.
 */
export function placeHere(error: Error, hidden: Callee): void {
  running.unplaced.delete(error);
  traces.captureStackTrace?.(error, hidden);
}

/** As {@linkcode placeHere}, where there may be no frame of a user after all. */
export function tryToPlaceHere(error: Error, hidden: Callee): void {
  placeHere(error, hidden);
  if (error.stack === textOfHead(error)) unplaced(error);
}

/**
 * Sets the frames of an error to those of here, if there are any of a user; else it keeps
 * those that it has.
 *
 * @param error The error.
 * @param hidden As for {@linkcode placeHere}.
 */
export function placeHereIfFound(error: Error, hidden: Callee): void {
  const { stack } = error;
  tryToPlaceHere(error, hidden);
  if (running.unplaced.delete(error)) error.stack = stack!;
}

/**
 * Sets the frames of an error to those that were kept.
 *
 * @param error The error.
 * @param frames The frames, as text.
 */
export function placeAt(error: Error, frames: string): void {
  running.unplaced.delete(error);
  Object.defineProperty(error, "stack", {
    value: frames === ""
      ? textOfHead(error)
      : `${textOfHead(error)}\n${frames}`,
    configurable: true,
    writable: true,
  });
}

function textOfHead({ name, message }: Error): string {
  return message === "" ? name : `${name}: ${message}`;
}
