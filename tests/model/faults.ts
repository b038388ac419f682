/**
 * Primitives that have a fault each, as one might write them: the judge must find them.
 *
 * @module
 */
import {
  type Coroutine,
  coroutine,
  Event,
  Future,
  Lock,
  Queue,
  Semaphore,
} from "@asyncio/asyncio";
import { type Kit, SOUND } from "./objects.ts";

/** What a semaphore of futures may do wrong. */
interface Mistakes {
  /** One that is cancelled when it was woken does not wake the next. */
  readonly losesWakeUps?: boolean;
  /** One that is cancelled when it was woken keeps its permit. */
  readonly losesPermits?: boolean;
  /** Who came last is served first. */
  readonly isLifo?: boolean;
}

/** Permits, as Python had them once: whoever waits has a future in a list. */
class Permits {
  readonly #waiters: Future<void>[] = [];
  readonly #mistakes: Mistakes;
  #free: number;

  constructor(free: number, mistakes: Mistakes) {
    this.#free = free;
    this.#mistakes = mistakes;
  }

  locked(): boolean {
    return this.#free === 0;
  }

  readonly acquire: () => Coroutine<Disposable> = coroutine(
    function* (this: Permits) {
      if (this.#free > 0) this.#free--;
      else yield* this.#wait();
      return { [Symbol.dispose]: () => this.release() };
    }.bind(this),
  );

  /** Hands the permit to the next, if there is one. */
  release(): void {
    let next = this.#next();
    while (next?.done()) next = this.#next();
    if (next === undefined) this.#free++;
    else next.setResult();
  }

  #next(): Future<void> | undefined {
    return this.#mistakes.isLifo ? this.#waiters.pop() : this.#waiters.shift();
  }

  *#wait() {
    const { losesPermits, losesWakeUps } = this.#mistakes;
    const waiter = new Future<void>();
    this.#waiters.push(waiter);
    try {
      yield* waiter;
    } catch (error) {
      // One that was not woken is skipped by who releases.
      if (waiter.cancelled()) throw error;
      if (losesWakeUps) this.#free++;
      else if (!losesPermits) this.release();
      throw error;
    }
  }
}

class OwnLock extends Lock {
  readonly #permits: Permits;

  constructor(mistakes: Mistakes) {
    super();
    this.#permits = new Permits(1, mistakes);
  }

  override locked(): boolean {
    return this.#permits.locked();
  }

  override acquire(): Coroutine<Disposable> {
    return this.#permits.acquire();
  }

  override release(): void {
    this.#permits.release();
  }
}

class OwnSemaphore extends Semaphore {
  readonly #permits: Permits;

  constructor(value: number, mistakes: Mistakes) {
    super(value);
    this.#permits = new Permits(value, mistakes);
  }

  override locked(): boolean {
    return this.#permits.locked();
  }

  override acquire(): Coroutine<Disposable> {
    return this.#permits.acquire();
  }

  override release(): void {
    this.#permits.release();
  }
}

/** An event that wakes one of those who wait. */
class StingyEvent extends Event {
  readonly #waiters: Future<true>[] = [];

  override readonly wait: () => Coroutine<true> = coroutine(
    function* (this: StingyEvent) {
      if (this.isSet()) return true;
      const waiter = new Future<true>();
      this.#waiters.push(waiter);
      return yield* waiter;
    }.bind(this),
  );

  override set(): void {
    super.set();
    let next = this.#waiters.shift();
    while (next?.done()) next = this.#waiters.shift();
    next?.setResult(true);
  }
}

/** A queue that counts an item again that a task had to wait for. */
class MiscountingQueue extends Queue<number> {
  #extra = 0;

  override get(): Coroutine<number> {
    if (this.empty()) this.#extra++;
    return super.get();
  }

  override qsize(): number {
    return super.qsize() + this.#extra;
  }
}

/** What makes the primitives, by what is wrong with them. */
export const FAULTS: Readonly<Record<string, Kit>> = {
  "a lock loses the wake-up of a waiter that was cancelled": {
    ...SOUND,
    lock: () => new OwnLock({ losesWakeUps: true }),
  },
  "a semaphore loses the permit of a waiter that was cancelled": {
    ...SOUND,
    semaphore: (value) => new OwnSemaphore(value, { losesPermits: true }),
  },
  "a lock serves who came last": {
    ...SOUND,
    lock: () => new OwnLock({ isLifo: true }),
  },
  "an event wakes one of those who wait": {
    ...SOUND,
    event: () => new StingyEvent(),
  },
  "a queue counts wrong": {
    ...SOUND,
    queue: (maxsize) => new MiscountingQueue(maxsize),
  },
};

/** The same lock without a fault, so that it is the fault that is found. */
export const FAULTLESS: Kit = { ...SOUND, lock: () => new OwnLock({}) };
