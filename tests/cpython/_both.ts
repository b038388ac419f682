/**
 * Tests of CPython's behaviours, named by their ids in `cases.tsv`.
 *
 * A behaviour of a coroutine is tested in both styles; each gets a new loop on a new
 * virtual clock.
 *
 * ```ts ignore
 * both("tasks.BaseTaskTests.sleep", {
 *   *generator() {
 *     assertEquals(yield* sleep(0.05, "yeah"), "yeah");
 *   },
 *   async async() {
 *     assertEquals(await sleep(0.05, "yeah"), "yeah");
 *   },
 * });
 * ```
 *
 * @module
 */
import {
  type Coro,
  type CoroutineFunction,
  EventLoop,
  type ExceptionContext,
  getRunningLoop,
  run,
  setEventLoop,
  VirtualClock,
} from "../../mod.ts";

/** One behaviour, written in both styles. */
export interface BothStyles {
  /** The behaviour in generator style. */
  generator(): Coro<unknown>;
  /** The behaviour in async-function style. */
  async(): Promise<unknown>;
}

/** Makes a loop on a virtual clock. */
export function virtualLoop(
  options: { readonly debug?: boolean } = {},
): EventLoop {
  return new EventLoop({ clock: new VirtualClock(), ...options });
}

/** Runs `main` in a new loop on a virtual clock. */
export function runVirtual<T>(
  main: CoroutineFunction<T>,
  options: { readonly debug?: boolean } = {},
): Promise<T> {
  return run(main, { loopFactory: () => virtualLoop(options) });
}

/**
 * Makes a test of something that takes no coroutine, or runs its loops itself.
 *
 * @param id The id of the case.
 * @param fn The test.
 * @param options Whether the test is left out, for want of a permission.
 */
export function caseTest(
  id: string,
  fn: () => void | Promise<void>,
  { ignore = false }: { readonly ignore?: boolean } = {},
): void {
  Deno.test({
    name: id,
    ignore,
    async fn() {
      // Whatever a test makes current is its own business.
      setEventLoop(undefined);
      try {
        await fn();
      } finally {
        setEventLoop(undefined);
      }
    },
  });
}

/** Makes the tests `<id> (generator)` and `<id> (async)`. */
export function both(id: string, styles: BothStyles): void {
  caseTest(`${id} (generator)`, () => runBody(styles.generator));
  caseTest(`${id} (async)`, () => runBody(styles.async));
}

async function runBody(body: CoroutineFunction<unknown>): Promise<void> {
  await runVirtual(body);
}

/** Calls `body` with a new loop on a virtual clock, and closes it. */
export async function withLoop(
  body: (loop: EventLoop) => void | Promise<void>,
  options: { readonly debug?: boolean } = {},
): Promise<void> {
  const loop = virtualLoop(options);
  try {
    await body(loop);
  } finally {
    if (!loop.isClosed()) loop.close();
  }
}

/** Runs one turn of a loop that is not running. */
export function oneTurn(loop: EventLoop): Promise<void> {
  loop.stop();
  return loop.runForever();
}

/** Runs two turns of a loop that is not running. */
export async function twoTurns(loop: EventLoop): Promise<void> {
  await oneTurn(loop);
  await oneTurn(loop);
}

/**
 * Collects what a loop's exception handler is told.
 *
 * @param loop The loop; the running one by default.
 */
export function recordReports(
  loop: EventLoop = getRunningLoop(),
): ExceptionContext[] {
  const reports: ExceptionContext[] = [];
  loop.setExceptionHandler((_loop, context) => reports.push(context));
  return reports;
}

/** Runs a coroutine to its error, in generator style; fails if it gives a result. */
export function* errorOf(awaitable: Iterable<unknown>): Coro<unknown> {
  let result: unknown;
  try {
    result = yield* awaitable as Coro<unknown>;
  } catch (error) {
    return error;
  }
  throw new Error(`An error was expected, got the result ${result}`);
}

/** Waits for the error of something, in async style; fails if it gives a result. */
export async function rejectionOf(
  awaitable: PromiseLike<unknown>,
): Promise<unknown> {
  let result: unknown;
  try {
    result = await awaitable;
  } catch (error) {
    return error;
  }
  throw new Error(`An error was expected, got the result ${result}`);
}

/** Gives what `body` writes to stderr by way of the console. */
export async function captureErrors(
  body: () => void | Promise<void>,
): Promise<string[]> {
  const lines: string[] = [];
  const { error, warn } = console;
  const write = (text: unknown) => void lines.push(String(text));
  Object.assign(console, { error: write, warn: write });
  try {
    await body();
  } finally {
    Object.assign(console, { error, warn });
  }
  return lines;
}
