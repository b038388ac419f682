/**
 * What the words of the random async functions are made of.
 *
 * @module
 */
import { createTask, getRunningLoop, type Task } from "../mod.ts";
import type { Probe } from "./_cancel_probe.ts";

/** What a kind of function does. */
export type Doing = (
  probe: Probe,
  first: () => Promise<void>,
  second: () => Promise<void>,
  seconds: number,
) => unknown;

/** Kinds of functions by name. */
export type Words = Readonly<Record<string, Doing>>;

/** More seconds than any program takes. */
export const LONG = 30;

/** An error of the program's own, which is no cancel. */
export class Boom extends Error {
  override readonly name = "Boom";
}

/** Lets nobody hear of an error. */
export function ignore(promise: PromiseLike<unknown>): void {
  promise.then(undefined, () => {});
}

/** Calls something in the loop, some seconds later; gives what calls it off. */
export function later(seconds: number, callback: () => void): Disposable {
  const timer = getRunningLoop().callLater(seconds, callback);
  return { [Symbol.dispose]: () => timer.cancel() };
}

/** Leaves nothing of tasks that go on when who waits for them is cancelled. */
export async function withTasks<T>(
  functions: readonly (() => Promise<void>)[],
  body: (tasks: Task<void>[]) => Promise<T>,
): Promise<T> {
  const tasks = functions.map((each) => createTask(each));
  try {
    return await body(tasks);
  } finally {
    for (const task of tasks) {
      task.cancel();
      ignore(task);
    }
  }
}

/** Fails if something does not hold. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
