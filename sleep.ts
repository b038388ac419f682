/**
 * `sleep()`: lets time pass, or lets the others have their turn.
 *
 * ```ts
 * import { run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await run(() => sleep({ milliseconds: 2 }, "awake")), "awake");
 * ```
 *
 * @module
 */
import { type Delay, toSeconds } from "./clock.ts";
import { begin, Coroutine, ended } from "./_coroutine/coroutine.ts";
import { NextTurn } from "./_coroutine/next_turn.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import { type FutureOwner, OwnedFuture } from "./_task/owned_future.ts";
import type { Runnable, Timer } from "./_base/roles.ts";

/**
 * Waits for `delay` seconds. With 0 or less it gives every other ready task one turn.
 *
 * @param delay Seconds, or an object with units: `sleep({ milliseconds: 250 })`.
 * @param result What the wait gives.
 * @returns A coroutine that gives `result`.
 * @throws {RangeError} If `delay` is NaN.
 * @throws {TypeError} If `delay` is no delay.
 *
 * @example Wait in both styles
 * ```ts
 * import { run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await run(async () => await sleep(0.001, 1)), 1);
 * assertEquals(await run(function* () {
 *   return yield* sleep(0.001, 2);
 * }), 2);
 * ```
 */
export function sleep(delay: Delay): Coroutine<void>;
/**
 * Waits for `delay` seconds, then gives `result`.
 *
 * @param delay Seconds, or an object with units.
 * @param result What the wait gives.
 * @returns A coroutine that gives `result`.
 */
export function sleep<T>(delay: Delay, result: T): Coroutine<T>;
export function sleep<T>(delay: Delay, result?: T): Coroutine<T | undefined> {
  const seconds = toSeconds(delay);
  return seconds <= 0 ? new NextTurn(result) : new Sleep(seconds, result);
}

/**
 * The wait, its timer in the loop's heap, and the owner of the future that it waits for.
 * Hand-written: a generator, a timer and a closure would be twice the memory.
 */
class Sleep<T> extends Coroutine<T> implements Timer, Runnable, FutureOwner {
  _inHeap = false;
  readonly #seconds: number;
  readonly #result: T;
  #when = 0;
  #isCalledOff = false;

  constructor(seconds: number, result: T) {
    super();
    this.#seconds = seconds;
    this.#result = result;
  }

  override get name(): string {
    return "sleep";
  }

  override next(): IteratorResult<unknown, T> {
    // The slot for the body below is free, since there is no other body.
    const future = this._callerBody as OwnedFuture | undefined;
    if (future === undefined) {
      begin(this);
      return { done: false, value: this.#start()._requestWait() };
    }
    if (!future.done()) return { done: false, value: future._requestWait() };
    if (future.cancelled()) this.#callOff();
    future.result();
    return ended(this.#result);
  }

  override throw(error: unknown): IteratorResult<unknown, T> {
    this.#callOff();
    return super.throw(error);
  }

  override return(value: T): IteratorResult<unknown, T> {
    this.#callOff();
    return super.return(value);
  }

  when(): number {
    return this.#when;
  }

  describeWait(): string {
    return `sleep(${this.#seconds})`;
  }

  _isCalledOff(): boolean {
    return this.#isCalledOff;
  }

  _run(): void {
    (this._callerBody as OwnedFuture).release();
  }

  #start(): OwnedFuture {
    const loop = requireScheduler();
    const future = new OwnedFuture(loop, this);
    this.#when = loop.time() + this.#seconds;
    loop._addTimer(this);
    this._callerBody = future;
    return future;
  }

  // When it goes on, as in CPython, and not when its future is cancelled.
  #callOff(): void {
    const future = this._callerBody as OwnedFuture | undefined;
    if (future === undefined || this.#isCalledOff) return;
    this.#isCalledOff = true;
    if (this._inHeap) future.getLoop()._timerCancelled();
  }
}
