/**
 * A child of the tests of task groups.
 *
 * @module
 */
import { sleep } from "../mod.ts";
import { type Style, type StyledFunction, wait } from "./cpython/_program.ts";

/** A child that cleans up for a second when it is cancelled. */
export function slow(
  style: Style,
  log: string[],
  name = "child",
): StyledFunction<[], void> {
  return style.fn(function* () {
    try {
      yield* wait(sleep(3600));
    } finally {
      yield* wait(sleep(1));
      log.push(`${name} cleaned up`);
    }
  });
}
