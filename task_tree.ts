/**
 * The task tree: what every task of a loop waits for, as text.
 *
 * ```ts
 * import { createTask, formatTaskTree, getRunningLoop, Lock, run, sleep } from "@asyncio/asyncio";
 * import { assertStringIncludes } from "@std/assert";
 *
 * await run(async () => {
 *   const lock = new Lock({ name: "db" });
 *   await lock.acquire();
 *   createTask(() => lock.acquire(), { name: "writer" });
 *   await sleep(0);
 *   assertStringIncludes(formatTaskTree(getRunningLoop()), 'writer waits for Lock "db"');
 * });
 * ```
 *
 * @module
 */
import { Future } from "./future.ts";
import { running } from "./_base/running.ts";
import { allTasks } from "./current_task.ts";
import { Task, type TaskScheduler } from "./task.ts";

interface Described {
  _describe?(): string;
  _waitsFor?(): unknown[];
}

/**
 * Formats every unfinished task of a loop: which waits for which, and for what else.
 *
 * With debug mode on, a line also says since when.
 *
 * @param loop The loop.
 * @returns A line a task, indented below the task that waits for it; empty without tasks.
 *
 * @example Look at a waiting task
 * ```ts
 * import { createTask, formatTaskTree, getRunningLoop, run, sleep } from "@asyncio/asyncio";
 * import { assertStringIncludes } from "@std/assert";
 *
 * await run(async () => {
 *   createTask(() => sleep(60), { name: "timer" });
 *   await sleep(0);
 *   assertStringIncludes(formatTaskTree(getRunningLoop()), "timer waits for sleep(60)");
 * });
 * ```
 */
export function formatTaskTree(loop: TaskScheduler): string {
  const tasks = allTasks(loop);
  const awaited = new Set<Task<unknown>>();
  for (const task of tasks) {
    for (const child of tasksBelow(task)) awaited.add(child);
  }
  const shown = new Set<Task<unknown>>();
  const lines: string[] = [];
  const show = (task: Task<unknown>, depth: number): void => {
    const mark = depth === 0 ? "" : `${"   ".repeat(depth - 1)}└─ `;
    if (shown.has(task)) {
      lines.push(`${mark}${task.getName()} (above)`);
      return;
    }
    shown.add(task);
    lines.push(mark + describeTask(task, loop));
    for (const child of tasksBelow(task)) {
      if (!child.done()) show(child, depth + 1);
    }
  };
  for (const task of tasks) if (!awaited.has(task)) show(task, 0);
  // What is left waits in circles.
  for (const task of tasks) if (!shown.has(task)) show(task, 0);
  return lines.join("\n");
}

function describeTask(task: Task<unknown>, loop: TaskScheduler): string {
  const name = task.getName();
  if (task === running.task) return `${name} runs`;
  const waits = task._waitsFor();
  if (waits.length === 0) return `${name} is ready to run`;
  const since = loop._waitingSince(task);
  const suffix = since === undefined
    ? ""
    : `, since ${(loop.time() - since).toFixed(3)} s`;
  return `${name} waits for ${waits.map(describeWait).join(" and ")}${suffix}`;
}

/** Says in a few words what is waited for. */
function describeWait(wait: unknown): string {
  const described = (wait as Described)._describe?.();
  if (described !== undefined) return described;
  return String(wait);
}

function tasksBelow(task: Task<unknown>): Set<Task<unknown>> {
  const found = new Set<Task<unknown>>();
  const seen = new Set<unknown>([task]);
  const visit = (wait: unknown): void => {
    if (seen.has(wait)) return;
    seen.add(wait);
    if (wait instanceof Task) found.add(wait);
    else if (wait instanceof Future || typeof wait === "object") {
      (wait as Described)._waitsFor?.().forEach(visit);
    }
  };
  task._waitsFor().forEach(visit);
  return found;
}
