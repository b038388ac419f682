/**
 * The promise-like object that `then()` of a future or coroutine gives.
 *
 * `await` hands its two functions over and never looks at what it gets back, so
 * no promise is made until someone chains on.
 *
 * @module
 */

import {
  isUnplaced,
  placeHereIfFound,
  tryToPlaceHere,
} from "../_base/error_place.ts";
import { endEvents } from "../_base/descent.ts";
import { SETTLED } from "../_base/microtasks.ts";
import { running } from "../_base/running.ts";
import { isInstance } from "../_base/repr.ts";
import { CancelledError } from "../errors.ts";
import { forgive } from "../_host/uncaught.ts";
import type { Scheduler } from "../handle.ts";
import { asyncTask } from "../_host/async_context.ts";

/** What `then()` takes a result with. */
export type OnFulfilled<T, A> =
  | ((value: T) => A | PromiseLike<A>)
  | null
  | undefined;
/** What `then()` takes an error with. */
export type OnRejected<B> =
  | ((reason: unknown) => B | PromiseLike<B>)
  | null
  | undefined;

/** Stands for the outcome until there is one. */
const PENDING: unique symbol = Symbol("asyncio.pending");

/** Delivers one outcome to the two functions that `then()` was given. */
export class Await<T, A, B> implements Promise<A | B> {
  // No private member and no initializer, as in Coroutine.
  declare private onFulfilled: NonNullable<OnFulfilled<T, A>>;
  declare private onRejected: NonNullable<OnRejected<B>>;
  // What the functions gave, or a promise of it if somebody chains on before.
  declare private outcome: A | B | PromiseLike<A | B> | typeof PENDING;

  constructor(onFulfilled: OnFulfilled<T, A>, onRejected: OnRejected<B>) {
    // There are both: see `areOfUser()`.
    this.onFulfilled = onFulfilled!;
    this.onRejected = onRejected!;
    this.outcome = PENDING;
  }

  then<C = A | B, D = never>(
    onFulfilled?: OnFulfilled<A | B, C>,
    onRejected?: OnRejected<D>,
  ): Promise<C | D> {
    if (this.outcome === PENDING) this.outcome = this.handOver();
    return Promise.resolve(this.outcome as A | B | PromiseLike<A | B>)
      .then(onFulfilled, onRejected);
  }

  catch<D = never>(onRejected?: OnRejected<D>): Promise<A | B | D> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<A | B> {
    return this.then().finally(onFinally);
  }

  get [Symbol.toStringTag](): string {
    return "Promise";
  }

  /** Whether the functions are a user's, and not those of an `await`. */
  protected callsUser(): boolean {
    return running.callbackWaits.has(this) || !isOfHost(this.onFulfilled);
  }

  /** Delivers a result. */
  protected fulfil(value: T): void {
    this.call(this.onFulfilled, value);
    if (running.bursts.events !== undefined) endEvents();
  }

  /** Delivers an error. */
  protected reject(error: unknown): void {
    // Debug mode's are placed too, but a cancel comes in the same microtask there.
    const isCancel = isInstance(error, CancelledError);
    if (isCancel) forgive(error);
    if (!isCancel && isUnplaced(error)) this.place(error);
    else this.deliver(error);
    if (running.bursts.events !== undefined) endEvents();
  }

  private deliver(error: unknown): void {
    this.call(this.onRejected, error);
  }

  // V8 finds who awaits in a reaction on whose way the promise of the `await` lies, while
  // that is pending: it looks at the function that would fulfil it, which is never called.
  private place(error: Error): void {
    const deliver = (): Promise<never> => {
      tryToPlaceHere(error, deliver);
      this.deliver(error);
      return new Promise(() => {});
    };
    SETTLED.then(deliver).then(this.onFulfilled);
  }

  private call<V>(
    callback: (value: V) => A | B | PromiseLike<A | B>,
    value: V,
  ): void {
    if (running.debugLoops > 0) this.callTimed(callback, value);
    else this.callNow(callback, value);
  }

  // What it resumes runs in the microtask after this one.
  private callTimed<V>(
    callback: (value: V) => A | B | PromiseLike<A | B>,
    value: V,
  ): void {
    const resume = (): void => this.callNow(callback, value);
    const { _task } = this as { readonly _task?: unknown };
    const task = (_task ?? asyncTask()) as TimedTask | undefined;
    const loop = task?.getLoop();
    if (loop?.getDebug()) loop._timeBurst(task!, resume);
    else resume();
  }

  private callNow<V>(
    callback: (value: V) => A | B | PromiseLike<A | B>,
    value: V,
  ): void {
    try {
      this.settle(callback(value));
    } catch (error) {
      // It belongs to whoever chains on, a CancelledError too.
      this.settle(Promise.reject(error));
    }
  }

  // Somebody chains on, so this is no `await`: the functions are the user's, and the host
  // calls them in this async context.
  private handOver(): Promise<A | B> {
    const { onFulfilled, onRejected } = this;
    return new Promise<T>((resolve, reject) => {
      this.onFulfilled = resolve as (value: T) => A;
      this.onRejected = reject as (reason: unknown) => B;
    }).then(onFulfilled, onRejected);
  }

  private settle(outcome: A | B | PromiseLike<A | B>): void {
    if (this.outcome === PENDING) this.outcome = outcome;
  }
}

/**
 * A promise that rejects in a microtask, when it has given its error the frames of whoever
 * awaits it.
 *
 * @param error The error, without a frame of a user.
 */
export function placedRejection(error: Error): Promise<never> {
  const deliver = (): never => {
    tryToPlaceHere(error, deliver);
    throw error;
  };
  return SETTLED.then(deliver);
}

/**
 * Refuses an `await`. The host calls `then()` in a microtask, with no frame of a user below
 * it, and that of Node keeps none then.
 *
 * @param error Why.
 * @param onFulfilled What `then()` was given.
 * @param onRejected Takes the error.
 * @returns What `then()` gives.
 */
export function refuseAwait<A, B>(
  error: Error,
  onFulfilled: OnFulfilled<never, A>,
  onRejected: OnRejected<B>,
): Promise<A | B> {
  const deliver = (): never => {
    placeHereIfFound(error, deliver);
    throw error;
  };
  return SETTLED.then(deliver).then(onFulfilled, onRejected);
}

/**
 * Says whether the functions that a `then()` was given are a user's, as far as it can be
 * seen at once: an `await` comes from the host alone, and gives two. To ask what they are
 * takes half as long as the whole `await`; two of the user's are known when somebody
 * chains on.
 */
export function areOfUser(onFulfilled: unknown, onRejected: unknown): boolean {
  return running.loop !== undefined || typeof onRejected !== "function" ||
    typeof onFulfilled !== "function";
}

/** What `await` can wait for. */
interface HostAwaited<T> {
  _await(
    onFulfilled: (value: T | PromiseLike<T>) => void,
    onRejected: (reason?: unknown) => void,
  ): object;
}

/** A task, as far as debug mode times it. */
interface TimedTask {
  getLoop(): Scheduler;
}

/** Returns a promise of the host: what hangs on it is called in its own async context. */
export function hostPromise<T>(awaitable: HostAwaited<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    running.callbackWaits.set(awaitable._await(resolve, reject), "of a task");
  });
}

function isOfHost(callback: unknown): boolean {
  return typeof callback === "function" &&
    Function.prototype.toString.call(callback).includes("[native code]");
}
