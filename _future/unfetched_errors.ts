/**
 * The errors of a loop's futures that nobody has fetched: told when nobody has after some
 * time, and at the latest when the loop is closed or the program ends.
 *
 * @module
 */
import { listenToExit } from "../_host/exit.ts";
import type { UnfetchedError } from "../_base/roles.ts";
import { running } from "../_base/running.ts";

/** Those of one loop. */
export class UnfetchedErrors {
  // The oldest first.
  readonly #errors = new Set<UnfetchedError>();
  #oldest: UnfetchedError | undefined = undefined;
  // What comes after the oldest: a Set that is asked anew looks through all that were
  // taken out of its beginning, so to fetch n errors one by one would be n² steps.
  #following: Iterator<UnfetchedError, undefined> | undefined = undefined;
  readonly #patience: number;

  /**
   * Makes an empty list.
   *
   * @param patience After how many seconds an error is told.
   */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** When to call {@linkcode UnfetchedErrors.tellDue} next. */
  get due(): number {
    return this.#oldest === undefined
      ? Infinity
      : this.#oldest.since + this.#patience;
  }

  /** Adds one; the last if it is in already. */
  add(error: UnfetchedError, now: number): void {
    error.since = now;
    this.#takeOut(error);
    this.#errors.add(error);
    if (this.#oldest !== undefined) return;
    this.#following = this.#errors.values();
    this.#oldest = this.#following.next().value;
  }

  /** Takes one out that was fetched, or told. */
  delete(error: UnfetchedError): void {
    this.#takeOut(error);
    if (this.#errors.size === 0) this.#unlist();
  }

  /** Tells of what is left also if the program ends without closing the loop. */
  tellAtExit(): void {
    const { unfetched } = running;
    unfetched.add(this);
    running.stopListeningToExit ??= listenToExit(() => {
      for (const errors of unfetched) (errors as UnfetchedErrors).tellAll();
    });
  }

  /** Tells of those that are due. */
  tellDue(now: number): void {
    // A count: whoever is told may add others, and those that are awaited go to the end.
    for (let left = this.#errors.size; left > 0; left--) {
      const error = this.#oldest;
      if (error === undefined || this.due > now) return;
      if (error.isAwaited) this.add(error, now);
      else {
        this.delete(error);
        error.tell();
      }
    }
  }

  /** Tells of all. */
  tellAll(): void {
    const errors = [...this.#errors];
    this.#errors.clear();
    this.#oldest = undefined;
    this.#unlist();
    for (const error of errors) error.tell();
  }

  #takeOut(error: UnfetchedError): void {
    this.#errors.delete(error);
    if (error === this.#oldest) this.#oldest = this.#following!.next().value;
  }

  #unlist(): void {
    const { unfetched } = running;
    if (!unfetched.delete(this) || unfetched.size > 0) return;
    running.stopListeningToExit?.();
    running.stopListeningToExit = undefined;
  }
}
