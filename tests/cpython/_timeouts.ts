/**
 * What the tests of timeouts share.
 *
 * @module
 */
import { sleep, type Timeout } from "../../mod.ts";
import { type Style, type StyledFunction, wait } from "./_program.ts";

/** What a body of these tests throws on its own. */
export class ZeroDivisionError extends Error {}

/** A body that sleeps, and remembers its scope. */
export function sleeper(
  style: Style,
  seconds: number,
): [body: StyledFunction<[Timeout], unknown>, scope: () => Timeout] {
  let scope: Timeout | undefined;
  const body = style.fn(function* (entered: Timeout) {
    scope = entered;
    yield* wait(sleep(seconds));
  });
  return [body, () => scope!];
}

/** The cause of an error. */
export function causeOf(error: unknown): unknown {
  return (error as Error).cause;
}
