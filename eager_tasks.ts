/**
 * Task factories whose tasks start at once, inside `createTask()`.
 *
 * ```ts
 * import { createTask, eagerTaskFactory, getRunningLoop, run } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * await run(async () => {
 *   getRunningLoop().setTaskFactory(eagerTaskFactory);
 *   assert(createTask(function* () {}).done());
 * });
 * ```
 *
 * @module
 */
import { TASK_OPTIONS } from "./_task/task_options.ts";
import { check, checkOptions, FUNCTION, LOOP } from "./_base/arguments.ts";
import type {
  CoroutineFunction,
  CoroutineLike,
  Work,
  WorkResult,
} from "./_coroutine/coroutine.ts";
import {
  Task,
  type TaskConstructorOptions,
  type TaskOptions,
  type TaskScheduler,
} from "./task.ts";

/**
 * A task factory for `loop.setTaskFactory()`: tasks run their first step inside
 * `createTask()`. A generator that never waits is done when that returns; an async function is
 * a few microtasks later, as the host tells what it gives in one.
 *
 * @param loop The loop.
 * @param coro The coroutine.
 * @param options The options that `createTask()` was given.
 * @returns The task.
 * @throws {TypeError} If an argument is of the wrong kind.
 *
 * @example Start all tasks eagerly
 * ```ts
 * import { createTask, eagerTaskFactory, getRunningLoop, run } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * await run(async () => {
 *   getRunningLoop().setTaskFactory(eagerTaskFactory);
 *   assert(createTask(function* () {}).done());
 * });
 * ```
 */
export function eagerTaskFactory<
  T,
  C extends CoroutineLike<unknown> | (() => Work) = never,
>(
  loop: TaskScheduler,
  coro: C | CoroutineLike<T> | CoroutineFunction<T>,
  options: TaskOptions = {},
): Task<WorkResult<C, T>> {
  check("create a task", "loop", loop, LOOP);
  options = checkOptions("create a task", options, TASK_OPTIONS);
  return makeEager(
    Task,
    loop,
    coro as CoroutineFunction<WorkResult<C, T>>,
    options,
  );
}

/** A class of tasks: what {@linkcode createEagerTaskFactory} takes. */
export interface TaskClass {
  /** Makes a task. */
  new <T>(
    coro: CoroutineLike<T> | CoroutineFunction<T>,
    options: TaskConstructorOptions,
  ): Task<T>;
}

/**
 * Makes a task factory as {@linkcode eagerTaskFactory} of a class of your own.
 *
 * @param taskClass The class, which extends {@linkcode Task}.
 * @returns The factory, for `loop.setTaskFactory()`.
 * @throws {TypeError} If `taskClass` is no function.
 *
 * @example Start tasks of your own class eagerly
 * ```ts
 * import { createEagerTaskFactory, createTask, getRunningLoop, run, Task } from "@asyncio/asyncio";
 * import { assert, assertInstanceOf } from "@std/assert";
 *
 * class MyTask<T> extends Task<T> {}
 *
 * await run(async () => {
 *   getRunningLoop().setTaskFactory(createEagerTaskFactory(MyTask));
 *   const task = createTask(function* () {});
 *   assertInstanceOf(task, MyTask);
 *   assert(task.done());
 * });
 * ```
 */
export function createEagerTaskFactory(
  taskClass: TaskClass,
): typeof eagerTaskFactory {
  check("make a task factory", "taskClass", taskClass, FUNCTION);
  return (loop, coro, options = {}) =>
    makeEager(taskClass, loop, coro as CoroutineFunction<never>, options);
}

function makeEager<T>(
  taskClass: TaskClass,
  loop: TaskScheduler,
  coro: CoroutineLike<T> | CoroutineFunction<T>,
  { eagerStart = true, ...rest }: TaskOptions,
): Task<T> {
  return new taskClass(coro, { ...rest, eagerStart, loop });
}
