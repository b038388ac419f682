/**
 * `staggeredRace()`: begins one attempt after the other, and takes the first that works.
 *
 * It is how "happy eyeballs" connects: the next attempt begins when the one before has
 * failed, or has taken too long. `firstSuccess()` begins all at once.
 *
 * ```ts
 * import { run, sleep, staggeredRace } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const [result, index] = await run(() =>
 *   staggeredRace([
 *     async () => await sleep(3600, "slow mirror"),
 *     async () => await sleep(0.001, "fast mirror"),
 *   ], 0.01)
 * );
 * assertEquals([result, index], ["fast mirror", 1]);
 * ```
 *
 * @module
 */
import { closeIterator } from "./_base/iterators.ts";
import { isInstance } from "./_base/repr.ts";
import {
  checkList,
  type ItemOf,
  iteratorOf,
  nextOf,
} from "./_combine/awaitables.ts";
import type { CancelReason } from "./_base/cancelled.ts";
import { check, DELAY, FUNCTION } from "./_base/arguments.ts";
import { type Delay, toSeconds } from "./clock.ts";
import {
  type Coro,
  type Coroutine,
  type CoroutineFunction,
  refuseAsyncGenerator,
  type Work,
  type WorkResult,
} from "./_coroutine/coroutine.ts";
import {
  FunctionCoroutine,
  MethodCoroutine,
} from "./_task/function_coroutine.ts";
import { CancelledError, KeyboardInterrupt, TimeoutError } from "./errors.ts";
import { Event } from "./event.ts";
import { snapshotContext } from "./_host/async_context.ts";
import { unplaced } from "./_base/error_place.ts";
import { Children, endOwnCancels } from "./_combine/children.ts";
import type { EventLoop } from "./loop.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import { currentTask } from "./current_task.ts";
import type { Task } from "./task.ts";
import { waitFor } from "./wait_for.ts";

/**
 * What {@linkcode staggeredRace} gives. Without a winner, `result` and `index` are
 * `undefined`. `errors` has an entry for each attempt that was begun, `undefined` for the
 * winner.
 */
export type StaggeredResult<T> = [
  result: T | undefined,
  index: number | undefined,
  errors: unknown[],
];

/**
 * Begins attempts one after the other until one succeeds, and cancels the rest.
 *
 * - **Next**: an attempt begins when the one before has failed, or after `delay`.
 * - **Losers**: are cancelled, and have ended when this does. What one gives all the same is
 *   dropped: the first to succeed wins.
 * - **Cancellation**: reaches every attempt that runs.
 *
 * @typeParam T What each gives, where that is said and not inferred.
 * @typeParam F The functions.
 * @param functions What to try: async or generator functions.
 * @param delay Seconds, or an object with units; `undefined` to wait for failures alone.
 * @returns A coroutine of the result, its index, and the errors of the others.
 * @throws {AggregateError} If `functions` itself throws while it is iterated.
 * @throws {TypeError} If `functions` is no list of functions, or `delay` is no delay.
 * @throws {RangeError} If `delay` is NaN.
 *
 * @example Nobody wins
 * ```ts
 * import { run, staggeredRace } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const [result, index, errors] = await run(() =>
 *   staggeredRace([async () => {
 *     throw new RangeError("no");
 *   }], undefined)
 * );
 * assertEquals([result, index, errors.map(String)], [undefined, undefined, ["RangeError: no"]]);
 * ```
 */
export function staggeredRace<
  T,
  F extends () => Work = never,
  L extends Iterable<() => Work> = never,
>(
  functions: L | Iterable<F | CoroutineFunction<T>>,
  delay: Delay | undefined,
): Coroutine<StaggeredResult<WorkResult<ItemOf<L, F>, T>>> {
  if (delay !== undefined) check("race", "delay", delay, DELAY);
  const list = checkList<CoroutineFunction<WorkResult<ItemOf<L, F>, T>>>(
    functions,
    "race",
    {
      what: "functions",
      generatorsToo: true,
    },
  );
  if (Array.isArray(list)) {
    for (const each of list) check("race", "each function", each, FUNCTION);
  }
  const seconds = delay === undefined ? undefined : toSeconds(delay);
  return new MethodCoroutine(
    "staggeredRace",
    () => new StaggeredRace(list, seconds).run(),
    true,
  );
}

class StaggeredRace<T> {
  readonly #functions: Iterator<CoroutineFunction<T>>;
  readonly #delay: number | undefined;
  readonly #loop = requireScheduler() as EventLoop;
  // An attempt begins in the step of the one before.
  readonly #inContext = snapshotContext();
  readonly #attempts: Children<Task<void>> = new Children(this.#loop, {
    what: "staggeredRace",
    awaitedBy: currentTask(this.#loop),
    childEnded: (task) => this.#collect(task),
    // In the turn of the cancel: one that something is handed in it passes that on.
    joinCancelled: (reason) => this.#cancelAll(reason),
  });
  readonly #errors: unknown[] = [];
  // Whether they know of the cancel that is on its way.
  #areCancelled = false;
  // Whether the race has cancelled them all: what they do about it is its affair.
  #isOver = false;
  // Whether the source has come to its end, or has thrown.
  #isSourceOver = false;
  // What went wrong outside of the attempts.
  readonly #faults: unknown[] = [];
  #winner: { readonly index: number; readonly result: T } | undefined =
    undefined;

  constructor(
    functions: Iterable<CoroutineFunction<T>>,
    delay: number | undefined,
  ) {
    this.#functions = iteratorOf(functions);
    this.#delay = delay;
  }

  *run(): Coro<StaggeredResult<T>> {
    let cancelled: { readonly error: unknown } | undefined;
    this.#start(undefined);
    yield* this.#attempts.join((error) => {
      // It comes out below, when all have ended.
      cancelled = { error };
      if (!this.#areCancelled) this.#cancelAll(error as CancelledError);
      this.#areCancelled = false;
    });
    this.#closeSource();
    if (this.#faults.length > 0) {
      throw unplaced(new AggregateError(this.#faults, "Staggered race failed"));
    }
    if (cancelled !== undefined) throw cancelled.error;
    return [this.#winner?.result, this.#winner?.index, this.#errors];
  }

  #cancelAll(reason: CancelReason): void {
    this.#areCancelled = true;
    this.#isOver = true;
    const message = isInstance(reason, CancelledError)
      ? reason.message
      : reason;
    this.#attempts.cancel(message || undefined);
  }

  #start(previousFailed: Event | undefined): void {
    // A task that starts eagerly must not go on before it is among the running ones.
    const mayStart = new Event();
    const attempt = new MethodCoroutine(
      "staggeredRace attempt",
      () => this.#attempt(mayStart, previousFailed),
    );
    const task = this.#loop.createTask(attempt);
    this.#attempts.addOwn(task);
    mayStart.set();
  }

  *#attempt(mayStart: Event, previousFailed: Event | undefined): Coro<void> {
    yield* mayStart.wait();
    if (previousFailed !== undefined) yield* this.#letPass(previousFailed);
    const step = this.#next();
    if (step.done) return;
    refuseAsyncGenerator(step.value, "begin an attempt");
    const failed = new Event();
    const index = this.#errors.push(undefined) - 1;
    this.#start(failed);
    let result: T;
    try {
      check("race", "each function", step.value, FUNCTION);
      result = yield* new FunctionCoroutine<T>(
        step.value,
        [],
        this.#inContext,
      );
    } catch (error) {
      if (isInstance(error, KeyboardInterrupt)) throw error;
      // A CancelledError too: a loser's, or one from outside, which run() throws.
      this.#errors[index] = error;
      failed.set();
      if (this.#isOver) endOwnCancels(this.#loop);
      return;
    }
    // One that resists its cancel comes too late, and the others have been told.
    if (this.#isOver) return;
    this.#winner = { index, result };
    this.#isOver = true;
    const self = currentTask(this.#loop) as Task<void>;
    this.#attempts.cancel(undefined, undefined, self);
  }

  #next(): IteratorResult<CoroutineFunction<T>> {
    // One that throws is not to be closed.
    this.#isSourceOver = true;
    const step = nextOf(this.#functions);
    this.#isSourceOver = step.done === true;
    return step;
  }

  #closeSource(): void {
    if (this.#isSourceOver) return;
    this.#isSourceOver = true;
    try {
      closeIterator(this.#functions);
    } catch (exception) {
      this.#loop.callExceptionHandler({
        message: "Exception in a source of staggeredRace() that was closed",
        exception,
      });
    }
  }

  *#letPass(previousFailed: Event): Coro<void> {
    try {
      yield* waitFor(previousFailed.wait(), this.#delay);
    } catch (error) {
      // A CancelledError passes, as it is none.
      if (!isInstance(error, TimeoutError)) throw error;
    }
  }

  #collect(task: Task<void>): void {
    if (task.cancelled()) return;
    const fault = task.exception();
    if (fault !== undefined) this.#faults.push(fault);
  }
}
