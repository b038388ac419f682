/**
 * Waits for something that happens to a connection or a process.
 *
 * @module
 */
import { HostWait } from "../_coroutine/to_future.ts";
import { currentTask } from "../current_task.ts";
import type { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";

/** One wait: it says in reports what for, and whether only the host can end it. */
export class IoWait<T> extends HostWait<T> {
  readonly #what: string;
  readonly #waits: Set<IoWait<T>> | undefined;
  /** @internal */
  readonly _ofHost: boolean;

  /**
   * Makes a wait.
   *
   * @param loop The loop of whoever waits.
   * @param what What for, for reports.
   * @param ofHost Whether the host ends it, without the loop's knowledge.
   * @param waits Where it stands until it is done.
   */
  constructor(
    loop: Scheduler,
    what: string,
    ofHost: boolean,
    waits?: Set<IoWait<T>>,
  ) {
    super({ loop });
    this.#what = what;
    this._ofHost = ofHost;
    this.#waits = waits;
  }

  /** Cancels it, and takes it out of where it stands. */
  override cancel(message?: string, options?: ErrorOptions): boolean {
    this.#waits?.delete(this);
    return super.cancel(message, options);
  }

  /** Ends the wait, if it was not cancelled. */
  release(value: T): void {
    if (!this.done()) this.setResult(value);
  }

  /** Ends the wait with an error; one that nobody fetches is not reported. */
  fail(error: unknown): void {
    if (this.done()) return;
    this.setException(error);
    this.exception();
  }

  /** @internal */
  _describe(): string {
    return this.#what;
  }
}

/** Whether the running task is being cancelled, so that what it closes may not take long. */
export function isBeingCancelled(): boolean {
  return (currentTask()?.cancelling?.() ?? 0) > 0;
}

/**
 * The waits of all who wait for one thing: a future for each, so that a cancel of one
 * leaves the others alone.
 */
export class IoWaits<T> {
  readonly #loop: Scheduler;
  readonly #what: string;
  readonly #ofHost: boolean;
  readonly #waits = new Set<IoWait<T>>();

  /**
   * Makes an empty one.
   *
   * @param loop The loop of those who wait.
   * @param what What for, for reports.
   * @param ofHost Whether the host ends it, without the loop's knowledge.
   */
  constructor(loop: Scheduler, what: string, ofHost: boolean) {
    this.#loop = loop;
    this.#what = what;
    this.#ofHost = ofHost;
  }

  /** Adds one. */
  wait(): Future<T> {
    const wait = new IoWait<T>(
      this.#loop,
      this.#what,
      this.#ofHost,
      this.#waits,
    );
    this.#waits.add(wait);
    return wait;
  }

  /** Ends all waits. */
  release(value: T): void {
    const waits = [...this.#waits];
    this.#waits.clear();
    for (const wait of waits) wait.release(value);
  }

  /** Ends all waits with an error. */
  fail(error: unknown): void {
    const waits = [...this.#waits];
    this.#waits.clear();
    for (const wait of waits) wait.fail(error);
  }
}
