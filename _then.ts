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

const WAITING = 0;
const SETTLED = 1;

/** Delivers one outcome to the two functions that `then()` was given. */
export class Then<T, A, B> implements PromiseLike<A | B> {
  readonly #onFulfilled: OnFulfilled<T, A>;
  readonly #onRejected: OnRejected<B>;
  #state: typeof WAITING | typeof SETTLED = WAITING;
  // What the functions gave, once settled.
  #outcome: A | B | PromiseLike<A | B> | undefined = undefined;
  #chained: PromiseWithResolvers<A | B> | undefined = undefined;

  constructor(onFulfilled: OnFulfilled<T, A>, onRejected: OnRejected<B>) {
    this.#onFulfilled = onFulfilled;
    this.#onRejected = onRejected;
  }

  then<C = A | B, D = never>(
    onFulfilled?: OnFulfilled<A | B, C>,
    onRejected?: OnRejected<D>,
  ): PromiseLike<C | D> {
    return this.#promise().then(onFulfilled, onRejected);
  }

  /** Delivers a result. */
  protected fulfil(value: T): void {
    if (typeof this.#onFulfilled !== "function") {
      this.#settle(value as unknown as A);
    } else this.#call(this.#onFulfilled, value);
  }

  /** Delivers an error. */
  protected reject(error: unknown): void {
    // Without a handler the host learns of it, as of any promise's rejection.
    if (typeof this.#onRejected !== "function") {
      this.#settle(Promise.reject(error));
    } else this.#call(this.#onRejected, error);
  }

  #call<V>(callback: (value: V) => A | B | PromiseLike<A | B>, value: V): void {
    try {
      this.#settle(callback(value));
    } catch (error) {
      // It belongs to who chains on, a CancelledError too.
      this.#settle(Promise.reject(error));
    }
  }

  #settle(outcome: A | B | PromiseLike<A | B>): void {
    this.#state = SETTLED;
    this.#outcome = outcome;
    this.#chained?.resolve(outcome);
  }

  #promise(): Promise<A | B> {
    if (this.#state === SETTLED) return Promise.resolve(this.#outcome as A | B);
    this.#chained ??= Promise.withResolvers();
    return this.#chained.promise;
  }
}
