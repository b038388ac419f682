/**
 * The wait of a combinator or scope, as reports see it.
 *
 * @module
 */
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";

/** A future without a result, which knows for what it stands. */
export class Latch extends Future<undefined> {
  readonly #describeWait: () => string;
  readonly #waitsFor: () => unknown[];

  /**
   * Makes a latch.
   *
   * @param loop The loop of who waits.
   * @param describeWait What they wait for, for reports.
   * @param waitsFor The futures that it depends on, for reports.
   */
  constructor(
    loop: Scheduler,
    describeWait: () => string,
    waitsFor: () => unknown[],
  ) {
    super({ loop });
    this.#describeWait = describeWait;
    this.#waitsFor = waitsFor;
  }

  /** Lets who waits go on; it may have been cancelled meanwhile. */
  release(): void {
    if (!this.done()) this.setResult(undefined);
  }

  _describe(): string {
    return this.#describeWait();
  }

  _waitsFor(): unknown[] {
    return this.#waitsFor();
  }
}
