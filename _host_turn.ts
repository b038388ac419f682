/**
 * Lets the host have its turn.
 *
 * @module
 */

interface ImmediateHost {
  readonly setImmediate?: (callback: () => void) => unknown;
}

/**
 * Calls `callback` in a microtask after the host had its turn: I/O and timers.
 *
 * It goes by way of a microtask since an error thrown directly under a
 * `setImmediate` callback costs 2 to 6 times more.
 *
 * @param callback What to call.
 */
export function afterHostTurn(callback: () => void): void {
  const { setImmediate } = globalThis as ImmediateHost;
  if (setImmediate !== undefined) {
    setImmediate(() => queueMicrotask(callback));
    return;
  }
  // Browsers clamp nested setTimeout(0) to 4 ms, and have no setImmediate. The
  // ports are closed at once: an open one keeps Node and Deno alive.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (): void => {
    port1.close();
    queueMicrotask(callback);
  };
  port2.postMessage(undefined);
}
