/**
 * An executor that runs jobs in threads: Python's `ThreadPoolExecutor`, with real
 * parallelism.
 *
 * A job is a function that a module exports. In browsers the threads are web workers,
 * which the user makes.
 *
 * ```ts ignore
 * // jobs.ts
 * export function double(x: number): number {
 *   return 2 * x;
 * }
 *
 * // main.ts
 * import { run } from "@asyncio/asyncio";
 * import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
 * import type * as jobs from "./jobs.ts";
 *
 * await run(async () => {
 *   await using executor = new WorkerExecutor<typeof jobs>(
 *     new URL("./jobs.ts", import.meta.url),
 *   );
 *   console.log(await executor.submit("double", [21]));
 * });
 * ```
 *
 * @module
 */
import { RuntimeError } from "./errors.ts";
import { checkOptions } from "./_base/arguments.ts";
import { describeKind } from "./_base/repr.ts";
import { builtin } from "./_host/environment.ts";
import type { ChannelFactory } from "./_channel/channel.ts";
import { moduleUrl } from "./_pool/checks.ts";
import {
  POOL_OPTIONS,
  PoolExecutor,
  type WorkerExecutorOptions,
} from "./_pool/pool_executor.ts";
import { ThreadFactory } from "./_channel/thread_channel.ts";
import { WebFactory, type WebWorker } from "./_channel/web_channel.ts";

export type { WebWorker };
export type {
  PoolExecutor,
  WorkerExecutorOptions,
} from "./_pool/pool_executor.ts";

/**
 * Runs the functions of a module in threads.
 *
 * - **Workers** start when they are needed, and stay. One that crashes is replaced.
 * - **Cancel**: the job's own `finally` runs in its thread. A loop that never waits asks
 *   `checkCancelled()`. What ignores its cancel for the grace is ended with its thread;
 *   Deno cannot stop a thread that is in an endless loop, so such a job is given up and
 *   its thread goes on. A `ProcessExecutor` ends it.
 * - **Permissions**: on Deno threads have those of the program.
 *
 * @typeParam J The type of the module: `typeof import("./jobs.ts")`.
 *
 * @example Run a module's function in a thread
 * ```ts
 * import { run } from "@asyncio/asyncio";
 * import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
 * import { assertEquals } from "@std/assert";
 *
 * // A module of jobs is a file; this one is small enough for a URL.
 * const module = "data:text/javascript,export const double = (x) => 2 * x;";
 * type Jobs = { double(x: number): number };
 *
 * await run(async () => {
 *   await using executor = new WorkerExecutor<Jobs>(module, { maxWorkers: 1 });
 *   assertEquals(await executor.submit("double", [21]), 42);
 * });
 * ```
 */
export class WorkerExecutor<J> extends PoolExecutor<J> {
  /**
   * Makes an executor; nothing is started yet.
   *
   * @param jobs The URL of the module of jobs; or a function that makes a web worker, for
   * bundlers: `() => new Worker(new URL("./jobs.ts", import.meta.url), { type: "module" })`
   * of a module that calls `serveJobs()`.
   * @param options How many workers, and how they are used.
   * @throws {TypeError} If `jobs` is neither, or an option of the wrong kind.
   * @throws {RangeError} If a count is no whole number above 0, or the grace negative.
   * @throws {RuntimeError} If the host has no threads, and `jobs` is no function.
   */
  constructor(
    jobs: URL | string | (() => WebWorker),
    options: WorkerExecutorOptions = {},
  ) {
    options = checkOptions("make an executor", options, POOL_OPTIONS);
    const isMaker = typeof jobs === "function";
    super(
      isMaker ? new WebFactory(jobs) : threads(),
      isMaker ? `of ${describeKind(jobs)}` : moduleUrl(jobs),
      options,
      "worker",
    );
  }
}

function threads(): ChannelFactory {
  if (builtin("node:worker_threads") !== undefined) return new ThreadFactory();
  throw new RuntimeError(
    "Cannot make an executor: this host needs a function that makes the worker, " +
      'such as () => new Worker(url, { type: "module" })',
  );
}
