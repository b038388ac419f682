/**
 * Makes a future of anything that can be waited for.
 *
 * @module
 */
import type { Waiter } from "../_base/roles.ts";
import { asPromise, isThenable } from "./thenable.ts";
import { schedulerForNew } from "../_loop/scheduler.ts";
import {
  adviceFor,
  closeCoroutine,
  type Coro,
  type CoroutineFunction,
  type CoroutineLike,
  isCoroutine,
  refuseAsyncGenerator,
} from "./coroutine.ts";
import { Future, isFuture } from "../future.ts";
import { failureWith } from "../_future/failure.ts";
import type { Scheduler } from "../handle.ts";
import { describeKind, guarded, isObject } from "../_base/repr.ts";
import type { Context } from "../context.ts";

/** A loop that makes tasks. */
export interface TaskMaker extends Scheduler {
  createTask(
    coro: CoroutineLike<unknown> | CoroutineFunction<unknown>,
    options?: { readonly context?: Context },
  ): Future<unknown>;
}

/**
 * Returns a future itself, and starts a task for anything else.
 *
 * @param source Anything that can be waited for.
 * @param loop The loop of the task; asked for only if one is needed.
 * @param options The options of the task.
 * @returns The future.
 * @throws {TypeError} If it can't be waited for.
 */
export function toFuture(
  source: unknown,
  loop: () => TaskMaker,
  options?: { readonly context?: Context },
): Future<unknown> {
  if (isFuture(source)) return source;
  refuseAsyncGenerator(source, "wait");
  if (isCoroutine(source)) return loop().createTask(source, options);
  if (typeof source === "function") {
    return loop().createTask(
      source as CoroutineFunction<unknown>,
      options,
    );
  }
  if (isThenable(source)) {
    const maker = loop();
    return maker.createTask(adopt(source, maker), options);
  }
  throw new TypeError(
    `A future, coroutine, promise or function was expected, got ${
      describeKind(source)
    }${isOptions(source) ? OPTIONS_LAST : adviceFor(source)}`,
  );
}

const OPTIONS_LAST =
  ": options come after a list, as in gather([a, b], options)";

function isOptions(value: unknown): boolean {
  return isObject(value) &&
    guarded(() => "returnExceptions" in value || "limit" in value, false);
}

/** What a function gave that may be plain: as everywhere, a value is not waited for. */
export function asAwaitable<T>(
  given: T | PromiseLike<T> | Coro<T>,
): PromiseLike<T> | Coro<T> {
  return isCoroutine(given) || isThenable(given)
    ? given as PromiseLike<T> | Coro<T>
    : Promise.resolve(given);
}

/**
 * As {@linkcode toFuture}, for a loop that may be known: a future has to be of it.
 *
 * @param source Anything that can be waited for.
 * @param loop The loop; else the running one, else the current one.
 * @returns The future.
 * @throws {TypeError} If it can't be waited for.
 * @throws {RangeError} If it is a future of another loop.
 */
export function futureOf(
  source: unknown,
  loop: TaskMaker | undefined,
): Future<unknown> {
  if (isFuture(source)) {
    if (loop === undefined || source.getLoop() === loop) return source;
    throw new RangeError(`Cannot use ${source}: it belongs to another loop`);
  }
  return toFuture(source, () => {
    try {
      return loop ?? schedulerForNew() as TaskMaker;
    } catch (error) {
      closeCoroutine(source);
      throw error;
    }
  });
}

const PROMISE = "a promise of the host";

/** A future of a promise: only the host can settle it. */
export class HostFuture<T = unknown> extends Future<T> {
  _describe(): string {
    return PROMISE;
  }
}

/**
 * A future that the host settles: one that somebody waits for keeps virtual time still, also
 * where that is a combinator and no task stands at it.
 */
export abstract class HostWait<T> extends Future<T> {
  /** @internal Whether only the host can settle it, as far as the loop knows. */
  abstract readonly _ofHost: boolean;

  /** @internal */
  override _addWaiter(waiter: Waiter): boolean {
    if (this._ofHost) this.scheduler._noteOfHost(this);
    return super._addWaiter(waiter);
  }
}

/** Follows a promise. */
class PromiseFuture<T> extends HostWait<T> {
  /** @internal */
  readonly _ofHost = true;

  _describe(): string {
    return PROMISE;
  }
}

// The wait for a promise can be cancelled here: the promise goes on, and what it
// gives is dropped. It is looked at before the task begins, or the host would report
// a rejection as unhandled.
function adopt(promise: PromiseLike<unknown>, loop: Scheduler): Coro<unknown> {
  const future = followPromise(promise, loop, () => {
    // The task reports it, if nobody looks at it.
    future.exception();
  });
  return waitForPromise(future);
}

/**
 * Returns a future of a promise. Its cancel ends it; the promise goes on.
 *
 * @param promise The promise.
 * @param loop The future's loop.
 * @param failed Is called when the future has failed.
 */
export function followPromise<T>(
  promise: PromiseLike<T>,
  loop: Scheduler,
  failed?: () => void,
): Future<T> {
  const future = new PromiseFuture<T>({ loop });
  asPromise(promise).then(
    (value) => {
      if (!future.done()) future.setResult(value);
    },
    (error) => {
      if (future.done()) return;
      future.setException(failureWith(error));
      failed?.();
    },
  );
  return future;
}

function* waitForPromise(future: Future<unknown>): Coro<unknown> {
  return yield* future;
}
