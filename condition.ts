/**
 * `Condition`: lets tasks that share a lock wait for a change and tell of it.
 *
 * For a flag alone, an `Event` is simpler; for items that are handed over, a `Queue`.
 *
 * ```ts
 * import { Condition, createTask, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   const changed = new Condition();
 *   let stock = 0;
 *   const buyer = createTask(async () => {
 *     using _ = await changed.acquire();
 *     await changed.waitFor(() => stock >= 2);
 *     stock -= 2;
 *   });
 *   for (let i = 0; i < 2; i++) {
 *     using _ = await changed.acquire();
 *     stock++;
 *     changed.notifyAll();
 *   }
 *   await buyer;
 *   assertEquals(stock, 0);
 * });
 * ```
 *
 * @module
 */
import { isPlainFunction } from "./_base/function_kinds.ts";
import { describeKind, isInstance } from "./_base/repr.ts";
import type { Coro, Coroutine } from "./_coroutine/coroutine.ts";
import { CancelledError, RuntimeError } from "./errors.ts";
import { Lock } from "./lock.ts";
import { makeUnplaced } from "./_base/error_place.ts";
import { check, FUNCTION, integer } from "./_base/arguments.ts";
import { describeState, keepName, title } from "./_sync/describe.ts";
import { bindLoop, WaiterList } from "./_sync/waiter_list.ts";
import { MethodCoroutine } from "./_task/function_coroutine.ts";

/** Options of {@linkcode Condition}. */
export interface ConditionOptions {
  /** The name, for reports such as `formatTaskTree()`. */
  readonly name?: string | undefined;
}

const COUNT = integer(0);

/**
 * A lock, and a list of tasks that wait for a notification under it.
 *
 * - **Lock**: {@linkcode Condition.wait} releases it while it waits, and holds it again
 *   whenever it ends, by a cancel or an error too. The guard of the block stays valid.
 * - **Order**: notifications go to the task that has waited longest; none is lost to a task that is
 *   cancelled in the turn that wakes it.
 * - **Spurious wake-ups**: they happen, so prefer {@linkcode Condition.waitFor}.
 * - **Loop**: it belongs to the loop in which somebody first waits.
 *
 * @example Wait for a change
 * ```ts
 * import { Condition, createTask, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const log: string[] = [];
 *
 * await run(async () => {
 *   const condition = new Condition();
 *   const waiter = createTask(async () => {
 *     using _ = await condition.acquire();
 *     await condition.wait();
 *     log.push("notified");
 *   });
 *   await sleep(0);
 *   {
 *     using _ = await condition.acquire();
 *     condition.notify();
 *     log.push("notify");
 *   }
 *   await waiter;
 * });
 * assertEquals(log, ["notify", "notified"]);
 * ```
 */
export class Condition {
  static {
    keepName(this, "Condition");
  }

  readonly #title: string;
  readonly #lock: Lock;
  readonly #waiters: WaiterList;

  /**
   * Makes a condition.
   *
   * @param lock The lock, which several conditions may share; a new one by default.
   * @param options The name.
   * @throws {TypeError} If `lock` is no {@linkcode Lock}, or there is an unknown option.
   */
  constructor(lock?: Lock, options: ConditionOptions = {}) {
    if (lock !== undefined && !isInstance(lock, Lock)) {
      throw new TypeError(
        `Cannot make a Condition: a Lock was expected, got ${
          describeKind(lock)
        }`,
      );
    }
    this.#title = title(this, options);
    this.#lock = lock ?? new Lock(options);
    this.#waiters = new WaiterList(bindLoop(this), {
      describeWait: () => this._describe(),
    });
  }

  /** Says whether somebody holds the lock. */
  locked(): boolean {
    return this.#lock.locked();
  }

  /**
   * Takes the lock, waiting until it is free.
   *
   * @returns A coroutine that gives a guard, whose disposal releases the lock.
   * @throws {RuntimeError} If others wait for it in another loop.
   */
  acquire(): Coroutine<Disposable> {
    return this.#lock.acquire();
  }

  /**
   * Releases the lock, and wakes the task that has waited longest for it.
   *
   * @throws {RuntimeError} If nobody holds it.
   */
  release(): void {
    this.#lock.release();
  }

  /**
   * Releases the lock, waits for a notification, and takes the lock again.
   *
   * @returns A coroutine that gives true.
   * @throws {RuntimeError} If nobody holds the lock, or others wait in another loop.
   */
  wait(): Coroutine<true> {
    return new MethodCoroutine("wait", () => this.#wait());
  }

  /**
   * Waits until `predicate` gives something true; asks it now and at each notification.
   *
   * @param predicate Called with the lock held.
   * @returns A coroutine that gives what `predicate` gave, which is something true.
   * @throws {RuntimeError} If it has to wait and nobody holds the lock.
   * @throws {TypeError} If `predicate` is no function, or a coroutine function, or gives a
   * promise: that would always be something true.
   *
   * @example Wait for a value
   * ```ts
   * import { Condition, createTask, run, sleep } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * await run(async () => {
   *   const condition = new Condition();
   *   let answer = "";
   *   const asker = createTask(async () => {
   *     using _ = await condition.acquire();
   *     return await condition.waitFor(() => answer);
   *   });
   *   await sleep(0);
   *   using _ = await condition.acquire();
   *   answer = "42";
   *   condition.notify();
   *   condition.release();
   *   assertEquals(await asker, "42");
   * });
   * ```
   */
  waitFor<T>(
    predicate: () => T,
  ): Coroutine<Exclude<T, false | 0 | 0n | "" | null | undefined>> {
    check("wait", "predicate", predicate, FUNCTION);
    // What it gives would count as true, and nobody would look whether it is.
    if (!isPlainFunction(predicate)) {
      throw new TypeError(
        `Cannot wait: predicate must be a plain function, got ${
          describeKind(predicate)
        }, whose promise or generator is always true`,
      );
    }
    return new MethodCoroutine("waitFor", () => this.#waitFor(predicate));
  }

  /**
   * Wakes those who wait longest. They go on when they get the lock, which the caller
   * has to release.
   *
   * @param count How many to wake at most.
   * @throws {RuntimeError} If nobody holds the lock.
   * @throws {RangeError} If `count` is negative or no integer.
   */
  notify(count = 1): void {
    check("notify", "count", count, COUNT);
    if (!this.locked()) {
      throw new RuntimeError(
        `Cannot notify: the lock of ${this} is not acquired, acquire() it first`,
      );
    }
    this.#wake(count);
  }

  /**
   * Wakes all waiting tasks.
   *
   * @throws {RuntimeError} If nobody holds the lock.
   */
  notifyAll(): void {
    this.notify(this.#waiters.size);
  }

  /** Returns `<Condition [locked, waiters:1]>` and the like. */
  toString(): string {
    const state = this.locked() ? "locked" : "unlocked";
    return describeState(this.#title, state, this.#waiters.size);
  }

  /** Returns {@linkcode Condition.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** @internal What its waiters wait for, for reports. */
  _describe(): string {
    return this.#title;
  }

  *#wait(): Coro<true> {
    if (!this.locked()) {
      throw makeUnplaced(() =>
        new RuntimeError(
          `Cannot wait: the lock of ${this} is not acquired, acquire() it first`,
        )
      );
    }
    const waiter = this.#waiters.makeWaiter();
    const acquireAgain = this.#lock._suspend();
    try {
      try {
        this.#waiters.append(waiter);
        try {
          yield* waiter;
          return true;
        } finally {
          this.#waiters.remove(waiter);
        }
      } finally {
        yield* acquireSurely(acquireAgain);
      }
    } catch (error) {
      // It may have been notified: another takes the notification.
      this.#wake(1);
      throw error;
    }
  }

  *#waitFor<T>(
    predicate: () => T,
  ): Coro<Exclude<T, false | 0 | 0n | "" | null | undefined>> {
    let result = ask(predicate);
    while (!result) {
      yield* this.#wait();
      result = ask(predicate);
    }
    return result as Exclude<T, false | 0 | 0n | "" | null | undefined>;
  }

  #wake(count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.#waiters.wakeNext() === undefined) return;
    }
  }
}

// A promise is true whatever it will give, so the wait would end at once.
function ask<T>(predicate: () => T): T {
  const result = predicate();
  if (!isInstance(result, Promise)) return result;
  throw new TypeError(
    "Cannot wait: predicate must give a value, gave a Promise, which is always true",
  );
}

/** Acquires however often it is cancelled, and then throws the last cancellation. */
function* acquireSurely(acquire: () => Coroutine<Disposable>): Coro<void> {
  let cancelled: CancelledError | undefined;
  for (;;) {
    try {
      yield* acquire();
      break;
    } catch (error) {
      if (!isInstance(error, CancelledError)) throw error;
      cancelled = error;
    }
  }
  if (cancelled !== undefined) throw cancelled;
}
