/**
 * The end of a process and of all that it has started: SIGTERM, a time of grace, SIGKILL.
 *
 * It is driven by timers and by the host, not by a task: no cancel can stop it.
 *
 * @module
 */
import type { SignalName } from "../_host/signals.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import type { Scheduler, TimerHandle } from "../handle.ts";

/** How a process came to its end: by itself, by SIGTERM, or by SIGKILL. */
export type EndOutcome = "ended" | "terminated" | "killed";

/** What is ended. */
export interface EndTarget {
  /** The loop whose clock counts the grace. */
  readonly loop: Scheduler;
  /** Whether the process itself has ended. */
  hasExited(): boolean;
  /** Whether something of it still runs. */
  lives(): boolean;
  /** Whether the dead of the group can be told from the living. */
  seesTheDead(): boolean;
  /** Sends a signal to all of it. */
  signal(signal: SignalName): void;
  /** Is told once that nothing runs any more, or why that can't be brought about. */
  ended(outcome: EndOutcome, error?: unknown): void;
}

// How long it waits between two looks, in seconds: the host tells nobody of the end of a
// grandchild.
const FIRST_LOOK = 0.001;
const LONGEST_LOOK = 0.05;
// How often it kills a group whose dead can't be told before it takes all for dead.
const BLIND_KILLS = 3;

/** Ends one process and its group. */
export class GroupEnd {
  readonly #target: EndTarget;
  #outcome: EndOutcome = "ended";
  #killTimer: TimerHandle | undefined;
  #lookTimer: TimerHandle | undefined;
  #untilNextLook = FIRST_LOOK;
  #kills = 0;
  #over = false;

  constructor(target: EndTarget) {
    this.#target = target;
  }

  /** Begins. */
  start(grace: number): void {
    if (this.#endIfDead()) return;
    this.#outcome = "terminated";
    this.#try("SIGTERM");
    this.hurry(grace);
    this.#lookLater();
  }

  /** Kills after so many seconds, if that is earlier than was planned. */
  hurry(grace: number): void {
    if (this.#over || this.#outcome === "killed") return;
    const { loop } = this.#target;
    const when = loop.time() + grace;
    if (this.#killTimer !== undefined && this.#killTimer.when() <= when) return;
    this.#killTimer?.cancel();
    this.#killTimer = when === Infinity
      ? undefined
      : loop.callAt(when, () => this.#kill(), NO_CONTEXT);
  }

  /** Looks whether it is over: the process itself has just ended. */
  look(): void {
    if (this.#over || this.#endIfDead()) return;
    if (this.#outcome === "killed") {
      const blind = this.#kills >= BLIND_KILLS && this.#target.hasExited() &&
        !this.#target.seesTheDead();
      if (blind) return this.#end();
      // Somebody may have begun to fork while it was killed.
      this.#try("SIGKILL");
      this.#kills++;
    }
    this.#lookLater();
  }

  /** Stops its timers: the loop is closed. */
  abandon(): void {
    this.#over = true;
    this.#killTimer?.cancel();
    this.#lookTimer?.cancel();
  }

  #kill(): void {
    this.#killTimer = undefined;
    if (this.#over || this.#endIfDead()) return;
    this.#outcome = "killed";
    this.#untilNextLook = FIRST_LOOK;
    const failure = this.#try("SIGKILL");
    if (failure === undefined) this.#lookLater();
    else this.#end(failure.error);
  }

  #try(signal: SignalName): { readonly error: unknown } | undefined {
    try {
      this.#target.signal(signal);
      return undefined;
    } catch (error) {
      // The last one, SIGKILL, tells it.
      return { error };
    }
  }

  #endIfDead(): boolean {
    if (this.#target.lives()) return false;
    this.#end();
    return true;
  }

  #end(error?: unknown): void {
    this.abandon();
    this.#target.ended(this.#outcome, error);
  }

  // The host tells the end of the process itself, so only after it there is need to look.
  #lookLater(): void {
    this.#lookTimer?.cancel();
    if (this.#over || !this.#target.hasExited()) return;
    this.#lookTimer = this.#target.loop.callLater(
      this.#untilNextLook,
      () => this.look(),
      NO_CONTEXT,
    );
    this.#untilNextLook = Math.min(2 * this.#untilNextLook, LONGEST_LOOK);
  }
}
