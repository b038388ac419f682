/**
 * `Semaphore` and `BoundedSemaphore`: let a number of tasks at a time do something.
 *
 * For one at a time, use a `Lock`; to limit a whole list of jobs, `gather()` and
 * `mapConcurrent()` take a `limit`.
 *
 * ```ts
 * import { gather, run, Semaphore, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * let running = 0;
 * let most = 0;
 *
 * await run(async () => {
 *   const permits = new Semaphore(2);
 *   async function download() {
 *     using _ = await permits.acquire();
 *     most = Math.max(most, ++running);
 *     await sleep(0.001);
 *     running--;
 *   }
 *   await gather(() => download(), () => download(), () => download());
 * });
 * assertEquals(most, 2);
 * ```
 *
 * @module
 */
import type { Coroutine } from "./_coroutine/coroutine.ts";
import { check, integer } from "./_base/arguments.ts";
import { className, describeState, keepName, title } from "./_sync/describe.ts";
import {
  type Waitable,
  WaitOperation,
  WOULD_BLOCK,
} from "./_sync/wait_operation.ts";
import type { OwnedFuture } from "./_task/owned_future.ts";
import { bindLoop, WaiterList, wasWoken } from "./_sync/waiter_list.ts";

/** Options of {@linkcode Semaphore} and {@linkcode BoundedSemaphore}. */
export interface SemaphoreOptions {
  /** The name, for reports such as `formatTaskTree()`. */
  readonly name?: string | undefined;
}

const PERMITS = integer(0);

/**
 * A number of permits: {@linkcode Semaphore.acquire} takes one and waits while there
 * is none, {@linkcode Semaphore.release} gives one back.
 *
 * - **Order**: strictly first come, first served; a task that releases can't overtake.
 * - **Cancellation**: a task that is cancelled in the very turn that gives it a permit
 *   hands it on.
 * - **Loop**: it belongs to the loop in which somebody first waits.
 *
 * @example Two at a time
 * ```ts
 * import { run, Semaphore } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * await run(async () => {
 *   const permits = new Semaphore(2);
 *   using _one = await permits.acquire();
 *   assert(!permits.locked());
 *   using _two = await permits.acquire();
 *   assert(permits.locked());
 * });
 * ```
 */
export class Semaphore {
  static {
    keepName(this, "Semaphore");
  }

  readonly #state: SemaphoreState;

  /**
   * Makes a semaphore.
   *
   * @param value How many permits there are: an integer of at least 0; 1 by default.
   * @param options The name.
   * @throws {RangeError} If `value` is negative or no integer.
   * @throws {TypeError} If there is an unknown option.
   */
  constructor(value = 1, options: SemaphoreOptions = {}) {
    check(`make a ${className(this)}`, "value", value, PERMITS);
    this.#state = new SemaphoreState(this, title(this, options), value);
  }

  /**
   * Says whether {@linkcode Semaphore.acquire} would have to wait: there is no permit,
   * or others wait for the ones there are.
   *
   * @example Ask
   * ```ts
   * import { Semaphore } from "@asyncio/asyncio";
   * import { assert } from "@std/assert";
   *
   * assert(new Semaphore(0).locked());
   * ```
   */
  locked(): boolean {
    return this.#state.locked();
  }

  /**
   * Takes a permit, waiting until there is one. Under `yield*` a free one takes no turn.
   *
   * @returns A coroutine that gives a guard, whose disposal gives the permit back, once.
   * Use either the guard or {@linkcode Semaphore.release}, not both.
   * @throws {RuntimeError} If others wait for it in another loop.
   *
   * @example Give it back by hand
   * ```ts
   * import { run, Semaphore } from "@asyncio/asyncio";
   * import { assert } from "@std/assert";
   *
   * await run(async () => {
   *   const permits = new Semaphore(1);
   *   await permits.acquire();
   *   assert(permits.locked());
   *   permits.release();
   * });
   * ```
   */
  acquire(): Coroutine<Disposable> {
    return new WaitOperation(this.#state, undefined);
  }

  /** Returns a permit, and wakes the task that has waited longest. */
  release(): void {
    this.#state.value++;
    this.#state.wakeNext();
  }

  /** Returns `<Semaphore [unlocked, value:1]>` and the like. */
  toString(): string {
    const { title, value, waiters } = this.#state;
    const state = this.locked() ? "locked" : `unlocked, value:${value}`;
    return describeState(title, state, waiters.size);
  }

  /** Returns {@linkcode Semaphore.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** How many permits are free. */
  protected get value(): number {
    return this.#state.value;
  }
}

/**
 * A {@linkcode Semaphore} that refuses more releases than there were acquires, which
 * are most often mistakes.
 *
 * @example One release too many
 * ```ts
 * import { BoundedSemaphore } from "@asyncio/asyncio";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => new BoundedSemaphore(2).release(), RangeError);
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  static {
    keepName(this, "BoundedSemaphore");
  }

  readonly #bound: number;

  /**
   * Makes a semaphore.
   *
   * @param value How many permits there are: an integer of at least 0; 1 by default.
   * @param options The name.
   * @throws {RangeError} If `value` is negative or no integer.
   * @throws {TypeError} If there is an unknown option.
   */
  constructor(value = 1, options: SemaphoreOptions = {}) {
    super(value, options);
    this.#bound = value;
  }

  /**
   * Returns a permit, and wakes the task that has waited longest.
   *
   * @throws {RangeError} If all permits are back already.
   */
  override release(): void {
    if (this.value >= this.#bound) {
      throw new RangeError(
        `Cannot release ${this}: it was released more often than acquired`,
      );
    }
    super.release();
  }
}

/** What a semaphore and its waits share. */
class SemaphoreState implements Waitable<undefined, Disposable> {
  readonly name = "acquire";
  readonly title: string;
  readonly waiters: WaiterList;
  /** How many permits are neither taken nor given to a waiter that was woken. */
  value: number;

  readonly #semaphore: Semaphore;

  constructor(semaphore: Semaphore, title: string, value: number) {
    this.#semaphore = semaphore;
    this.title = title;
    this.value = value;
    this.waiters = new WaiterList(bindLoop(semaphore), {
      describeWait: () => this.title,
    });
  }

  locked(): boolean {
    return this.value === 0 || this.waiters.hasLive();
  }

  tryNow(): Disposable | typeof WOULD_BLOCK {
    if (this.locked()) return WOULD_BLOCK;
    this.value--;
    return new Permit(this.#semaphore);
  }

  afterWake(_: undefined, waiter: OwnedFuture): Disposable {
    this.waiters.remove(waiter);
    this.wakeAll();
    return new Permit(this.#semaphore);
  }

  abandon(waiter: OwnedFuture): void {
    this.waiters.remove(waiter);
    if (wasWoken(waiter)) this.value++;
    this.wakeAll();
  }

  /** Hands a permit to the first waiter. */
  wakeNext(): boolean {
    if (this.waiters.wakeNext() === undefined) return false;
    this.value--;
    return true;
  }

  /** Hands out permits as long as there are any and somebody wants one. */
  wakeAll(): void {
    while (this.value > 0 && this.wakeNext());
  }
}

/** Returns a permit, once. */
class Permit implements Disposable {
  #semaphore: Semaphore | undefined;

  constructor(semaphore: Semaphore) {
    this.#semaphore = semaphore;
  }

  [Symbol.dispose](): void {
    const semaphore = this.#semaphore;
    this.#semaphore = undefined;
    semaphore?.release();
  }
}
