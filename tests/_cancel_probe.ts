/**
 * What a program that is swept tells of itself, and what it asks for.
 *
 * @module
 */
import type { EventLoop } from "../mod.ts";
import { setImmediate } from "node:timers";

/** What a program tells of itself. */
export interface Probe {
  /** Enters a section: what it gives must be disposed of before the program ends. */
  enter(name: string): Disposable;
  /**
   * Runs the clean-up of a function that was told of a cancel.
   *
   * @param body The clean-up.
   * @param isAside Whether nobody awaits the function: the end of its task is a cancel too,
   * where the first one was that of a scope.
   */
  cleanUp(body: () => Promise<void>, isAside?: boolean): Promise<void>;
  /** How many clean-ups are under way. */
  readonly cleanUps: number;
  /** Whether a section or a clean-up is under way. */
  readonly isBusy: boolean;
  /** Gives a promise of the host, which settles in a later turn of the host. */
  host(): Promise<void>;
  /** Makes another loop of the same kind, whose steps are moments too. */
  newLoop(): EventLoop;
  /** Notes that the victim begins its last wait: a cancel may come too late from now on. */
  beginLastWait(): void;
}

/** Who cancels, as far as a probe asks. */
export interface Watcher {
  /** Whether the task was cancelled in time. */
  readonly delivered: boolean;
  /** Whether somebody has cancelled it. */
  readonly isCancelled: boolean;
  /** Whether the first cancel is that of a deadline. */
  readonly isByDeadline: boolean;
  isInLastWait: boolean;
  /** Cancels the victim, if it is time. */
  passMoment(): void;
  newLoop(): EventLoop;
}

/** What a run is told by its program. */
export class RunProbe implements Probe {
  /** How many clean-ups have begun after the cancel and not ended. */
  cleanUps = 0;
  readonly #open: string[] = [];
  readonly #watcher: Watcher;

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  enter(name: string): Disposable {
    this.#open.push(name);
    return {
      [Symbol.dispose]: () => {
        const index = this.#open.indexOf(name);
        if (index >= 0) this.#open.splice(index, 1);
      },
    };
  }

  async cleanUp(body: () => Promise<void>, isAside = false): Promise<void> {
    const { delivered, isCancelled } = this.#watcher;
    const count = (isAside ? delivered : isCancelled) ? 1 : 0;
    this.cleanUps += count;
    await body();
    this.cleanUps -= count;
  }

  host(): Promise<void> {
    const watcher = this.#watcher;
    return new Promise((resolve) =>
      setImmediate(() => {
        watcher.passMoment();
        setImmediate(() => {
          resolve();
          // A deadline would come in the middle of what follows: none of a clock does.
          if (watcher.isByDeadline) setImmediate(() => watcher.passMoment());
          else watcher.passMoment();
        });
      })
    );
  }

  newLoop(): EventLoop {
    return this.#watcher.newLoop();
  }

  beginLastWait(): void {
    this.#watcher.isInLastWait = true;
  }

  get isBusy(): boolean {
    return this.#open.length > 0 || this.cleanUps > 0;
  }

  open(): readonly string[] {
    return this.#open;
  }
}

/** Gives the probe of what others may cancel too. */
export function uncountedOf(probe: Probe): Probe {
  return derived(probe, { cleanUp: (body) => body() });
}

/** Gives the probe of what nobody awaits, which may stand at the host when all has ended. */
export function asideOf(probe: Probe): Probe {
  return derived(probe, {
    enter: () => ({ [Symbol.dispose]() {} }),
    cleanUp: (body) => probe.cleanUp(body, true),
  });
}

function derived(
  probe: Probe,
  instead: Partial<Pick<Probe, "enter" | "cleanUp">>,
): Probe {
  return {
    enter: (name) => probe.enter(name),
    cleanUp: (body, isAside) => probe.cleanUp(body, isAside),
    get cleanUps() {
      return probe.cleanUps;
    },
    get isBusy() {
      return probe.isBusy;
    },
    host: () => probe.host(),
    newLoop: () => probe.newLoop(),
    beginLastWait: () => probe.beginLastWait(),
    ...instead,
  };
}
