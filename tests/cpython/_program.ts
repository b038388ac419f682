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
import type { AwaitedResult, Coro, Wait } from "../../mod.ts";
import { both } from "./_both.ts";

/** What a program is: it yields what it waits for. */
export type Program<T> = Generator<unknown, T, never>;

/** A function of either style. */
export type StyledFunction<A extends unknown[], T> = (
  ...args: A
) => Generator<Wait | undefined, T, never> | PromiseLike<T>;

/** Makes functions of one style. */
export interface Style {
  /** Whether the functions are async ones. */
  readonly isAsync: boolean;
  /** Makes a program a function of this style. */
  fn<A extends unknown[], T>(
    program: (...args: A) => Program<T>,
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

const generatorStyle: Style = {
  isAsync: false,
  fn: (program) =>
    function* (...args) {
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
    },
};

const asyncStyle: Style = {
  isAsync: true,
  fn: (program) => async (...args) => {
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
  },
};

/** Makes the tests `<id> (generator)` and `<id> (async)` of one program. */
export function inBoth(
  id: string,
  program: (style: Style) => Program<unknown>,
): void {
  both(id, {
    *generator() {
      return yield* generatorStyle.fn(program)(generatorStyle) as Coro<unknown>;
    },
    async async() {
      return await asyncStyle.fn(program)(asyncStyle);
    },
  });
}

function* request(awaitable: unknown): Generator<unknown, unknown, unknown> {
  return yield awaitable;
}
