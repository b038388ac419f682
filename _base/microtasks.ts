/**
 * Counts microtasks, as long as somebody wants to know when a burst of them is over, and
 * tells bursts apart.
 *
 * All that follows from one event runs in microtasks, before the host has its turn. Where
 * there is no `nextTick()`, as in browsers, the host does not say when they are over, but
 * each of them comes only some microtasks after the one before.
 *
 * @module
 */
import { running } from "./running.ts";

/**
 * A settled promise: to await it is one microtask. It is a third less than to await
 * `undefined`, which makes one: 5 % of an async function's switch. An async function makes it,
 * as what stands in the place of `Promise`, a subclass or a library's, takes some microtasks
 * more.
 */
export const SETTLED: Promise<void> = (async () => {})();

/**
 * In how many microtasks what follows from one event is over: an async function needs one
 * for each function that it returns to before it comes to its next wait.
 */
export const HOPS_OF_BURST = 32;

/**
 * For how many microtasks what follows from the throw of a cancel is told from all else: so
 * many async functions may lie between the wait and the clean-up, one in the other.
 */
export const HOPS_OF_DESCENT = 256;

// What follows from more events of one turn is not told apart: they are 15 µs each.
const MOST_EVENTS = 500;

/** A clock that ticks with each microtask, while it is asked to. */
export class Microtasks {
  /** How many have passed. */
  now = 0;
  #until = 0;
  #isTicking = false;
  #turn = -1;
  #eventsOfTurn = 0;

  /** Counts an event; says whether it can still be told what follows from it. */
  tellsApart(turn: number): boolean {
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#eventsOfTurn = 0;
    }
    return ++this.#eventsOfTurn <= MOST_EVENTS;
  }

  /**
   * Goes on for some more.
   *
   * @param count For how many.
   * @param onAwait Is called at each `await` that begins until then.
   * @returns The time at which they are over.
   */
  after(count: number, onAwait: () => number | undefined): number {
    running.bursts.onAwait = onAwait;
    const until = this.now + count;
    if (until > this.#until) this.#until = until;
    if (!this.#isTicking) void this.#tick();
    return until;
  }

  async #tick(): Promise<void> {
    this.#isTicking = true;
    running.bursts.underWay++;
    while (this.now < this.#until) {
      await SETTLED;
      this.now++;
    }
    this.#isTicking = false;
    if (--running.bursts.underWay === 0) running.bursts.onAwait = undefined;
  }
}

/** What the host has to tell that its microtasks are over. */
interface Host {
  readonly process?: {
    getBuiltinModule?(name: string): unknown;
  };
}

interface ProcessModule {
  nextTick<A>(callback: (argument: A) => void, argument: A): void;
}

// Of the built-in module: what bundlers put in the place of `process` comes a timer later.
const { nextTick } = ((globalThis as Host).process?.getBuiltinModule?.(
  "node:process",
) ?? {}) as Partial<ProcessModule>;

/** Whose code goes on in bursts of microtasks. */
export interface InBursts {
  /** In which burst its last wait has ended, or it began. */
  _lastEnd: number;
}

/** Tells the bursts of microtasks of one loop apart. */
export class Bursts {
  /** The number of the one under way. */
  current = 0;
  // The last one that somebody has asked for.
  #noted = -1;
  // Whether the loop waits for the host, which may have several turns before it goes on.
  #isWithHost = false;
  // Whether the one under way ends when its microtasks are over.
  #isEnding = false;
  // How many microtasks are left to it, where they are counted.
  #left = 0;

  /** Begins another one. */
  next(): void {
    this.current++;
  }

  /**
   * Returns the number of the one under way, for whoever wants to know whether it is over: while
   * the loop waits for the host, nothing else tells two of them apart.
   */
  note(): number {
    // An end that is under way began before this.
    if (this.#isWithHost || this.#isEnding) this.#endInTime();
    return this.#noted = this.current;
  }

  /** Notes that a line goes on in the one under way: it has just begun, or its wait is over. */
  noteGoesOn(line: InBursts): void {
    line._lastEnd = this.note();
  }

  /** Whether a line has gone on in the one under way. */
  hasGoneOn(line: InBursts): boolean {
    return line._lastEnd === this.current;
  }

  /**
   * Ends the one under way when its microtasks are over. One that nobody has asked for need
   * not end: that takes 1.5 % of an echo by generators.
   */
  endInTime(): void {
    if (this.#noted === this.current) this.#endInTime();
  }

  #endInTime(): void {
    this.#left = HOPS_OF_BURST;
    if (this.#isEnding) return;
    this.#isEnding = true;
    void this.#end();
  }

  /** Called when the loop begins to wait for the host. */
  beginHost(): void {
    this.#isWithHost = true;
  }

  /** Called when the host has had its turn. */
  endHost(): void {
    this.#isWithHost = false;
    // It may have been woken in the burst in which it began to wait.
    if (!this.#isEnding) this.next();
  }

  async #end(): Promise<void> {
    if (nextTick !== undefined) {
      // In a microtask: before those that follow from a callback of `nextTick()` the host
      // calls all others that stand there.
      await SETTLED;
      return nextTick(Bursts.#ended, this);
    }
    for (; this.#left > 0; this.#left--) await SETTLED;
    Bursts.#ended(this);
  }

  static #ended(bursts: Bursts): void {
    bursts.#isEnding = false;
    bursts.next();
  }
}
