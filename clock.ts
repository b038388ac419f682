/**
 * Clocks: what a loop reads the time from, and what wakes it.
 *
 * {@linkcode SystemClock} is the host's monotonic clock and the default.
 * {@linkcode VirtualClock} makes programs that wait for hours run in no time, for tests.
 *
 * ```ts
 * import { EventLoop, run, sleep, VirtualClock } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new VirtualClock();
 * await run(() => sleep({ hours: 1 }), { loopFactory: () => new EventLoop({ clock }) });
 * assertEquals(clock.time(), 3600);
 * ```
 *
 * @module
 */
import {
  BOOLEAN,
  check,
  checkOptions,
  DELAY,
  NUMBER,
  type OptionKinds,
  refusal,
} from "./_base/arguments.ts";
import { hostTimer, hostTurn, LONGEST_TIMER } from "./_host/turn.ts";

/** A span of time: seconds, or an object with units. A `Temporal.Duration` up to days fits. */
export type Delay = number | DelayFields;

/** The units of a {@linkcode Delay}; what is given is added up. */
export interface DelayFields {
  /** Days of 24 hours. */
  readonly days?: number | undefined;
  /** Hours. */
  readonly hours?: number | undefined;
  /** Minutes. */
  readonly minutes?: number | undefined;
  /** Seconds. */
  readonly seconds?: number | undefined;
  /** Milliseconds. */
  readonly milliseconds?: number | undefined;
  /** Microseconds. */
  readonly microseconds?: number | undefined;
  /** Nanoseconds. */
  readonly nanoseconds?: number | undefined;
}

const UNITS = {
  days: 86_400,
  hours: 3_600,
  minutes: 60,
  seconds: 1,
  milliseconds: 1e-3,
  microseconds: 1e-6,
  nanoseconds: 1e-9,
} as const;

/**
 * Returns the seconds of a delay.
 *
 * @param delay Seconds, or an object with units.
 * @returns Seconds. Negative stays negative.
 * @throws {TypeError} If it is neither.
 * @throws {RangeError} If it is NaN, or counts in years, months or weeks.
 *
 * @example Add units up
 * ```ts
 * import { toSeconds } from "@asyncio/asyncio/clock";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(toSeconds({ minutes: 1, milliseconds: 500 }), 60.5);
 * ```
 */
export function toSeconds(delay: Delay): number {
  const seconds = typeof delay === "number" ? delay : sumOfUnits(delay);
  if (Number.isNaN(seconds)) {
    throw new RangeError("Cannot wait: delay is NaN, not a number");
  }
  return seconds;
}

// Of a Temporal.Duration, where they have to be 0.
const OTHER_UNITS: readonly string[] = ["years", "months", "weeks"];

function sumOfUnits(delay: DelayFields): number {
  check("wait", "delay", delay, DELAY);
  for (const unit of OTHER_UNITS) {
    if (((delay as Record<string, number>)[unit] ?? 0) !== 0) {
      throw new RangeError(`Cannot wait: a delay has no ${unit}, use days`);
    }
  }
  let seconds = 0;
  let found = false;
  for (const [unit, factor] of Object.entries(UNITS)) {
    const count = delay[unit as keyof DelayFields];
    if (count === undefined) continue;
    check("wait", unit, count, NUMBER);
    found = true;
    // Dividing keeps 250 milliseconds exactly 0.25.
    seconds += factor < 1 ? count / Math.round(1 / factor) : count * factor;
  }
  const known = Object.keys(UNITS).join(", ");
  if (!found) {
    throw new TypeError(
      refusal("wait", "delay", `an object with one of ${known}`, delay),
    );
  }
  for (const unit of Object.keys(delay)) {
    if (unit in UNITS || OTHER_UNITS.includes(unit)) continue;
    throw new TypeError(
      `Cannot wait: unknown unit "${unit}", known are ${known}`,
    );
  }
  return seconds;
}

/** What a clock may ask of a loop that waits for it. */
export interface Sleeper {
  /** Wakes the loop: its deadline may have come. */
  wake(): void;
  /** Tells the loop that no deadline will ever come. */
  deadlock(): void;
  /** Whether the host still works on something for one of the loop's tasks. */
  hostIsBusy(): boolean;
  /** Whether real work is out, as a job in a worker is: virtual time stands still then. */
  isHeld?(): boolean;
}

/**
 * What a loop needs of a clock. Own clocks implement it.
 *
 * @example Run ten times as fast
 * ```ts
 * import { type Clock, EventLoop, run, sleep, SystemClock } from "@asyncio/asyncio";
 * import { assertGreater } from "@std/assert";
 *
 * class FastClock extends SystemClock {
 *   override time(): number {
 *     return super.time() * 10;
 *   }
 *   override wait(...[sleeper, deadline]: Parameters<Clock["wait"]>): void {
 *     super.wait(sleeper, deadline === undefined ? undefined : deadline / 10);
 *   }
 * }
 *
 * const loop = new EventLoop({ clock: new FastClock() });
 * await run(() => sleep(0.05), { loopFactory: () => loop });
 * assertGreater(loop.time(), 0.05);
 * ```
 */
export interface Clock {
  /** Seconds since any fixed moment; never goes back. */
  time(): number;
  /** Timers due within this many seconds run at once. */
  readonly resolution: number;
  /** Whether a host turn must pass after each loop turn that resumed an async function. */
  readonly settles: boolean;
  /**
   * Tells the clock that a loop's run begins.
   *
   * @param sleeper The loop.
   */
  attach(sleeper: Sleeper): void;
  /**
   * Tells the clock that a loop's run has ended.
   *
   * @param sleeper The loop.
   */
  detach(sleeper: Sleeper): void;
  /**
   * Wakes the loop at a time; that replaces its earlier wish.
   *
   * @param sleeper The loop.
   * @param deadline When to wake it, in seconds of {@linkcode Clock.time}; `undefined` means
   * never.
   */
  wait(sleeper: Sleeper, deadline: number | undefined): void;
  /**
   * Forgets the wish: the loop was woken by something else.
   *
   * @param sleeper The loop.
   */
  unwait(sleeper: Sleeper): void;
}

/** The host's timer of one loop. */
interface ArmedTimer {
  /** The function that set it: fake timers of a test runner may come and go in between. */
  readonly setBy: typeof setTimeout;
  /** Takes it back, by the counterpart of that function. */
  readonly clear: () => void;
  /** For when it was set, in seconds. */
  readonly deadline: number;
  /** Whether the loop waits for it now. */
  isWanted: boolean;
}

/**
 * The host's monotonic clock.
 *
 * It asks for `performance.now()` and `setTimeout()` each time. So fake timers of a test
 * runner move it if they fake both; one alone stops it. A {@linkcode VirtualClock} needs none.
 *
 * @example Read it
 * ```ts
 * import { SystemClock } from "@asyncio/asyncio";
 * import { assertGreaterOrEqual } from "@std/assert";
 *
 * const clock = new SystemClock();
 * const before = clock.time();
 * assertGreaterOrEqual(clock.time(), before);
 * ```
 */
export class SystemClock implements Clock {
  /** Timers due within a microsecond run at once. */
  readonly resolution: number = 1e-6;
  /** A loop in real time runs on without waiting for the host. */
  readonly settles: boolean = false;
  // Made when it is needed: many a loop never waits.
  #timers: Map<Sleeper, ArmedTimer> | undefined = undefined;

  /** Seconds since the program started. */
  time(): number {
    return performance.now() / 1000;
  }

  /**
   * Tells the clock that a loop's run begins.
   *
   * @param _sleeper The loop.
   */
  attach(_sleeper: Sleeper): void {}

  /**
   * Tells the clock that a loop's run has ended.
   *
   * @param sleeper The loop.
   */
  detach(sleeper: Sleeper): void {
    const armed = this.#timers?.get(sleeper);
    if (armed === undefined) return;
    this.#timers?.delete(sleeper);
    armed.clear();
  }

  /**
   * Wakes the loop at `deadline`, or earlier if the host's longest timer ends before.
   *
   * @param sleeper The loop.
   * @param deadline When to wake it, in seconds of {@linkcode SystemClock.time}.
   */
  wait(sleeper: Sleeper, deadline: number | undefined): void {
    const armed = this.#timers?.get(sleeper);
    // A server's loop waits anew for each request, most often for the same deadline or
    // for a later one, and the host's timer is 1.4 µs.
    if (armed !== undefined && deadline !== undefined) {
      armed.isWanted = armed.deadline <= deadline &&
        armed.setBy === setTimeout;
      if (armed.isWanted) return;
    }
    this.detach(sleeper);
    if (deadline === undefined) return;
    const now = performance.now() / 1000;
    const delay = Math.min(
      Math.max(Math.ceil((deadline - now) * 1000), 0),
      LONGEST_TIMER,
    );
    // What clears it later, should others stand in their places then.
    const [setBy, clearBy] = [setTimeout, clearTimeout];
    const timer = setBy(() => {
      // One that could not be taken back fires all the same.
      if (this.#timers!.get(sleeper) !== next) return;
      this.#timers!.delete(sleeper);
      if (next.isWanted) sleeper.wake();
    }, delay);
    const next: ArmedTimer = {
      setBy,
      clear: () => clearBy(timer),
      deadline: Math.min(deadline, now + delay / 1000),
      isWanted: true,
    };
    this.#timers ??= new Map();
    this.#timers.set(sleeper, next);
  }

  /**
   * Forgets the loop's wish. The host's timer stays for the next one, until
   * {@linkcode SystemClock.detach}.
   *
   * @param sleeper The loop.
   */
  unwait(sleeper: Sleeper): void {
    const armed = this.#timers?.get(sleeper);
    if (armed !== undefined) armed.isWanted = false;
  }
}

/** Options of {@linkcode VirtualClock}. */
export interface VirtualClockOptions {
  /**
   * The time at the start, in seconds.
   *
   * @default {0}
   */
  readonly start?: number | undefined;
  /**
   * Whether time jumps to the next deadline when nothing else can happen. With
   * `false` it moves by {@linkcode VirtualClock.advance} only.
   *
   * @default {true}
   */
  readonly autoJump?: boolean | undefined;
}

const VIRTUAL_CLOCK_OPTIONS: OptionKinds<VirtualClockOptions> = {
  start: NUMBER,
  autoJump: BOOLEAN,
};

// How many host turns an async function that waits for a plain promise is given
// before time moves on without it.
const PATIENCE = 32;
// And before a loop with no deadline is given up. Nobody can tell an async function that
// waits for the host beside a wait for this library, or a callback that is still to come,
// from nothing; and a program that can't go on has time.
const DEADLOCK_PATIENCE = 100;

/**
 * A clock for tests: time stands still while anything is ready, and jumps to the
 * next deadline when nothing is. A loop with neither ends with a `DeadlockError`, if the
 * host does not wake it within a tenth of a second of real time.
 *
 * Several loops may share one: time jumps when all of them wait. It stands still while
 * an executor has a job in a real worker.
 *
 * @example Wait for an hour in no time
 * ```ts
 * import { EventLoop, run, sleep, VirtualClock } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new VirtualClock({ start: 100 });
 * await run(() => sleep(3600), { loopFactory: () => new EventLoop({ clock }) });
 * assertEquals(clock.time(), 3700);
 * ```
 *
 * @example Move time by hand
 * ```ts
 * import { EventLoop, run, sleep, VirtualClock } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new VirtualClock({ autoJump: false });
 * const ended = run(async () => await sleep(5, "done"), {
 *   loopFactory: () => new EventLoop({ clock }),
 * });
 * // A turn of the host, in which it comes to its wait.
 * await new Promise((resolve) => setTimeout(resolve));
 * clock.advance(5);
 * assertEquals(await ended, "done");
 * ```
 */
export class VirtualClock implements Clock {
  /** Deadlines are exact. */
  readonly resolution: number = 1e-9;
  /** Async functions run on until they wait, before the next loop turn. */
  readonly settles: boolean = true;
  #now: number;
  #autoJump: boolean;
  #attached: Set<Sleeper> = new Set();
  #deadlines: Map<Sleeper, number | undefined> = new Map();
  #settling = false;
  // How many host turns were given away since the last loop began to wait.
  #turnsGiven = 0;
  /** Calls off the turn that comes next. */
  #callOff: (() => void) | undefined;

  /**
   * Makes a clock.
   *
   * @param options The start time, and whether time jumps by itself.
   * @throws {TypeError} If an option is of the wrong kind.
   * @throws {RangeError} If `start` is NaN.
   */
  constructor(options: VirtualClockOptions = {}) {
    options = checkOptions("make a clock", options, VIRTUAL_CLOCK_OPTIONS);
    this.#now = options.start ?? 0;
    this.#autoJump = options.autoJump ?? true;
  }

  /** The time, in seconds. */
  time(): number {
    return this.#now;
  }

  /**
   * Moves time forward and wakes the loops whose deadlines have come. What comes to its
   * wait only later waits from the new time on: let the host have a turn before.
   *
   * @param delay How far: seconds, or an object with units.
   * @throws {RangeError} If it is negative, Infinity or NaN.
   * @throws {TypeError} If `delay` is no delay.
   */
  advance(delay: Delay): void {
    const seconds = toSeconds(delay);
    if (seconds === Infinity) {
      throw new RangeError(
        "Cannot move time: delay is Infinity, give a number",
      );
    }
    if (seconds < 0) {
      throw new RangeError(`Cannot turn time back: delay is ${seconds}`);
    }
    this.#now += seconds;
    this.#wakeDue();
  }

  /**
   * Tells the clock that a loop's run begins.
   *
   * @param sleeper The loop.
   */
  attach(sleeper: Sleeper): void {
    this.#attached.add(sleeper);
  }

  /**
   * Tells the clock that a loop's run has ended.
   *
   * @param sleeper The loop.
   */
  detach(sleeper: Sleeper): void {
    this.#attached.delete(sleeper);
    this.#deadlines.delete(sleeper);
    // A run that has ended leaves no timer; a loop that still waits begins anew.
    if (this.#callOff !== undefined) {
      this.#callOff();
      this.#callOff = undefined;
      this.#settling = false;
    }
    this.#settle();
  }

  /**
   * Wakes the loop at `deadline`: at once, if all loops wait.
   *
   * @param sleeper The loop.
   * @param deadline When to wake it, in seconds of {@linkcode VirtualClock.time}.
   */
  wait(sleeper: Sleeper, deadline: number | undefined): void {
    // What is due at Infinity never comes.
    this.#deadlines.set(
      sleeper,
      deadline === Infinity ? undefined : deadline,
    );
    // It has gone on since it waited last, so what it waits for is another matter.
    this.#turnsGiven = 0;
    this.#settle();
  }

  /**
   * Forgets the loop's wish.
   *
   * @param sleeper The loop.
   */
  unwait(sleeper: Sleeper): void {
    this.#deadlines.delete(sleeper);
  }

  #mayMove(): boolean {
    if (this.#attached.size === 0) return false;
    if (this.#deadlines.size !== this.#attached.size) return false;
    for (const sleeper of this.#attached) if (sleeper.isHeld?.()) return false;
    return true;
  }

  // What the host has in flight for async functions comes first: a host turn at
  // least, more while a task waits for a plain promise.
  #settle(): void {
    if (!this.#autoJump || this.#settling || !this.#mayMove()) return;
    this.#settling = true;
    const turn = (): void => {
      this.#callOff = undefined;
      if (!this.#mayMove()) {
        this.#settling = false;
      } else if (this.#hostGoesFirst()) {
        this.#turnsGiven++;
        // Real milliseconds, so that I/O has a chance too.
        this.#callOff = hostTimer(0.001, turn);
      } else {
        this.#settling = false;
        this.#jump();
      }
    };
    hostTurn().then(turn);
  }

  #hostGoesFirst(): boolean {
    if (this.#turnsGiven >= DEADLOCK_PATIENCE) return false;
    if (this.#nextDeadline() === undefined) return true;
    return this.#turnsGiven < PATIENCE &&
      [...this.#deadlines.keys()].some((sleeper) => sleeper.hostIsBusy());
  }

  #nextDeadline(): number | undefined {
    let next: number | undefined;
    for (const deadline of this.#deadlines.values()) {
      if (deadline !== undefined && (next === undefined || deadline < next)) {
        next = deadline;
      }
    }
    return next;
  }

  #jump(): void {
    const next = this.#nextDeadline();
    if (next !== undefined) {
      this.#now = Math.max(this.#now, next);
      this.#wakeDue();
      return;
    }
    for (const sleeper of [...this.#deadlines.keys()]) {
      if (!sleeper.hostIsBusy()) sleeper.deadlock();
    }
  }

  #wakeDue(): void {
    for (const [sleeper, deadline] of [...this.#deadlines]) {
      if (deadline === undefined || deadline > this.#now + this.resolution) {
        continue;
      }
      this.#deadlines.delete(sleeper);
      sleeper.wake();
    }
  }
}
