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
  mayRunAsync,
  type Work,
} from "./_coroutine/coroutine.ts";
import { cancelApart, cancellationOf } from "./_base/cancelled.ts";
import {
  beginEach,
  checkList,
  distinct,
  type ItemOf,
} from "./_combine/awaitables.ts";
import { futureOf } from "./_coroutine/to_future.ts";
import { type Future, isFuture } from "./future.ts";
import { describeOwner, groupError } from "./_combine/error_list.ts";
import { Children, reportErrors } from "./_combine/children.ts";
import { currentTask } from "./current_task.ts";
import { OwnedFuture } from "./_task/owned_future.ts";
import type { Scheduler } from "./handle.ts";
import type { EventLoop } from "./loop.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import { MethodCoroutine } from "./_task/function_coroutine.ts";

export type { ItemOf } from "./_combine/awaitables.ts";

/**
 * Waits for the first of several to end, and gives its result or throws its error.
 *
 * - **Losers**: are cancelled, and have ended when this does. An error that one of them
 *   throws instead goes to the loop's exception handler. A promise can't be ended, it goes on:
 *   pass the function that gives it.
 * - **Cancellation**: cancels all, and waits for them.
 * - **Ties**: the one that ended first wins; among those done already, the first.
 *
 * @param awaitables Futures, coroutines, promises, or functions that give one.
 * @returns A coroutine of the first result.
 * @throws {TypeError} If one can't be waited for.
 * @throws {RangeError} If there are none, or one is a future of another loop.
 * @throws {RuntimeError} If used outside of a task.
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
export function race<
  A extends Work | (() => Work),
  L extends Iterable<Work | (() => Work)> = never,
>(
  awaitables: L | Iterable<A>,
): Coroutine<AwaitedResult<ItemOf<L, A>>> {
  return racing({ name: "race", tolerant: false }, awaitables);
}

/**
 * Waits for the first of several to succeed, and gives its result.
 *
 * - **Losers**: are cancelled, and have ended when this does. An error that one of them
 *   throws when cancelled goes to the loop's exception handler. A promise can't be ended, it
 *   goes on: pass the function that gives it.
 * - **Errors**: one that fails, or is cancelled, is out of the race; if all are, their
 *   errors come out in an AggregateError, in the order of `awaitables`.
 * - **Cancellation**: cancels all, and waits for them.
 *
 * @param awaitables Futures, coroutines, promises, or functions that give one.
 * @returns A coroutine of the first result.
 * @throws {AggregateError} If all fail.
 * @throws {TypeError} If one can't be waited for.
 * @throws {RangeError} If there are none, or one is a future of another loop.
 * @throws {RuntimeError} If used outside of a task.
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
export function firstSuccess<
  A extends Work | (() => Work),
  L extends Iterable<Work | (() => Work)> = never,
>(
  awaitables: L | Iterable<A>,
): Coroutine<AwaitedResult<ItemOf<L, A>>> {
  return racing({ name: "firstSuccess", tolerant: true }, awaitables);
}

/** What {@linkcode race} and {@linkcode firstSuccess} differ in. */
interface Rules {
  readonly name: string;
  /** Whether one that fails is out of the race, and does not end it. */
  readonly tolerant: boolean;
}

function racing<R>(
  rules: Rules,
  awaitables: Iterable<unknown>,
): Coroutine<R> {
  const list = checkRunners(rules.name, awaitables);
  const coro = new MethodCoroutine(
    rules.name,
    () => runRace(rules, list),
    list.some(mayRunAsync),
  );
  return coro as Coroutine<unknown> as Coroutine<R>;
}

function* runRace(
  rules: Rules,
  awaitables: Awaitable<unknown>[],
): Coro<unknown> {
  const { name, tolerant } = rules;
  const loop = requireScheduler();
  const { futures, begun } = startAll(rules, awaitables, loop as EventLoop);
  let winner: Future<unknown> | undefined;
  let losers: Future<unknown>[] | undefined;
  // Once, so that nobody's clean-up is cancelled.
  const endLosers = (): void => {
    losers = [...futures].filter((future) =>
      future !== winner && !(tolerant && future.done())
    );
    runners.cancel(undefined, undefined, winner);
  };
  const runners = new Children<Future<unknown>>(loop, {
    what: name,
    awaitedBy: currentTask(loop),
    childSettled(future) {
      if (losers !== undefined || (tolerant && !succeeded(future))) return;
      winner = future;
      // In the winner's own turn: a loser that something is handed in it passes that on.
      cancelApart(endLosers);
    },
    childEnded(future) {
      if (future === winner || runners.size === 0) finish.release();
    },
  });
  const finish = new OwnedFuture(loop, {
    describeWait: () => `${name} of ${futures.size}, ${runners.size} not done`,
    waitsFor: () => [...runners],
    // In the turn of the cancel: one that something is handed in it passes that on.
    onCancel() {
      if (losers === undefined) endLosers();
    },
  });
  try {
    for (const future of futures) {
      runners.add(future);
      if (winner !== undefined && future !== winner) future.cancel();
    }
  } catch (error) {
    // One of a class of users' refuses: there is no race.
    runners.letGo();
    for (const future of begun) future.cancel();
    throw error;
  }
  try {
    yield* finish;
  } finally {
    if (losers === undefined) endLosers();
    try {
      yield* runners.joinOrThrow();
    } finally {
      // Also if it is cancelled once more.
      reportErrors(loop, `a loser of ${name}()`, losers!);
    }
  }
  if (winner !== undefined) return winner.result();
  throw allFailed(name, [...futures], loop);
}

function allFailed(
  name: string,
  owners: readonly Future<unknown>[],
  loop: Scheduler,
): AggregateError {
  const who = owners.length === 1
    ? "The only awaitable"
    : `All ${owners.length} awaitables`;
  return groupError(
    `${who} of ${name}() failed in ${describeOwner(currentTask(loop)!, loop)}`,
    { errors: owners.map(errorOf), owners, loop },
  );
}

function checkRunners(name: string, awaitables: unknown): Awaitable<unknown>[] {
  const list = distinct(checkList(awaitables, name));
  if (list.length > 0) return list;
  throw new RangeError(`Cannot ${name}: the list of awaitables is empty`);
}

function startAll(
  { tolerant }: Rules,
  awaitables: Awaitable<unknown>[],
  loop: EventLoop,
): { futures: Set<Future<unknown>>; begun: Future<unknown>[] } {
  const futures = new Set<Future<unknown>>();
  let winner: Future<unknown> | undefined;
  const begun = beginEach(awaitables, (awaitable) => {
    // A task that began eagerly has won already: nobody begins after it.
    if (winner !== undefined && !isFuture(awaitable)) {
      closeCoroutine(awaitable);
      return winner;
    }
    const future = futureOf(awaitable, loop);
    futures.add(future);
    const hasWon = !isFuture(awaitable) && future.done() &&
      (!tolerant || succeeded(future));
    if (hasWon) winner ??= future;
    return future;
  });
  return { futures, begun };
}

function succeeded(future: Future<unknown>): boolean {
  return !future.cancelled() && future.exception() === undefined;
}

function errorOf(future: Future<unknown>): unknown {
  // Cancelling a runner takes it out of the race.
  return future.cancelled() ? cancellationOf(future) : future.exception();
}
