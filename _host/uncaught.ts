/**
 * Sees to errors that nobody catches, before the host ends the program with them.
 *
 * @module
 */
import { running } from "../_base/running.ts";

type Listener = (error: unknown) => void;

interface Host {
  readonly Bun?: unknown;
  readonly process?: {
    on?(
      event: "uncaughtExceptionMonitor" | "unhandledRejection",
      listener: Listener,
    ): unknown;
  };
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
    listener(error);
    throw error;
  });
}
