/**
 * Listens to Ctrl-C while a `run()` is under way, with one listener for all of them.
 *
 * @module
 */
import { isMainThread } from "./environment.ts";
import { running } from "../_base/running.ts";

interface Host {
  readonly Deno?: {
    addSignalListener(signal: "SIGINT", handler: () => void): void;
    removeSignalListener(signal: "SIGINT", handler: () => void): void;
    exit(code: number): never;
  };
  readonly process?: {
    on(event: "SIGINT", handler: () => void): unknown;
    off(event: "SIGINT", handler: () => void): unknown;
    exit(code: number): never;
  };
}

/** What a program that was ended by Ctrl-C exits with: 128 and the signal's number. */
const EXIT_CODE = 130;

/**
 * Calls `onInterrupt` at every Ctrl-C.
 *
 * @returns Stops listening.
 */
export function listenToInterrupt(onInterrupt: () => void): () => void {
  if (!isMainThread()) return () => {};
  const { interruptHandlers } = running;
  try {
    if (interruptHandlers.size === 0) toggle("on");
  } catch {
    // A host without signals: Ctrl-C does there what it does.
    return () => {};
  }
  // Wrapped, so that two runs with one handler stay two.
  const entry = { call: onInterrupt };
  interruptHandlers.add(entry);
  return () => {
    if (interruptHandlers.delete(entry) && interruptHandlers.size === 0) {
      toggle("off");
    }
  };
}

/** Ends the program as Ctrl-C does where nobody listens. */
export function exitInterrupted(): void {
  const { Deno, process } = globalThis as Host;
  (Deno ?? process)?.exit(EXIT_CODE);
}

function callHandlers(): void {
  for (const handler of [...running.interruptHandlers]) handler.call();
}

function toggle(state: "on" | "off"): void {
  const { Deno, process } = globalThis as Host;
  if (Deno !== undefined) {
    if (state === "on") Deno.addSignalListener("SIGINT", callHandlers);
    else Deno.removeSignalListener("SIGINT", callHandlers);
  } else {
    process?.[state]("SIGINT", callHandlers);
  }
}
