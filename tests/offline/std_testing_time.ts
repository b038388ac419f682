/**
 * Stands in for `@std/testing/time` where JSR is out of reach.
 *
 * It moves `Date` and the four timer functions of the host. A program under a
 * loop with a `VirtualClock` needs none of this.
 *
 * @module
 */

/** Says that time can't be faked or restored now. */
export class TimeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TimeError";
  }
}

interface Timer {
  readonly id: number;
  readonly run: () => void;
  /** The period of an interval. */
  readonly every: number | undefined;
  due: number;
}

const real = {
  Date: globalThis.Date,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
};

let current: FakeTime | undefined;

/** Time that a test moves by hand, in milliseconds. */
export class FakeTime implements Disposable {
  readonly #start: number;
  #now: number;
  #ids = 0;
  /** In the order of their making, which is their order when due together. */
  readonly #timers = new Map<number, Timer>();

  constructor(start?: number | string | Date | null) {
    if (current) {
      throw new TimeError("Cannot construct FakeTime: time is already faked");
    }
    this.#start = typeof start === "number"
      ? Math.floor(start)
      : start === undefined || start === null
      ? real.Date.now()
      : new real.Date(start).valueOf();
    if (Number.isNaN(this.#start)) {
      throw new TypeError(
        `Cannot construct FakeTime: invalid start time ${this.#start}`,
      );
    }
    this.#now = this.#start;
    Object.assign(globalThis, this.#fakes());
    current = this;
  }

  /** Makes time real again. */
  static restore(): void {
    if (!current) throw new TimeError("Cannot restore: time already restored");
    current.restore();
  }

  /** The time; moving it runs what gets due. */
  get now(): number {
    return this.#now;
  }
  set now(value: number) {
    if (value < this.#now) {
      throw new RangeError(
        `Cannot set current time in the past, time must be >= ${this.#now}: received ${value}`,
      );
    }
    for (
      let timer = this.#first();
      timer && timer.due <= value;
      timer = this.#first()
    ) {
      this.#now = timer.due;
      this.#timers.delete(timer.id);
      if (timer.every !== undefined) {
        this.#timers.set(timer.id, { ...timer, due: timer.due + timer.every });
      }
      timer.run();
    }
    this.#now = value;
  }

  /** The time at the beginning. */
  get start(): number {
    return this.#start;
  }

  /** Moves time by `ms`. */
  tick(ms = 0): void {
    this.now += ms;
  }

  /** Lets microtasks run, then moves time by `ms`. */
  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.now += ms;
  }

  /** Moves time to the next timer; says whether there was one. */
  next(): boolean {
    const timer = this.#first();
    if (timer) this.now = timer.due;
    return timer !== undefined;
  }

  /** Lets microtasks run, then moves time to the next timer. */
  async nextAsync(): Promise<boolean> {
    await this.runMicrotasks();
    return this.next();
  }

  /** Moves time until no timer is left. */
  runAll(): void {
    while (this.next());
  }

  /** Moves time until no timer is left, with microtasks between. */
  async runAllAsync(): Promise<void> {
    while (this.#timers.size > 0) await this.nextAsync();
  }

  /** Waits `ms` of real time. */
  delay(ms: number): Promise<void> {
    return new Promise((resolve) => void real.setTimeout(resolve, ms));
  }

  /** Lets microtasks run. */
  async runMicrotasks(): Promise<void> {
    await this.delay(0);
  }

  /** Makes time real again. */
  restore(): void {
    if (current !== this) {
      throw new TimeError("Cannot restore: time already restored");
    }
    current = undefined;
    Object.assign(globalThis, real);
  }

  /** Makes time real again. */
  [Symbol.dispose](): void {
    this.restore();
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (first === undefined || timer.due < first.due) first = timer;
    }
    return first;
  }

  #fakes(): Record<keyof typeof real, unknown> {
    const now = () => this.#now;
    class FakeDate extends real.Date {
      // deno-lint-ignore no-explicit-any
      constructor(...args: any[]) {
        // @ts-ignore: any of Date's argument lists.
        super(...(args.length === 0 ? [now()] : args));
      }
      static override now(): number {
        return now();
      }
    }
    const clear = (id?: unknown) => void this.#timers.delete(Number(id));
    return {
      Date: FakeDate,
      setTimeout: this.#setter(false),
      clearTimeout: clear,
      setInterval: this.#setter(true),
      clearInterval: clear,
    };
  }

  #setter(
    repeat: boolean,
  ): (
    callback: (...args: unknown[]) => void,
    delay?: number,
    ...args: unknown[]
  ) => number {
    return (callback, delay = 0, ...args) => {
      const id = ++this.#ids;
      const wait = Math.max(repeat ? 1 : 0, Math.floor(delay));
      this.#timers.set(id, {
        id,
        run: () => callback(...args),
        every: repeat ? wait : undefined,
        due: this.#now + wait,
      });
      return id;
    };
  }
}
