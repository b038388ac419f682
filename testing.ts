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
import { check, FUNCTION, instance, LOOP, OBJECT } from "./_base/arguments.ts";
import { VirtualClock } from "./clock.ts";
import type { ScopeBody, Work, WorkResult } from "./coroutine.ts";
import type { ExceptionContext } from "./handle.ts";
import { EventLoop } from "./loop.ts";
import type { Instrument, Step } from "./_loop/instrument.ts";
import type { Runnable } from "./_base/roles.ts";
import { run } from "./runner.ts";
import { Task } from "./task.ts";

export {
  type ConnectionEnd,
  connectionPair,
  type ConnectionPairOptions,
} from "./_streams/connection_pair.ts";
export type { Instrument, ReadySteps, Step } from "./_loop/instrument.ts";

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
   * @throws {TypeError} If `clock` is no VirtualClock.
   */
  constructor(clock: VirtualClock = new VirtualClock()) {
    check(
      "make a loop",
      "clock",
      clock,
      instance(VirtualClock, "a VirtualClock"),
    );
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
 * @throws {TypeError} If `main` is no function.
 * @throws {RuntimeError} If called in a task or callback of a loop.
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
export async function runTest<
  T,
  B extends (scope: TestLoop) => Work = never,
>(main: B | ScopeBody<TestLoop, T>): Promise<WorkResult<B, T>> {
  check("run a test", "main", main, FUNCTION);
  const loop = new TestLoop();
  const { reports } = loop;
  let result: WorkResult<B, T>;
  try {
    result = await run(
      (() => main(loop)) as () => PromiseLike<WorkResult<B, T>>,
      { loopFactory: () => loop },
    );
  } catch (error) {
    // It fails with its own error; the others are not lost.
    for (const report of reports) {
      if (report.exception !== undefined) loop.defaultExceptionHandler(report);
    }
    throw error;
  }
  if (reports.length === 0) return result;
  throw new AggregateError(
    reports.map((report) => report.exception ?? new Error(report.message)),
    `Errors that nobody caught: ${
      reports.map((report) => report.message).join(", ")
    }`,
  );
}

/**
 * Lets an instrument look on while a loop works, or choose what runs next. Several may.
 *
 * @experimental What an instrument is told may change.
 *
 * @param loop The loop.
 * @param instrument What to call.
 * @returns Ends it, at the end of a `using` block.
 * @throws {TypeError} If an argument is of the wrong kind.
 *
 * @example Count the steps of a task
 * ```ts
 * import { createTask, sleep } from "@asyncio/asyncio";
 * import { observe, runTest, taskOf } from "@asyncio/asyncio/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await runTest(async (loop) => {
 *   const task = createTask(sleep(60));
 *   let steps = 0;
 *   using _ = observe(loop, {
 *     before(step) {
 *       if (taskOf(step) === task) steps++;
 *     },
 *   });
 *   await task;
 *   assertEquals(steps, 2);
 * });
 * ```
 */
export function observe(loop: EventLoop, instrument: Instrument): Disposable {
  check("observe", "loop", loop, LOOP);
  check("observe", "instrument", instrument, OBJECT);
  loop._observe(instrument);
  return { [Symbol.dispose]: () => loop._unobserve(instrument) };
}

/**
 * Returns the task that goes on by a step, or `undefined` for a callback or a timer.
 *
 * @experimental As {@linkcode observe}.
 *
 * @param step What an instrument was given.
 * @returns The task.
 * @throws {TypeError} If `step` is no step.
 *
 * @example Say who wakes whom
 * ```ts
 * import { createTask, Event, sleep } from "@asyncio/asyncio";
 * import { observe, runTest, taskOf } from "@asyncio/asyncio/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const wakes: unknown[] = [];
 * await runTest(async (loop) => {
 *   const event = new Event();
 *   const waiter = createTask(() => event.wait(), { name: "waiter" });
 *   await sleep(1);
 *   using _ = observe(loop, {
 *     woken(step, by) {
 *       wakes.push([taskOf(step)?.getName(), by && taskOf(by)?.getName()]);
 *     },
 *   });
 *   await createTask(async () => event.set(), { name: "setter" });
 *   await waiter;
 * });
 * assertEquals(wakes[1], ["waiter", "setter"]);
 * ```
 */
export function taskOf(step: Step): Task<unknown> | undefined {
  check("tell the task", "step", step, OBJECT);
  const task = (step as Runnable)._task;
  return task instanceof Task ? task : undefined;
}
