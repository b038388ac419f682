/**
 * What the programs of a run that a signal ends print for their test.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the test reads what is printed
import { KeyboardInterrupt } from "../mod.ts";

/** Asks the test for a signal. The host comes to write it, so the run listens by then. */
export function ask(signal: string): void {
  setTimeout(() => console.log(`kill ${signal}`), 0);
}

/** Prints what `run()` gives. */
export async function tell(running: Promise<unknown>): Promise<void> {
  try {
    console.log(`gave ${await running}`);
  } catch (error) {
    if (!(error instanceof KeyboardInterrupt)) throw error;
    console.log(`threw KeyboardInterrupt of ${error.signal}`);
  }
}
