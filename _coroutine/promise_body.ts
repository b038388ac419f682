/**
 * Async functions on a driver's stack: the host runs them, and their promise tells
 * when they have ended.
 *
 * @module
 */
import { isGeneratorFunction } from "../_base/function_kinds.ts";
import { asPromise } from "./thenable.ts";
import type { Body } from "./body.ts";
import type { Scheduler } from "../handle.ts";
import { type InBursts, SETTLED } from "../_base/microtasks.ts";
import {
  asyncTask,
  hasAsyncContext,
  runInLine,
  type SlottedLine,
} from "../_host/async_context.ts";

/** A driver, as far as it waits for an async function. */
export interface PromiseDriver {
  _waitingOn: unknown;
  readonly _scope: InBursts | undefined;
  readonly _line: InBursts | undefined;
  /** Resumes it at once: the promise of the async function on top has settled. */
  _resume(failed: boolean, outcome: unknown): void;
}

/** The body of every async function: it ends as it is resumed. */
class PromiseBody implements Body {
  next(value: unknown): IteratorResult<unknown, unknown> {
    return { done: true, value };
  }

  throw(error: unknown): never {
    throw error;
  }

  _describe(): string {
    return "a promise of the host";
  }
}

export type { PromiseBody };

/**
 * Stands on a driver's stack for an async function, and is what the driver waits for.
 *
 * The wait is not interrupted by a cancel; the waits that the async function does
 * itself are (they are registered with its task).
 */
export const PROMISE_BODY: PromiseBody = new PromiseBody();

/** Makes a driver wait for the promise of the async function on top of its stack. */
export function waitForPromise(
  driver: PromiseDriver,
  scheduler: Scheduler,
  promise: PromiseLike<unknown>,
): void {
  beginWait(driver, scheduler);
  asPromise(promise).then(
    (value) => endWait(driver, scheduler, false, value),
    // A CancelledError too: the driver hands it to the body below.
    (error) => endWait(driver, scheduler, true, error),
  );
}

/** Calls the function that a task was made of; {@linkcode waitForTaskPromise} goes on. */
export function callTaskFunction(
  task: SlottedLine,
  source: () => unknown,
): unknown {
  return isGeneratorFunction(source)
    ? source()
    : runInLine(task, callWatched, source);
}

/** As {@linkcode waitForPromise}, for what {@linkcode callTaskFunction} gave. */
export function waitForTaskPromise(
  task: PromiseDriver,
  scheduler: Scheduler,
  promise: PromiseLike<unknown>,
): void {
  if (isWatched(promise)) beginWait(task, scheduler);
  else waitForPromise(task, scheduler, promise);
}

function callWatched(source: () => unknown): unknown {
  const promise = source();
  // In the async context of the task, so that two functions serve all tasks: two
  // closures and what they share would be 170 B a task.
  if (isWatched(promise)) promise.then(taskFulfilled, taskRejected);
  return promise;
}

// Whose functions are sure to be called in the context in which `then()` was: those of the
// host, and not of what stands in the place of `Promise`.
function isWatched(promise: unknown): promise is Promise<unknown> {
  return hasAsyncContext && promise instanceof Promise &&
    Object.getPrototypeOf(promise) === OF_HOST;
}

const OF_HOST: unknown = Object.getPrototypeOf(SETTLED);

interface HostedTask extends PromiseDriver {
  getLoop(): Scheduler;
}

function taskFulfilled(value: unknown): void {
  const task = asyncTask() as HostedTask;
  endWait(task, task.getLoop(), false, value);
}

// A CancelledError too: it is the task's outcome.
function taskRejected(error: unknown): void {
  const task = asyncTask() as HostedTask;
  endWait(task, task.getLoop(), true, error);
}

function beginWait(driver: PromiseDriver, scheduler: Scheduler): void {
  driver._waitingOn = PROMISE_BODY;
  const line = driver._scope ?? driver._line;
  if (line !== undefined) scheduler._bursts.noteGoesOn(line);
  scheduler._noteResumed();
}

function endWait(
  driver: PromiseDriver,
  scheduler: Scheduler,
  failed: boolean,
  outcome: unknown,
): void {
  // It has come too late for anybody.
  if (scheduler.isClosed()) return;
  scheduler._noteSuspended();
  driver._resume(failed, outcome);
}
