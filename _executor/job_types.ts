/**
 * What a module of jobs says of its jobs, to the compiler.
 *
 * @module
 */
import type { Delay } from "../clock.ts";

/** The names of the functions of a module of jobs. */
export type JobName<J> =
  & {
    [K in keyof J]: J[K] extends (...args: never[]) => unknown ? K : never;
  }[keyof J]
  & string;

/** What a job takes. */
export type JobArgs<J, N extends JobName<J>> = J[N] extends
  (...args: infer A) => unknown ? A : never;

/**
 * What a job gives in the end: what its promise, coroutine or async generator gives, or
 * the value itself.
 */
export type JobResult<J, N extends JobName<J>> = J[N] extends
  (...args: never[]) => infer R
  ? R extends AsyncGenerator<infer _Y, infer T, infer _N> ? T
  : R extends PromiseLike<infer T> ? Awaited<T>
  : R extends Generator<infer _W, infer T, infer _X> ? T
  : R
  : never;

/** What the async generator of a job yields on its way. */
export type JobYield<J, N extends JobName<J>> = J[N] extends
  (...args: never[]) => AsyncGenerator<infer Y, infer _T, infer _N> ? Y : never;

/**
 * What can be moved to another thread, not copied: what hosts call `Transferable`, such as an
 * ArrayBuffer, a MessagePort or a stream. A view is none: its `buffer` is. Not all hosts have
 * a type for it.
 */
export type Movable = object & { readonly buffer?: never };

/** Options of {@linkcode Executor.submit}. */
export interface SubmitOptions {
  /**
   * How long the job may take from now on, its time in the queue included: seconds, or an
   * object with units. Then it is cancelled, and a TimeoutError comes out.
   *
   * @default {no end}
   */
  readonly timeout?: Delay | undefined;
  /** Cancels the job when it aborts; its reason is the `cause` of the CancelledError. */
  readonly signal?: AbortSignal | undefined;
  /** What is moved to the job, not copied, where the executor can move it. */
  readonly transfer?: readonly Movable[] | undefined;
  /**
   * Jobs of one key are one job, as long as the engine remembers it. Only executors that
   * are durable take it.
   */
  readonly key?: string | undefined;
}

/** Options of {@linkcode Executor.stream}. */
export interface StreamOptions extends SubmitOptions {
  /**
   * How many values the job may be ahead of whoever reads them.
   *
   * @default {16}
   */
  readonly highWaterMark?: number | undefined;
}

/** Options of {@linkcode Executor.shutdown}. */
export interface ShutdownOptions {
  /**
   * Whether jobs that are not done are cancelled; else they run to their end.
   *
   * @default {false}
   */
  readonly cancelFutures?: boolean | undefined;
}

/** What an executor can do. */
export interface ExecutorCapabilities {
  /** How arguments and results travel. */
  readonly data: "reference" | "structured clone" | "json";
  /** Whether it ends a job by force that ignores its cancel, an endless loop too. */
  readonly kill: boolean;
  /** Whether jobs outlive this process and run at least once; else they run at most once. */
  readonly durable: boolean;
  /** Whether a stream waits for whoever reads it. */
  readonly backPressure: boolean;
}
