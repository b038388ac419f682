/**
 * The turns of a loop: the ready queue, the timers, and when the host has its turn.
 *
 * A turn moves due timers to the ready queue and runs exactly what stood there when it
 * began. Nothing else runs what stands there.
 *
 * @module
 */
import type { Clock, Sleeper } from "../clock.ts";
import { hostTurn, turnOfLoop } from "../_host/turn.ts";
import {
  hasAsyncContext,
  hasResumedLine,
  noteResumedLine,
  runInLine,
} from "../_host/async_context.ts";
import type { PlaceInTurn } from "../_base/descent.ts";
import { type Bursts, HOPS_OF_BURST, SETTLED } from "../_base/microtasks.ts";
import type { Runnable, Timer } from "../_base/roles.ts";
import { RingBuffer } from "../_base/ring_buffer.ts";
import type { Instruments } from "./instrument.ts";
import { running } from "../_base/running.ts";
import { type RecentTask, RecentTasks } from "./recent_tasks.ts";
import { Slice } from "./slice.ts";
import { TimerHeap } from "./timer_heap.ts";

// A resumed async function needs two microtasks to its next wait, and one more for
// each async function that it returns to; some come back only when others do.
const MOST_HOPS = 4;
const IDLE_HOPS = 4;
// Whoever wakes an idle loop is nearly always back at a wait after so many: 0.2 µs.
const WAKE_HOPS = 8;
// A run of one task needs no more, and there may be one a request.
const SMALLEST_READY = 8;
// More than a slice is enough for, but where all that runs is very short.
const MOST_OF_SLICE = 1_000;
// What the ready queue keeps of a burst, idle.
const MOST_IDLE_SLOTS = 65_536;

/** Why a round of turns has paused. */
type Pause =
  | "idle"
  | "tasks start"
  | "async function resumed"
  | "burst to end"
  | "slice used up"
  | "stopped";

/** Who has something to do before the host has its turn. */
export interface BeforeHost {
  /** Called once. */
  _beforeHost(): void;
}

/** What the turns ask of their loop. */
export interface TurnsOwner {
  /** The error that ends a run in which nothing can happen any more. */
  _deadlockError(): Error;
  /** Whether a task waits for a promise of the host. */
  _waitsForHost(recent: object): boolean;
  /** Tells of the errors that nobody has fetched in time. */
  _tellDueErrors(now: number): void;
  /** Called when there is nothing to do until the host, or a timer, wakes the loop. */
  _becomesIdle(): void;
  /** Called when the run has ended. */
  _runEnded(): void;
  readonly _bursts: Bursts;
}

/** Runs the turns of one loop. */
export class Turns implements Sleeper, PlaceInTurn {
  /** How many turns have begun. */
  turn = 0;
  /** Told once, before the host has its next turn. */
  beforeHost: BeforeHost | undefined;
  readonly #clock: Clock;
  readonly #owner: TurnsOwner;
  readonly #slice: Slice;
  // When errors are to be told of next.
  #errorsDue = Infinity;
  // The ready queue.
  readonly #ready = new RingBuffer<Runnable>(SMALLEST_READY);
  readonly #timers = new TimerHeap<Timer & Runnable>();
  // Those that may wait for the host, under a clock for tests.
  readonly #recent = new RecentTasks();
  // Ends the pause of an idle loop.
  #endPause: (() => void) | undefined;
  #instruments: Instruments | undefined;
  // What `push()` does besides, if anything: one slot, so that it looks once.
  #onPush: ((runnable: Runnable) => void) | undefined;
  // What ends the run from outside a turn.
  #fatal: { readonly error: unknown } | undefined;
  #stopping = false;
  // How many async functions were resumed and have not come back to a wait.
  #resumed = 0;
  // Whether one had not when a turn followed: it may be on its way until the host has its turn.
  #hasStraggler = false;
  // How many microtasks come before the next turn, for those who are still on their way.
  #hopsToTurn = 0;
  // Whether they come before the rest of the turn under way too.
  #isPaused = false;
  // Whether tasks do their first step in the next microtask.
  #isStarting = false;
  // Whether this run has begun a turn: there is one at least, even after `stop()`.
  #hasTurned = false;
  // How many runnables of the turn under way are still to run.
  #leftOfTurn = 0;
  #isDraining = false;
  // How many have real work out, for which virtual time waits.
  #holds = 0;

  constructor(clock: Clock, owner: TurnsOwner) {
    this.#clock = clock;
    this.#owner = owner;
    this.#slice = new Slice(clock);
  }

  /** Runs turns until {@linkcode Turns.stop}. */
  run(): Promise<void> {
    this.#clock.attach(this);
    this.#slice.begin();
    // An async function keeps its own async context over its awaits, so nobody who
    // wakes the loop lends it theirs.
    return runInLine(undefined, Turns.#pumpOf, this);
  }

  /** How many runnables of the turn are left behind the one that runs now, if one does. */
  get leftOfTurn(): number | undefined {
    return this.#isDraining ? this.#leftOfTurn : undefined;
  }

  /** Whether the loop has nothing to do, and waits for the host or for a timer. */
  get isWaiting(): boolean {
    return this.#endPause !== undefined;
  }

  /** Whether something is ready to run in the next turn. */
  get hasReady(): boolean {
    if (this.#ready.size > 0) return true;
    const earliest = this.#timers.earliest();
    return earliest !== undefined &&
      earliest <= this.#clock.time() + this.#clock.resolution;
  }

  /** Ends the run after the turn under way, or the next run after its first turn. */
  stop(): void {
    this.#stopping = true;
    this.#endPause?.();
  }

  /** Ends the run with an error. */
  abort(error: unknown): void {
    this.#fatal ??= { error };
    this.#endPause?.();
  }

  /** Appends a runnable to the ready queue. */
  push(runnable: Runnable): void {
    this.#ready.push(runnable);
    this.#onPush?.(runnable);
  }

  /** Lets instruments look on; `undefined` for none. */
  observeBy(instruments: Instruments | undefined): void {
    this.#instruments = instruments;
    this.#setOnPush();
  }

  /** Adds a timer. */
  pushTimer(timer: Timer & Runnable): void {
    this.#timers.push(timer);
    // It may be due in the very next turn, so that must look at the clock.
    if (timer.when() <= this.#slice.now) this.#slice.checkSoon();
    this.#waitAnew();
  }

  // What an idle loop waits for has changed: code that the host runs does that. Else nothing
  // would wake it in time; or a timer of the host for what was called off would keep the
  // program alive, and virtual time would go there in vain.
  #waitAnew(): void {
    if (this.isWaiting) this.#clock.wait(this, this.#nextDeadline());
  }

  // Virtual time does not move for a report: it is told of as soon as time has come.
  #nextDeadline(): number | undefined {
    const earliest = this.#timers.earliest();
    if (this.#clock.settles || this.#errorsDue === Infinity) return earliest;
    return Math.min(this.#errorsDue, earliest ?? Infinity);
  }

  /** Makes the next turn look at the clock. */
  checkSoon(): void {
    this.#slice.checkSoon();
  }

  /** Counts a timer that was cancelled. */
  noteCancelled(): void {
    this.#timers.noteCancelled();
    this.#waitAnew();
  }

  /** Sets when errors are to be told of next. */
  setErrorsDue(due: number): void {
    this.#errorsDue = due;
    this.#waitAnew();
  }

  /** Notes that a task does its first step in the next microtask. */
  noteStarting(): void {
    this.#isStarting = true;
  }

  /** Counts an async function that was resumed and should run on before the next turn. */
  noteResumed(): void {
    this.#resumed++;
  }

  /** Counts an async function that waits again, or has ended. */
  noteSuspended(): void {
    if (this.#resumed > 0) this.#resumed--;
    // Whom the host has resumed may have called who waits now, and be still on its way.
    if (this.#endPause !== undefined && this.#hopsToTurn === 0) {
      this.#hopsToTurn = WAKE_HOPS;
    }
  }

  /** Takes no turn before the burst of microtasks under way is over. */
  letBurstEnd(): void {
    this.#hopsToTurn = HOPS_OF_BURST;
  }

  /** As {@linkcode letBurstEnd}, and runs no more of the turn under way before. */
  pauseTurn(): void {
    this.letBurstEnd();
    this.#isPaused = true;
  }

  /** Keeps virtual time still until {@linkcode Turns.letGo}. */
  hold(): void {
    this.#holds++;
  }

  /** Takes one {@linkcode Turns.hold} back. */
  letGo(): void {
    this.#holds--;
    // The clock forgot nothing, but looks again when it is asked again.
    if (!this.isHeld()) this.#waitAnew();
  }

  /** Whether virtual time has to stand still; asked by the clock. */
  isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Drops what is scheduled. */
  clear(): void {
    this.#ready.clear();
    this.#timers.clear();
    this.#recent.clear();
  }

  /**
   * Notes a task that runs outside of a turn, inside the step of another, or a future of
   * the host that somebody waits for.
   */
  noteRan(task: RecentTask): void {
    if (this.#clock.settles) this.#recent.add(task);
  }

  /** Called by the clock: a deadline may have come. */
  wake(): void {
    // The host's timer fired, so the host has just had its turn.
    running.runs = 0;
    this.#slice.begin();
    this.#endPause?.();
  }

  /** Called by the clock: no deadline will ever come. */
  deadlock(): void {
    this.abort(this.#owner._deadlockError());
  }

  /** Called by the clock: whether an async function waits for the host. */
  hostIsBusy(): boolean {
    return this.#recent.some((task) => this.#owner._waitsForHost(task));
  }

  // Not a closure: that would be one a run.
  static #pumpOf(turns: Turns): Promise<void> {
    return turns.#pump();
  }

  async #pump(): Promise<void> {
    try {
      // Where the host has no storage, what main does after a first wait that is over at
      // once is told by the line that was resumed last: no other code may come between.
      if (!hasAsyncContext) await this.#letHostTurn();
      for (;;) {
        // In the middle of a turn too, as what throws within it does.
        this.#throwFatal();
        const pause = this.#drain();
        this.#throwFatal();
        switch (pause) {
          case "stopped":
            return;
          case "idle":
            // An async function may still be on its way to its next wait. Becoming idle
            // costs more than these hops.
            for (let hop = 0; this.#isIdle() && hop < IDLE_HOPS; hop++) {
              await SETTLED;
            }
            // Else what the host calls next would be taken for a function of who ran last.
            if (hasResumedLine()) await this.#letHostTurn();
            else if (this.#clock.settles || this.#isIdle()) {
              await this.#becomeIdle();
              this.#endIdle();
            }
            break;
          case "slice used up":
            await this.#letHostTurn();
            break;
          case "tasks start":
            this.#isStarting = false;
            await SETTLED;
            break;
          case "async function resumed":
            if (this.#clock.settles || !hasAsyncContext) {
              await this.#letHostTurn();
            }
            // Here, since another async function would be 300 B a switch.
            for (let hop = 0; this.#resumed > 0 && hop < MOST_HOPS; hop++) {
              await SETTLED;
            }
            this.#hasStraggler ||= this.#resumed > 0;
            this.#resumed = 0;
            break;
          case "burst to end":
            // What happens in it may ask for more.
            for (; this.#hopsToTurn > 0; this.#hopsToTurn--) await SETTLED;
            this.#isPaused = false;
        }
      }
    } finally {
      if (hasResumedLine()) await this.#letHostTurn();
      this.#clock.detach(this);
      this.#stopping = false;
      this.#fatal = undefined;
      this.#leftOfTurn = 0;
      this.#hasTurned = false;
      this.#owner._runEnded();
    }
  }

  #throwFatal(): void {
    if (this.#fatal !== undefined) throw this.#fatal.error;
  }

  #drain(): Pause {
    running.loop = this.#owner;
    // Another loop may have had its turns meanwhile: the error of a cancel that comes out of a
    // run of one is not to be that of a function which nobody awaits in the other.
    running.cancelled = undefined;
    this.#isDraining = true;
    try {
      return this.#runTurns();
    } finally {
      this.#isDraining = false;
      running.loop = undefined;
      running.task = undefined;
      running.driver = undefined;
      running.context = undefined;
    }
  }

  #runTurns(): Pause {
    for (;;) {
      if (this.#isPaused) return "burst to end";
      if (this.#isStarting) return "tasks start";
      // Under a clock for tests an async function runs on at once, as in CPython.
      if (
        this.#resumed > 0 &&
        (this.#leftOfTurn === 0 || this.#clock.settles || !hasAsyncContext)
      ) return "async function resumed";
      if (this.#leftOfTurn === 0) {
        if (this.#hopsToTurn > 0) return "burst to end";
        if (this.#stopping && this.#hasTurned) return "stopped";
        running.cancelled = undefined;
        const sliceIsUsedUp = this.#beginTurn();
        if (this.#ready.size === 0 && !this.#stopping) {
          // It may be woken before it is idle.
          if (sliceIsUsedUp) this.#slice.checkSoon();
          return "idle";
        }
        this.#hasTurned = true;
        this.#leftOfTurn = this.#ready.size;
        this.turn++;
        if (sliceIsUsedUp) return "slice used up";
      } else if (this.#slice.runsToCheck <= 0 && this.#lookAtClock()) {
        // The rest of the turn comes first after the host, so the order stays.
        return "slice used up";
      }
      this.#runSome();
    }
  }

  // As much of the turn as may run before the next look at the clock.
  #runSome(): void {
    const ready = this.#ready;
    const { settles } = this.#clock;
    const count = settles
      ? this.#leftOfTurn
      : Math.min(this.#leftOfTurn, Math.max(this.#slice.runsToCheck, 1));
    this.#slice.runsToCheck -= count;
    for (let i = 0; i < count; i++) {
      // Counted one by one: one that throws ends the run in the middle.
      this.#leftOfTurn--;
      running.readyWaits = 0;
      if (this.#instruments === undefined) ready.shift()._run();
      else this.#instruments.runNext(ready);
      if (this.#isPaused) return;
      if (!settles) {
        // Who is resumed is known only until another one is.
        if (!hasAsyncContext && this.#resumed > 0) return;
        // What stands behind it comes after its first step. Of several that start one
        // after the other the first steps follow each other in the same way.
        if (this.#isStarting && (i + 1 === count || !isStart(ready.at(0)))) {
          return;
        }
        continue;
      }
      if (running.task !== undefined) {
        this.#recent.add(running.task as RecentTask);
      }
      if (this.#resumed > 0 || this.#isStarting) return;
    }
  }

  // Moves due timers to the ready queue; says whether the host is due.
  #beginTurn(): boolean {
    const isDue = this.#slice.runsToCheck <= 0 || this.#clock.settles ||
      this.#ready.size === 0;
    if (!isDue && !this.#slice.hasNewTime) return false;
    const hostIsDue = isDue && this.#lookAtClock();
    this.#slice.hasNewTime = false;
    if (this.#timers.earliest() !== undefined) {
      const due = this.#slice.now + this.#clock.resolution;
      for (;;) {
        const timer = this.#timers.takeDue(due);
        if (timer === undefined) break;
        this.#ready.push(timer);
      }
    }
    return hostIsDue;
  }

  #lookAtClock(): boolean {
    const hostIsDue = this.#slice.isUsedUp();
    const { now } = this.#slice;
    if (now >= this.#errorsDue) this.#owner._tellDueErrors(now);
    return hostIsDue;
  }

  async #letHostTurn(): Promise<void> {
    this.#tellBeforeHost();
    this.#owner._bursts.beginHost();
    // Whoever was resumed last may still be on its way.
    this.#owner._bursts.endInTime();
    // A clock for tests lets the host settle, and takes no slice from the others.
    running.gaveWayAt = this.#slice.now;
    await (this.#clock.settles ? hostTurn() : turnOfLoop());
    this.#owner._bursts.endHost();
    noteResumedLine(undefined);
    running.runs = 0;
    // Of whichever loop: the slices of others are none of the host's time.
    this.#slice.begin(this.#isBehind() ? running.gaveWayAt : undefined);
  }

  #isBehind(): boolean {
    return this.#ready.size > MOST_OF_SLICE;
  }

  #tellBeforeHost(): void {
    const listener = this.beforeHost;
    if (listener === undefined) return;
    this.beforeHost = undefined;
    listener._beforeHost();
  }

  #isIdle(): boolean {
    return this.#ready.size === 0 && !this.#stopping &&
      this.#fatal === undefined && !this.#clock.settles;
  }

  #becomeIdle(): Promise<void> {
    this.#tellBeforeHost();
    this.#owner._becomesIdle();
    this.#ready.trim(MOST_IDLE_SLOTS);
    const woken = new Promise<void>((resolve) => {
      this.#endPause = () => resolve();
    });
    this.#setOnPush();
    this.#clock.wait(this, this.#nextDeadline());
    const bursts = this.#owner._bursts;
    // To count microtasks costs as much as to be woken.
    if (!this.#hasStraggler) bursts.next();
    bursts.beginHost();
    bursts.endInTime();
    this.#hasStraggler = false;
    return woken;
  }

  #endIdle(): void {
    // Whom the host has resumed may have woken the loop, and be still on its way.
    if (this.#clock.settles && this.#ready.size > 0) this.letBurstEnd();
    this.#owner._bursts.endHost();
    this.#endPause = undefined;
    this.#setOnPush();
    this.#clock.unwait(this);
    this.#slice.beginWoken();
  }

  #setOnPush(): void {
    const endPause = this.#endPause;
    const instruments = this.#instruments;
    this.#onPush = instruments === undefined ? endPause : (runnable) => {
      endPause?.();
      instruments.woken(runnable);
    };
  }
}

/** Whether it is a task that has not begun, and begins in a microtask. */
function isStart(runnable: Runnable): boolean {
  return typeof (runnable as { _waitingOn?: unknown })._waitingOn ===
    "function";
}
