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
import {
  type Awaitable,
  type AwaitedResult,
  isGenerator,
  isThenable,
} from "./_task/coroutine.ts";
import { ensureFuture } from "./ensure.ts";
import { CancelledError } from "./errors.ts";
import { Future, isFuture } from "./future.ts";
import { gatherLimited } from "./_combine/limited_gather.ts";
import type { EventLoop } from "./loop.ts";
import {
  cancelledError,
  type CancelReason,
  cancelReason,
} from "./_base/cancelled.ts";
import type { Runnable, Waiter } from "./_base/roles.ts";
import { schedulerForNew } from "./_loop/scheduler.ts";

/** Options of {@linkcode gather}. */
export interface GatherOptions {
  /**
   * Whether errors stand among the results, CancelledErrors of children included.
   *
   * @default {false}
   */
  readonly returnExceptions?: boolean;
  /**
   * How many children run at once. With a limit the awaitables may come from any iterable,
   * which is asked for the next one when a child is done, and is closed early by an error
   * or a cancel. Coroutines that were not taken by then are closed.
   *
   * @default {no limit}
   */
  readonly limit?: number | undefined;
}

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
 * - **Errors**: the first one is thrown at once; the other children go on.
 * - **Cancellation**: cancelling the gathering cancels every child that is not done.
 *
 * @param awaitables Futures, coroutines, promises, or functions that give one. The same
 * one given twice runs once.
 * @returns A future of the results.
 * @throws {TypeError} If one can't be waited for.
 * @throws {RangeError} If futures belong to different loops.
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
export function gather<const A extends readonly Awaitable<unknown>[]>(
  ...awaitables: A
): Future<GatherResults<A>>;
/**
 * Waits for all awaitables at once, with errors among the results.
 *
 * @param awaitables Futures, coroutines, promises, or functions that give one.
 * @param options That errors stand among the results.
 * @returns A future of the results and errors.
 */
export function gather<const A extends readonly Awaitable<unknown>[]>(
  awaitables: A,
  options: GatherOptions & { readonly returnExceptions: true },
): Future<GatherOutcomes<A>>;
/**
 * Waits for all awaitables at once.
 *
 * @param awaitables Futures, coroutines, promises, or functions that give one.
 * @param options Whether errors stand among the results.
 * @returns A future of the results.
 */
export function gather<const A extends readonly Awaitable<unknown>[]>(
  awaitables: A,
  options?: GatherOptions,
): Future<GatherResults<A>>;
/**
 * Waits for all awaitables, with a limit on how many run at once.
 *
 * @param awaitables Any iterable of futures, coroutines, promises, or functions that give
 * one. What it gives last is begun last.
 * @param options The limit, and that errors stand among the results.
 * @returns A future of the results and errors.
 * @throws {RangeError} If `limit` is below 1 or no integer.
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
export function gather<A extends Awaitable<unknown>>(
  awaitables: Iterable<A>,
  options: GatherOptions & {
    readonly limit: number;
    readonly returnExceptions: true;
  },
): Future<(AwaitedResult<A> | Error)[]>;
/**
 * Waits for all awaitables, with a limit on how many run at once.
 *
 * @param awaitables Any iterable of futures, coroutines, promises, or functions that give
 * one. What it gives last is begun last.
 * @param options The limit.
 * @returns A future of the results.
 * @throws {RangeError} If `limit` is below 1 or no integer.
 */
export function gather<A extends Awaitable<unknown>>(
  awaitables: Iterable<A>,
  options: GatherOptions & { readonly limit: number },
): Future<AwaitedResult<A>[]>;
export function gather(...args: unknown[]): Future<unknown[]> {
  const [first, second] = args;
  const limit = args.length === 2 ? limitOf(second) : undefined;
  if (limit !== undefined) {
    const { returnExceptions = false } = second as GatherOptions;
    return gatherLimited(first, limit, returnExceptions);
  }
  const list = Array.isArray(first);
  const awaitables = (list ? first : args) as Awaitable<unknown>[];
  const options = (list ? second ?? {} : {}) as GatherOptions;
  const loop = commonLoop(awaitables);
  const firstChild = awaitables.length === 0
    ? undefined
    : startChild(awaitables[0], loop);
  const outer = new Gathering(
    (firstChild?.getLoop() ?? schedulerForNew()) as EventLoop,
    options.returnExceptions ?? false,
  );
  outer.watch(awaitables, firstChild);
  return outer;
}

// What can be waited for is no options object.
function limitOf(options: unknown): number | undefined {
  if (typeof options !== "object" || options === null) return undefined;
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

function startChild(
  awaitable: Awaitable<unknown> | undefined,
  loop: EventLoop | undefined,
): Future<unknown> {
  return ensureFuture(
    awaitable as Awaitable<unknown>,
    loop === undefined ? {} : { loop },
  );
}

/** The future of a gather: cancelling it cancels the children. */
class Gathering extends Future<unknown[]> implements Waiter, Runnable {
  readonly #children: Future<unknown>[] = [];
  readonly #returnExceptions: boolean;
  #missing = 0;
  #cancelRequested = false;
  #cancelReason: CancelReason = undefined;
  // The children that are done, in that order. For each of them this stands in the
  // ready queue once: 8 B a child, where a handle with its context would be 130.
  readonly #ended: Future<unknown>[] = [];
  #collected = 0;

  constructor(loop: EventLoop, returnExceptions: boolean) {
    super({ loop });
    this.#returnExceptions = returnExceptions;
  }

  /** Starts the children, and watches each before the next one is started. */
  watch(
    awaitables: readonly Awaitable<unknown>[],
    first: Future<unknown> | undefined,
  ): void {
    if (first === undefined) return this.setResult([]);
    const loop = this.getLoop() as EventLoop;
    const doneBefore: Future<unknown>[] = [];
    // A future given twice is recognized by its queue; a coroutine must not be
    // started twice.
    let started: Map<unknown, Future<unknown>> | undefined;
    for (const awaitable of awaitables) {
      let child = isFuture(awaitable) ? awaitable : started?.get(awaitable);
      if (child === undefined) {
        child = this.#children.length === 0
          ? first
          : startChild(awaitable, loop);
        (started ??= new Map()).set(awaitable, child);
      }
      this.#children.push(child);
      if (child.done()) {
        // Watched already, and settled by an eager child since.
        if (this.#ended.includes(child)) continue;
        doneBefore.push(child);
      } else if (!child._addWaiter(this)) continue;
      this.#missing++;
    }
    for (const child of doneBefore) this.#collect(child);
  }

  _wake(child: Future<unknown>): void {
    this.#ended.push(child);
    this.scheduler._enqueue(this);
  }

  _run(): void {
    this.#collect(this.#ended[this.#collected++]!);
  }

  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return false;
    let taken = false;
    for (const child of this.#children) {
      if (child.cancel(message, options)) taken = true;
    }
    // When all children were done already, they settle this anyway.
    if (taken) {
      this.#cancelRequested = true;
      this.#cancelReason = cancelReason(message, options);
    }
    return taken;
  }

  _describe(): string {
    return `gather of ${this.#children.length}, ${this.#missing} not done`;
  }

  _waitsFor(): unknown[] {
    return this.#children.filter((child) => !child.done());
  }

  #collect(child: Future<unknown>): void {
    this.#missing--;
    if (this.done()) {
      // Fetched, so that it is not reported: the gathering gave its error already.
      if (!child.cancelled()) child.exception();
      return;
    }
    if (!this.#returnExceptions) {
      const error = child.cancelled() ? errorOf(child) : child.exception();
      if (error !== undefined) return this.setException(error);
    }
    if (this.#missing > 0) return;
    if (this.#cancelRequested) {
      this.setException(
        child.cancelled()
          ? errorOf(child)
          : cancelledError(this.#cancelReason, this.scheduler.getDebug()),
      );
    } else this.setResult(this.#children.map(outcomeOf));
  }
}

function outcomeOf(child: Future<unknown>): unknown {
  if (child.cancelled()) return errorOf(child);
  return child.exception() ?? child.result();
}

function errorOf(child: Future<unknown>): CancelledError {
  const reason = child._cancelReason();
  if (reason instanceof CancelledError) return reason;
  return cancelledError(reason, child.getLoop().getDebug());
}
