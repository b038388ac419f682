/**
 * Refuses what can't be run, and a run within another.
 *
 * @module
 */
import { describeKind } from "../_base/repr.ts";
import {
  closeCoroutine,
  isCoroutine,
  refuseAsyncGenerator,
} from "../_coroutine/coroutine.ts";
import { isThenable } from "../_coroutine/thenable.ts";
import { RuntimeError } from "../errors.ts";
import { isInsideRun, refuseSecondRun } from "../_loop/scheduler.ts";

/**
 * Checks the main of a run that is about to begin.
 *
 * @param main What is to be run; a coroutine that is refused is closed.
 * @param isRunning Whether the runner runs another one.
 * @throws {TypeError} If it can't be waited for.
 * @throws {RuntimeError} If another run is under way.
 */
export function checkMain(main: unknown, isRunning: boolean): void {
  refuseAsyncGenerator(main, "run");
  if (!isCoroutine(main) && !isThenable(main) && typeof main !== "function") {
    throw new TypeError(
      `Cannot run: a function, coroutine or future was expected, got ${
        describeKind(main)
      }`,
    );
  }
  const isInside = isInsideRun();
  if (!isInside && !isRunning) return;
  closeCoroutine(main);
  if (!isInside) return refuseSecondRun(isRunning);
  throw new RuntimeError(
    "Cannot call run() in a running event loop: use await instead",
  );
}
