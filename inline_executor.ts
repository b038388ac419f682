/**
 * An executor that runs jobs in the loop itself: for tests under a virtual clock, and for
 * jobs that only wait.
 *
 * ```ts
 * import { sleep } from "@asyncio/asyncio";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { runTest } from "@asyncio/asyncio/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const jobs = {
 *   async slow(x: number) {
 *     await sleep({ hours: 1 });
 *     return x;
 *   },
 * };
 *
 * await runTest(async (loop) => {
 *   await using executor = new InlineExecutor(jobs);
 *   assertEquals(await executor.submit("slow", [1]), 1);
 *   assertEquals(loop.time(), 3600);
 * });
 * ```
 *
 * @module
 */
import { BOOLEAN, checkOptions, type OptionKinds } from "./_base/arguments.ts";
import { describeKind } from "./_base/repr.ts";
import { InlineFactory } from "./_channel/inline_channel.ts";
import {
  POOL_OPTIONS,
  PoolExecutor,
  type WorkerExecutorOptions,
} from "./_pool/pool_executor.ts";

export type {
  PoolExecutor,
  WorkerExecutorOptions,
} from "./_pool/pool_executor.ts";

/** Options of {@linkcode InlineExecutor}. */
export interface InlineExecutorOptions extends WorkerExecutorOptions {
  /**
   * How many workers are played; each runs `concurrency` jobs at once.
   *
   * @default {1}
   */
  readonly maxWorkers?: number | undefined;
  /**
   * Whether arguments and results are copied, as a worker would copy them. Behind a queue
   * that is not needed: what comes out of it is a copy already.
   *
   * @default {true}
   */
  readonly copy?: boolean | undefined;
}

const INLINE_OPTIONS: OptionKinds<InlineExecutorOptions> = {
  ...POOL_OPTIONS,
  copy: BOOLEAN,
};

/**
 * Runs jobs in the loop of whoever submits them. It keeps the rules of the other executors:
 * arguments are copied, and no more than `maxWorkers` times `concurrency` run at once.
 * Of several loops each runs its own jobs, and has these limits for itself.
 *
 * - **Force**: a job that ignores its cancel is given up after its grace; one that never
 *   waits holds up the loop.
 *
 * @typeParam J The type of the jobs: an object of functions, such as a module.
 *
 * @example Test what happens when a worker crashes
 * ```ts
 * import { run, sleep, WorkerLostError } from "@asyncio/asyncio";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { assertRejects } from "@std/assert";
 *
 * await run(async () => {
 *   await using executor = new InlineExecutor({ wait: () => sleep(3600) });
 *   const job = executor.submit("wait", []);
 *   await sleep(0.001);
 *   executor.crash();
 *   await assertRejects(async () => await job, WorkerLostError);
 * });
 * ```
 */
export class InlineExecutor<J extends object> extends PoolExecutor<J> {
  /**
   * Makes an executor.
   *
   * @param jobs The functions: `import * as jobs from "./jobs.ts"`, or an object.
   * @param options How many jobs run at once, and whether values are copied.
   * @throws {TypeError} If `jobs` is no object, or an option of the wrong kind.
   * @throws {RangeError} If a count is no whole number above 0, or the grace negative.
   */
  constructor(jobs: J, options: InlineExecutorOptions = {}) {
    options = checkOptions("make an executor", options, INLINE_OPTIONS);
    if (typeof jobs !== "object" || jobs === null) {
      throw new TypeError(
        `Cannot make an executor: an object of functions was expected, got ${
          describeKind(jobs)
        }`,
      );
    }
    const factory = new InlineFactory(jobs, options.copy ?? true);
    const { maxWorkers = 1 } = options;
    super(factory, "inline", { ...options, maxWorkers }, "inline");
  }

  /**
   * Loses all workers at once, as a crash does: jobs that have begun fail with a
   * WorkerLostError, the others run on new workers. What the lost jobs had begun is
   * cancelled, so that the loop is not left with it.
   */
  crash(): void {
    this._pool.crash();
  }
}
