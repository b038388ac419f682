/**
 * Tells of the end of the program.
 *
 * @module
 */

type Events = "pagehide" | "unload";

interface ExitHost {
  readonly Deno?: unknown;
  readonly process?: {
    on?(event: "exit", listener: () => void): unknown;
    off?(event: "exit", listener: () => void): unknown;
  };
  addEventListener?(event: Events, listener: () => void): void;
  removeEventListener?(event: Events, listener: () => void): void;
}

/**
 * Calls a function when the program ends, perhaps twice. It keeps no program alive.
 *
 * @param callback What to call.
 * @returns Calls it off.
 */
export function listenToExit(callback: () => void): () => void {
  const host = globalThis as ExitHost;
  const { process } = host;
  // Deno.exit() tells it by this event alone, process.exit() by the other.
  const event = host.Deno === undefined ? "pagehide" : "unload";
  process?.on?.("exit", callback);
  host.addEventListener?.(event, callback);
  return () => {
    process?.off?.("exit", callback);
    host.removeEventListener?.(event, callback);
  };
}
