/**
 * What debug mode says of a cancel: who asked for it, where, and what was waited for.
 *
 * @module
 */
import { placeAt } from "../_base/error_place.ts";
import { creationStack } from "../_base/creation.ts";
import { runningTask } from "../_host/async_context.ts";
import type { LineDriver, LineState } from "./line.ts";
import { describeBody } from "./wait_text.ts";

/**
 * Makes the `cause` of a CancelledError.
 *
 * @param line The line that is cancelled.
 * @param driver On whose stack it stands.
 */
export function cancelOrigin(line: LineState, driver: LineDriver): Error {
  const by = runningTask() as LineState | undefined;
  const whom = by === line._task ? "itself" : "it";
  const who = by === undefined ? "a callback" : by._describe();
  const error = new Error(
    `${describeBody(line, driver)} when ${who} cancelled ${whom}`,
  );
  placeAt(error, creationStack());
  return error;
}
