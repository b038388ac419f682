/**
 * Waits for the host, of which the loop knows nothing.
 *
 * @module
 */
import { setImmediate } from "node:timers";

/** A promise of the host that settles in its next turn but one. */
export function hostTurns(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
