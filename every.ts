/**
 * `every()`: ticks at a fixed interval of the loop's clock, without drift.
 *
 * ```ts
 * import { EventLoop, every, run, VirtualClock } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const loop = new EventLoop({ clock: new VirtualClock() });
 * const times = await run(async () => {
 *   const times = [];
 *   for await (const tick of every({ minutes: 1 })) {
 *     times.push(loop.time());
 *     if (tick === 3) break;
 *   }
 *   return times;
 * }, { loopFactory: () => loop });
 * assertEquals(times, [60, 120, 180]);
 * ```
 *
 * @module
 */
import {
  check,
  checkOptions,
  DELAY,
  oneOf,
  type OptionKinds,
} from "./_base/arguments.ts";
import { type Delay, toSeconds } from "./clock.ts";
import type { Scheduler, TimerHandle } from "./handle.ts";
import { NO_CONTEXT, requireScheduler } from "./_loop/scheduler.ts";
import { type ItemIterator, ItemStream } from "./_sync/item_stream.ts";

export type { ItemIterator, NextItem } from "./_sync/item_stream.ts";

/** What becomes of the ticks that came while the body of the loop was busy. */
export type Missed = "skip" | "catchUp" | "delay";

/** Options of {@linkcode every}. */
export interface EveryOptions {
  /**
   * What becomes of the ticks that came while the body of the loop was busy: `"skip"`
   * leaves them out, `"catchUp"` gives them at once, one after the other, and `"delay"`
   * gives one at once and counts the interval from there.
   *
   * @default {"skip"}
   */
  readonly missed?: Missed | undefined;
}

/**
 * Iterates over the ticks of a clock: the first comes one interval after the iteration
 * began, tick `n` after `n` intervals, however long the body takes.
 *
 * - **Value**: the number of the tick, from 1. `"skip"` leaves out the numbers of those
 *   that were missed.
 * - **Cancellation**: a cancel in the wait or in the body ends the iteration and its timer.
 *
 * @param interval Seconds, or an object with units; above 0.
 * @param options What becomes of the ticks that were missed.
 * @returns An iterator for `for await`, and for `yield* ticks.next()`.
 * @throws {RangeError} If `interval` is not above 0, or `missed` none of its three words.
 * @throws {TypeError} If `interval` is no delay.
 * @throws {RuntimeError} If no loop is running here.
 *
 * @example In both styles
 * ```ts
 * import { every, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   for await (const tick of every(0.001)) if (tick > 1) break;
 * });
 * await run(function* () {
 *   using ticks = every(0.001);
 *   assertEquals((yield* ticks.next()).done, false);
 * });
 * ```
 */
export function every(
  interval: Delay,
  options: EveryOptions = {},
): ItemIterator<number> {
  check("tick", "interval", interval, DELAY);
  const { missed = "skip" } = checkOptions("tick", options, EVERY_OPTIONS);
  const seconds = toSeconds(interval);
  if (!(seconds > 0)) {
    throw new RangeError(
      `Cannot tick: the interval must be above 0 s, got ${seconds}`,
    );
  }
  return new Ticker(requireScheduler(), seconds, missed).stream;
}

const EVERY_OPTIONS: OptionKinds<EveryOptions> = {
  missed: oneOf(["skip", "catchUp", "delay"]),
};

/** Has a timer while someone waits for a tick. */
class Ticker {
  readonly stream: ItemStream<number>;
  readonly #loop: Scheduler;
  readonly #interval: number;
  readonly #missed: Missed;
  // When tick 0 was, or would have been.
  #start: number | undefined = undefined;
  #tick = 0;
  #timer: TimerHandle | undefined = undefined;

  constructor(loop: Scheduler, interval: number, missed: Missed) {
    this.#loop = loop;
    this.#interval = interval;
    this.#missed = missed;
    this.stream = new ItemStream<number>(loop, {
      what: `the next tick of every(${interval})`,
      ofHost: false,
      maxsize: 0,
      overflow: "error",
      onWait: () => this.#arm(),
      stop: () => this.#timer?.cancel(),
    });
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    const now = this.#loop.time();
    this.#start ??= now;
    this.#tick = this.#next(now);
    this.#timer = this.#loop.callAt(this.#timeOf(this.#tick), () => {
      this.#timer = undefined;
      this.stream.push(this.#tick);
      if (this.stream.wanted) this.#arm();
    }, NO_CONTEXT);
  }

  // The number of the next tick; under "delay" the start moves instead.
  #next(now: number): number {
    const next = this.#tick + 1;
    const late = now - this.#timeOf(next);
    if (late <= 0 || this.#missed === "catchUp") return next;
    if (this.#missed === "delay") {
      this.#start! += late;
      return next;
    }
    // A quotient may be rounded up, so it begins one lower. Two steps at most: a tick that
    // is too short for the clock's numbers would be counted for ever.
    let tick = Math.max(next, next + Math.floor(late / this.#interval) - 1);
    for (let i = 0; i < 2 && this.#timeOf(tick) < now; i++) tick++;
    return tick;
  }

  // Multiplied, so that errors do not add up.
  #timeOf(tick: number): number {
    return this.#start! + tick * this.#interval;
  }
}
