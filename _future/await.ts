/**
 * The promise-like object that `then()` of a future or coroutine gives.
 *
 * `await` hands its two functions over and never looks at what it gets back, so
 * no promise is made until someone chains on.
 *
 * @module
 */

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
export class Await<T, A, B> implements PromiseLike<A | B> {
  // No private member and no initializer, as in Coroutine.
  declare private readonly onFulfilled: OnFulfilled<T, A>;
  declare private readonly onRejected: OnRejected<B>;
  // What the functions gave; before, who chains on, if anybody does.
  declare private outcome:
    | A
    | B
    | PromiseLike<A | B>
    | Chained<A | B>
    | typeof PENDING;

  constructor(onFulfilled: OnFulfilled<T, A>, onRejected: OnRejected<B>) {
    this.onFulfilled = onFulfilled;
    this.onRejected = onRejected;
    this.outcome = PENDING;
  }

  then<C = A | B, D = never>(
    onFulfilled?: OnFulfilled<A | B, C>,
    onRejected?: OnRejected<D>,
  ): PromiseLike<C | D> {
    if (this.outcome === PENDING) this.outcome = new Chained();
    const { outcome } = this;
    const promise = outcome instanceof Chained
      ? outcome.promise
      : Promise.resolve(outcome);
    return promise.then(onFulfilled, onRejected);
  }

  /** Delivers a result. */
  protected fulfil(value: T): void {
    if (typeof this.onFulfilled !== "function") {
      this.settle(value as unknown as A);
    } else this.call(this.onFulfilled, value);
  }

  /** Delivers an error. */
  protected reject(error: unknown): void {
    // Without a handler the host learns of it, as of any promise's rejection.
    if (typeof this.onRejected !== "function") {
      this.settle(Promise.reject(error));
    } else this.call(this.onRejected, error);
  }

  private call<V>(
    callback: (value: V) => A | B | PromiseLike<A | B>,
    value: V,
  ): void {
    try {
      this.settle(callback(value));
    } catch (error) {
      // It belongs to who chains on, a CancelledError too.
      this.settle(Promise.reject(error));
    }
  }

  private settle(outcome: A | B | PromiseLike<A | B>): void {
    const chained = this.outcome;
    this.outcome = outcome;
    if (chained !== PENDING) (chained as Chained<A | B>).resolve(outcome);
  }
}

/** The promise of a chain that was begun before there was an outcome. */
class Chained<V> {
  readonly promise: Promise<V>;
  readonly resolve: (value: V | PromiseLike<V>) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<V>();
    this.promise = promise;
    this.resolve = resolve;
  }
}
