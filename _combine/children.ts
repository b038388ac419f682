/**
 * The futures that somebody has started and must see the end of: the tasks of a group,
 * the runners of a race, the workers of a pool.
 *
 * @module
 */
import { type CancelReason, passCancel } from "../_base/cancelled.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import { currentTask } from "../current_task.ts";
import type { Future } from "../future.ts";
import { unwatch, watch, type Watcher } from "./awaitables.ts";
import type { Scheduler } from "../handle.ts";
import type { Runnable } from "../_base/roles.ts";
import { running } from "../_base/running.ts";
import { type FutureOwner, OwnedFuture } from "../_task/owned_future.ts";

/** Who has children. */
export interface Parent<F> {
  /** What it is, for reports. */
  readonly what: string;
  /** The task that waits for them, or what tasks wait at, for reports. */
  readonly awaitedBy?: object | undefined;
  /** Is told of the end of a child at once, inside what ends it. */
  childSettled?(child: F): void;
  /** Takes a child that has ended, in the turn after its end, in the order of the ends. */
  childEnded?(child: F): void;
  /** Is told in the turn in which the wait for their end is cancelled. */
  readonly joinCancelled?: (reason: CancelReason) => void;
}

/** Those that have not ended. */
export class Children<F extends Future<unknown>>
  implements Watcher, Runnable, FutureOwner {
  readonly #loop: Scheduler;
  readonly #parent: Parent<F>;
  readonly #running = new Set<F>();
  // Those that have ended and were not handed over. For each of them this stands in the
  // ready queue once: 8 B a child, where a handle with its context would be 130.
  #ended: F[] = [];
  #handedOver = 0;
  #joining: OwnedFuture | undefined = undefined;
  _callbacks: Map<Future<unknown>, () => void> | undefined = undefined;

  constructor(loop: Scheduler, parent: Parent<F>) {
    this.#loop = loop;
    this.#parent = parent;
  }

  /** How many have not ended, or have not been handed over. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * Takes one in; the end of one that is done comes by way of the loop too. One that refuses
   * the callback is not taken in: nobody would be told of its end.
   */
  add(child: F): void {
    this.#running.add(child);
    try {
      if (child.done()) this._wake(child);
      else watch(child, this);
    } catch (error) {
      this.#running.delete(child);
      throw error;
    }
  }

  /** Takes a task in that was made for this; one that can't be is cancelled. */
  addOwn(child: F): void {
    try {
      this.add(child);
    } catch (error) {
      child.cancel();
      throw error;
    }
  }

  /** Lets all go: nobody is told of their ends. */
  letGo(): void {
    for (const child of this.#running) unwatch(child, this);
    this.#running.clear();
  }

  /** Cancels all but one. */
  cancel(message?: string, options?: ErrorOptions, except?: F): void {
    for (const child of this.#running) {
      if (child !== except) passCancel(child, message, options);
    }
  }

  /**
   * Waits until all have ended, however often it is cancelled.
   *
   * @param onCancel Is told of each cancel.
   */
  *join(onCancel: (error: unknown) => void): Coro<void> {
    while (this.#running.size > 0) {
      const joining = this.#joining = new OwnedFuture(this.#loop, this);
      try {
        yield* joining;
      } catch (error) {
        // For the parent: it goes on when all have ended.
        onCancel(error);
      }
    }
  }

  /**
   * Waits until all have ended, however often it is cancelled.
   *
   * @throws {CancelledError} If it was cancelled, once all have ended.
   */
  *joinOrThrow(): Coro<void> {
    let cancelled: { readonly error: unknown } | undefined;
    yield* this.join((error) => cancelled ??= { error });
    if (cancelled !== undefined) throw cancelled.error;
  }

  describeWait(): string {
    return `${this.#parent.what}, ${this.#running.size} not done`;
  }

  waitsFor(): unknown[] {
    return [...this.#running];
  }

  onCancel(reason: CancelReason): void {
    this.#parent.joinCancelled?.(reason);
  }

  /** Returns those that have not ended. */
  [Symbol.iterator](): IterableIterator<F> {
    return this.#running.values();
  }

  _wake(child: F): void {
    this.#parent.childSettled?.(child);
    this.#ended.push(child);
    this.#loop._enqueue(this);
  }

  _run(): void {
    running.task = undefined;
    const child = this.#ended[this.#handedOver++]!;
    if (this.#handedOver === this.#ended.length) {
      this.#ended = [];
      this.#handedOver = 0;
    }
    this.#running.delete(child);
    if (this.#running.size === 0) this.#joining?.release();
    this.#parent.childEnded?.(child);
  }

  *_awaitedBy(): Generator<unknown, void, undefined> {
    const { awaitedBy } = this.#parent;
    if (awaitedBy !== undefined) yield awaitedBy;
  }

  /** Shows itself in reports. */
  toString(): string {
    return this.#parent.what;
  }
}

/**
 * Takes back the cancels of the running task, one of the library's own: it has obeyed, so
 * that debug mode does not blame it for having swallowed them.
 */
export function endOwnCancels(loop: Scheduler): void {
  const task = currentTask(loop);
  const request = task?._request;
  const until = Math.max(
    request?.cleansUntil ?? 0,
    request?.unsureUntil ?? 0,
  );
  // A task factory may make tasks without them.
  let left = task?.cancelling?.() ?? 0;
  while (left > 0) left = task!.uncancel?.() ?? 0;
  // What the function that it has run has left behind may be on its way to a clean-up.
  if (request !== undefined) request.cleansUntil = until;
}

/**
 * Reports the errors of futures that nobody will look at.
 *
 * @param loop The loop.
 * @param what Whose they were.
 * @param futures Futures that are done.
 */
export function reportErrors(
  loop: Scheduler,
  what: string,
  futures: Iterable<Future<unknown>>,
): void {
  for (const future of futures) {
    if (future.cancelled()) continue;
    const exception = future.exception();
    // A gathering that was cancelled is not cancelled(): it fails with the CancelledError.
    if (exception === undefined || future._givesCancelled()) continue;
    loop.callExceptionHandler({
      message: `Exception in ${what}`,
      exception,
      future,
    });
  }
}
