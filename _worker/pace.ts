/**
 * How long functions take: what has ended must not wait for one that takes long.
 *
 * @module
 */

// What is left of a long time after one more job: one of 10 s is remembered for some 80.
const FADING = 0.9;

/** The time that functions took lately. */
export class Pace {
  readonly #limit: number;
  // In seconds, by name; of the quick ones 0.
  readonly #times = new Map<string, number>();

  /**
   * Makes a pace of no functions.
   *
   * @param limit What counts as quick, in seconds.
   */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a function was always quick lately; one that was never called is not. */
  isQuick(name: string): boolean {
    return this.#times.get(name) === 0;
  }

  /** Notes how long a function took, in seconds. */
  note(name: string, seconds: number): void {
    const last = this.#times.get(name);
    if (last === 0 && seconds <= this.#limit) return;
    const time = Math.max(seconds, FADING * (last ?? 0));
    this.#times.set(name, time <= this.#limit ? 0 : time);
  }
}
