/**
 * The slice of time that a loop's turns have before the host has its own.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { wouldGiveWay } from "../_base/running.ts";

// How long a loop keeps the host waiting, in seconds. Deno looks at sockets only every
// 61 host turns while there is work, so a slice of 4 ms would delay an answer by a
// quarter of a second. A host turn is 1 µs, so slices this short cost 2 %.
const SLICE = 0.00005;
// The most that a loop which has fallen behind takes because a turn of the host took as long, in
// seconds. Callbacks of the host that make tasks may come by the thousand a turn: with a slice
// alone it would fall behind for as long as they come.
const MOST_SHARE = 0.005;
// For how long a loop that is woken again and again takes it that the host has its turns
// in between, in seconds, and how long what the host has woken at once may take: an I/O
// server would else ask for a turn of the host at every third of its tasks.
const MOST_WITHOUT_HOST = 0.001;
// How often it takes that in a row: tasks and promises that wake each other in microtasks
// let no host have its turn.
const MOST_WAKES = 128;
// How often it looks at the clock, in seconds: a look is 90 ns, a run may be 20 ns.
const CLOCK_CHECK = 0.00001;
const MOST_RUNS_BETWEEN_CHECKS = 256;
// How often it looks at most until the host has its turn: a clock that stands still ends no
// slice, as one for tests does while a task never rests, or one that a test runner has faked.
// In real time a slice has 100 looks, one of the longest 500.
const MOST_LOOKS = 1024;
// As long as nothing is known of what a run costs: a request may be three of them.
const FIRST_RUNS = 4;

/** Says when the host has its turn, with few looks at the clock. */
export class Slice {
  /** What the clock said last. */
  now = 0;
  /**
   * Whether the clock was looked at since the due timers were last moved: a look in the
   * middle of a turn can't move them.
   */
  hasNewTime = false;
  /** How many runnables may run until the next look at the clock. */
  runsToCheck = 0;
  readonly #clock: Clock;
  #runsBetweenChecks = FIRST_RUNS;
  // Until when the host waits for the turns under way.
  #end = -Infinity;
  #lastHostTurn = 0;
  // How often the loop was woken since.
  #wakes = 0;
  // How often it was asked since whether the slice is used up.
  #looks = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Begins one: the host has had its turn, or nothing has run yet.
   *
   * @param gaveWayAt Since when it had its turn, if the loop may take as long.
   */
  begin(gaveWayAt = Infinity): void {
    const now = this.#lastHostTurn = this.#look(FIRST_RUNS);
    this.#wakes = 0;
    this.#looks = 0;
    const share = Math.max(SLICE, Math.min(now - gaveWayAt, MOST_SHARE));
    // What the host has woken keeps the time that it was given then.
    this.#end = Math.max(this.#end, now + share);
  }

  /** Begins one for a loop that was idle, and that something has woken. */
  beginWoken(): void {
    // Whoever woke it did so in a turn of the host, nearly always; but two loops can
    // wake each other without one, and so does an async function that gives way.
    const now = this.#look(FIRST_RUNS);
    if (wouldGiveWay() || ++this.#wakes > MOST_WAKES) this.checkSoon();
    else if (now - this.#lastHostTurn < MOST_WITHOUT_HOST) {
      this.#end = now + MOST_WITHOUT_HOST;
    }
  }

  /** Makes the next turn look at the clock. */
  checkSoon(): void {
    this.runsToCheck = 0;
  }

  /** Looks at the clock, and says whether the host is due. */
  isUsedUp(): boolean {
    const isOver = this.#look(1) > this.#end && !this.#clock.settles;
    return isOver || ++this.#looks >= MOST_LOOKS;
  }

  // Time in which the host may have had its turn says little of what a run costs: that
  // leaves as many runs to the next look as a request needs.
  #look(leastRuns: number): number {
    const now = this.#clock.time();
    const between = this.#runsBetweenChecks;
    this.#runsBetweenChecks = now - this.now > CLOCK_CHECK
      ? Math.min(between, Math.max(between >> 2, leastRuns))
      : Math.min(between << 1, MOST_RUNS_BETWEEN_CHECKS);
    this.runsToCheck = this.#runsBetweenChecks;
    this.now = now;
    this.hasNewTime = true;
    return now;
  }
}
