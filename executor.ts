/**
 * Executors: run functions elsewhere, in threads, processes or on other machines.
 *
 * A job is an exported function of a module, called by its name; the compiler knows the
 * module's type. Python's `loop.run_in_executor()`, `asyncio.to_thread()` and
 * `concurrent.futures` in one.
 *
 * | where jobs run | module |
 * | --- | --- |
 * | threads; web workers in browsers | `@asyncio/asyncio/worker-executor` |
 * | processes, which can be killed | `@asyncio/asyncio/process-executor` |
 * | the loop itself, for tests and for I/O | `@asyncio/asyncio/inline-executor` |
 * | other machines, by BullMQ and Redis | `@asyncio/asyncio/bullmq` |
 *
 * These modules are no part of the main entry.
 *
 * ```ts
 * import { gather, run } from "@asyncio/asyncio";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { assertEquals } from "@std/assert";
 *
 * const jobs = { double: (x: number) => 2 * x };
 *
 * await run(async () => {
 *   await using executor = new InlineExecutor(jobs);
 *   const results = await gather(
 *     executor.submit("double", [1]),
 *     executor.submit("double", [2]),
 *   );
 *   assertEquals(results, [2, 4]);
 * });
 * ```
 *
 * @module
 */
import type { Future } from "./future.ts";
import type { Job } from "./_executor/job.ts";
import type { JobStream } from "./_executor/job_stream.ts";
import type {
  ExecutorCapabilities,
  JobArgs,
  JobName,
  JobResult,
  JobYield,
  ShutdownOptions,
  StreamOptions,
  SubmitOptions,
} from "./_executor/job_types.ts";

export { Job, type JobOwner, type JobState } from "./_executor/job.ts";
export { JobStream } from "./_executor/job_stream.ts";
export type {
  ExecutorCapabilities,
  JobArgs,
  JobName,
  JobResult,
  JobYield,
  Movable,
  ShutdownOptions,
  StreamOptions,
  SubmitOptions,
} from "./_executor/job_types.ts";

/**
 * Runs the functions of a module elsewhere.
 *
 * - **Jobs**: arguments and results are copied, as far as {@linkcode
 *   Executor.capabilities} say. Arguments are copied when the job is handed to a worker.
 * - **Nothing is left**: the end of `run()` cancels the jobs that are under way and waits
 *   for their clean-up. An idle executor does not keep the program alive.
 * - **Losses**: a job whose worker was lost fails with a WorkerLostError; one that had
 *   not begun runs on another worker. Where jobs are durable a lost one runs again.
 *
 * @typeParam J The type of the module: `typeof import("./jobs.ts")`.
 *
 * @example Take any executor
 * ```ts
 * import { run } from "@asyncio/asyncio";
 * import type { Executor } from "@asyncio/asyncio/executor";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { assertEquals } from "@std/assert";
 *
 * const jobs = { add: (a: number, b: number) => a + b };
 *
 * async function sum(executor: Executor<typeof jobs>) {
 *   return await executor.submit("add", [1, 2]);
 * }
 *
 * await run(async () => {
 *   await using executor = new InlineExecutor(jobs);
 *   assertEquals(await sum(executor), 3);
 * });
 * ```
 */
export abstract class Executor<J> implements AsyncDisposable {
  /** @internal Without it the compiler could not tell the jobs of an executor. */
  declare readonly _jobs?: J;
  /** What the executor can do. */
  abstract readonly capabilities: ExecutorCapabilities;

  /**
   * Runs a job.
   *
   * @param name The name of an exported function of the module.
   * @param args Its arguments.
   * @param options The timeout, a signal, and what is moved.
   * @returns The job: a future of its result.
   * @throws {RuntimeError} If no loop is running, if the executor was shut down, or if it
   * takes no keys and is given one.
   * @throws {BrokenExecutor} If its workers cannot start.
   * @throws {QueueFull} If too many jobs are waiting.
   * @throws {TypeError} If the name is no string, the arguments no array, or an option of the
   * wrong kind.
   * @throws {RangeError} If the timeout is NaN.
   */
  abstract submit<N extends JobName<J>>(
    name: N,
    args: JobArgs<J, N>,
    options?: SubmitOptions,
  ): Job<JobResult<J, N>>;

  /**
   * Runs a job that is an async generator function, and gives what it yields.
   *
   * @param name The name of an exported function of the module.
   * @param args Its arguments.
   * @param options As of {@linkcode Executor.submit}, and how far the job may be ahead.
   * @returns The values, as an async iterator.
   * @throws {RuntimeError} If no loop is running, if the executor was shut down, or if it
   * takes no keys and is given one.
   * @throws {BrokenExecutor} If its workers cannot start.
   * @throws {QueueFull} If too many jobs are waiting.
   * @throws {TypeError} If the name is no string, the arguments no array, or an option of the
   * wrong kind.
   * @throws {RangeError} If the timeout is NaN, or the high water mark no whole number above 0.
   */
  abstract stream<N extends JobName<J>>(
    name: N,
    args: JobArgs<J, N>,
    options?: StreamOptions,
  ): JobStream<JobYield<J, N>, JobResult<J, N>>;

  /**
   * Takes no more jobs, lets those that are left end, and ends the workers. It begins at
   * the call. Calling it again waits for the same end.
   *
   * @param options Whether jobs that are left are cancelled.
   * @returns A future that is done when all jobs are done and all workers are gone.
   * @throws {RuntimeError} If no loop is running.
   * @throws {TypeError} If an option is of the wrong kind.
   */
  abstract shutdown(options?: ShutdownOptions): Future<void>;

  /** Shuts the executor down, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}
