/**
 * Programs that are written once and run in both styles.
 *
 * A program is a generator that hands what it waits for to its style with
 * `yield* wait(awaitable)`. In generator style a generator function waits for it with
 * `yield*`; in async style an async function does, with `await`.
 *
 * ```ts ignore
 * inBoth("timeouts.TimeoutTests.timeout_basic", function* (style) {
 *   const body = style.fn(function* () {
 *     yield* wait(sleep(10));
 *   });
 *   yield* wait(timeout(0.01, body));
 * });
 * ```
 *
 * @module
 */
import {
  type AwaitedResult,
  type Coro,
  eagerTaskFactory,
  EventLoop,
  run,
  VirtualClock,
  type Wait,
} from "../../mod.ts";
import { caseTest } from "./_both.ts";

/** What a program is: it yields what it waits for. */
export type Program<T> = Generator<unknown, T, unknown>;

/** A function of either style. */
export type StyledFunction<A extends unknown[], T> = (
  ...args: A
) => Generator<Wait | undefined, T, never> | PromiseLike<T>;

/** Makes functions of one style. */
export interface Style {
  /** Whether the functions are async ones. */
  readonly isAsync: boolean;
  /** Lets the loop be busy for so many seconds. */
  busy(seconds: number): void;
  /** Makes a program a function of this style. */
  fn<A extends unknown[], T>(
    program: (...args: A) => Generator<unknown, T, never>,
  ): StyledFunction<A, T>;
}

/** Waits for something in a program. */
export function wait<A>(
  awaitable: A,
): Generator<A, AwaitedResult<A>, unknown> {
  return request(awaitable) as Generator<A, AwaitedResult<A>, unknown>;
}

/** Waits for something in a program, and gives its error; fails if there is none. */
export function* failureOf(
  awaitable: unknown,
): Generator<unknown, unknown, unknown> {
  let result: unknown;
  try {
    result = yield* wait(awaitable);
  } catch (error) {
    return error;
  }
  throw new Error(`An error was expected, got the result ${result}`);
}

/** A program of a test. */
export type TestProgram = (style: Style) => Generator<unknown, unknown, never>;

/** How programs are run. */
export interface ProgramOptions {
  /** Whether tasks start eagerly. */
  readonly eager?: boolean;
}

/** Makes the tests `<id> (generator)` and `<id> (async)` of one program. */
export function inBoth(id: string, program: TestProgram): void {
  inBothEach(id, [program]);
}

/** Makes the tests `<id> (generator)` and `<id> (async)` of several programs. */
export function inBothEach(
  id: string,
  programs: readonly TestProgram[],
  options: ProgramOptions = {},
): void {
  for (const isAsync of [false, true]) {
    caseTest(`${id} (${isAsync ? "async" : "generator"})`, async () => {
      for (const program of programs) {
        await runProgram(program, isAsync, options);
      }
    });
  }
}

async function runProgram(
  program: TestProgram,
  isAsync: boolean,
  options: ProgramOptions,
): Promise<void> {
  const clock = new VirtualClock();
  const loopFactory = (): EventLoop => {
    const loop = new EventLoop({ clock });
    if (options.eager) loop.setTaskFactory(eagerTaskFactory);
    return loop;
  };
  const style: Style = {
    isAsync,
    busy: (seconds) => clock.advance(seconds),
    fn: isAsync ? asyncFunction : generatorFunction,
  };
  await run(style.fn(() => program(style)), { loopFactory });
}

/** Makes a program a generator function. */
export function generatorFunction<A extends unknown[], T>(
  program: (...args: A) => Generator<unknown, T, never>,
): StyledFunction<A, T> {
  return function* (...args): Coro<T> {
    const running = program(...args);
    let step = running.next();
    while (!step.done) {
      let result: unknown;
      try {
        result = yield* step.value as Coro<unknown>;
      } catch (error) {
        step = running.throw(error);
        continue;
      }
      step = running.next(result as never);
    }
    return step.value;
  };
}

/** Makes a program an async function. */
export function asyncFunction<A extends unknown[], T>(
  program: (...args: A) => Generator<unknown, T, never>,
): StyledFunction<A, T> {
  return async (...args) => {
    const running = program(...args);
    let step = running.next();
    while (!step.done) {
      let result: unknown;
      try {
        result = await step.value;
      } catch (error) {
        step = running.throw(error);
        continue;
      }
      step = running.next(result as never);
    }
    return step.value;
  };
}

function* request(awaitable: unknown): Generator<unknown, unknown, unknown> {
  return yield awaitable;
}
