/**
 * How long Redis may not answer.
 *
 * @module
 */
import { type Deferred, deferred } from "../_host/deferred.ts";
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
  readonly #waits = new Set<Deferred<never>>();

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
    const over = deferred<never>();
    const limit = seconds === Infinity ? undefined : new HostTimer(
      seconds,
      () => over.reject(new Silence(silence(seconds))),
    );
    this.#waits.add(over);
    try {
      return await Promise.race([answer, over.promise]);
    } finally {
      limit?.cancel();
      this.#waits.delete(over);
    }
  }

  /** Waits for no answer any more: the connection is closed. */
  end(): void {
    for (const { reject } of this.#waits) {
      reject(new Error("The connection is closed"));
    }
  }
}
