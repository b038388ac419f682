/**
 * Tells what follows from an event, where much else goes on in the same burst of microtasks.
 *
 * @module
 */
import { HOPS_OF_BURST, type Microtasks, SETTLED } from "./microtasks.ts";
import { running } from "./running.ts";

/** Where a loop is in its turns. */
export interface PlaceInTurn {
  /** The number of the last turn that has begun. */
  readonly turn: number;
  /** How much of it is left behind what runs now; `undefined` outside of it. */
  readonly leftOfTurn: number | undefined;
}

/**
 * Tells whether the code that runs now follows from certain events, by microtasks alone.
 *
 * The host runs microtasks in the order in which they were queued. So what an event queues
 * stands between two of ours that are queued before and after it; these queue one more each as
 * they run, and between those stands what the first has queued. Nothing else ever does,
 * however much goes on in the same burst.
 */
export class Descent {
  /** Until which microtask somebody asks, by the clock. */
  until = 0;
  // Until which microtask all that runs is taken to follow.
  #allUntil = 0;
  /** In how many of its events, and what follows from them, the code that runs now stands. */
  depth = 0;
  /** The one that has begun last, until its first microtask. */
  newest: DescentEvent | undefined = undefined;
  readonly clock: Microtasks;

  /**
   * Begins without an event.
   *
   * @param clock Has to tick until nobody asks any more.
   */
  constructor(clock: Microtasks) {
    this.clock = clock;
  }

  /** Whether the code that runs now follows from one of the events. */
  get isUnderWay(): boolean {
    return this.depth > 0 || this.#allUntil > this.clock.now;
  }

  /** Takes all that runs in this burst to follow, as nobody can tell. */
  takeAll(): void {
    this.#allUntil = Math.min(this.until, this.clock.now + HOPS_OF_BURST);
  }

  /**
   * Begins an event, which the code that runs now brings about and ends.
   *
   * @param place Where the loop is.
   * @param isAllThatRuns Whether what runs in the turn now does nothing else.
   * @returns What is to be ended; `undefined` where there are too many to tell them apart.
   */
  begin(
    { turn, leftOfTurn }: PlaceInTurn,
    isAllThatRuns: boolean,
  ): DescentEvent | undefined {
    const place = isAllThatRuns ? leftOfTurn : undefined;
    const { newest } = this;
    // Nothing was queued since: there may be thousands, one after the other.
    const goesOn = newest?.goesOnAt(place);
    if (!goesOn && !this.clock.tellsApart(turn)) {
      this.takeAll();
      return undefined;
    }
    this.depth++;
    return goesOn ? newest : this.newest = new DescentEvent(this, place);
  }
}

/** An event, with what follows from it. */
export class DescentEvent {
  readonly #descent: Descent;
  // How much of the turn was left then; `undefined` where that did more.
  #leftOfTurn: number | undefined;
  // How many of the microtasks behind it are still to come.
  #ends = 0;
  #isOver = false;

  constructor(descent: Descent, leftOfTurn: number | undefined) {
    this.#descent = descent;
    this.#leftOfTurn = leftOfTurn;
    void this.#goBefore();
  }

  /** Whether it goes on in what runs next in the turn, which is what runs now then. */
  goesOnAt(leftOfTurn: number | undefined): boolean {
    if (leftOfTurn === undefined || this.#leftOfTurn !== leftOfTurn + 1) {
      return false;
    }
    this.#leftOfTurn = leftOfTurn;
    return true;
  }

  /** Ends it. */
  end(): void {
    this.#descent.depth--;
    this.#ends++;
    void this.#goBehind();
  }

  async #goBefore(): Promise<void> {
    const descent = this.#descent;
    await SETTLED;
    if (descent.newest === this) descent.newest = undefined;
    while (descent.clock.now < descent.until) {
      descent.depth++;
      await SETTLED;
    }
    this.#isOver = true;
  }

  async #goBehind(): Promise<void> {
    await SETTLED;
    // It went on.
    if (--this.#ends > 0) return;
    while (!this.#isOver) {
      this.#descent.depth--;
      await SETTLED;
    }
  }
}

/** Ends the events which the code that runs now has begun, as it delivers an outcome. */
export function endEvents(): void {
  const { events } = running.bursts;
  if (events === undefined) return;
  running.bursts.events = undefined;
  for (const each of events as DescentEvent[]) each.end();
}
