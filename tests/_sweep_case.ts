/**
 * Registers a test that sweeps one program.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  type Probe,
  sweepCancels,
  type SweepProgram,
} from "./_cancel_sweep.ts";

/** Sweeps one program, and sees that it was cancelled at each wait. */
export function sweepTest(
  name: string,
  make: (probe: Probe) => SweepProgram,
): void {
  Deno.test(`${name}, cancelled everywhere, loses nothing`, async () => {
    const { waits, cancelledAt } = await sweepCancels(make);
    assertEquals(cancelledAt, waits);
  });
}
