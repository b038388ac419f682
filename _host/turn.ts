/**
 * Lets the host have its turn, and asks it for a timer that no clock of a loop has to do with.
 *
 * @module
 */
import { running } from "../_base/running.ts";

interface ImmediateHost {
  readonly setImmediate?: (callback: () => void) => unknown;
}

// Those of the host itself: what a test puts in their places, as fake timers do, stands still
// until it is moved, and with it would every loop.
const { setImmediate } = globalThis as ImmediateHost;
const { clearTimeout, setTimeout } = globalThis;

/** In milliseconds. Beyond it the host's timers fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;
// A turn of the host takes as long as two of the shortest runs, under load as ten: 1 to 4 %.
const MOST_RUNS = 256;

/**
 * Returns a promise that settles after the host had its turn: I/O and timers.
 *
 * Whoever awaits it goes on in a microtask: an error thrown directly under a
 * `setImmediate` callback costs 2 to 6 times more.
 */
export function hostTurn(): Promise<void> {
  if (setImmediate !== undefined) {
    return new Promise((resolve) => setImmediate(() => resolve()));
  }
  // jsdom has neither, and some hosts of plugins.
  if (typeof MessageChannel === "undefined") {
    return new Promise((resolve) => setTimeout(resolve, 0));
  }
  // Browsers clamp nested setTimeout(0) to 4 ms, and have no setImmediate. The
  // ports are closed at once: an open one keeps Node and Deno alive.
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = (): void => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/**
 * Counts a run that has ended. One that has nothing to wait for lasts some microtasks, so that
 * a program which does one after the other never comes back to its host.
 *
 * @returns Whether the host has to have its turn before who waits for the run goes on.
 */
export function hostIsDue(): boolean {
  if (++running.runs < MOST_RUNS) return false;
  running.runs = 0;
  return true;
}

/**
 * As {@linkcode hostTurn}, for a loop that never rests. Of several such loops one goes on
 * after each turn of the host, so that all of them hold it up no longer than one alone.
 *
 * @returns A promise that settles when it is this loop's turn.
 */
export function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => {
    const { restless } = running;
    restless.push(resolve);
    if (restless.length === 1) hostTurn().then(letNextLoop);
  });
}

function letNextLoop(): void {
  const { restless } = running;
  restless.shift()!();
  if (restless.length > 0) hostTurn().then(letNextLoop);
}

/**
 * Calls `callback` after some seconds of the host's time, whatever clock a loop has.
 *
 * @param seconds How many.
 * @param callback What to call.
 * @returns Calls it off.
 */
export function hostTimer(seconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(seconds * 1000, LONGEST_TIMER));
  return () => clearTimeout(timer);
}
