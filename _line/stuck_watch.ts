/**
 * Tells of async functions that were cancelled and still wait for the host, long after.
 *
 * Such a wait can't be interrupted; without a word the program would just hang.
 *
 * @module
 */
import { hostTimer } from "../_host/turn.ts";
import type { Scheduler } from "../handle.ts";
import { isQuiet, type LineState, type ScopeLine } from "./line.ts";
import { PROMISE_BODY } from "../_coroutine/promise_body.ts";

// Looks so often within the time that is allowed.
const LOOKS = 4;

/** A task, as far as it may be stuck. */
interface WatchedTask extends LineState {
  readonly _waitingOn: unknown;
  readonly _scope: LineState | undefined;
}

/** What it looks at. */
export interface StuckOwner extends Scheduler {
  readonly _tasks: Iterable<unknown>;
}

/** Looks at the cancelled lines of one loop from time to time, while there are some. */
export class StuckWatch {
  /** Counts looks: requests are dated by it, since asking the clock costs 5 % of a cancel. */
  now = 0;
  readonly #owner: StuckOwner;
  readonly #seconds: number;
  // Those that are not found among the tasks of the loop: of bodies, and of tasks that are
  // done and whose functions have left something running.
  readonly #others = new Set<LineState>();
  // How many lines it has to look at.
  #open = 0;
  #stop: (() => void) | undefined;

  /**
   * Makes one.
   *
   * @param owner The loop.
   * @param seconds How long a cancelled function may wait for the host, on the system clock.
   */
  constructor(owner: StuckOwner, seconds: number) {
    this.#owner = owner;
    this.#seconds = seconds;
  }

  /** Watches a line that was cancelled. */
  add(line: LineState): void {
    if (line._outer !== undefined || line._isOver()) this.#others.add(line);
    this.#open++;
  }

  /** Notes that a line which it watches has ended. */
  noteEnd(line: LineState): void {
    this.#others.delete(line);
    this.#open--;
  }

  /**
   * Calls off the next look if there is nothing to look at, before the loop waits for the
   * host: a test would find the timer. Not at each end, as timers of the host are dear.
   */
  rest(): void {
    if (this.#open === 0) this.stop();
  }

  /** Begins to look, if there is a line to look at. */
  start(): void {
    if (this.#open === 0) return;
    this.#stop ??= hostTimer(this.#seconds / LOOKS, () => this.#look());
  }

  /** Calls off the next look, at the end of a run. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #look(): void {
    this.now++;
    this.#stop = undefined;
    this.#open = 0;
    const stuck: LineState[] = [];
    for (const line of this.#others) {
      this.#check(line, isBodyAtHost(line as ScopeLine), stuck);
    }
    for (const task of this.#owner._tasks as Iterable<WatchedTask>) {
      this.#check(task, isTaskAtHost(task), stuck);
    }
    this.#tell(stuck);
    this.start();
  }

  // Adds the line to those that are stuck, if it is, or has it looked at again.
  #check(line: LineState, isAtHost: boolean, stuck: LineState[]): void {
    const request = line._request;
    if (request?.askedAt === undefined) return;
    if (this.now - request.askedAt <= LOOKS || !isAtHost || !isQuiet(line)) {
      this.#open++;
      return;
    }
    request.askedAt = undefined;
    this.#others.delete(line);
    stuck.push(line);
  }

  // One wait may hold up all the lines round it: it is told of once.
  #tell(stuck: readonly LineState[]): void {
    const outer = new Set<LineState>();
    for (const line of stuck) {
      let each = line._outer;
      for (; each !== undefined && !outer.has(each); each = each._outer) {
        outer.add(each);
      }
    }
    for (const line of stuck) {
      if (outer.has(line)) continue;
      const what = line._outer === undefined ? "" : "a scope of ";
      this.#owner.callExceptionHandler({
        message:
          `Cancelled ${this.#seconds} s ago, ${what}${line._task} still waits for a promise of the host, which cannot be interrupted: give it a signal by fromSignal() or scope.signal, or wait for it with interruptible()`,
        task: line._task,
      });
    }
  }
}

function isTaskAtHost(task: WatchedTask): boolean {
  return task._waitingOn === PROMISE_BODY && task._scope === undefined;
}

function isBodyAtHost(line: ScopeLine): boolean {
  const driver = line._driver;
  return driver === undefined ||
    driver._scope === line && driver._waitingOn === PROMISE_BODY;
}
