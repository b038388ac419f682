/**
 * `gather()`: waits for several awaitables at once and gives their results in order.
 *
 * The first error ends the wait and leaves the others running; a `taskGroup()` cancels
 * them. `wait()` tells what is done and never throws.
 *
 * ```ts
 * import { gather, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const results = await run(() => gather(sleep(0.003, "slow"), sleep(0.001, "fast")));
 * assertEquals(results, ["slow", "fast"]);
 * ```
 *
 * @module
 */
import { closeIterator } from "./_base/iterators.ts";
import { isInstance, isList, isObject } from "./_base/repr.ts";
import {
  BOOLEAN,
  checkOptions,
  type OptionKinds,
  refusal,
} from "./_base/arguments.ts";
import {
  type Awaitable,
  type AwaitedResult,
  closeCoroutine,
  mayRunAsync,
  type Work,
} from "./_coroutine/coroutine.ts";
import { isGenerator } from "./_coroutine/generators.ts";
import { isThenable } from "./_coroutine/thenable.ts";
import {
  cancelledError,
  type CancelReason,
  cancelReason,
  type CancelTarget,
  cancelWith,
  passCancel,
} from "./_base/cancelled.ts";
import { type Context, copyContext } from "./context.ts";
import {
  checkList,
  iteratorOf,
  nextOf,
  unwatch,
  watch,
  type Watcher,
} from "./_combine/awaitables.ts";
import { type FutureOwner, OwnedFuture } from "./_task/owned_future.ts";
import { futureOf } from "./_coroutine/to_future.ts";
import {
  type CancelledError,
  KeyboardInterrupt,
  RuntimeError,
} from "./errors.ts";
import { type Future, isFuture } from "./future.ts";
import type { EventLoop } from "./loop.ts";
import type { Runnable } from "./_base/roles.ts";
import { running } from "./_base/running.ts";
import { snapshotContext } from "./_host/async_context.ts";
import { schedulerForNew } from "./_loop/scheduler.ts";
import { LIMIT } from "./_combine/scope.ts";
import { Task } from "./task.ts";

/** Options of {@linkcode gather}. */
export interface GatherOptions {
  /**
   * Whether errors are given among the results, CancelledErrors of children included,
   * and not thrown.
   *
   * @default {false}
   */
  readonly returnExceptions?: boolean | undefined;
  /**
   * How many children run at once; `Infinity` for all. With a limit the awaitables may come
   * from any iterable, which is asked for the next one when a child is done, and is closed
   * early by an error or a cancel. Coroutines that were not taken by then are closed.
   *
   * @default {no limit}
   */
  readonly limit?: number | undefined;
}

const GATHER_OPTIONS: OptionKinds<GatherOptions> = {
  returnExceptions: BOOLEAN,
  limit: LIMIT,
};

/** The results of a tuple of awaitables. */
export type GatherResults<A extends readonly unknown[]> = {
  -readonly [I in keyof A]: AwaitedResult<A[I]>;
};

/** The results of a tuple of awaitables, or their errors. */
export type GatherOutcomes<A extends readonly unknown[]> = {
  -readonly [I in keyof A]: AwaitedResult<A[I]> | Error;
};

/**
 * Waits for all awaitables at once.
 *
 * - **Order**: the results stand in the order of the arguments.
 * - **Errors**: the first one is thrown at once; the other children go on. What they fail with
 *   after that is dropped, as in Python: a `taskGroup()` gives all errors.
 * - **Cancellation**: cancelling the gathering cancels every child that is not done. It ends
 *   with the first of them that gives no result, as in Python: a `taskGroup()` waits for all.
 *
 * @param awaitables Futures, coroutines, promises, or functions that give one. The same
 * one given twice is waited for once; a function is called each time.
 * @returns A future of the results.
 * @throws {TypeError} If one can't be waited for.
 * @throws {RangeError} If futures belong to different loops.
 * @throws {RuntimeError} If a task is needed and there is no loop.
 *
 * @example Different types
 * ```ts
 * import { gather, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const [count, name] = await run(() => gather(sleep(0.001, 1), async () => "one"));
 * assertEquals(count + 1, 2);
 * assertEquals(name.length, 3);
 * ```
 */
export function gather<const A extends readonly (Work | (() => Work))[]>(
  ...awaitables: A
): Future<GatherResults<A>>;
/**
 * Waits for all awaitables at once.
 *
 * @param awaitables Futures, coroutines, promises, or functions that give one.
 * @param options Whether errors are given among the results. A variable whose
 * `returnExceptions` is a boolean counts as one that asks for it.
 * @returns A future of the results, and of the errors if they are asked for.
 */
export function gather<
  const A extends readonly (Work | (() => Work))[],
  R extends boolean | undefined = false,
>(
  awaitables: A,
  options?: GatherOptions & { readonly returnExceptions?: R },
): Future<
  [R] extends [false | undefined] ? GatherResults<A> : GatherOutcomes<A>
>;
/**
 * Waits for all awaitables, with a limit on how many run at once.
 *
 * @param awaitables Any iterable of futures, coroutines, promises, or functions that give
 * one. What it gives last is begun last.
 * @param options The limit, and whether errors are given among the results.
 * @returns A future of the results, and of the errors if they are asked for.
 * @throws {RangeError} If `limit` is below 1, or neither an integer nor Infinity.
 *
 * @example From a lazy source
 * ```ts
 * import { gather, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * function* squares() {
 *   for (let n = 1; n <= 4; n++) yield sleep(0.001, n * n);
 * }
 *
 * assertEquals(await run(() => gather(squares(), { limit: 2 })), [1, 4, 9, 16]);
 * ```
 */
export function gather<
  A extends Work | (() => Work),
  R extends boolean | undefined = false,
>(
  awaitables: Iterable<A>,
  options: GatherOptions & {
    readonly limit: number;
    readonly returnExceptions?: R;
  },
): Future<
  ([R] extends [false | undefined] ? AwaitedResult<A>
    : AwaitedResult<A> | Error)[]
>;
export function gather(...args: unknown[]): Future<unknown[]> {
  const [first, second] = args;
  const list = isList(first);
  let options: GatherOptions = {};
  if (list || (args.length === 2 && limitOf(second) !== undefined)) {
    options = checkOptions(
      "gather",
      second as GatherOptions | undefined,
      GATHER_OPTIONS,
    ) ?? options;
    if (args.length > 2) {
      throw new TypeError(
        refusal("gather", "a list", "alone or with options", args[2]),
      );
    }
  }
  if (options.limit !== undefined) {
    const source = checkList(first, "gather", { generatorsToo: true });
    const loop = schedulerForNew() as EventLoop;
    return new Gathering(loop, source, options).fill();
  }
  const awaitables = (list ? first : args) as Awaitable<unknown>[];
  const loop = commonLoop(awaitables);
  const firstChild = awaitables.length === 0
    ? undefined
    : futureOf(awaitables[0]!, loop);
  return new Gathering(
    (firstChild?.getLoop() ?? schedulerForNew()) as EventLoop,
    awaitables,
    options,
    firstChild,
  ).fill();
}

// What can be waited for is no options object.
function limitOf(options: unknown): number | undefined {
  if (!isObject(options)) return undefined;
  if (isThenable(options) || isGenerator(options)) return undefined;
  return (options as GatherOptions).limit;
}

// Before any task is started, so that nothing is left running.
function commonLoop(
  awaitables: readonly Awaitable<unknown>[],
): EventLoop | undefined {
  let loop: EventLoop | undefined;
  for (const awaitable of awaitables) {
    if (!isFuture(awaitable)) continue;
    const own = awaitable.getLoop() as EventLoop;
    loop ??= own;
    if (own !== loop) {
      throw new RangeError(
        `Cannot gather futures of different loops: ${awaitable} is of another`,
      );
    }
  }
  return loop;
}

/**
 * The work of a gather: begins its children, not more than the limit at once, and ends
 * with them. Cancelling its future cancels them.
 */
class Gathering implements Watcher, Runnable, FutureOwner {
  readonly #future: OwnedFuture<unknown[]>;
  readonly #loop: EventLoop;
  readonly #source: Iterable<Awaitable<unknown>>;
  readonly #iterator: Iterator<Awaitable<unknown>>;
  readonly #limit: number;
  // Of a list all is begun within the call of gather(), which throws what goes wrong.
  readonly #isList: boolean;
  readonly #returnExceptions: boolean;
  // Children with a limit begin later, in the context of the call all the same.
  readonly #context: Context | undefined;
  readonly #inContext: (<R>(callback: () => R) => R) | undefined;
  // In the order of the input; what is given twice stands here twice.
  readonly #children: Future<unknown>[] = [];
  // How many were taken from the source: one that begins eagerly is no child yet.
  #taken = 0;
  // Begun before there was a loop to ask.
  #firstChild: Future<unknown> | undefined;
  // A future given twice is recognized by its queue; a coroutine must not be started twice.
  #started: Map<unknown, Future<unknown>> | undefined = undefined;
  #running = 0;
  // The children that are done, in that order. For each of them this stands in the ready
  // queue once: 8 B a child, where a handle with its context would be 130.
  readonly #ended: Future<unknown>[] = [];
  #collected = 0;
  #exhausted = false;
  #isAsking = false;
  #cancelRequested = false;
  #cancelReason: CancelReason = undefined;
  #isUnwanted = false;
  _callbacks: Map<Future<unknown>, () => void> | undefined = undefined;

  constructor(
    loop: EventLoop,
    source: Iterable<Awaitable<unknown>>,
    options: GatherOptions,
    firstChild?: Future<unknown>,
  ) {
    this.#future = new OwnedFuture(loop, this);
    this.#loop = loop;
    this.#source = source;
    this.#iterator = iteratorOf(source);
    this.#limit = options.limit ?? Infinity;
    this.#isList = options.limit === undefined;
    this.#returnExceptions = options.returnExceptions ?? false;
    if (!this.#isList) {
      this.#context = copyContext();
      this.#inContext = snapshotContext();
    }
    this.#firstChild = firstChild;
  }

  /** Begins children until the limit is reached or there are no more. */
  fill(): Future<unknown[]> {
    const doneBefore: Future<unknown>[] = [];
    try {
      while (
        !this.#future.done() && !this.#exhausted && this.#running < this.#limit
      ) this.#beginNext(doneBefore);
    } catch (error) {
      // What could not be begun is closed with the rest.
      this.#taken = this.#children.length;
      if (this.#isList) this.#giveUp();
      if (this.#isList || isInstance(error, KeyboardInterrupt)) {
        throw error;
      }
      this.#fail(error);
    }
    for (const child of doneBefore) this.#collect(child);
    this.#endIfAllHave();
    return this.#future;
  }

  passCancelOn(message?: string, options?: ErrorOptions): boolean {
    const { asked } = running.cancels;
    if (asked?.has(this)) return true;
    let taken = false;
    for (const child of this.#children) {
      if (passCancel(child, message, options)) taken = true;
    }
    // When all there are were done already, they settle this anyway.
    if (!taken && !this.#hasMore()) {
      // As with a future that has failed: whoever cancels it has no more interest in its error.
      this.#isUnwanted = this.#children.every((child) => child.done());
      return false;
    }
    asked?.add(this);
    this.#cancelRequested = true;
    this.#cancelReason = cancelReason(message, options);
    this.#closeSource();
    return true;
  }

  wouldTakeCancel(): boolean {
    // Of a child that gathers no more, but is not done yet, the answer is wrong: what
    // waits for this is cancelled by this, and not at its next step.
    return this.#hasMore() || this.#children.some((child) => !child.done());
  }

  _wake(child: Future<unknown>): void {
    this.#ended.push(child);
    this.#loop._enqueue(this);
  }

  _run(): void {
    this.#running--;
    this.#collect(this.#ended[this.#collected++]!);
    if (this.#exhausted) return this.#endIfAllHave();
    running.task = undefined;
    running.context = this.#context;
    this.fill();
  }

  describeWait(): string {
    const more = this.#exhausted ? "" : ", more to come";
    return `gather of ${this.#children.length}, ${this.#running} not done${more}`;
  }

  waitsFor(): unknown[] {
    return this.#children.filter((child) => !child.done());
  }

  *_awaitedBy(): Generator<unknown, void, undefined> {
    yield this.#future;
  }

  toString(): string {
    return "gather";
  }

  // Whether there may be children that were not begun.
  #hasMore(): boolean {
    const source = this.#source;
    return !this.#exhausted &&
      !(Array.isArray(source) && this.#children.length >= source.length);
  }

  #beginNext(doneBefore: Future<unknown>[]): void {
    this.#isAsking = true;
    let step: IteratorResult<Awaitable<unknown>>;
    try {
      step = nextOf(this.#iterator);
    } finally {
      this.#isAsking = false;
    }
    if (step.done) {
      this.#exhausted = true;
      return;
    }
    if (this.#exhausted) {
      // The source itself has cancelled the gathering.
      closeCoroutine(step.value);
      this.#endSource();
      return;
    }
    this.#taken++;
    const child = this.#childOf(step.value);
    this.#children.push(child);
    if (!child.done()) {
      if (watch(child, this)) this.#running++;
    } // Else watched already, and settled by an eager child since.
    else if (!this.#ended.includes(child)) doneBefore.push(child);
    // Its first step, run eagerly, may have cancelled this before it was in.
    if (this.#cancelRequested) cancelWith(child, this.#cancelReason);
  }

  #childOf(awaitable: Awaitable<unknown>): Future<unknown> {
    const first = this.#firstChild;
    this.#firstChild = undefined;
    // A function given twice is two pieces of work.
    if (isFuture(awaitable) || typeof awaitable === "function") {
      return first ?? this.#startChild(awaitable);
    }
    const started = this.#started ??= new Map();
    let child = first ?? started.get(awaitable);
    if (child === undefined) child = this.#startChild(awaitable);
    started.set(awaitable, child);
    return child;
  }

  #startChild(awaitable: Awaitable<unknown>): Future<unknown> {
    const loop = this.#loop;
    return this.#inContext !== undefined && mayRunAsync(awaitable)
      ? this.#inContext(() => futureOf(awaitable, loop))
      : futureOf(awaitable, loop);
  }

  // Nobody will have it: what it began is cancelled, what it did not is closed.
  #giveUp(): void {
    const source = this.#source as readonly Awaitable<unknown>[];
    this.#children.forEach((child, index) => {
      unwatch(child, this);
      if (child !== source[index]) child.cancel();
    });
    this.#closeSource();
  }

  #collect(child: Future<unknown>): void {
    if (this.#future.done()) {
      // Fetched, so that it is not reported: the gathering gave its error already.
      if (!child.cancelled()) child.exception();
      return;
    }
    if (this.#hidesCancel(child)) return;
    const error = child.cancelled() ? cancelOf(child) : child.exception();
    // Fetched all the same, as it will stand among the results.
    if (this.#returnExceptions) return;
    if (error !== undefined) this.#fail(error);
  }

  // Whether its error would stand in the place of the cancel. It had that before, and in CPython
  // it would have been done then: so it is not fetched, and is reported.
  #hidesCancel(child: Future<unknown>): boolean {
    return this.#cancelRequested && this.#running === 0 &&
      !this.#returnExceptions &&
      (child as CancelTarget)._keepsResult?.() === true;
  }

  #endIfAllHave(): void {
    if (this.#future.done() || !this.#exhausted || this.#running > 0) return;
    if (!this.#cancelRequested) {
      return this.#future.setResult(this.#children.map(outcomeOf));
    }
    const last = this.#ended[this.#collected - 1];
    this.#future.setException(
      last?.cancelled()
        ? cancelOf(last)
        : cancelledError(this.#lastReason(), this.#loop.getDebug()),
    );
  }

  // As in CPython: the work that is last may have been cancelled once more.
  #lastReason(): CancelReason {
    const work = this.#children.at(-1);
    const request = work instanceof Task ? work._request : undefined;
    return request === undefined ? this.#cancelReason : request.reason;
  }

  #fail(error: unknown): void {
    // A source may throw anything; a future wants an error.
    this.#future.setException(
      error ?? new RuntimeError(`Source failed: ${error} was thrown`),
    );
    if (this.#isUnwanted) this.#future.exception();
    this.#closeSource();
  }

  // What was not taken will not be begun.
  #closeSource(): void {
    if (this.#exhausted) return;
    this.#exhausted = true;
    if (!Array.isArray(this.#source)) {
      // While it is asked for the next one, it can't be closed.
      if (!this.#isAsking) this.#endSource();
      return;
    }
    for (const awaitable of this.#source.slice(this.#taken)) {
      closeCoroutine(awaitable);
    }
  }

  // The gathering has an outcome of its own to give, and `cancel()` throws nothing.
  #endSource(): void {
    try {
      closeIterator(this.#iterator);
    } catch (exception) {
      this.#loop.callExceptionHandler({
        message: "Exception in a source of gather() that was closed",
        exception,
        future: this.#future,
      });
    }
  }
}

function outcomeOf(child: Future<unknown>): unknown {
  if (child.cancelled()) return cancelOf(child);
  return child.exception() ?? child.result();
}

function cancelOf(child: Future<unknown>): CancelledError {
  return cancelledError(child._cancelReason(), child.getLoop().getDebug());
}
