/**
 * Which task runs now, and which are there.
 *
 * ```ts
 * import { allTasks, createTask, currentTask, run, sleep } from "@asyncio/asyncio";
 * import { assert, assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   const server = createTask(sleep(3600));
 *   assert(allTasks().has(server));
 *   assertEquals(allTasks().size, 2);
 *   assert(currentTask() !== server);
 * });
 * ```
 *
 * @module
 */
import { check, LOOP } from "./_base/arguments.ts";
import { runningTask } from "./_host/async_context.ts";
import type { Scheduler } from "./handle.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import type { Task, TaskScheduler } from "./task.ts";

/**
 * Returns the task that runs now, or `undefined` outside of one.
 *
 * @param loop The loop to ask about.
 * @returns The task.
 * @throws {RuntimeError} If no loop is given and none is running.
 * @throws {TypeError} If `loop` is no event loop.
 *
 * @example Read the own name
 * ```ts
 * import { createTask, currentTask, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const name = await run(async () =>
 *   await createTask(async () => currentTask()?.getName(), { name: "worker" })
 * );
 * assertEquals(name, "worker");
 * ```
 */
export function currentTask(loop?: Scheduler): Task<unknown> | undefined {
  if (loop !== undefined) check("find the task", "loop", loop, LOOP);
  const wanted = loop ?? requireScheduler();
  const task = runningTask() as Task<unknown> | undefined;
  return task?.getLoop() === wanted ? task : undefined;
}

/**
 * Returns the tasks of a loop that are not done.
 *
 * @param loop The loop.
 * @returns A new Set, the oldest task first.
 * @throws {RuntimeError} If no loop is given and none is running.
 * @throws {TypeError} If `loop` is no event loop.
 *
 * @example Count what is left
 * ```ts
 * import { allTasks, createTask, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   createTask(sleep(3600));
 *   assertEquals(allTasks().size, 2);
 * });
 * ```
 */
export function allTasks(loop?: Scheduler): Set<Task<unknown>> {
  if (loop !== undefined) check("list the tasks", "loop", loop, LOOP);
  const listed = ((loop ?? requireScheduler()) as TaskScheduler)._tasks;
  return new Set([...listed].filter((task) => !task.done()));
}
