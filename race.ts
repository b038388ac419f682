/**
 * `race()` and `firstSuccess()`: take the first of several, and end the others.
 *
 * The losers are cancelled and have ended when the result comes. `wait()` with
 * `FIRST_COMPLETED` leaves them running; `staggeredRace()` begins them one by one.
 *
 * ```ts
 * import { race, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await run(() => race([sleep(3600, "slow"), sleep(0.001, "fast")])), "fast");
 * ```
 *
 * @module
 */
import {
  type Awaitable,
  type AwaitedResult,
  closeCoroutine,
  type Coro,
  type Coroutine,
} from "./_task/coroutine.ts";
import { isCoroutine } from "./_task/coroutine.ts";
import { ensureFuture } from "./ensure.ts";
import { Future, isFuture } from "./future.ts";
import type { Scheduler } from "./handle.ts";
import { cancelAndJoin, reportErrors } from "./_combine/join.ts";
import type { EventLoop } from "./loop.ts";
import type { Waiter } from "./_base/roles.ts";
import { describeKind } from "./_base/repr.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import { MethodCoroutine } from "./_task/function_coroutine.ts";

/**
 * Waits for the first of several to end, and gives its result or throws its error.
 *
 * - **Losers**: are cancelled, and have ended when this does. An error that one of them
 *   throws instead goes to the loop's exception handler.
 * - **Cancellation**: cancels all, and waits for them.
 * - **Ties**: the one that ended first wins; among those done already, the first.
 *
 * @param awaitables Futures, coroutines, promises, or functions that give one.
 * @returns A coroutine of the first result.
 * @throws {TypeError} If one can't be waited for.
 * @throws {RangeError} If there are none.
 *
 * @example The first answer, error or not
 * ```ts
 * import { race, run, sleep } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () =>
 *     run(() =>
 *       race([
 *         sleep(3600),
 *         async () => {
 *           throw new RangeError("no such row");
 *         },
 *       ])
 *     ),
 *   RangeError,
 * );
 * ```
 */
export function race<A extends Awaitable<unknown>>(
  awaitables: Iterable<A>,
): Coroutine<AwaitedResult<A>> {
  return racing({ name: "race", tolerant: false }, awaitables);
}

/**
 * Waits for the first of several to succeed, and gives its result.
 *
 * - **Losers**: are cancelled, and have ended when this does. An error that one of them
 *   throws when cancelled goes to the loop's exception handler.
 * - **Errors**: one that fails, or is cancelled, is out of the race; if all are, their
 *   errors come out in an AggregateError, in the order of `awaitables`.
 * - **Cancellation**: cancels all, and waits for them.
 *
 * @param awaitables Futures, coroutines, promises, or functions that give one.
 * @returns A coroutine of the first result.
 * @throws {AggregateError} If all fail.
 * @throws {TypeError} If one can't be waited for.
 * @throws {RangeError} If there are none.
 *
 * @example The first that works
 * ```ts
 * import { firstSuccess, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const answer = await run(() =>
 *   firstSuccess([
 *     async () => {
 *       throw new Error("mirror 1 is down");
 *     },
 *     async () => await sleep(0.001, "from mirror 2"),
 *   ])
 * );
 * assertEquals(answer, "from mirror 2");
 * ```
 */
export function firstSuccess<A extends Awaitable<unknown>>(
  awaitables: Iterable<A>,
): Coroutine<AwaitedResult<A>> {
  return racing({ name: "firstSuccess", tolerant: true }, awaitables);
}

/** What {@linkcode race} and {@linkcode firstSuccess} differ in. */
interface Rules {
  readonly name: string;
  /** Whether one that fails is out of the race, and does not end it. */
  readonly tolerant: boolean;
}

function racing<A extends Awaitable<unknown>>(
  rules: Rules,
  awaitables: Iterable<A>,
): Coroutine<AwaitedResult<A>> {
  const list = checkList(rules.name, awaitables);
  const coro = new MethodCoroutine(rules.name, () => runRace(rules, list));
  return coro as Coroutine<unknown> as Coroutine<AwaitedResult<A>>;
}

function* runRace(
  rules: Rules,
  awaitables: Awaitable<unknown>[],
): Coro<unknown> {
  const { name, tolerant } = rules;
  const loop = requireScheduler();
  const futures = startAll(awaitables, loop as EventLoop);
  const finish = new Finish(loop, rules, futures);
  let winner: Future<unknown> | undefined;
  try {
    winner = yield* finish;
  } finally {
    finish.leave();
    const losers = [...futures].filter((future) =>
      future !== winner && !(tolerant && future.done())
    );
    yield* cancelAndJoin(loop, `losers of ${name}()`, futures);
    reportErrors(loop, `a loser of ${name}()`, losers);
  }
  if (winner !== undefined) return winner.result();
  throw new AggregateError(
    [...futures].map(errorOf),
    `All ${futures.size} awaitables of ${name}() failed`,
  );
}

function checkList(name: string, awaitables: unknown): Awaitable<unknown>[] {
  const iterable = awaitables as Partial<Iterable<Awaitable<unknown>>>;
  if (
    isFuture(awaitables) || isCoroutine(awaitables) ||
    typeof iterable?.[Symbol.iterator] !== "function"
  ) {
    throw new TypeError(
      `Cannot ${name}: a list of awaitables was expected, got ${
        describeKind(awaitables)
      }`,
    );
  }
  const list = [...new Set(awaitables as Iterable<Awaitable<unknown>>)];
  if (list.length > 0) return list;
  throw new RangeError(`Cannot ${name}: the list of awaitables is empty`);
}

function startAll(
  awaitables: Awaitable<unknown>[],
  loop: EventLoop,
): Set<Future<unknown>> {
  const futures = new Set<Future<unknown>>();
  for (const awaitable of awaitables) {
    try {
      futures.add(ensureFuture(awaitable, { loop }));
    } catch (error) {
      // Nothing has begun to run, so there is nothing to wait for.
      for (const future of futures) future.cancel();
      awaitables.slice(futures.size).forEach(closeCoroutine);
      throw error;
    }
  }
  return futures;
}

function succeeded(future: Future<unknown>): boolean {
  return !future.cancelled() && future.exception() === undefined;
}

function errorOf(future: Future<unknown>): unknown {
  try {
    return future.exception();
  } catch (error) {
    // Its CancelledError: cancelling a runner takes it out of the race.
    return error;
  }
}

/** Gives the winner, or `undefined` when all are done and none has won. */
class Finish extends Future<Future<unknown> | undefined> implements Waiter {
  readonly #rules: Rules;
  readonly #futures: Set<Future<unknown>>;
  #missing: number;

  constructor(
    loop: Scheduler,
    rules: Rules,
    futures: Set<Future<unknown>>,
  ) {
    super({ loop });
    this.#rules = rules;
    this.#futures = futures;
    this.#missing = futures.size;
    for (const future of futures) {
      if (future.done()) this._wake(future);
      else future._addWaiter(this);
    }
  }

  _wake(future: Future<unknown>): void {
    this.#missing--;
    if (this.done()) return;
    if (!this.#rules.tolerant || succeeded(future)) this.setResult(future);
    else if (this.#missing === 0) this.setResult(undefined);
  }

  leave(): void {
    for (const future of this.#futures) future._removeWaiter(this);
  }

  _describe(): string {
    const { name } = this.#rules;
    return `${name} of ${this.#futures.size}, ${this.#missing} not done`;
  }

  _waitsFor(): unknown[] {
    return [...this.#futures].filter((future) => !future.done());
  }
}
