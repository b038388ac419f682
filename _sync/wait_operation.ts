/**
 * A wait for a primitive: the coroutine that tries, waits, and tries again.
 *
 * @module
 */
import { begin, Coroutine, ended } from "../_coroutine/coroutine.ts";
import type { Waiter, WaiterList } from "./waiter_list.ts";

/** Says from a gate that there is something to wait for. */
export const MUST_WAIT: unique symbol = Symbol("asyncio.mustWait");

/** What a wait passes: it tries, waits in a list until it is woken, and tries again. */
export interface Gate<A, T> {
  /** The name of the wait, for reports. */
  readonly name: string;
  /** Those who wait. */
  readonly waiters: WaiterList;
  /** Finishes without waiting, or says that this can't be. */
  attempt(argument: A): T | typeof MUST_WAIT;
  /** Finishes after the wake-up, or says that it must wait again. */
  resume(argument: A, waiter: Waiter): T | typeof MUST_WAIT;
  /** Leaves with nothing, and passes on what the waiter was woken for. */
  giveUp(waiter: Waiter): void;
}

/**
 * A wait at a gate.
 *
 * It is its own body: it hands its waiter to the driver, with no generator between.
 * One class for all gates, so that the engine knows the shape of each object in here.
 */
export class GateWait<A, T> extends Coroutine<T> {
  readonly #gate: Gate<A, T>;
  readonly #argument: A;

  constructor(gate: Gate<A, T>, argument: A) {
    super();
    this.#gate = gate;
    this.#argument = argument;
  }

  override get name(): string {
    return this.#gate.name;
  }

  /** @internal */
  override next(): IteratorResult<unknown, T> {
    // The slot for the body below is free, since there is no other body.
    const waiter = this._top as Waiter | undefined;
    if (waiter === undefined) {
      if (!begin(this)) return ended<T>(undefined as T);
      return this.#pass(this.#gate.attempt(this.#argument));
    }
    if (!waiter.done()) return { done: false, value: waiter._ask() };
    if (waiter.cancelled()) return this.throw(cancellationOf(waiter));
    this._top = undefined;
    return this.#pass(this.#gate.resume(this.#argument, waiter));
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

  #pass(result: T | typeof MUST_WAIT): IteratorResult<unknown, T> {
    if (result !== MUST_WAIT) {
      // It is under way, so this ends it.
      begin(this);
      return ended(result);
    }
    const { waiters } = this.#gate;
    const waiter = waiters.append(waiters.makeWaiter());
    this._top = waiter;
    return { done: false, value: waiter._ask() };
  }

  #leave(): void {
    const waiter = this._top as Waiter | undefined;
    if (waiter === undefined) return;
    this._top = undefined;
    this.#gate.giveUp(waiter);
  }
}

function cancellationOf(waiter: Waiter): unknown {
  try {
    return waiter.result();
  } catch (error) {
    // It is thrown on by the caller.
    return error;
  }
}
