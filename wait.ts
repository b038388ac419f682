/**
 * `wait()`: waits for futures until all, one, or one with an error is done, and tells
 * which are.
 *
 * It never throws their errors and never cancels them, unlike `gather()` and `waitFor()`.
 *
 * ```ts
 * import { createTask, FIRST_COMPLETED, run, sleep, wait } from "@asyncio/asyncio";
 * import { assert, assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   const fast = createTask(sleep(0.001, "fast"));
 *   const slow = createTask(sleep(3600, "slow"));
 *   const [done, pending] = await wait([fast, slow], { returnWhen: FIRST_COMPLETED });
 *   assertEquals([...done].map((task) => task.result()), ["fast"]);
 *   assert(pending.has(slow));
 * });
 * ```
 *
 * @module
 */
import {
  checkOptions,
  DELAY,
  oneOf,
  type OptionKinds,
} from "./_base/arguments.ts";
import { makeUnplaced } from "./_base/error_place.ts";
import type { Delay } from "./clock.ts";
import { copyContext } from "./context.ts";
import type { Coroutine } from "./_coroutine/coroutine.ts";
import { coroutine } from "./coroutine.ts";
import {
  checkList,
  type ItemOf,
  unwatch,
  watch,
} from "./_combine/awaitables.ts";
import { DoneCallback } from "./_future/done_callback.ts";
import type { Failure } from "./_future/failure.ts";
import { type Future, isFuture } from "./future.ts";
import type { Scheduler } from "./handle.ts";
import { currentTask } from "./current_task.ts";
import { describeKind } from "./_base/repr.ts";
import { NO_CONTEXT, requireScheduler } from "./_loop/scheduler.ts";
import { OwnedFuture } from "./_task/owned_future.ts";
import type { Task } from "./task.ts";

/** Return from {@linkcode wait} when one future is done. */
export const FIRST_COMPLETED = "FIRST_COMPLETED";
/** Return from {@linkcode wait} when one future has failed, or all are done. */
export const FIRST_EXCEPTION = "FIRST_EXCEPTION";
/** Return from {@linkcode wait} when all futures are done. */
export const ALL_COMPLETED = "ALL_COMPLETED";

/** When {@linkcode wait} returns. */
export type ReturnWhen =
  | typeof FIRST_COMPLETED
  | typeof FIRST_EXCEPTION
  | typeof ALL_COMPLETED;

/** Options of {@linkcode wait}. */
export interface WaitOptions {
  /**
   * How long to wait at most: seconds, or an object with units.
   *
   * @default {no limit}
   */
  readonly timeout?: Delay | undefined;
  /**
   * When to return.
   *
   * @default {"ALL_COMPLETED"}
   */
  readonly returnWhen?: ReturnWhen | undefined;
}

/** What {@linkcode wait} gives: the futures that are done, and those that are not. */
export type WaitResult<F> = [done: Set<F>, pending: Set<F>];

const WAIT_OPTIONS: OptionKinds<WaitOptions> = {
  timeout: DELAY,
  returnWhen: oneOf([FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED]),
};

/**
 * Waits for futures and tells which are done.
 *
 * - **Errors**: those of the futures stay in them; a timeout is no error either.
 * - **Cancellation**: cancelling the wait leaves the futures alone.
 * - **Order**: the Sets have the order of `futures`.
 *
 * @param futures Futures and tasks of the running loop; coroutines must be started first.
 * @param options The time limit, and when to return.
 * @returns A coroutine of the two Sets.
 * @throws {TypeError} If something else than futures was given.
 * @throws {RangeError} If there are none, one is of another loop, `returnWhen` is unknown, or
 * `timeout` is NaN.
 * @throws {RuntimeError} If used outside of a task.
 *
 * @example With a time limit
 * ```ts
 * import { createTask, sleep, wait } from "@asyncio/asyncio";
 * import { runTest } from "@asyncio/asyncio/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await runTest(async () => {
 *   const tasks = [createTask(sleep(1)), createTask(sleep(3600))];
 *   const [done, pending] = await wait(tasks, { timeout: 30 });
 *   assertEquals([done.size, pending.size], [1, 1]);
 * });
 * ```
 */
// The arrays are Iterables too, but for them the compiler says which item is wrong.
export const wait: <
  F extends Future<unknown>,
  L extends Iterable<Future<unknown>> = never,
>(
  futures: L | readonly F[] | Iterable<F>,
  options?: WaitOptions,
) => Coroutine<WaitResult<ItemOf<L, F>>> = coroutine(
  // A method, since bundlers shorten the names of functions.
  {
    *wait<F extends Future<unknown>, L extends Iterable<Future<unknown>>>(
      futures: L | readonly F[] | Iterable<F>,
      options: WaitOptions = {},
    ) {
      // As in CPython, by the wait and not by the call. The list first: who forgets it
      // has a task where the options stand.
      const unique = checkFutures(futures);
      options = checkOptions("wait", options, WAIT_OPTIONS);
      const { returnWhen = ALL_COMPLETED, timeout } = options;
      const loop = requireScheduler();
      checkLoop(unique, loop);
      const waiter = new OwnedFuture(loop, {
        describeWait: () =>
          `wait for ${unique.size}, ${watched.missing} not done`,
        waitsFor: () => [...unique].filter((future) => !future.done()),
      });
      const release = (): void => waiter.release();
      const timer = timeout === undefined
        ? undefined
        : loop.callLater(timeout, release, NO_CONTEXT);
      const watched = new Watched(unique, currentTask(loop)!, (future) => {
        if (watched.missing > 0 && !endsWait(future, returnWhen)) return;
        // At once, as in CPython: a timer called off later would change others' order.
        timer?.cancel();
        release();
      });
      try {
        watched.begin();
        yield* waiter;
      } finally {
        timer?.cancel();
        watched.end();
      }
      const done = new Set<Future<unknown>>();
      const pending = new Set<Future<unknown>>();
      for (const future of unique) (future.done() ? done : pending).add(future);
      return [done, pending] as WaitResult<ItemOf<L, F>>;
    },
  }.wait,
);

/** Futures that somebody waits for, and how many of them are not done. */
class Watched {
  /** How many are not done. */
  missing: number;
  readonly #futures: ReadonlySet<Future<unknown>>;
  readonly #onDone: DoneCallback<Future<unknown>>;
  // Whoever waits has their errors to come, however long the others take.
  readonly #held: Failure[] = [];

  constructor(
    futures: ReadonlySet<Future<unknown>>,
    waiting: Task<unknown>,
    onDone: (future: Future<unknown>) => void,
  ) {
    this.missing = futures.size;
    this.#futures = futures;
    this.#onDone = new DoneCallback(
      (future: Future<unknown>) => {
        this.missing--;
        this.#hold(future);
        onDone(future);
      },
      copyContext(),
      waiting,
    );
  }

  begin(): void {
    for (const future of this.#futures) {
      // A done future is counted by way of the loop too, in its place.
      if (future.done()) this.#onDone._wake(future);
      else watch(future, this.#onDone);
    }
  }

  end(): void {
    for (const future of this.#futures) unwatch(future, this.#onDone);
    for (const failure of this.#held) failure.release();
  }

  #hold(future: Future<unknown>): void {
    const failure = future._failure();
    if (failure === undefined) return;
    failure.hold();
    this.#held.push(failure);
  }
}

function endsWait(future: Future<unknown>, returnWhen: ReturnWhen): boolean {
  if (returnWhen === FIRST_COMPLETED) return true;
  return returnWhen === FIRST_EXCEPTION && future._failure() !== undefined;
}

function checkLoop(
  futures: ReadonlySet<Future<unknown>>,
  loop: Scheduler,
): void {
  for (const future of futures) {
    if (future.getLoop() === loop) continue;
    throw makeUnplaced(() =>
      new RangeError(`Cannot wait: ${future} belongs to another loop`)
    );
  }
}

function checkFutures(
  futures: Iterable<Future<unknown>>,
): Set<Future<unknown>> {
  const unique = new Set(
    checkList<Future<unknown>>(futures, "wait", { what: "futures" }),
  );
  if (unique.size === 0) {
    throw makeUnplaced(() =>
      new RangeError("Cannot wait: the list of futures is empty")
    );
  }
  for (const future of unique) {
    if (isFuture(future)) continue;
    throw makeUnplaced(() =>
      new TypeError(
        `Cannot wait: a future was expected, got ${
          describeKind(future)
        }, use createTask() first`,
      )
    );
  }
  return unique;
}
