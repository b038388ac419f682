/**
 * `Lock`: lets one task at a time do something.
 *
 * Code between two waits is never interrupted, so a lock is needed only round a
 * piece of work that waits. For a number of tasks at a time, use a `Semaphore`.
 *
 * ```ts
 * import { gather, Lock, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * let balance = 0;
 *
 * await run(async () => {
 *   const lock = new Lock();
 *   async function deposit(amount: number) {
 *     using _ = await lock.acquire();
 *     const before = balance;
 *     await sleep(0.001);
 *     balance = before + amount;
 *   }
 *   await gather(() => deposit(1), () => deposit(2));
 * });
 * assertEquals(balance, 3);
 * ```
 *
 * @module
 */
import type { Coroutine } from "./_coroutine/coroutine.ts";
import { RuntimeError } from "./errors.ts";
import { running } from "./_base/running.ts";
import { describeState, keepName, title } from "./_sync/describe.ts";
import {
  type Waitable,
  WaitOperation,
  WOULD_BLOCK,
} from "./_sync/wait_operation.ts";
import type { OwnedFuture } from "./_task/owned_future.ts";
import { bindLoop, WaiterList } from "./_sync/waiter_list.ts";

/** Options of {@linkcode Lock}. */
export interface LockOptions {
  /** The name, for reports such as `formatTaskTree()`. */
  readonly name?: string | undefined;
}

/**
 * Lets one task at a time pass from {@linkcode Lock.acquire} to its release.
 *
 * - **Order**: strictly first come, first served; a task that releases can't overtake.
 * - **Owner**: none; any task may release it. It is not reentrant.
 * - **Cancellation**: a task that is cancelled in the very turn that gives it the lock
 *   hands it on.
 * - **Loop**: it belongs to the loop in which somebody first waits.
 *
 * @example Hold it for a block
 * ```ts
 * import { Lock, run, sleep } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * const lock = new Lock();
 *
 * await run(async () => {
 *   {
 *     using _ = await lock.acquire();
 *     await sleep(0.001);
 *     assert(lock.locked());
 *   }
 *   assert(!lock.locked());
 * });
 * ```
 */
export class Lock {
  static {
    keepName(this, "Lock");
  }

  readonly #state: LockState;

  /**
   * Makes a lock that nobody holds.
   *
   * @param options The name.
   * @throws {TypeError} If there is an unknown option.
   */
  constructor(options: LockOptions = {}) {
    this.#state = new LockState(this, title(this, options));
  }

  /**
   * Says whether somebody holds it.
   *
   * @example Ask
   * ```ts
   * import { Lock } from "@asyncio/asyncio";
   * import { assert } from "@std/assert";
   *
   * assert(!new Lock().locked());
   * ```
   */
  locked(): boolean {
    return this.#state.guard !== undefined;
  }

  /**
   * Takes the lock, waiting until it is free. Under `yield*` a free one takes no turn.
   *
   * @returns A coroutine that gives a guard, whose disposal releases the lock. It does
   * nothing if the lock was released before, whoever holds it by then.
   * @throws {RuntimeError} If others wait for it in another loop.
   *
   * @example Release by hand
   * ```ts
   * import { Lock, run } from "@asyncio/asyncio";
   * import { assert } from "@std/assert";
   *
   * await run(async () => {
   *   const lock = new Lock();
   *   await lock.acquire();
   *   assert(lock.locked());
   *   lock.release();
   * });
   * ```
   */
  acquire(): Coroutine<Disposable> {
    return new WaitOperation(this.#state, undefined);
  }

  /**
   * Releases the lock, and wakes the task that has waited longest.
   *
   * @throws {RuntimeError} If nobody holds it.
   */
  release(): void {
    if (this.#state.guard === undefined) {
      throw new RuntimeError(`Cannot release ${this}: it is not acquired`);
    }
    this.#state.release();
  }

  /** Returns `<Lock [locked, waiters:1]>` and the like. */
  toString(): string {
    const { waiters } = this.#state;
    const state = this.locked() ? "locked" : "unlocked";
    return describeState(this.#state.title, state, waiters.size);
  }

  /** Returns {@linkcode Lock.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** @internal */
  _suspend(): () => Coroutine<Disposable> {
    const { guard } = this.#state;
    this.release();
    return () => new WaitOperation(this.#state, guard);
  }
}

/** What a lock, its guards and its waits share. */
class LockState implements Waitable<Guard | undefined, Disposable> {
  readonly name = "acquire";
  readonly title: string;
  readonly waiters: WaiterList;
  /** The guard of whoever holds the lock. */
  guard: Guard | undefined = undefined;

  constructor(lock: Lock, title: string) {
    this.title = title;
    this.waiters = new WaiterList(bindLoop(lock), {
      describeWait: () => this.describe(),
    });
  }

  tryNow(guard: Guard | undefined): Disposable | typeof WOULD_BLOCK {
    // A free lock with live waiters is on its way to the first of them.
    if (this.guard !== undefined || this.waiters.hasLive()) return WOULD_BLOCK;
    return this.guard = guard ?? new Guard(this, running.task);
  }

  afterWake(guard: Guard | undefined, waiter: OwnedFuture): Disposable {
    this.waiters.remove(waiter);
    return this.guard = guard ?? new Guard(this, running.task);
  }

  abandon(waiter: OwnedFuture): void {
    this.waiters.remove(waiter);
    if (this.guard === undefined) this.wakeFirst();
  }

  release(): void {
    this.guard = undefined;
    this.wakeFirst();
  }

  /** Wakes the first, unless it is woken already; a cancelled one passes it on later. */
  wakeFirst(): void {
    const { first } = this.waiters;
    if (first !== undefined && !first.done()) this.waiters.wakeNext();
  }

  describe(): string {
    const holder = this.guard?.holder as { _describe?(): string } | undefined;
    const name = holder?._describe?.();
    return name === undefined ? this.title : `${this.title}, held by ${name}`;
  }
}

/** Releases the lock, if it still holds it. */
class Guard implements Disposable {
  readonly #state: LockState;
  /** The task that took the lock. */
  readonly holder: unknown;

  constructor(state: LockState, holder: unknown) {
    this.#state = state;
    this.holder = holder;
  }

  [Symbol.dispose](): void {
    if (this.#state.guard === this) this.#state.release();
  }
}
