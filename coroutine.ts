/**
 * Coroutines: work that has not begun, in the three ways to write it.
 *
 * | written as | started | cancelled |
 * | --- | --- | --- |
 * | `async function`, waiting with `await` | pass the function itself: `createTask(work)` | at its waits for this library; `task.signal` aborts the rest |
 * | `function*`, waiting with `yield*` | by a task or a `yield*`, never by the call | at any wait |
 * | {@linkcode coroutine}`(fn)` over either kind | by a task, `yield*` or `await`, never by the call | as the kind |
 *
 * ```ts
 * import { coroutine, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const double = coroutine(function* (x: number) {
 *   yield* sleep(0.001);
 *   return 2 * x;
 * });
 *
 * assertEquals(await run(async () => await double(4)), 8);
 * assertEquals(await run(function* () {
 *   return yield* double(4);
 * }), 8);
 * ```
 *
 * @module
 */
import {
  isAsyncFunction,
  isCold,
  isGeneratorFunction,
} from "./_base/function_kinds.ts";
import {
  type Coroutine,
  type CoroutineFunction,
  refuseAsyncGenerator,
} from "./_coroutine/coroutine.ts";
import { UserCoroutine } from "./_task/function_coroutine.ts";
import type { Wait } from "./future.ts";
import { kCoroutineFunction } from "./_base/roles.ts";
import { describeKind, guarded } from "./_base/repr.ts";

export {
  type Awaitable,
  type AwaitedResult,
  type Coro,
  Coroutine,
  type CoroutineFunction,
  type CoroutineLike,
  isCoroutine,
  type ScopeBody,
  type Work,
  type WorkResult,
} from "./_coroutine/coroutine.ts";

/**
 * Makes a coroutine function of a function: its calls give cold coroutines.
 *
 * Python's `async def`. The result can be waited for with `yield*` and with `await`,
 * passed to `createTask()`, `gather()` and so on, and taken once.
 *
 * @param fn A generator function or an async function.
 * @returns A function with the same parameters that gives a {@linkcode Coroutine}.
 * @throws {TypeError} If `fn` is no function, or an `async function*`.
 *
 * @example Over an async function
 * ```ts
 * import { coroutine, gather, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const greet = coroutine(async (name: string) => {
 *   await sleep(0.001);
 *   return `Hello, ${name}`;
 * });
 * assertEquals(await run(() => gather(greet("Ann"), greet("Bob"))), ["Hello, Ann", "Hello, Bob"]);
 * ```
 */
export function coroutine<A extends unknown[], T>(
  fn: (...args: A) => Generator<Wait | undefined, T, never> | PromiseLike<T>,
): (...args: A) => Coroutine<T> {
  if (typeof fn !== "function") {
    throw new TypeError(
      `Cannot make a coroutine: a function was expected, got ${
        describeKind(fn)
      }`,
    );
  }
  refuseAsyncGenerator(fn, "make a coroutine");
  const make = (...args: A): Coroutine<T> => new UserCoroutine<T>(fn, args);
  Object.defineProperty(make, "name", { value: guarded(() => fn.name, "") });
  Object.defineProperty(make, kCoroutineFunction, { value: true });
  return make;
}

/**
 * Says whether calling `value` gives a coroutine or starts an async function.
 *
 * @param value Anything.
 * @returns Whether it does.
 *
 * @example Tell the kinds of functions
 * ```ts
 * import { coroutine, isCoroutineFunction } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * assert(isCoroutineFunction(async () => {}));
 * assert(isCoroutineFunction(function* () {}));
 * assert(isCoroutineFunction(coroutine(async () => {})));
 * assert(!isCoroutineFunction(() => {}));
 * ```
 */
export function isCoroutineFunction(
  value: unknown,
): value is CoroutineFunction<unknown> {
  return isGeneratorFunction(value) || isAsyncFunction(value) || isCold(value);
}
