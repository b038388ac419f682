/**
 * What modules of jobs import: how a job learns that it shall end, what it is, and how a
 * result is moved.
 *
 * A job is an exported function: a plain one, an async one, a generator or an async
 * generator function. It runs as a task of a loop of its worker, so `sleep()`,
 * `taskGroup()` and `taskSignal()` work in it, and a cancel ends its waits.
 *
 * ```ts
 * import { run } from "@asyncio/asyncio";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { currentJob } from "@asyncio/asyncio/worker";
 * import { assertEquals } from "@std/assert";
 *
 * const jobs = { whoAmI: () => currentJob()?.name };
 *
 * await run(async () => {
 *   await using executor = new InlineExecutor(jobs);
 *   assertEquals(await executor.submit("whoAmI", []), "whoAmI");
 * });
 * ```
 *
 * @module
 */
import { CancelledError } from "./errors.ts";
import { currentTask } from "./current_task.ts";
import { describeKind, isList } from "./_base/repr.ts";
import { hasAsyncContext } from "./_host/async_context.ts";
import { takeAtOnce } from "./_line/delivery.ts";
import { runningScheduler } from "./_loop/scheduler.ts";
import type { JobInfo, RunningJob } from "./_worker/running_job.ts";
import { startWebWorker } from "./_worker/start.ts";
import { jobVariable, worker } from "./_worker/state.ts";
import type { Movable } from "./_executor/job_types.ts";

export type { Movable } from "./_executor/job_types.ts";
export type { JobInfo } from "./_worker/running_job.ts";

/**
 * Throws if the job was asked to end: for loops that never wait. In a task that is no job
 * it asks the task, and elsewhere it does nothing.
 *
 * In a thread that is one look at shared memory, in a process at a file, once a millisecond
 * at most. A browser without cross-origin isolation learns of a cancel only when the job
 * waits.
 *
 * @throws {CancelledError} If the job was asked to end.
 *
 * @example A loop that can be cancelled
 * ```ts
 * import { checkCancelled } from "@asyncio/asyncio/worker";
 * import { assertEquals } from "@std/assert";
 *
 * function sum(n: number): number {
 *   let total = 0;
 *   for (let i = 0; i < n; i++) {
 *     if (i % 1000 === 0) checkCancelled();
 *     total += i;
 *   }
 *   return total;
 * }
 *
 * assertEquals(sum(4), 6);
 * ```
 */
export function checkCancelled(): void {
  const job = runningJob();
  if (job !== undefined) return job.checkCancelled();
  const loop = runningScheduler();
  const task = loop === undefined ? undefined : currentTask(loop);
  // A task factory may make tasks without cancelling().
  if (!task?.cancelling?.()) return;
  throw takeAtOnce() ?? new CancelledError("The task was cancelled");
}

/**
 * Returns what the running job knows of itself; `undefined` outside of a job.
 *
 * @example Use the deadline
 * ```ts
 * import { run } from "@asyncio/asyncio";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { currentJob } from "@asyncio/asyncio/worker";
 * import { assertEquals } from "@std/assert";
 *
 * const jobs = { hasDeadline: () => currentJob()?.deadline !== undefined };
 *
 * await run(async () => {
 *   await using executor = new InlineExecutor(jobs);
 *   assertEquals(await executor.submit("hasDeadline", [], { timeout: 5 }), true);
 * });
 * ```
 */
export function currentJob(): JobInfo | undefined {
  const job = runningJob();
  if (job === undefined) return undefined;
  const { name, deadline } = job;
  const { id, attempt } = job.origin ?? { id: job.id, attempt: 1 };
  return { id, name, deadline, attempt };
}

/**
 * Says that a result, or a value that a job yields, is moved out of the worker and not
 * copied.
 *
 * @param value The result.
 * @param transferables What of it is moved, such as the buffers of arrays.
 * @returns The result itself.
 * @throws {TypeError} If `value` is no object, or `transferables` no array.
 *
 * @example Move an array
 * ```ts
 * import { transfer } from "@asyncio/asyncio/worker";
 *
 * export function zeros(n: number): Uint8Array {
 *   const bytes = new Uint8Array(n);
 *   return transfer(bytes, [bytes.buffer]);
 * }
 * ```
 */
export function transfer<T extends object>(
  value: T,
  transferables: readonly Movable[],
): T {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(
      `Cannot transfer: an object was expected, got ${describeKind(value)}`,
    );
  }
  if (!isList(transferables)) {
    throw new TypeError(
      `Cannot transfer: an array of what is moved was expected, got ${
        describeKind(transferables)
      }`,
    );
  }
  worker.moves.set(value, [...transferables]);
  return value;
}

/**
 * Offers a module's functions to the executor, where the user makes the worker: in
 * browsers. Elsewhere it does nothing, so a module of jobs may always call it.
 *
 * @param jobs The functions.
 * @throws {TypeError} If `jobs` is no object.
 *
 * @example The end of a module of jobs
 * ```ts
 * import { serveJobs } from "@asyncio/asyncio/worker";
 *
 * export function double(x: number): number {
 *   return 2 * x;
 * }
 *
 * serveJobs({ double });
 * ```
 */
export function serveJobs(jobs: object): void {
  if (typeof jobs !== "object" || jobs === null) {
    throw new TypeError(
      `Cannot serve jobs: an object of functions was expected, got ${
        describeKind(jobs)
      }`,
    );
  }
  const { WorkerGlobalScope } = globalThis as { WorkerGlobalScope?: unknown };
  if (WorkerGlobalScope === undefined || worker.offered !== undefined) return;
  worker.offered = jobs as Readonly<Record<string, unknown>>;
  startWebWorker();
}

function runningJob(): RunningJob | undefined {
  return worker.plainJob ?? jobVariable.get() ??
    // Browsers do not tell which task's async function runs.
    (hasAsyncContext ? undefined : worker.runner?.onlyJob);
}
