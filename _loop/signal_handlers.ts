/**
 * A loop's own handlers of signals: `loop.addSignalHandler()`.
 *
 * @module
 */
import type { Kind } from "../_base/arguments.ts";
import { RuntimeError } from "../errors.ts";
import type { Handle } from "../handle.ts";
import {
  isCatchable,
  isSignalName,
  listenToSignal,
  type SignalName,
} from "../_host/signals.ts";

/** The name of a signal. */
export const SIGNAL_NAME: Kind = {
  words: 'the name of a signal, such as "SIGTERM"',
  fits: (value) => typeof value === "string",
  allows: (value) => isSignalName(value),
};

interface SignalHandler {
  readonly handle: Handle;
  readonly stop: () => void;
}

/** The handlers, one a signal at most. */
export class SignalHandlers {
  readonly #handlers: Map<SignalName, SignalHandler> = new Map();

  /** Whether there is one for it. */
  has(signal: SignalName): boolean {
    return this.#handlers.has(signal);
  }

  /**
   * Puts a handler in the place of the one before.
   *
   * @param signal The signal.
   * @param handle What to run; one that was cancelled is taken off when the signal comes.
   * @param enqueue Puts it into the ready queue.
   * @throws {RuntimeError} If nobody can listen to it here.
   */
  add(
    signal: SignalName,
    handle: Handle,
    enqueue: (handle: Handle) => void,
  ): void {
    if (!isCatchable(signal)) {
      throw new RuntimeError(
        `Cannot add a signal handler: no program can catch ${signal}`,
      );
    }
    const onSignal = (): void => {
      if (!handle.cancelled()) enqueue(handle);
      else if (this.#handlers.get(signal)?.handle === handle) {
        this.remove(signal);
      }
    };
    let stop: () => void;
    try {
      stop = listenToSignal(signal, onSignal);
    } catch (error) {
      throw new RuntimeError(
        `Cannot add a signal handler: ${signal} cannot be listened to here`,
        { cause: error },
      );
    }
    this.remove(signal);
    this.#handlers.set(signal, { handle, stop });
  }

  /** Takes a handler off; says whether there was one. */
  remove(signal: SignalName): boolean {
    const handler = this.#handlers.get(signal);
    if (handler === undefined) return false;
    this.#handlers.delete(signal);
    handler.stop();
    return true;
  }

  /** Takes all off. */
  clear(): void {
    for (const signal of [...this.#handlers.keys()]) this.remove(signal);
  }
}
