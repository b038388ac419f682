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
import { Future } from "./future.ts";
import type { Scheduler } from "./handle.ts";
import { NextTurn } from "./_coroutine/next_turn.ts";
import { requireScheduler } from "./_loop/scheduler.ts";

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

/** Hand-written: a generator, future, timer and closure would be twice the memory. */
class Sleep<T> extends Coroutine<T> {
  /** How long it takes. */
  readonly seconds: number;
  readonly #result: T;

  constructor(seconds: number, result: T) {
    super();
    this.seconds = seconds;
    this.#result = result;
  }

  override get name(): string {
    return "sleep";
  }

  override next(): IteratorResult<unknown, T> {
    // The slot for the body below is free, since there is no other body.
    const alarm = this._callerBody as Alarm | undefined;
    if (alarm === undefined) {
      begin(this);
      const fresh = new Alarm(requireScheduler(), this);
      this._callerBody = fresh;
      return { done: false, value: fresh._requestWait() };
    }
    if (!alarm.done()) return { done: false, value: alarm._requestWait() };
    if (alarm.cancelled()) alarm.callOff();
    alarm.result();
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

  #callOff(): void {
    (this._callerBody as Alarm | undefined)?.callOff();
  }
}

/** The future of a sleep, and the timer in the loop's heap that finishes it. */
class Alarm extends Future<undefined> {
  _inHeap = false;
  readonly #when: number;
  readonly #sleep: Sleep<unknown>;
  #calledOff = false;

  constructor(loop: Scheduler, sleep: Sleep<unknown>) {
    super({ loop });
    this.#sleep = sleep;
    this.#when = loop.time() + sleep.seconds;
    loop._addTimer(this);
  }

  when(): number {
    return this.#when;
  }

  /** Calls the timer off; the sleep does so when it goes on, as in CPython. */
  callOff(): void {
    if (this.#calledOff) return;
    this.#calledOff = true;
    if (this._inHeap) this.scheduler._timerCancelled();
  }

  _isCalledOff(): boolean {
    return this.#calledOff;
  }

  _run(): void {
    if (!this.done()) this.setResult(undefined);
  }

  _describe(): string {
    return `sleep(${this.#sleep.seconds})`;
  }
}
