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
import { check, LOOP } from "./_base/arguments.ts";
import { Lines, MOST_LINES } from "./_base/lines.ts";
import { guarded } from "./_base/repr.ts";
import { describeWaits, madeAt } from "./_line/wait_text.ts";
import { allTasks, currentTask } from "./current_task.ts";
import { Task, type TaskScheduler } from "./task.ts";

interface Described {
  _describe?(): string;
  _waitsFor?(): unknown[];
}

/**
 * Formats every unfinished task of a loop: which waits for which, and for what else.
 *
 * With debug mode on, a line also says since when, and where each was made.
 *
 * @param loop The loop.
 * @returns A line a task, indented below the task that waits for it; empty without tasks.
 * Of more than 200 lines the rest is counted.
 * @throws {TypeError} If `loop` is no event loop.
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
  check("format the tasks", "loop", loop, LOOP);
  return new TaskTree(loop).text();
}

/** A task that is still to be shown. */
interface Branch {
  readonly task: Task<unknown>;
  readonly depth: number;
}

/** Shows the tasks of a loop, each with those that it waits for. */
class TaskTree {
  readonly #loop: TaskScheduler;
  readonly #tasks: ReadonlySet<Task<unknown>>;
  readonly #shown = new Set<Task<unknown>>();
  readonly #lines = new Lines();
  // What each future waits for, since many may wait for the same.
  readonly #below = new Map<unknown, readonly Task<unknown>[]>();

  constructor(loop: TaskScheduler) {
    this.#loop = loop;
    this.#tasks = allTasks(loop);
  }

  text(): string {
    const awaited = this.#awaited();
    for (const task of this.#tasks) if (!awaited.has(task)) this.#show(task);
    // What is left waits in circles.
    for (const task of this.#tasks) {
      if (!this.#shown.has(task)) this.#show(task);
    }
    this.#lines.leaveOut(Math.max(this.#tasks.size - this.#shown.size, 0));
    return this.#lines.text("tasks");
  }

  /** The tasks that others wait for. */
  #awaited(): Set<unknown> {
    const seen = new Set<unknown>();
    for (const task of this.#tasks) {
      visit(
        task._waitsFor(),
        seen,
        (wait) => (wait as Described)._waitsFor?.(),
      );
    }
    return seen;
  }

  #show(root: Task<unknown>): void {
    // By a loop, as a chain of tasks may be longer than the stack is deep.
    const branches: Branch[] = [{ task: root, depth: 0 }];
    while (!this.#lines.isFull) {
      const branch = branches.pop();
      if (branch === undefined) return;
      const { task, depth } = branch;
      const mark = depth === 0 ? "" : `${"   ".repeat(depth - 1)}└─ `;
      if (this.#shown.has(task)) {
        this.#lines.add(`${mark}${nameOf(task)} (above)`);
        continue;
      }
      this.#shown.add(task);
      this.#lines.add(mark + describeTask(task, this.#loop));
      const below = this.#tasksBelow(task);
      // The first is shown next; more than have room need not stand there.
      for (let i = Math.min(below.length, MOST_LINES) - 1; i >= 0; i--) {
        branches.push({ task: below[i]!, depth: depth + 1 });
      }
    }
  }

  #tasksBelow(task: Task<unknown>): readonly Task<unknown>[] {
    const waits = task._waitsFor();
    if (waits.length === 1) return this.#tasksOf(waits[0]);
    const found = new Set(waits.flatMap((wait) => this.#tasksOf(wait)));
    return [...found];
  }

  #tasksOf(wait: unknown): readonly Task<unknown>[] {
    let found = this.#below.get(wait);
    if (found === undefined) {
      found = [];
      visit([wait], new Set(), (wait) => {
        if (!(wait instanceof Task)) return (wait as Described)._waitsFor?.();
        if (!wait.done()) (found as Task<unknown>[]).push(wait);
        return undefined;
      });
      this.#below.set(wait, found);
    }
    return found;
  }
}

/** Visits `roots`, and what `below` gives of each, in order, each once. */
function visit(
  roots: readonly unknown[],
  seen: Set<unknown>,
  below: (wait: unknown) => readonly unknown[] | undefined,
): void {
  const open = [...roots].reverse();
  while (open.length > 0) {
    const wait = open.pop();
    if (typeof wait !== "object" || wait === null || seen.has(wait)) continue;
    seen.add(wait);
    const next = below(wait);
    if (next === undefined) continue;
    for (let i = next.length - 1; i >= 0; i--) open.push(next[i]);
  }
}

// Of a user's subclass it may throw.
function nameOf(task: Task<unknown>): string {
  return guarded(() => task.getName(), "a task");
}

function describeTask(task: Task<unknown>, loop: TaskScheduler): string {
  const name = nameOf(task) + madeAt(task, loop);
  if (task === currentTask(loop)) return `${name} runs`;
  const waits = task._waitsFor();
  if (waits.length === 0) return `${name} is ready to run`;
  const since = loop._waitingSince(task);
  const suffix = since === undefined
    ? ""
    : `, since ${(loop.time() - since).toFixed(3)} s`;
  return `${name} waits for ${describeWaits(waits, loop, task)}${suffix}`;
}
