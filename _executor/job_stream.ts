/**
 * What a job yields on its way, as an async iterator.
 *
 * @module
 */
import { Queue } from "../queue.ts";
import { OwnedFuture } from "../_task/owned_future.ts";
import { check, FUNCTION, instance, integer } from "../_base/arguments.ts";
import { Job } from "./job.ts";

const JOB = instance(Job, "a Job");

const END: unique symbol = Symbol("asyncio.end");

/**
 * The values that an async generator function yields elsewhere. `executor.stream()` gives
 * one.
 *
 * - **Order**: all values, then the result or the error.
 * - **Leaving**: to leave the loop cancels the job, and waits for its `finally`. So does a
 *   cancel of the task that waits for the next value.
 * - **Back-pressure**: the job is never further ahead than the high water mark.
 *
 * @typeParam Y The type of the values.
 * @typeParam R The type of the job's result.
 *
 * @example Read a stream
 * ```ts
 * import { run } from "@asyncio/asyncio";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { assertEquals } from "@std/assert";
 *
 * const jobs = {
 *   async *count(n: number) {
 *     for (let i = 0; i < n; i++) yield i;
 *     return "end";
 *   },
 * };
 *
 * await run(async () => {
 *   await using executor = new InlineExecutor(jobs);
 *   const stream = executor.stream("count", [3]);
 *   const values: number[] = [];
 *   for await (const value of stream) values.push(value);
 *   assertEquals([values, await stream.job], [[0, 1, 2], "end"]);
 * });
 * ```
 */
export class JobStream<Y, R> implements AsyncIterableIterator<Y, R, undefined> {
  /** The job: its result is what the generator returns. */
  readonly job: Job<R>;
  readonly #values: Queue<Y | typeof END>;
  readonly #grant: (count: number) => void;
  readonly #batch: number;
  #taken = 0;
  #ended = false;

  /**
   * Makes a stream; executors do.
   *
   * @param job The job.
   * @param highWaterMark How many values the job may be ahead.
   * @param grant Lets the job go on for that many values more.
   * @throws {TypeError} If an argument is of a wrong type.
   * @throws {RangeError} If `highWaterMark` is no whole number above 0.
   */
  constructor(
    job: Job<R>,
    highWaterMark: number,
    grant: (count: number) => void,
  ) {
    const action = "make a stream of a job";
    check(action, "job", job, JOB);
    check(action, "highWaterMark", highWaterMark, integer(1));
    check(action, "grant", grant, FUNCTION);
    this.job = job;
    this.#values = new Queue(0, { name: `values of ${job.jobName}` });
    this.#grant = grant;
    this.#batch = Math.max(1, highWaterMark >> 1);
    job.addDoneCallback(() => this.#values.putNowait(END));
  }

  /**
   * Adds a value. For executors.
   *
   * @param value The value.
   */
  push(value: Y): void {
    if (!this.#ended) this.#values.putNowait(value);
  }

  /**
   * Waits for the next value.
   *
   * @returns A promise of it; of the job's result when the job has ended.
   * @throws {CancelledError} If the task that waits is cancelled; the job is, too.
   */
  async next(): Promise<IteratorResult<Y, R>> {
    if (this.#ended) return { done: true, value: undefined as R };
    let value: Y | typeof END;
    try {
      value = await this.#values.get();
    } catch (error) {
      // Whoever waits was cancelled, and nobody will read on.
      await this.#close();
      throw error;
    }
    if (value === END) {
      this.#end();
      return { done: true, value: await this.job };
    }
    if (++this.#taken >= this.#batch) {
      this.#grant(this.#taken);
      this.#taken = 0;
    }
    return { done: false, value };
  }

  /**
   * Cancels the job, and waits for its end.
   *
   * @param value What to give back.
   * @returns A promise that settles when the job has ended.
   */
  async return(value?: R): Promise<IteratorResult<Y, R>> {
    await this.#close();
    return { done: true, value: value as R };
  }

  /** Returns the stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Leaves the stream, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  #end(): void {
    this.#ended = true;
    // Others that wait for a value are told, too.
    this.#values.putNowait(END);
  }

  // Whoever is cancelled while it waits here learns of it when the job has ended.
  async #close(): Promise<void> {
    const { job } = this;
    if (!this.#ended) this.#end();
    job.cancel("The stream was left");
    let cancelled: { readonly error: unknown } | undefined;
    while (!job.done()) {
      const waiter = new OwnedFuture(job.getLoop(), {
        describeWait: () => "the end of a stream",
        waitsFor: () => [job],
      });
      const wake = (): void => waiter.release();
      job.addDoneCallback(wake);
      try {
        await waiter;
      } catch (error) {
        cancelled ??= { error };
      }
      job.removeDoneCallback(wake);
    }
    // It was left on purpose, so nobody asks for its error.
    if (!job.cancelled()) job.exception();
    if (cancelled !== undefined) throw cancelled.error;
  }
}
