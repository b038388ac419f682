/**
 * A loop that keeps the order of the system clock while its time jumps as a virtual one does:
 * no turn of the host settles what a turn of the loop has resumed, and no test waits.
 *
 * @module
 */
import { type Clock, EventLoop, type ExceptionContext } from "../mod.ts";
import { setImmediate } from "node:timers";

type Sleeper = Parameters<Clock["wait"]>[0];

// What a test asks of the host, one promise after the other, is over within fewer of its turns.
const TURNS_TO_JUMP = 16;
const TURNS_TO_DEADLOCK = 2_000;

/** Jumps to the next deadline when all its loops wait, and the host has had some turns. */
export class JumpingClock implements Clock {
  readonly resolution = 1e-9;
  readonly settles: boolean;
  #now = 0;
  readonly #attached = new Set<Sleeper>();
  readonly #waits = new Map<Sleeper, number | undefined>();
  // How many turns of the host have passed since a loop began to wait.
  #turns = 0;
  #isTicking = false;

  /** @param settles Whether the order is that of virtual time. */
  constructor(settles = false) {
    this.settles = settles;
  }

  time(): number {
    return this.#now;
  }

  attach(sleeper: Sleeper): void {
    this.#attached.add(sleeper);
  }

  detach(sleeper: Sleeper): void {
    this.#attached.delete(sleeper);
    this.unwait(sleeper);
  }

  wait(sleeper: Sleeper, deadline: number | undefined): void {
    this.#waits.set(sleeper, deadline);
    this.#turns = 0;
    if (!this.#isTicking) setImmediate(() => this.#tick());
    this.#isTicking = true;
  }

  unwait(sleeper: Sleeper): void {
    this.#waits.delete(sleeper);
  }

  #tick(): void {
    this.#isTicking = false;
    if (this.#waits.size === 0) return;
    if (this.#waits.size === this.#attached.size) {
      const next = Math.min(
        ...[...this.#waits.values()].map((deadline) => deadline ?? Infinity),
      );
      const turns = next === Infinity ? TURNS_TO_DEADLOCK : TURNS_TO_JUMP;
      if (this.#turns++ >= turns) return this.#jump(next);
    }
    setImmediate(() => this.#tick());
    this.#isTicking = true;
  }

  #jump(next: number): void {
    const waits = [...this.#waits];
    this.#waits.clear();
    if (next === Infinity) {
      for (const [sleeper] of waits) sleeper.deadlock();
      return;
    }
    this.#now = Math.max(this.#now, next);
    for (const [sleeper, deadline] of waits) {
      if (deadline === undefined || deadline > this.#now) {
        this.wait(sleeper, deadline);
      } else sleeper.wake();
    }
  }
}

/** A loop of that order. */
export class RealOrderLoop extends EventLoop {
  /** What the exception handler was told, in order. */
  readonly reports: ExceptionContext[] = [];

  /** @param clock Its clock, which several loops may share. */
  constructor(clock: Clock = new JumpingClock()) {
    super({ clock });
    this.setExceptionHandler((_loop, context) => this.reports.push(context));
  }
}
