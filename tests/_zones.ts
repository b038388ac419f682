/**
 * Stands for zone.js: puts promises of its own in the place of the host's, and runs all that
 * follows from them in one microtask, in the async context of what came first. To be imported
 * before the library is, whose async functions a compiler has made plain ones.
 *
 * @module
 */
const Native = Promise;
type Executor<T> = ConstructorParameters<typeof Promise<T>>[0];
type Callback = (value: unknown) => unknown;
type Given = Callback | null | undefined;

const queue: (() => void)[] = [];

function enqueue(job: () => void): void {
  if (queue.push(job) > 1) return;
  queueMicrotask(() => {
    for (const each of queue) each();
    queue.length = 0;
  });
}

class ZoneAwarePromise<T> {
  readonly #native: Promise<T>;

  constructor(executor: Executor<T>) {
    this.#native = new Native(executor);
  }

  then(onFulfilled?: Given, onRejected?: Given): ZoneAwarePromise<unknown> {
    return new ZoneAwarePromise((resolve, reject) => {
      const next = (callback: Callback, value: unknown) =>
        enqueue(() => {
          try {
            resolve(callback(value));
          } catch (error) {
            reject(error);
          }
        });
      this.#native.then(
        (value) => onFulfilled ? next(onFulfilled, value) : resolve(value),
        (error) => onRejected ? next(onRejected, error) : reject(error),
      );
    });
  }

  catch(onRejected: Callback): ZoneAwarePromise<unknown> {
    return this.then(undefined, onRejected);
  }

  static resolve(value: unknown): unknown {
    return value instanceof ZoneAwarePromise
      ? value
      : new ZoneAwarePromise((resolve) => resolve(value));
  }

  static reject(error: unknown): unknown {
    return new ZoneAwarePromise((_, reject) => reject(error));
  }

  static all(values: Iterable<unknown>): unknown {
    return ZoneAwarePromise.resolve(Native.all(values));
  }
}

Object.assign(globalThis, {
  Promise: ZoneAwarePromise,
  Zone: { assertZonePatched(): void {} },
});
