/**
 * A loop that keeps the order of the system clock while its time jumps as a virtual one does:
 * no turn of the host settles what a turn of the loop has resumed, and no test waits.
 *
 * @module
 */
import { type Clock, EventLoop, type ExceptionContext } from "../mod.ts";
import { setImmediate } from "node:timers";

type Sleeper = Parameters<Clock["wait"]>[0];

// A promise of the host that a test makes settles within fewer turns of the host.
const TURNS_TO_JUMP = 8;
const TURNS_TO_DEADLOCK = 2_000;

/** Jumps to the next deadline when the host has had some turns. */
class JumpingClock implements Clock {
  readonly resolution = 1e-9;
  readonly settles = false;
  #now = 0;
  // Of a loop that waits: what it waits for, by a number of its own.
  readonly #waits = new Map<Sleeper, number>();
  #lastWait = 0;

  time(): number {
    return this.#now;
  }

  attach(): void {}

  detach(sleeper: Sleeper): void {
    this.unwait(sleeper);
  }

  wait(sleeper: Sleeper, deadline: number | undefined): void {
    const wait = ++this.#lastWait;
    this.#waits.set(sleeper, wait);
    let left = deadline === undefined ? TURNS_TO_DEADLOCK : TURNS_TO_JUMP;
    const next = (): void => {
      if (this.#waits.get(sleeper) !== wait) return;
      if (left-- > 0) setImmediate(next);
      else if (deadline === undefined) sleeper.deadlock();
      else {
        this.unwait(sleeper);
        this.#now = Math.max(this.#now, deadline);
        sleeper.wake();
      }
    };
    setImmediate(next);
  }

  unwait(sleeper: Sleeper): void {
    this.#waits.delete(sleeper);
  }
}

/** A loop of that order. */
export class RealOrderLoop extends EventLoop {
  /** What the exception handler was told, in order. */
  readonly reports: ExceptionContext[] = [];

  constructor() {
    super({ clock: new JumpingClock() });
    this.setExceptionHandler((_loop, context) => this.reports.push(context));
  }
}
