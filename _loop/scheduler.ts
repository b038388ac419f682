/**
 * Finds the loop that the running code belongs to.
 *
 * @module
 */
import { Context } from "../context.ts";
import { RuntimeError } from "../errors.ts";
import type { CallbackOptions, Scheduler } from "../handle.ts";
import {
  asyncLine,
  asyncTask,
  hasAsyncContext,
} from "../_host/async_context.ts";
import { running } from "../_base/running.ts";

/** For callbacks of the library's own, which run no user code: saves a context each. */
export const NO_CONTEXT: CallbackOptions = { context: new Context() };

/** The loop of the running task or callback, or `undefined` outside of one. */
export function runningScheduler(): Scheduler | undefined {
  if (running.loop !== undefined) return running.loop as Scheduler;
  if (!hasAsyncContext && asyncTask() === undefined) {
    // Without async context an async function's loop can't be told; with one
    // loop running, as in a browser, there is no doubt.
    const [only] = running.activeLoops;
    return running.activeLoops.size === 1 ? only as Scheduler : undefined;
  }
  const task = asyncTask() as { getLoop(): Scheduler } | undefined;
  const loop = task?.getLoop();
  return loop?.isRunning() ? loop : undefined;
}

/** Whether the running code belongs to a loop, so that it can't wait for the run of another. */
export function isInsideRun(): boolean {
  return (running.loop !== undefined || hasAsyncContext || isInLine()) &&
    runningScheduler() !== undefined;
}

/**
 * Refuses to run a loop that runs.
 *
 * @param isRunning Whether it does.
 * @throws {RuntimeError} If it does.
 */
export function refuseSecondRun(isRunning: boolean): void {
  if (!isRunning) return;
  throw new RuntimeError(
    "Cannot run: the event loop is running already, wait for the end of that run or begin a task with createTask()",
  );
}

// Without async context, other code may follow in the burst in which a task has ended.
function isInLine(): boolean {
  const line = asyncLine() as { _isOver(): boolean } | undefined;
  return line !== undefined && !line._isOver();
}

/**
 * The loop of the running task or callback.
 *
 * @throws {RuntimeError} If there is none.
 */
export function requireScheduler(): Scheduler {
  const scheduler = runningScheduler();
  if (scheduler === undefined) {
    throw new RuntimeError(
      "No running event loop: do it in a function that run() or a task runs, or begin it from a callback of the host by loop.createTask(), with the loop from getRunningLoop()",
    );
  }
  return scheduler;
}

/**
 * The loop for something made here: the running one, else the current one.
 *
 * @throws {RuntimeError} If there is none.
 */
export function schedulerForNew(): Scheduler {
  const scheduler = runningScheduler() ?? running.currentLoop;
  if (scheduler === undefined || scheduler === null) {
    throw new RuntimeError(
      "No running event loop: do it in a function that run() or a task runs, or call setEventLoop() first",
    );
  }
  return scheduler as Scheduler;
}
