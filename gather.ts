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
import type { Awaitable, AwaitedResult } from "./_coroutine.ts";
import { ensureFuture } from "./ensure.ts";
import { CancelledError } from "./errors.ts";
import { Future, isFuture } from "./future.ts";
import type { EventLoop } from "./loop.ts";
import { cancelledError } from "./_cancelled.ts";
import {
  kAddWaiter,
  kCancelReason,
  kDescribe,
  kEnqueue,
  kRun,
  kWaiters,
  kWake,
  type Runnable,
  type Waiter,
} from "./_protocol.ts";
import { schedulerForNew } from "./_scheduler.ts";

/** Options of {@linkcode gather}. */
export interface GatherOptions {
  /**
   * Whether errors stand among the results, CancelledErrors of children included.
   *
   * @default {false}
   */
  readonly returnExceptions?: boolean;
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
export function gather(...args: unknown[]): Future<unknown[]> {
  const [first, second] = args;
  const list = Array.isArray(first);
  const awaitables = (list ? first : args) as Awaitable<unknown>[];
  const options = (list ? second ?? {} : {}) as GatherOptions;
  const children = toChildren(awaitables);
  const [child] = children;
  const loop = (child?.getLoop() ?? schedulerForNew()) as EventLoop;
  const outer = new Gathering(
    loop,
    children,
    options.returnExceptions ?? false,
  );
  outer.watch();
  return outer;
}

function toChildren(
  awaitables: readonly Awaitable<unknown>[],
): Future<unknown>[] {
  let loop: EventLoop | undefined;
  // Before any task is started, so that nothing is left running.
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
  // A future given twice is recognized when it is watched; a coroutine must not be
  // started twice.
  let started: Map<unknown, Future<unknown>> | undefined;
  return awaitables.map((awaitable) => {
    if (isFuture(awaitable)) return awaitable;
    started ??= new Map();
    let child = started.get(awaitable);
    if (child === undefined) {
      child = ensureFuture(awaitable, loop === undefined ? {} : { loop });
      loop ??= child.getLoop() as EventLoop;
      started.set(awaitable, child);
    }
    return child;
  });
}

/** The future of a gather: cancelling it cancels the children. */
class Gathering extends Future<unknown[]> implements Waiter, Runnable {
  readonly #children: Future<unknown>[];
  readonly #returnExceptions: boolean;
  #missing: number;
  #cancelRequested = false;
  // The children that are done, in that order. For each of them this stands in the
  // ready queue once: 8 B a child, where a handle with its context would be 130.
  readonly #ended: Future<unknown>[] = [];
  #collected = 0;

  constructor(
    loop: EventLoop,
    children: Future<unknown>[],
    returnExceptions: boolean,
  ) {
    super({ loop });
    this.#children = children;
    this.#returnExceptions = returnExceptions;
    this.#missing = 0;
  }

  watch(): void {
    if (this.#children.length === 0) return this.setResult([]);
    this.#missing = this.#children.length;
    let anyDone = false;
    for (const child of this.#children) {
      if (child.done()) anyDone = true;
      // Given twice: it will be told of once.
      else if (!child[kAddWaiter](this)) this.#missing--;
    }
    if (!anyDone) return;
    for (const child of this.#children) if (child.done()) this.#collect(child);
  }

  [kWake](child: Future<unknown>): void {
    this.#ended.push(child);
    this.scheduler[kEnqueue](this);
  }

  [kRun](): void {
    this.#collect(this.#ended[this.#collected++]!);
  }

  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return false;
    let taken = false;
    for (const child of this.#children) {
      if (child.cancel(message, options)) taken = true;
    }
    // When all children were done already, they settle this anyway.
    if (taken) this.#cancelRequested = true;
    return taken;
  }

  [kDescribe](): string {
    return `gather of ${this.#children.length}, ${this.#missing} not done`;
  }

  [kWaiters](): unknown[] {
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
    if (this.#cancelRequested) this.setException(errorOf(child));
    else this.setResult(this.#children.map(outcomeOf));
  }
}

function outcomeOf(child: Future<unknown>): unknown {
  if (child.cancelled()) return errorOf(child);
  return child.exception() ?? child.result();
}

function errorOf(child: Future<unknown>): CancelledError {
  const reason = child.cancelled() ? child[kCancelReason]() : undefined;
  if (reason instanceof CancelledError) return reason;
  return cancelledError(reason, child.getLoop().getDebug());
}
