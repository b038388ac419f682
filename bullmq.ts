/**
 * An executor over many machines: jobs go through a queue of BullMQ on Redis.
 *
 * BullMQ is handed in, so that a program that does not use it does not have it. One program
 * submits jobs, others serve them, each with an executor of its own: threads for what
 * computes, the loop itself for what waits. Cancels, timeouts, streams and keys work across
 * machines.
 *
 * ```ts ignore
 * import * as bullmq from "bullmq";
 * import { run } from "@asyncio/asyncio";
 * import { BullmqExecutor } from "@asyncio/asyncio/bullmq";
 * import type * as jobs from "./jobs.ts";
 *
 * await run(async () => {
 *   await using executor = new BullmqExecutor<typeof jobs>(bullmq, {
 *     queue: "images",
 *     connection: { host: "127.0.0.1", port: 6379 },
 *   });
 *   console.log(await executor.submit("thumbnail", ["cat.png", 200]));
 * });
 * ```
 *
 * @module
 */
import { isInstance } from "./_base/repr.ts";
import { LONGEST_TIMER } from "./_host/turn.ts";
import { type Delay, toSeconds } from "./clock.ts";
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
} from "./executor.ts";
import type { Future } from "./future.ts";
import {
  check,
  checkOptions,
  DELAY,
  integer,
  type Kind,
  OBJECT,
  type OptionKinds,
  STRING,
} from "./_base/arguments.ts";
import type { Bullmq, BullmqQueueOptions } from "./_bullmq/engine.ts";
import { serve } from "./_serve/serve.ts";
import { Submitter } from "./_submit/submitter.ts";
import { MethodCoroutine } from "./_task/function_coroutine.ts";
import type { Coroutine } from "./coroutine.ts";

export type {
  Bullmq,
  BullmqClient,
  BullmqEventsProducer,
  BullmqJob,
  BullmqQueue,
  BullmqQueueOptions,
} from "./_bullmq/engine.ts";

/** Options of {@linkcode BullmqExecutor}. */
export interface BullmqExecutorOptions extends BullmqQueueOptions {
  /**
   * BullMQ's own options of each job, such as `attempts` and `backoff`. How long a key and
   * a result are remembered is `removeOnComplete` and `removeOnFail`.
   *
   * @default {{ removeOnComplete: { age: 3600, count: 10000 }, removeOnFail: { age: 3600, count: 10000 } }}
   */
  readonly jobOptions?: object | undefined;
  /**
   * How long the clean-up of a cancelled job is waited for, and how long Redis may not
   * answer before jobs count as lost, a second at least: seconds, or an object with units.
   *
   * @default {60}
   */
  readonly grace?: Delay | undefined;
  /**
   * How often jobs are looked at whose news may have been lost: seconds, or an object with
   * units.
   *
   * @default {5}
   */
  readonly pollInterval?: Delay | undefined;
}

/** Options of {@linkcode serveBullmq}. */
export interface ServeBullmqOptions extends BullmqQueueOptions {
  /**
   * How many jobs are taken at once. For an executor with workers that is how many jobs
   * they run together.
   *
   * @default {1}
   */
  readonly concurrency?: number | undefined;
  /**
   * After which time without a sign of life another worker may take a job, 24 days at most:
   * seconds, or an object with units.
   *
   * @default {30}
   */
  readonly lockDuration?: Delay | undefined;
  /**
   * How often jobs of lost workers are looked for, every 24 days at least: seconds, or an
   * object with units.
   *
   * @default {30}
   */
  readonly stalledInterval?: Delay | undefined;
  /**
   * How often a job may lose its worker before it fails with a WorkerLostError.
   *
   * @default {1}
   */
  readonly maxStalledCount?: number | undefined;
}

const KEPT = { age: 3600, count: 10_000 };
const DEFAULT_JOB_OPTIONS = { removeOnComplete: KEPT, removeOnFail: KEPT };

/**
 * Runs jobs on other machines, by a queue of BullMQ. Somebody there calls
 * {@linkcode serveBullmq}.
 *
 * - **At least once**: a job runs again if its worker was lost, so it has to bear that. It
 *   outlives this program; the same `key` finds it again.
 * - **Values** travel as JSON. What JSON would change fails the job with a TypeError, and
 *   is named there.
 * - **Cancel**: one that nobody runs is taken out of the queue; else its worker is told,
 *   also one that takes it over later. A timeout is kept by the worker, by its own clock.
 * - **Keys**: all jobs of one key are one. To cancel it cancels it for all. Who reads its
 *   stream has to do so from its first value on.
 * - **Retries** are BullMQ's, by `jobOptions`. A cancelled job is not tried again.
 * - **Redis**: out of reach it is a BrokenExecutor for the jobs that wait, and the next
 *   job tries again. The connections end with `shutdown()` or with the loop.
 *
 * @typeParam J The type of the module: `typeof import("./jobs.ts")`.
 *
 * @example Submit a job, once for all who ask
 * ```ts ignore
 * import * as bullmq from "bullmq";
 * import { run } from "@asyncio/asyncio";
 * import { BullmqExecutor } from "@asyncio/asyncio/bullmq";
 * import type * as jobs from "./jobs.ts";
 *
 * await run(async () => {
 *   await using executor = new BullmqExecutor<typeof jobs>(bullmq, {
 *     queue: "reports",
 *     connection: { host: "127.0.0.1", port: 6379 },
 *     jobOptions: { attempts: 3 },
 *   });
 *   await executor.submit("report", [2026], { key: "2026", timeout: { hours: 1 } });
 * });
 * ```
 */
export class BullmqExecutor<J> extends Executor<J> {
  /** What the executor can do. */
  readonly capabilities: ExecutorCapabilities = {
    data: "json",
    kill: false,
    durable: true,
    backPressure: true,
  };
  readonly #submitter: Submitter;

  /**
   * Makes an executor. It connects when the first job is submitted.
   *
   * @param bullmq BullMQ itself: `import * as bullmq from "bullmq"`.
   * @param options The queue, and how to reach Redis.
   * @throws {TypeError} If `bullmq` is not BullMQ, or an option of the wrong kind.
   * @throws {RangeError} If a span of time cannot be.
   */
  constructor(bullmq: Bullmq, options: BullmqExecutorOptions) {
    super();
    checkEngine(MAKE, bullmq);
    options = checkQueue(MAKE, options, EXECUTOR_KINDS);
    const { queue, connection, prefix, jobOptions } = options;
    this.#submitter = new Submitter(bullmq, {
      queue,
      connection,
      prefix,
      jobOptions: { ...DEFAULT_JOB_OPTIONS, ...jobOptions },
      grace: span(MAKE, "grace", options.grace ?? 60, 0),
      pollInterval: span(MAKE, "pollInterval", options.pollInterval ?? 5),
    });
  }

  /**
   * Adds a job to the queue.
   *
   * @param name The name of an exported function of the module.
   * @param args Its arguments.
   * @param options The timeout, a signal, and the key.
   * @returns The job: a future of its result. It fails with a BrokenExecutor if Redis is
   * out of reach, and with a TypeError if an argument cannot be sent.
   * @throws {RuntimeError} If no loop is running, or if the executor was shut down.
   * @throws {TypeError} If the name is no string, the arguments no array, the key no text, or
   * an option of the wrong kind.
   * @throws {RangeError} If the timeout is NaN.
   */
  submit<N extends JobName<J>>(
    name: N,
    args: JobArgs<J, N>,
    options?: SubmitOptions,
  ): Job<JobResult<J, N>> {
    return this.#submitter.submit(
      name,
      args as readonly unknown[],
      options,
    ) as unknown as Job<JobResult<J, N>>;
  }

  /**
   * Adds a job to the queue that is an async generator function, and gives what it yields.
   * A job that is begun again by another worker has to yield the same again: values that
   * came already are dropped by their place.
   *
   * @param name The name of an exported function of the module.
   * @param args Its arguments.
   * @param options As of `submit()`, and how far the job may be ahead.
   * @returns The values, as an async iterator.
   * @throws {RuntimeError} If no loop is running, or if the executor was shut down.
   * @throws {TypeError} If the name is no string, the arguments no array, the key no text, or
   * an option of the wrong kind.
   * @throws {RangeError} If the timeout is NaN, or the high water mark no whole number above 0.
   */
  stream<N extends JobName<J>>(
    name: N,
    args: JobArgs<J, N>,
    options?: StreamOptions,
  ): JobStream<JobYield<J, N>, JobResult<J, N>> {
    return this.#submitter.stream(
      name,
      args as readonly unknown[],
      options,
    ) as unknown as JobStream<JobYield<J, N>, JobResult<J, N>>;
  }

  /**
   * Takes no more jobs, lets those that are left end, and ends the connections. It begins
   * at the call. Calling it again waits for the same end.
   *
   * @param options Whether jobs that are left are cancelled.
   * @returns A future that is done when all jobs of this executor are.
   * @throws {RuntimeError} If no loop is running.
   * @throws {TypeError} If an option is of the wrong kind.
   */
  shutdown(options?: ShutdownOptions): Future<void> {
    return this.#submitter.shutdown(options);
  }
}

/**
 * Runs the jobs of a queue on an executor of this machine, until it is cancelled or a
 * signal asks the run to end.
 *
 * - **Cancel**: it takes no more and lets the jobs that run end. A second cancel ends them,
 *   and gives them back to the queue when they have cleaned up.
 * - **Signals**: with `run(main, { signals, grace })` it takes no more at the first one, and
 *   lets the jobs that run end; when the grace is over they are given back.
 * - **Locks**: a job that computes belongs into a thread or process, as the lock of each
 *   job is renewed by this loop. A job whose lock was lost is cancelled here, as another
 *   worker may have begun it; its end counts for nothing.
 * - **Losses**: if this program dies, another worker takes its jobs after `lockDuration`
 *   and at most one `stalledInterval`.
 *
 * @param bullmq BullMQ itself: `import * as bullmq from "bullmq"`.
 * @param executor What runs the jobs. It is not shut down.
 * @param options The queue, and how many jobs are taken at once.
 * @returns A coroutine that ends only by an error or a cancel.
 * @throws {BrokenExecutor} If Redis is out of reach at the start, or the executor's workers
 * cannot start; then its jobs go back to the queue.
 * @throws {TypeError} If an argument is of the wrong kind.
 * @throws {RangeError} If a number or a span of time cannot be.
 *
 * @example A worker
 * ```ts ignore
 * import * as bullmq from "bullmq";
 * import { run } from "@asyncio/asyncio";
 * import { serveBullmq } from "@asyncio/asyncio/bullmq";
 * import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
 * import type * as jobs from "./jobs.ts";
 *
 * const url = new URL("./jobs.ts", import.meta.url);
 *
 * await run(async () => {
 *   await using executor = new WorkerExecutor<typeof jobs>(url, { maxWorkers: 4 });
 *   await serveBullmq(bullmq, executor, {
 *     queue: "images",
 *     connection: { host: "127.0.0.1", port: 6379 },
 *     concurrency: 4,
 *   });
 * }, { signals: ["SIGINT", "SIGTERM"], grace: 20 });
 * ```
 */
export function serveBullmq<J>(
  bullmq: Bullmq,
  executor: Executor<J>,
  options: ServeBullmqOptions,
): Coroutine<void> {
  checkEngine(SERVE, bullmq);
  check(SERVE, "executor", executor, EXECUTOR);
  options = checkQueue(SERVE, options, SERVE_KINDS);
  const { queue, connection, prefix } = options;
  const all = {
    queue,
    connection,
    prefix,
    concurrency: options.concurrency ?? 1,
    maxStalledCount: options.maxStalledCount ?? 1,
    lockDuration: engineSpan("lockDuration", options.lockDuration),
    stalledInterval: engineSpan("stalledInterval", options.stalledInterval),
  };
  return new MethodCoroutine(
    "serveBullmq",
    () => serve(bullmq, executor as Executor<unknown>, all),
  );
}

const MAKE = "make an executor";
const SERVE = "serve a queue";

const QUEUE_NAME: Kind = {
  words: 'a text that is not empty, without ":"',
  fits: (value) => typeof value === "string",
  allows: (value: string) => value !== "" && !value.includes(":"),
};
const QUEUE_KINDS: OptionKinds<BullmqQueueOptions> = {
  queue: QUEUE_NAME,
  connection: OBJECT,
  prefix: STRING,
};
const EXECUTOR_KINDS: OptionKinds<BullmqExecutorOptions> = {
  ...QUEUE_KINDS,
  jobOptions: OBJECT,
  grace: DELAY,
  pollInterval: DELAY,
};
const SERVE_KINDS: OptionKinds<ServeBullmqOptions> = {
  ...QUEUE_KINDS,
  concurrency: integer(1),
  lockDuration: DELAY,
  stalledInterval: DELAY,
  maxStalledCount: integer(0),
};
const EXECUTOR: Kind = {
  words: "an executor",
  fits: (value) => isInstance(value, Executor),
};
const CLASSES = [
  "Queue",
  "QueueEvents",
  "QueueEventsProducer",
  "Worker",
  "UnrecoverableError",
] as const;
const BULLMQ: Kind = {
  words: 'BullMQ itself: import * as bullmq from "bullmq"',
  fits: (value) =>
    typeof value === "object" && value !== null &&
    CLASSES.every((name) =>
      typeof (value as Partial<Bullmq>)[name] === "function"
    ),
};

function checkEngine(action: string, bullmq: unknown): void {
  check(action, "bullmq", bullmq, BULLMQ);
}

function checkQueue<O extends BullmqQueueOptions>(
  action: string,
  options: O,
  kinds: Readonly<Record<string, Kind>>,
): O {
  check(action, "options", options, OBJECT);
  const checked = checkOptions(action, options, kinds);
  // These two have no default.
  check(action, "queue", checked.queue, QUEUE_NAME);
  check(action, "connection", checked.connection, OBJECT);
  return checked;
}

// In milliseconds, of which Redis takes whole ones only.
function engineSpan(name: string, delay: Delay | undefined): number {
  const milliseconds = 1000 * span(SERVE, name, delay ?? 30);
  return Math.min(Math.ceil(milliseconds), LONGEST_TIMER);
}

// In seconds; the engine cannot do without an end.
function span(
  action: string,
  name: string,
  delay: Delay,
  least = 0.001,
): number {
  const seconds = toSeconds(delay);
  if (seconds >= least && (seconds < Infinity || least === 0)) return seconds;
  const range = least === 0 ? "0 or more seconds" : "above 0, and have an end";
  throw new RangeError(
    `Cannot ${action}: ${name} must be ${range}, got ${seconds}`,
  );
}
