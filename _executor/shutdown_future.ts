/**
 * The end of an executor.
 *
 * @module
 */
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";

/** The end of an executor, for one of those who wait for it. */
export class ShutdownFuture extends Future<void> {
  readonly #name: string;
  #isHolding = false;

  /**
   * Makes the future of an end that is to come.
   *
   * @param loop The loop of whoever waits.
   * @param name The name of the executor.
   */
  constructor(loop: Scheduler, name: string) {
    super({ loop });
    this.#name = name;
  }

  /** Keeps virtual time still until the release. */
  hold(): void {
    this.#isHolding = true;
    this.scheduler._hold();
  }

  /** Tells that it has ended. */
  release(): void {
    const { scheduler } = this;
    if (this.#isHolding) scheduler._letGo();
    if (!this.done() && !scheduler.isClosed()) this.setResult();
  }

  _describe(): string {
    return `the shutdown of the executor ${this.#name}`;
  }
}
