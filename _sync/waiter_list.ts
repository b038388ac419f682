/**
 * Who waits for a primitive, in which order and in which loop.
 *
 * @module
 */
import { RuntimeError } from "../errors.ts";
import { Waiter } from "../_task/waiter.ts";
import type { Scheduler } from "../handle.ts";
import { requireScheduler } from "../_loop/scheduler.ts";

/** Binds a primitive to the loop in which it first makes somebody wait. */
export class LoopBinding {
  readonly #owner: object;
  #loop: Scheduler | undefined = undefined;

  constructor(owner: object) {
    this.#owner = owner;
  }

  /**
   * Gives the running loop.
   *
   * @throws {RuntimeError} If none runs, or the primitive is used from another one.
   */
  loop(): Scheduler {
    const loop = requireScheduler();
    this.#loop ??= loop;
    if (this.#loop !== loop) {
      throw new RuntimeError(
        `Cannot wait: ${this.#owner} is bound to a different event loop`,
      );
    }
    return loop;
  }
}

/**
 * Those who wait, in the order in which they came: a linked list, so that one in
 * the middle leaves at once.
 *
 * A waiter that was woken or cancelled stays until its task has run, as in CPython.
 */
export class WaiterList {
  readonly #binding: LoopBinding;
  readonly #describeWait: () => string;
  #last: Waiter | undefined = undefined;
  // Invariant: whoever stands before this one is done. A waiter never gets undone,
  // so it only moves forward, and waking n waiters takes n steps in all.
  #pending: Waiter | undefined = undefined;
  /** The one who waits longest. */
  first: Waiter | undefined = undefined;
  /** How many stand in the list. */
  size = 0;

  /**
   * Makes an empty list.
   *
   * @param binding The loop to wait in.
   * @param describeWait What the waiters wait for, for reports.
   */
  constructor(binding: LoopBinding, describeWait: () => string) {
    this.#binding = binding;
    this.#describeWait = describeWait;
  }

  /**
   * Makes a waiter that does not stand in the list yet.
   *
   * @throws {RuntimeError} If no loop runs, or another one than before.
   */
  makeWaiter(): Waiter {
    return new Waiter(this.#binding.loop(), this.#describeWait);
  }

  /** Appends a waiter. */
  append(waiter: Waiter): Waiter {
    waiter.previous = this.#last;
    if (this.#last === undefined) this.first = waiter;
    else this.#last.following = waiter;
    this.#last = waiter;
    this.#pending ??= waiter;
    this.size++;
    return waiter;
  }

  /** Takes a waiter out, if it is still in. */
  remove(waiter: Waiter): void {
    const { previous, following } = waiter;
    if (previous === undefined && waiter !== this.first) return;
    if (this.#pending === waiter) this.#pending = following;
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
  wakeNext(): Waiter | undefined {
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

  /** Takes waiters out up to the first who is not cancelled, and wakes that one. */
  releaseNext(): void {
    for (let at = this.first; at !== undefined; at = this.first) {
      this.remove(at);
      if (at.done()) continue;
      at.setResult(undefined);
      return;
    }
  }

  /** Takes all waiters out and wakes them. */
  releaseAll(): void {
    while (this.first !== undefined) this.releaseNext();
  }

  /** Whether somebody stands here who was not cancelled. */
  hasLive(): boolean {
    for (let at = this.first; at !== undefined; at = at.following) {
      if (!at.cancelled()) return true;
    }
    return false;
  }
}

/** Whether a waiter that leaves takes with it what it was woken for. */
export function wasWoken(waiter: Waiter): boolean {
  return waiter.done() && !waiter.cancelled();
}
