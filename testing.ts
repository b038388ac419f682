/**
 * Tools for tests of code that waits: time that jumps, and errors that count.
 *
 * It is no part of the main entry: import it from `@asyncio/asyncio/testing`.
 *
 * ```ts
 * import { sleep } from "@asyncio/asyncio";
 * import { runTest } from "@asyncio/asyncio/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const result = await runTest(async (loop) => {
 *   await sleep({ hours: 1 });
 *   return loop.time();
 * });
 * assertEquals(result, 3600);
 * ```
 *
 * @module
 */
import { VirtualClock } from "./clock.ts";
import type { CoroutineLike } from "./coroutine.ts";
import type { ExceptionContext } from "./handle.ts";
import { EventLoop } from "./loop.ts";
import { run } from "./runner.ts";

/**
 * A loop on a virtual clock that keeps what its exception handler was told.
 *
 * @example Look at a failed callback
 * ```ts
 * import { TestLoop } from "@asyncio/asyncio/testing";
 * import { sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * using loop = new TestLoop();
 * loop.callSoon(() => {
 *   throw new Error("broken");
 * });
 * await loop.runUntilComplete(sleep(60));
 * assertEquals(loop.reports.length, 1);
 * assertEquals(loop.clock.time(), 60);
 * ```
 */
export class TestLoop extends EventLoop {
  /** The clock of the loop. */
  readonly clock: VirtualClock;
  /** What the exception handler was told, in order. */
  readonly reports: ExceptionContext[] = [];

  /**
   * Makes a loop.
   *
   * @param clock The clock, which several loops may share.
   */
  constructor(clock: VirtualClock = new VirtualClock()) {
    super({ clock });
    this.clock = clock;
    this.setExceptionHandler((_loop, context) => this.reports.push(context));
  }
}

/**
 * Runs a test in virtual time, in a loop of its own. It fails when the test fails, when
 * nothing can wake it any more, or when an error was reported that nobody caught.
 *
 * @param main The test: a function of the loop.
 * @returns A promise of what `main` gives.
 * @throws {AggregateError} If the loop's exception handler was told of errors.
 * @throws {DeadlockError} If nothing can wake the loop.
 *
 * @example Test a timeout
 * ```ts
 * import { sleep, TimeoutError, waitFor } from "@asyncio/asyncio";
 * import { runTest } from "@asyncio/asyncio/testing";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => runTest(() => waitFor(sleep(60), 30)), TimeoutError);
 * ```
 */
export async function runTest<T>(
  main: (loop: TestLoop) => CoroutineLike<T> | PromiseLike<T>,
): Promise<T> {
  const loop = new TestLoop();
  const result = await run<T>(
    (() => main(loop)) as () => PromiseLike<T>,
    { loopFactory: () => loop },
  );
  const { reports } = loop;
  if (reports.length === 0) return result;
  throw new AggregateError(
    reports.map((report) => report.exception ?? new Error(report.message)),
    `Errors that nobody caught: ${
      reports.map((report) => report.message).join(", ")
    }`,
  );
}
