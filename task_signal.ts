/**
 * `taskSignal()`: the signal that aborts when the running task is cancelled.
 *
 * ```ts
 * import { createTask, run, sleep, taskSignal } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * let signal: AbortSignal | undefined;
 * await run(async () => {
 *   const task = createTask(async () => {
 *     signal = taskSignal();
 *     await sleep(3600);
 *   });
 *   await sleep(0);
 *   task.cancel();
 * });
 * assert(signal?.aborted);
 * ```
 *
 * @module
 */
import { RuntimeError } from "./errors.ts";
import { currentTask } from "./current_task.ts";

/**
 * Returns the signal of the running task, for APIs of the host such as `fetch`. It aborts
 * with the CancelledError when the task is cancelled, a timeout's cancel included.
 *
 * `fromSignal()` also waits until the host has stopped; this only tells it to.
 *
 * @returns The signal; `task.signal` is the same.
 * @throws {RuntimeError} If no task runs here.
 *
 * @example Fetch with a time limit
 * ```ts ignore
 * import { run, taskSignal, timeout } from "@asyncio/asyncio";
 *
 * await run(() =>
 *   timeout(5, async () => {
 *     const response = await fetch("https://example.com", { signal: taskSignal() });
 *     return await response.text();
 *   })
 * );
 * ```
 */
export function taskSignal(): AbortSignal {
  const task = currentTask();
  if (task === undefined) {
    throw new RuntimeError(
      "Cannot give a signal: no task runs here, call taskSignal() in one",
    );
  }
  return task.signal;
}
