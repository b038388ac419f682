/**
 * How long Redis may not answer.
 *
 * @module
 */
import { HostTimer } from "../_executor/host_timer.ts";

/** The text of who has waited for too long. */
export function silence(seconds: number): string {
  return `Redis has not answered for ${seconds} s`;
}

/** Redis has not answered for too long. */
export class Silence extends Error {}

/** Waits for Redis, but not for ever. */
export class Patience {
  readonly #seconds: number;
  readonly #giveUp = new Set<(error: Error) => void>();

  /**
   * Makes a patience.
   *
   * @param seconds How long it lasts; Infinity is for ever.
   */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /**
   * Waits for an answer.
   *
   * @returns A promise of it; rejects with a {@linkcode Silence} when there was none for too
   * long.
   */
  async wait<T>(answer: Promise<T>): Promise<T> {
    const seconds = this.#seconds;
    let giveUp!: (error: Error) => void;
    const over = new Promise<never>((_, reject) => giveUp = reject);
    const limit = seconds === Infinity
      ? undefined
      : new HostTimer(seconds, () => giveUp(new Silence(silence(seconds))));
    this.#giveUp.add(giveUp);
    try {
      return await Promise.race([answer, over]);
    } finally {
      limit?.cancel();
      this.#giveUp.delete(giveUp);
    }
  }

  /** Waits for no answer any more: the connection is closed. */
  end(): void {
    for (const giveUp of this.#giveUp) {
      giveUp(new Error("The connection is closed"));
    }
  }
}
