/**
 * What the primitives share: who waits, in which order, in which loop, and the
 * coroutine that tries, waits, and tries again.
 *
 * @module
 */
import { begin, type Coro, Coroutine, ended } from "./_coroutine.ts";
import { RuntimeError } from "./errors.ts";
import { Future } from "./future.ts";
import type { Scheduler } from "./handle.ts";
import { requireScheduler } from "./_scheduler.ts";

/** Says from a gate that there is something to wait for. */
export const MUST_WAIT: unique symbol = Symbol("asyncio.mustWait");

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

/** One who waits: a future that stands in a list. */
export class Waiter extends Future<undefined> {
  /** The one that came before, in the list. */
  declare previous: Waiter | undefined;
  /** The one that came after, in the list. */
  declare following: Waiter | undefined;
  declare readonly describeWait: () => string;

  constructor(loop: Scheduler, describeWait: () => string) {
    super({ loop });
    this.previous = undefined;
    this.following = undefined;
    this.describeWait = describeWait;
  }

  _describe(): string {
    return this.describeWait();
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

/** A coroutine over a generator method, which saves a class for each method. */
export class MethodCoroutine<T> extends Coroutine<T> {
  readonly #name: string;
  readonly #open: () => Coro<T>;

  constructor(name: string, open: () => Coro<T>) {
    super();
    this.#name = name;
    this.#open = open;
  }

  override get name(): string {
    return this.#name;
  }

  /** @internal */
  override _open(): Coro<T> {
    return this.#open();
  }
}

/**
 * Gives the class and name of a primitive, for reports.
 *
 * @param primitive The primitive.
 * @param options The options that its constructor was given.
 * @throws {TypeError} If there is an option that it does not take.
 */
export function title(
  primitive: object,
  options: { readonly name?: string },
): string {
  const kind = primitive.constructor.name;
  for (const key of Object.keys(options)) {
    if (key === "name") continue;
    throw new TypeError(`Cannot make a ${kind}: unknown option "${key}"`);
  }
  const { name } = options;
  return name === undefined ? kind : `${kind} ${JSON.stringify(name)}`;
}

/** Gives `<Lock "db" [locked, waiters:2]>` and the like. */
export function describeState(
  heading: string,
  state: string,
  waiters: number,
): string {
  const suffix = waiters === 0 ? "" : `, waiters:${waiters}`;
  return `<${heading} [${state}${suffix}]>`;
}

function cancellationOf(waiter: Waiter): unknown {
  try {
    return waiter.result();
  } catch (error) {
    // It is thrown on by the caller.
    return error;
  }
}
