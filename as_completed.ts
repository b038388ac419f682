/**
 * `asCompleted()`: takes results in the order in which they come.
 *
 * A plain `for` gives coroutines, of which each waits for the next result; `for await`
 * gives the futures and tasks themselves, so that you know which is done.
 *
 * ```ts
 * import { asCompleted, createTask, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const names = await run(async () => {
 *   const tasks = [0.03, 0.01].map((delay) =>
 *     createTask(sleep(delay), { name: `sleep ${delay}` })
 *   );
 *   const names = [];
 *   for await (const task of asCompleted(tasks)) names.push(task.getName());
 *   return names;
 * });
 * assertEquals(names, ["sleep 0.01", "sleep 0.03"]);
 * ```
 *
 * @module
 */
import { checkOptions, DELAY, type OptionKinds } from "./_base/arguments.ts";
import { type Delay, toSeconds } from "./clock.ts";
import { copyContext } from "./context.ts";
import type {
  AwaitedResult,
  Coro,
  Coroutine,
  Work,
} from "./_coroutine/coroutine.ts";
import {
  beginEach,
  checkList,
  distinct,
  type ItemOf,
  unwatch,
  watch,
} from "./_combine/awaitables.ts";
import { DoneCallback } from "./_future/done_callback.ts";
import { futureOf } from "./_coroutine/to_future.ts";
import { TimeoutError } from "./errors.ts";
import type { Future } from "./future.ts";
import type { TimerHandle } from "./handle.ts";
import type { EventLoop } from "./loop.ts";
import { unplaced } from "./_base/error_place.ts";
import { tell } from "./_line/wait_text.ts";
import { currentLine } from "./_line/line.ts";
import { CompletionQueue } from "./_combine/completion_queue.ts";
import { schedulerForNew } from "./_loop/scheduler.ts";
import { MethodCoroutine } from "./_task/function_coroutine.ts";

/** Options of {@linkcode asCompleted}. */
export interface AsCompletedOptions {
  /**
   * How long to wait for all at most: seconds, or an object with units.
   *
   * @default {no limit}
   */
  readonly timeout?: Delay | undefined;
}

const AS_COMPLETED_OPTIONS: OptionKinds<AsCompletedOptions> = {
  timeout: DELAY,
};

/**
 * The future that `for await` gives for an awaitable: itself, if it is one.
 *
 * Its type has no `then`, or TypeScript would take it for the result; it is done, so
 * `result()` gives that.
 */
export type CompletedFuture<A> =
  & (A extends Future<unknown> ? A : Future<AwaitedResult<A>>)
  & { readonly then: never };

/** What {@linkcode asCompleted} gives: goes through results as they come. */
export interface AsCompleted<A>
  extends
    Iterable<Coroutine<AwaitedResult<A>>>,
    AsyncIterable<CompletedFuture<A>> {
  /** Returns coroutines, of which each waits for the next result. */
  [Symbol.iterator](): IterableIterator<Coroutine<AwaitedResult<A>>>;
  /**
   * Returns the futures that are done. Its `next()` gives a coroutine, for a generator:
   * `const { done, value } = yield* iterator.next()`.
   */
  [Symbol.asyncIterator](): CompletedIterator<A>;
}

/** Goes through futures as they are done, in both styles. */
export interface CompletedIterator<A> {
  /** Waits for the next future that is done. */
  next():
    & Coroutine<IteratorResult<CompletedFuture<A>, undefined>>
    & Promise<
      IteratorResult<CompletedFuture<A>, undefined>
    >;
  /** Returns the iterator itself. */
  [Symbol.asyncIterator](): CompletedIterator<A>;
}

/**
 * Goes through awaitables in the order in which they are done.
 *
 * - **Order**: results go to the waiting tasks in the order in which they began to wait, not in
 *   that of the items.
 * - **Leaving**: the loop may be left and begun again; what was not taken comes then, and
 *   nothing is cancelled. That holds for a cancel too, which loses one item in CPython.
 * - **Timeout**: a TimeoutError comes from the wait for an item, with `for await` from the
 *   loop itself. The awaitables go on.
 *
 * @param awaitables Futures, coroutines, promises, or functions that give one. The same
 * one given twice is waited for once; a function is called each time.
 * @param options The time limit.
 * @returns Something for `for` and for `for await`.
 * @throws {TypeError} If it is one awaitable, or one can't be waited for.
 * @throws {RuntimeError} If there is no loop.
 * @throws {RangeError} If `timeout` is NaN, or one is a future of another loop.
 *
 * @example Results as they come
 * ```ts
 * import { asCompleted, sleep } from "@asyncio/asyncio";
 * import { runTest } from "@asyncio/asyncio/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const results = await runTest(async () => {
 *   const results: string[] = [];
 *   for (const next of asCompleted([sleep(60, "slow"), sleep(1, "fast")])) {
 *     results.push(await next);
 *   }
 *   return results;
 * });
 * assertEquals(results, ["fast", "slow"]);
 * ```
 */
export function asCompleted<
  A extends Work | (() => Work),
  L extends Iterable<Work | (() => Work)> = never,
>(
  awaitables: L | Iterable<A>,
  options: AsCompletedOptions = {},
): AsCompleted<ItemOf<L, A>> {
  // The list first: who forgets it has an awaitable where the options stand.
  const list = checkList<ItemOf<L, A>>(awaitables, "take as completed");
  options = checkOptions("take as completed", options, AS_COMPLETED_OPTIONS);
  const seconds = options.timeout === undefined
    ? undefined
    : toSeconds(options.timeout);
  return new Completions(distinct(list), seconds);
}

/** Says that the time was over before there was a result. */
const LATE: unique symbol = Symbol("asyncio.late");

class Completions<A> implements AsCompleted<A> {
  readonly #done: CompletionQueue<Future<unknown> | typeof LATE>;
  readonly #pending: Set<Future<unknown>>;
  readonly #onDone: DoneCallback<Future<unknown>>;
  readonly #limit: number | undefined;
  readonly #timer: TimerHandle | undefined;
  // Those that were not done in time.
  #late: readonly Future<unknown>[] = [];
  #untaken: number;

  constructor(awaitables: readonly A[], limit: number | undefined) {
    const loop = schedulerForNew() as EventLoop;
    this.#limit = limit;
    this.#pending = new Set();
    const begun = beginEach(awaitables, (awaitable) => {
      const future = futureOf(awaitable, loop);
      this.#pending.add(future);
      return future;
    });
    this.#untaken = this.#pending.size;
    this.#done = new CompletionQueue(loop, {
      describeWait: () => `asCompleted, ${this.#pending.size} not done`,
      waitsFor: () => [...this.#pending],
    });
    this.#onDone = new DoneCallback(
      (future: Future<unknown>) => this.#collect(future),
      copyContext(),
      this.#done,
    );
    try {
      for (const future of this.#pending) {
        if (future.done()) this.#onDone._wake(future);
        else watch(future, this.#onDone);
      }
    } catch (error) {
      // One of a class of users' refuses: nobody will have the others.
      for (const future of this.#pending) unwatch(future, this.#onDone);
      this.#pending.clear();
      for (const future of begun) future.cancel();
      throw error;
    }
    if (limit !== undefined && this.#untaken > 0) {
      this.#timer = loop.callLater(limit, () => this.#giveUp());
    }
  }

  *[Symbol.iterator](): Generator<
    Coroutine<AwaitedResult<A>>,
    void,
    unknown
  > {
    while (this.#untaken > 0) {
      this.#untaken--;
      yield new MethodCoroutine("asCompleted", () => this.#nextResult());
    }
  }

  [Symbol.asyncIterator](): CompletedIterator<A> {
    const iterator = {
      next: () => new MethodCoroutine("asCompleted", () => this.#nextStep()),
      [Symbol.asyncIterator]: () => iterator,
    } as unknown as CompletedIterator<A>;
    return iterator;
  }

  *#nextResult(): Coro<AwaitedResult<A>> {
    const future = yield* this.#next();
    return future.result() as AwaitedResult<A>;
  }

  *#nextStep(): Coro<IteratorResult<CompletedFuture<A>, undefined>> {
    if (this.#untaken === 0) return { done: true, value: undefined };
    this.#untaken--;
    const future = yield* this.#next();
    return { done: false, value: future as CompletedFuture<A> };
  }

  *#next(): Coro<Future<unknown>> {
    const item = yield* this.#take();
    if (item !== LATE) {
      item._failure()?.release();
      return item;
    }
    throw unplaced(
      new TimeoutError(
        `Timed out after ${this.#limit} s: no more is done, ${
          tell(currentLine()!, this.#late)
        }`,
      ),
    );
  }

  *#take(): Coro<Future<unknown> | typeof LATE> {
    let isTaken = false;
    try {
      const item = yield* this.#done.take();
      isTaken = true;
      return item;
    } finally {
      // Whoever was cancelled leaves it to the next loop.
      if (!isTaken) this.#untaken++;
    }
  }

  #collect(future: Future<unknown>): void {
    // The time was over in this very turn.
    if (!this.#pending.delete(future)) return;
    // Until it is taken.
    future._failure()?.hold();
    this.#done.put(future);
    if (this.#pending.size === 0) this.#timer?.cancel();
  }

  #giveUp(): void {
    this.#late = [...this.#pending];
    for (const future of this.#pending) {
      unwatch(future, this.#onDone);
      this.#done.put(LATE);
    }
    this.#pending.clear();
  }
}
