/**
 * Writes the trace of a run.
 *
 * @module
 */
import type { EventLoop } from "../../mod.ts";
import type { Event, Program, Trace } from "./program.ts";
import { UNIT } from "./words.ts";

// After so many turns without an event, turns are no longer counted.
const QUIET_TURNS = 6;

/** The trace of one program, and the turns in it. */
export class Recorder {
  readonly #program: Program;
  readonly #loop: EventLoop;
  readonly #trace: Event[] = [];
  #tracing = true;
  #turn = -1;
  #lastTurn = 0;

  /** Begins with nothing. */
  constructor(program: Program, loop: EventLoop) {
    this.#program = program;
    this.#loop = loop;
  }

  /** Writes an event into the trace. */
  log(who: string, what: string): void {
    if (!this.#tracing) return;
    if (this.#program.turns && this.#loop.isRunning()) {
      if (this.#turn < 0) {
        this.#turn = 0;
        this.#loop.callSoon(() => this.#onTurn());
      }
      this.#lastTurn = this.#turn;
    }
    // What close() does when nothing is left to end takes turns of its own.
    const counts = who !== "=" || this.#program.runs === null;
    this.#trace.push([
      Math.round(this.#loop.time() * UNIT),
      counts ? Math.max(this.#turn, 0) : 0,
      who,
      what,
    ]);
  }

  /** Writes no more; gives what was written. */
  end(): Trace {
    this.#tracing = false;
    return this.#trace;
  }

  #onTurn(): void {
    this.#turn++;
    if (this.#turn - this.#lastTurn < QUIET_TURNS) {
      this.#loop.callSoon(() => this.#onTurn());
    } else this.#turn = -1;
  }
}
