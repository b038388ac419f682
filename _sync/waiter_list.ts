/**
 * Who waits for a primitive, in which order and in which loop.
 *
 * @module
 */
import { RuntimeError } from "../errors.ts";
import { type FutureOwner, OwnedFuture } from "../_task/owned_future.ts";
import type { Scheduler } from "../handle.ts";
import { requireScheduler } from "../_loop/scheduler.ts";

/**
 * Binds a primitive to the loop in which it first makes somebody wait.
 *
 * @param owner The primitive.
 * @returns What gives the running loop. It throws a RuntimeError if none runs, or if the
 * primitive is used from another one than before.
 */
export function bindLoop(owner: object): () => Scheduler {
  let bound: Scheduler | undefined;
  return () => {
    const loop = requireScheduler();
    bound ??= loop;
    if (bound === loop) return loop;
    throw new RuntimeError(
      `Cannot wait: ${owner} is bound to a different event loop`,
    );
  };
}

/**
 * Those who wait, in the order in which they came: a linked list, so that one in
 * the middle leaves at once.
 *
 * A waiter that was woken or cancelled stays until its task has run, as in CPython.
 */
export class WaiterList {
  readonly #loop: () => Scheduler;
  readonly #owner: FutureOwner;
  #last: OwnedFuture | undefined = undefined;
  // Invariant: whoever stands before this one is done. A waiter never gets undone,
  // so it only moves forward, and waking n waiters takes n steps in all.
  #pending: OwnedFuture | undefined = undefined;
  // Invariant: whoever stands before this one was cancelled. It only moves forward too.
  #live: OwnedFuture | undefined = undefined;
  /** The one that has waited longest. */
  first: OwnedFuture | undefined = undefined;
  /** How many stand in the list. */
  size = 0;

  /**
   * Makes an empty list.
   *
   * @param loop Returns the loop to wait in.
   * @param owner Who knows what the waiters wait for.
   */
  constructor(loop: () => Scheduler, owner: FutureOwner) {
    this.#loop = loop;
    this.#owner = owner;
  }

  /**
   * Makes a waiter that does not stand in the list yet.
   *
   * @throws {RuntimeError} If no loop runs, or another one than before.
   */
  makeWaiter(): OwnedFuture {
    return new OwnedFuture(this.#loop(), this.#owner);
  }

  /** Appends a waiter. */
  append(waiter: OwnedFuture): OwnedFuture {
    waiter.previous = this.#last;
    if (this.#last === undefined) this.first = waiter;
    else this.#last.following = waiter;
    this.#last = waiter;
    this.#pending ??= waiter;
    this.#live ??= waiter;
    this.size++;
    return waiter;
  }

  /** Puts a waiter before all others: it was woken for nothing, and has waited longest. */
  prepend(waiter: OwnedFuture): OwnedFuture {
    const { first } = this;
    if (first === undefined) return this.append(waiter);
    waiter.following = first;
    first.previous = waiter;
    this.first = waiter;
    this.#pending = waiter;
    this.#live = waiter;
    this.size++;
    return waiter;
  }

  /** Takes a waiter out, if it is still in. */
  remove(waiter: OwnedFuture): void {
    const { previous, following } = waiter;
    if (previous === undefined && waiter !== this.first) return;
    if (this.#pending === waiter) this.#pending = following;
    if (this.#live === waiter) this.#live = following;
    if (previous === undefined) this.first = following;
    else previous.following = following;
    if (following === undefined) this.#last = previous;
    else following.previous = previous;
    waiter.previous = undefined;
    waiter.following = undefined;
    this.size--;
  }

  /**
   * Wakes the first who is neither woken nor cancelled.
   *
   * @returns The one who was woken, if any.
   */
  wakeNext(): OwnedFuture | undefined {
    let waiter = this.#pending;
    while (waiter !== undefined && waiter.done()) waiter = waiter.following;
    this.#pending = waiter?.following;
    waiter?.setResult(undefined);
    return waiter;
  }

  /** Wakes all who are neither woken nor cancelled. */
  wakeAll(): void {
    while (this.wakeNext() !== undefined);
  }

  /**
   * Takes waiters out up to the first who is not cancelled, and wakes that one.
   *
   * @returns Whether one was woken.
   */
  releaseNext(): boolean {
    for (let at = this.first; at !== undefined; at = this.first) {
      this.remove(at);
      if (at.done()) continue;
      at.setResult(undefined);
      return true;
    }
    return false;
  }

  /** Takes all waiters out and wakes them. */
  releaseAll(): void {
    while (this.first !== undefined) this.releaseNext();
  }

  /** Whether somebody stands here who was not cancelled. */
  hasLive(): boolean {
    let at = this.#live;
    while (at !== undefined && at.cancelled()) at = at.following;
    this.#live = at;
    return at !== undefined;
  }
}

/** Whether a waiter that leaves takes with it what it was woken for. */
export function wasWoken(waiter: OwnedFuture): boolean {
  return waiter.done() && !waiter.cancelled();
}
