/**
 * A wait for a primitive: the coroutine that tries, waits, and tries again.
 *
 * @module
 */
import { begin, Coroutine, ended } from "../_coroutine/coroutine.ts";
import { cancellationOf } from "../_base/cancelled.ts";
import { mustGiveWay, NEXT_TURN } from "../_base/running.ts";
import type { OwnedFuture } from "../_task/owned_future.ts";
import type { WaiterList } from "./waiter_list.ts";

/** Says from a waitable that there is something to wait for. */
export const WOULD_BLOCK: unique symbol = Symbol("asyncio.wouldBlock");

/** What a wait passes: it tries, waits in a list until it is woken, and tries again. */
export interface Waitable<A, T> {
  /** The name of the wait, for reports. */
  readonly name: string;
  /** Those who wait. */
  readonly waiters: WaiterList;
  /** Finishes without waiting, or says that this can't be. */
  tryNow(argument: A): T | typeof WOULD_BLOCK;
  /** Finishes after the wake-up, or says that it must wait again. */
  afterWake(argument: A, waiter: OwnedFuture): T | typeof WOULD_BLOCK;
  /** Leaves with nothing, and passes on what the waiter was woken for. */
  abandon(waiter: OwnedFuture): void;
}

/**
 * A wait at a waitable.
 *
 * It is its own body: it hands its waiter to the driver, with no generator between.
 * One class for all waitables, so that the engine knows the shape of each object in here.
 */
export class WaitOperation<A, T> extends Coroutine<T> {
  readonly #waitable: Waitable<A, T>;
  readonly #argument: A;

  constructor(waitable: Waitable<A, T>, argument: A) {
    super();
    this.#waitable = waitable;
    this.#argument = argument;
  }

  override get name(): string {
    return this.#waitable.name;
  }

  /** @internal */
  override next(): IteratorResult<unknown, T> {
    // The slot for the body below is free, since there is no other body.
    const waiter = this._callerBody as OwnedFuture | undefined;
    if (waiter === undefined) {
      if (mustGiveWay()) return NEXT_TURN;
      if (!begin(this)) return ended<T>(undefined as T);
      return this.#pass(this.#waitable.tryNow(this.#argument), false);
    }
    if (!waiter.done()) return { done: false, value: waiter._requestWait() };
    if (waiter.cancelled()) return this.throw(cancellationOf(waiter));
    this._callerBody = undefined;
    return this.#pass(this.#waitable.afterWake(this.#argument, waiter), true);
  }

  /** @internal */
  override throw(error: unknown): IteratorResult<unknown, T> {
    this.#leave();
    return super.throw(error);
  }

  /** @internal */
  override return(value: T): IteratorResult<unknown, T> {
    this.#leave();
    return super.return(value);
  }

  #pass(
    result: T | typeof WOULD_BLOCK,
    wasWoken: boolean,
  ): IteratorResult<unknown, T> {
    if (result !== WOULD_BLOCK) {
      // It is under way, so this ends it.
      begin(this);
      return ended(result);
    }
    const { waiters } = this.#waitable;
    const waiter = waiters.makeWaiter();
    // Somebody has taken what it was woken for, without waiting: it stays the first.
    if (wasWoken) waiters.prepend(waiter);
    else waiters.append(waiter);
    this._callerBody = waiter;
    return { done: false, value: waiter._requestWait() };
  }

  #leave(): void {
    const waiter = this._callerBody as OwnedFuture | undefined;
    if (waiter === undefined) return;
    this._callerBody = undefined;
    this.#waitable.abandon(waiter);
  }
}
