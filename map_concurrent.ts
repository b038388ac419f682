/**
 * `mapConcurrent()`: runs a job for each item of a source, at most so many at once.
 *
 * The source may be endless: an item is taken only when a job can begin, and jobs begin
 * only as fast as results are taken. `gather()` with a `limit` is for a list whose results
 * are wanted together.
 *
 * ```ts
 * import { mapConcurrent, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * async function double(x: number) {
 *   await sleep(0.001);
 *   return 2 * x;
 * }
 *
 * const results = await run(async () => {
 *   const results = [];
 *   for await (const result of mapConcurrent([1, 2, 3], double, { limit: 2 })) {
 *     results.push(result);
 *   }
 *   return results;
 * });
 * assertEquals(results, [2, 4, 6]);
 * ```
 *
 * @module
 */
import { isIterable } from "./_base/iterators.ts";
import {
  BOOLEAN,
  check,
  checkOptions,
  FUNCTION,
  type OptionKinds,
  refusal,
} from "./_base/arguments.ts";
import { isRevoked } from "./_base/repr.ts";
import { running } from "./_base/running.ts";
import { isSingleWait } from "./_combine/awaitables.ts";
import {
  type Job,
  JobPool,
  type JobWork,
  type Plan,
} from "./_combine/job_pool.ts";
import {
  type Coro,
  Coroutine,
  refuseAsyncGenerator,
  type Work,
  type WorkResult,
} from "./_coroutine/coroutine.ts";
import { isHostIterable } from "./_io/host_items.ts";
import { claim, isGenerator } from "./_coroutine/generators.ts";
import { isThenable } from "./_coroutine/thenable.ts";
import {
  FunctionCoroutine,
  MethodCoroutine,
} from "./_task/function_coroutine.ts";
import { UnawaitedRecord } from "./_debug/unawaited.ts";
import type { EventLoop } from "./loop.ts";
import { runInLine } from "./_host/async_context.ts";
import { requireScheduler, runningScheduler } from "./_loop/scheduler.ts";
import { currentLine } from "./_line/line.ts";
import { LIMIT, requireTask } from "./_combine/scope.ts";

export type { JobWork } from "./_combine/job_pool.ts";

const NEVER_RUN =
  'mapConcurrent() was never run: use "for await", or await its collect()';

/** Options of {@linkcode mapConcurrent}. */
export interface MapConcurrentOptions {
  /** How many jobs run at once, or have a result that nobody has taken; `Infinity` for all. */
  readonly limit: number;
  /**
   * Whether the results come in the order of the source, and not as they are ready.
   *
   * @default {true}
   */
  readonly ordered?: boolean | undefined;
}

const MAP_OPTIONS: OptionKinds<MapConcurrentOptions> = {
  limit: LIMIT,
  ordered: BOOLEAN,
};

/** What {@linkcode mapConcurrent} gives: results for `for await`, or at once. */
export interface ConcurrentMap<R> extends AsyncIterable<R> {
  /**
   * Returns the results as they come. Its `return()`, which leaving a `for await` calls,
   * cancels the jobs that run, waits for them, and closes the source.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<R, undefined, undefined>;
  /**
   * Runs all jobs, and returns their results in an array.
   *
   * @returns A coroutine of the results.
   */
  collect(): Coroutine<R[]>;
  /**
   * Runs all jobs, and hands each result to `callback`, one at a time. It is the
   * `for await` of generators.
   *
   * @param callback Takes a result; may be a generator or an async function, which is
   * waited for.
   * @returns A coroutine that ends after the last result.
   * @throws {TypeError} If `callback` is no function.
   */
  forEach(callback: (result: R) => unknown): Coroutine<void>;
}

/**
 * Runs a job for each item of a source, at most `limit` at once.
 *
 * - **Lazy**: nothing begins before the first result is asked for, and at most
 *   `limit` items are taken ahead of the results. So `await mapConcurrent(…)` runs
 *   nothing, which debug mode reports: use `for await`, or await its `collect()`.
 * - **Order**: jobs begin in the order of the source.
 * - **Errors**: the first one of a job or of the source comes out of the iteration, after
 *   the other jobs were cancelled and have ended.
 * - **Leaving**: when the loop over the results is left, or its wait is cancelled, the jobs
 *   are cancelled and waited for, and the source is closed.
 *
 * Jobs share `limit` tasks. A generator function is the fastest kind of job.
 *
 * @param source Anything iterable, async or not.
 * @param job A generator or async function; it gets the item and its index.
 * @param options How many jobs run at once, and in which order the results come.
 * @returns Something for `for await`, with `collect()` and `forEach()`.
 * @throws {TypeError} If `source` can't be iterated, or `job` is no function.
 * @throws {RangeError} If `limit` is below 1, or neither an integer nor Infinity.
 *
 * @example The first that fits, from an endless source
 * ```ts
 * import { mapConcurrent, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * function* naturals() {
 *   for (let n = 0;; n++) yield n;
 * }
 *
 * const found = await run(async () => {
 *   const squares = mapConcurrent(naturals(), (n) => sleep(0.001, n * n), { limit: 8 });
 *   for await (const square of squares) if (square > 50) return square;
 * });
 * assertEquals(found, 64);
 * ```
 *
 * @example In a generator
 * ```ts
 * import { mapConcurrent, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const lengths = await run(function* () {
 *   return yield* mapConcurrent(["a", "bb"], function* (word) {
 *     yield* sleep(0.001);
 *     return word.length;
 *   }, { limit: 2 }).collect();
 * });
 * assertEquals(lengths, [1, 2]);
 * ```
 */
export function mapConcurrent<
  T,
  R,
  W extends Work = never,
>(
  source: Iterable<T> | AsyncIterable<T>,
  job: (item: T, index: number) => W | JobWork<R>,
  options: MapConcurrentOptions,
): ConcurrentMap<WorkResult<W, R>>;
/**
 * Runs a job for each item of a stream of the Web, at most `limit` at once.
 *
 * @param source The stream. Not all hosts declare one as an async iterable.
 * @param job A generator or async function; it gets the item and its index.
 * @param options How many jobs run at once, and in which order the results come.
 * @returns Something for `for await`, with `collect()` and `forEach()`.
 * @throws {TypeError} If `source` can't be iterated, or `job` is no function.
 * @throws {RangeError} If `limit` is below 1, or neither an integer nor Infinity.
 */
export function mapConcurrent<
  T,
  R,
  W extends Work = never,
>(
  source: ReadableStream<T> | Iterable<T> | AsyncIterable<T>,
  job: (item: T, index: number) => W | JobWork<R>,
  options: MapConcurrentOptions,
): ConcurrentMap<WorkResult<W, R>>;
export function mapConcurrent<
  T,
  R,
  W extends Work = never,
>(
  source: ReadableStream<T> | Iterable<T> | AsyncIterable<T>,
  job: (item: T, index: number) => W | JobWork<R>,
  options: MapConcurrentOptions,
): ConcurrentMap<WorkResult<W, R>> {
  const { limit, ordered = true } =
    checkOptions("map concurrently", options, MAP_OPTIONS) ?? {};
  // It has no default.
  check("map concurrently", "limit", limit, LIMIT);
  if (
    typeof source !== "object" && typeof source !== "string" ||
    source === null || isRevoked(source) ||
    !(isIterable(source) || isHostIterable(source))
  ) {
    throw new TypeError(
      refusal("map concurrently", "source", "an iterable", source),
    );
  }
  // Its only item would be what a task waits for, and none if it is done.
  if (isSingleWait(source)) {
    throw new TypeError(
      `${
        refusal("map concurrently", "source", "an iterable", source)
      }: wait for it first, and map what it gives`,
    );
  }
  check("map concurrently", "job", job, FUNCTION);
  refuseAsyncGenerator(job, "map concurrently");
  return new Mapping({
    source,
    job: job as Job<T, WorkResult<W, R>>,
    limit,
    ordered,
  });
}

class Mapping<T, R> implements ConcurrentMap<R> {
  readonly #plan: Plan<T, R>;
  // In debug mode, until it is used.
  #record: UnawaitedRecord | undefined = undefined;

  constructor(plan: Plan<T, R>) {
    this.#plan = plan;
    if (running.debugLoops > 0) this.#watch();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<R, undefined, undefined> {
    this.#record?.settle();
    return new Results(this.#plan);
  }

  collect(): Coroutine<R[]> {
    this.#record?.settle();
    return new MethodCoroutine("collect", () => this.#collect(), true);
  }

  forEach(callback: (result: R) => unknown): Coroutine<void> {
    check("hand over results", "callback", callback, FUNCTION);
    refuseAsyncGenerator(callback, "map concurrently");
    this.#record?.settle();
    return new MethodCoroutine("forEach", () => this.#forEach(callback), true);
  }

  #watch(): void {
    const scheduler = runningScheduler();
    if (!scheduler?.getDebug()) return;
    this.#record = new UnawaitedRecord(this, () => NEVER_RUN, scheduler);
  }

  *#collect(): Coro<R[]> {
    return yield* begin(this.#plan, true).all();
  }

  *#forEach(callback: (result: R) => unknown): Coro<void> {
    const run = begin(this.#plan, false);
    requireTask(run);
    const handOver = (): unknown => {
      while (run.ready > 0) {
        const wait = callback(run.takeNow());
        refuseAsyncGenerator(wait, "map concurrently");
        if (isGenerator(wait) || isThenable(wait)) return wait;
      }
      return undefined;
    };
    try {
      while (run.ready > 0 || (yield* run.wait())) {
        const line = currentLine();
        // Once a batch: entering the host's storage is 0.5 µs.
        const wait = run.inContext(() => runInLine(line, handOver));
        if (isGenerator(wait)) claim(wait);
        if (isGenerator(wait) || wait instanceof Coroutine) {
          yield* wait as unknown as Coro<unknown>;
        } else if (wait !== undefined) {
          yield* new FunctionCoroutine(() => wait as PromiseLike<unknown>, []);
        }
      }
    } finally {
      yield* run.close();
    }
  }
}

/** The results for a `for await`. */
class Results<T, R> implements AsyncIterableIterator<R, undefined, undefined> {
  readonly #plan: Plan<T, R>;
  #run: JobPool<T, R> | undefined = undefined;
  #closed = false;

  constructor(plan: Plan<T, R>) {
    this.#plan = plan;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R, undefined>> {
    const run = this.#run;
    // A coroutine would cost four times as much as a promise that is settled.
    if (run !== undefined && run.ready > 0) {
      return Promise.resolve({ done: false, value: run.takeNow() });
    }
    return Promise.resolve(new MethodCoroutine("next", () => this.#next()));
  }

  return(): Promise<IteratorResult<R, undefined>> {
    this.#closed = true;
    return Promise.resolve(new MethodCoroutine("return", () => this.#return()));
  }

  *#next(): Coro<IteratorResult<R, undefined>> {
    if (this.#closed) return { done: true, value: undefined };
    this.#run ??= begin(this.#plan, false);
    if (yield* this.#run.wait()) {
      return { done: false, value: this.#run.takeNow() };
    }
    this.#closed = true;
    return { done: true, value: undefined };
  }

  *#return(): Coro<IteratorResult<R, undefined>> {
    yield* this.#run?.leave() ?? [];
    return { done: true, value: undefined };
  }
}

function begin<T, R>(
  plan: Plan<T, R>,
  keepAll: boolean,
): JobPool<T, R> {
  return new JobPool(requireScheduler() as EventLoop, plan, keepAll);
}
