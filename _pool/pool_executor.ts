/**
 * What the executors over a pool share.
 *
 * @module
 */
import {
  DELAY,
  NAME,
  type OptionKinds,
  orInfinity,
} from "../_base/arguments.ts";
import { type Delay, toSeconds } from "../clock.ts";
import {
  Executor,
  type ExecutorCapabilities,
  type Job,
  type JobArgs,
  type JobName,
  type JobResult,
  type JobStream,
  type JobYield,
  type ShutdownOptions,
  type StreamOptions,
  type SubmitOptions,
} from "../executor.ts";
import type { Future } from "../future.ts";
import { hardwareConcurrency } from "../_executor/host.ts";
import type { ChannelFactory } from "../_channel/channel.ts";
import { COUNT } from "./checks.ts";
import { Pool } from "./pool.ts";

/** Options of the executors that have workers. */
export interface WorkerExecutorOptions {
  /**
   * How many workers there are at most. They start when they are needed.
   *
   * @default {navigator.hardwareConcurrency}
   */
  readonly maxWorkers?: number | undefined;
  /**
   * How many jobs a worker runs at once. More than one is for jobs that wait.
   *
   * @default {1}
   */
  readonly concurrency?: number | undefined;
  /**
   * How long a cancelled job has to clean up before its worker is ended by force: seconds,
   * or an object with units.
   *
   * @default {5}
   */
  readonly grace?: Delay | undefined;
  /**
   * How many jobs may wait for a worker; with more, `submit()` throws QueueFull.
   *
   * @default {Infinity}
   */
  readonly maxQueue?: number | undefined;
  /**
   * The name, for reports.
   *
   * @default {the kind of the workers}
   */
  readonly name?: string | undefined;
}

const DEFAULT_GRACE = 5;

/** What the options may be. */
export const POOL_OPTIONS: OptionKinds<WorkerExecutorOptions> = {
  maxWorkers: COUNT,
  concurrency: COUNT,
  grace: DELAY,
  maxQueue: orInfinity(COUNT),
  name: NAME,
};

/**
 * What executors over a pool of workers share.
 *
 * @typeParam J The type of the jobs.
 *
 * @example All of them take jobs in the same way
 * ```ts
 * import { run } from "@asyncio/asyncio";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   await using executor = new InlineExecutor({ double: (x: number) => 2 * x });
 *   assertEquals(await executor.submit("double", [2]), 4);
 * });
 * ```
 */
export abstract class PoolExecutor<J> extends Executor<J> {
  /** What the executor can do. */
  readonly capabilities: ExecutorCapabilities;
  /** @internal */
  readonly _pool: Pool;

  /** @internal */
  constructor(
    factory: ChannelFactory,
    module: string,
    options: WorkerExecutorOptions,
    name: string,
  ) {
    super();
    const grace = toSeconds(options.grace ?? DEFAULT_GRACE);
    if (grace < 0) {
      throw new RangeError(
        `Cannot make an executor: grace must be 0 or more seconds, got ${grace}`,
      );
    }
    this._pool = new Pool({
      module,
      factory,
      grace,
      maxWorkers: options.maxWorkers ?? hardwareConcurrency(),
      concurrency: options.concurrency ?? 1,
      maxQueue: options.maxQueue ?? Infinity,
      name: String(options.name ?? name),
    });
    this.capabilities = {
      data: factory.copies ? "structured clone" : "reference",
      kill: factory.kills,
      durable: false,
      backPressure: true,
    };
  }

  /**
   * Runs a job.
   *
   * @param name The name of an exported function of the module.
   * @param args Its arguments.
   * @param options The timeout, a signal, and what is moved.
   * @returns The job: a future of its result.
   * @throws {RuntimeError} If no loop is running, if the executor was shut down, or if
   * there is a key.
   * @throws {BrokenExecutor} If its workers cannot start.
   * @throws {QueueFull} If too many jobs are waiting.
   * @throws {TypeError} If the name is no string, the arguments no array, or an option of the
   * wrong kind.
   * @throws {RangeError} If the timeout is NaN.
   */
  submit<N extends JobName<J>>(
    name: N,
    args: JobArgs<J, N>,
    options?: SubmitOptions,
  ): Job<JobResult<J, N>> {
    return this._pool.submit(
      name,
      args as readonly unknown[],
      options,
    ) as unknown as Job<JobResult<J, N>>;
  }

  /**
   * Runs a job that is an async generator function, and gives what it yields.
   *
   * @param name The name of an exported function of the module.
   * @param args Its arguments.
   * @param options As of `submit()`, and how far the job may be ahead.
   * @returns The values, as an async iterator.
   * @throws {RuntimeError} If no loop is running, if the executor was shut down, or if
   * there is a key.
   * @throws {BrokenExecutor} If its workers cannot start.
   * @throws {QueueFull} If too many jobs are waiting.
   * @throws {TypeError} If the name is no string, the arguments no array, or an option of the
   * wrong kind.
   * @throws {RangeError} If the timeout is NaN, or the high water mark no whole number above 0.
   */
  stream<N extends JobName<J>>(
    name: N,
    args: JobArgs<J, N>,
    options?: StreamOptions,
  ): JobStream<JobYield<J, N>, JobResult<J, N>> {
    return this._pool.stream(
      name,
      args as readonly unknown[],
      options,
    ) as unknown as JobStream<JobYield<J, N>, JobResult<J, N>>;
  }

  /**
   * Takes no more jobs, lets those that are left end, and ends the workers. It begins at
   * the call. Calling it again waits for the same end.
   *
   * @param options Whether jobs that are left are cancelled.
   * @returns A future that is done when all jobs are done and all workers are gone.
   * @throws {RuntimeError} If no loop is running.
   * @throws {TypeError} If an option is of the wrong kind.
   */
  shutdown(options?: ShutdownOptions): Future<void> {
    return this._pool.shutdown(options);
  }
}
