/**
 * What a coroutine is to the code that runs it: see `coroutine.ts` for the users' side.
 *
 * @module
 */
import {
  isAsyncGeneratorFunction,
  isGeneratorFunction,
} from "../_base/function_kinds.ts";
import { RuntimeError } from "../errors.ts";
import type { Body } from "./body.ts";
import { claim, isGenerator } from "./generators.ts";
import { isThenable } from "./thenable.ts";
import type { Wait, WaitIterator } from "../future.ts";
import {
  areOfUser,
  hostPromise,
  type OnFulfilled,
  type OnRejected,
  refuseAwait,
} from "../_future/await.ts";
import { notIterable } from "../_future/future_await.ts";
import {
  asyncLine,
  catchAwaits,
  deferStart,
  hasAsyncContext,
  type Start,
} from "../_host/async_context.ts";
import { describeKind, guarded, isAsyncGenerator } from "../_base/repr.ts";
import {
  comesToUser,
  isUnplaced,
  placeAt,
  placeHere,
} from "../_base/error_place.ts";
import { report } from "../_loop/report.ts";
import { UnawaitedRecord } from "../_debug/unawaited.ts";
import { mustGiveWay, NEXT_TURN, running } from "../_base/running.ts";
import { runningScheduler } from "../_loop/scheduler.ts";

/** A generator coroutine: what calling a `function*` that waits with `yield*` gives. */
export type Coro<T> = Generator<Wait | undefined, T, unknown>;

/** A coroutine that has not begun: a {@linkcode Coroutine}, or a generator. */
// A generator that takes anything from `yield` fits one that takes `never`.
export type CoroutineLike<T> =
  | Coroutine<T>
  | Generator<Wait | undefined, T, never>;

/** A function whose call gives a coroutine, or starts an async function. */
export type CoroutineFunction<T> = () =>
  | Generator<Wait | undefined, T, never>
  | PromiseLike<T>;

/** Anything that can be waited for: a future, task, coroutine, promise, or function. */
export type Awaitable<T> =
  | PromiseLike<T>
  | Generator<Wait | undefined, T, never>
  | CoroutineFunction<T>;

/** What waiting for an {@linkcode Awaitable} gives. */
export type AwaitedResult<A> = A extends PromiseLike<infer T> ? Awaited<T>
  : A extends Generator<infer _, infer T, never> ? T
  : A extends () => infer R ? AwaitedResult<R>
  : never;

/** The body of a scope: an async or a generator function, or one that gives a coroutine. */
export type ScopeBody<S, T> = (
  scope: S,
) => Generator<Wait | undefined, T, never> | PromiseLike<T>;

/**
 * What a function can give to be waited for, whatever comes of it: a promise or a coroutine.
 *
 * It names no type of a result, so the compiler takes none from it for a generic function
 * that is called there.
 */
// With a method "then" or a Generator here, the compiler would take "unknown" from it.
export type Work =
  | { readonly then: object }
  | {
    readonly next: (
      ...args: never
    ) => IteratorYieldResult<Wait | undefined> | { done: true };
    readonly throw: object;
    [Symbol.iterator](): unknown;
  };

/**
 * What work of the type `W` gives, where functions of different results are fine too:
 * `createTask(quick ? countWords : readWords)`.
 *
 * `T` is what the compiler finds if all give the same. It also carries the type that the
 * result is wanted as into the function, so that `[1, "a"]` in it is a pair.
 */
// Nothing is found in what is "any", so T is all that there is. "Awaited" would hide a
// result of a generic type.
export type WorkResult<W, T> = [W] extends [never] ? T
  : unknown extends W ? T
  : W extends PromiseLike<infer R> ? R | T
  : W extends Generator<infer _, infer R, never> ? R | T
  : W extends (...args: never) => infer R ? WorkResult<R, T>
  : T;

const NOTHING: IteratorResult<never, undefined> = Object.freeze({
  done: true,
  value: undefined,
});

/** The last result of an iterator; of one that gives nothing, always the same object. */
export function ended<T>(value: T): IteratorResult<never, T> {
  return value === undefined
    ? NOTHING as IteratorResult<never, never>
    : { done: true, value };
}

/** What stands in the place of the body below in a coroutine that a driver has run. */
export const WAS_RUN: Body = Object.freeze({
  next: (): IteratorResult<never, undefined> => NOTHING,
  throw: (): IteratorResult<never, undefined> => NOTHING,
});

const COLD = 0;
const TAKEN = 1;
const STARTED = 2;
const ENDED = 3;

interface Awaiter {
  _awaitCoroutine<T, A, B>(
    coroutine: Coroutine<T>,
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B>;
}

/**
 * Work that has not begun: it begins when a task, a `yield*` or an `await` takes it,
 * and it can be taken once.
 *
 * Under `yield*` and `await` alike it runs as a part of the task that waits for it.
 * `sleep()`, `lock.acquire()` and all other coroutine functions of the library give
 * one; {@linkcode coroutine} makes your own.
 *
 * @typeParam T The type of its result.
 *
 * @example Nothing happens before the wait
 * ```ts
 * import { coroutine, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const steps: string[] = [];
 * const work = coroutine(async () => {
 *   steps.push("work");
 * });
 *
 * await run(async () => {
 *   const cold = work();
 *   steps.push("made");
 *   await cold;
 * });
 * assertEquals(steps, ["made", "work"]);
 * ```
 */
export abstract class Coroutine<T> implements Promise<T> {
  /** Makes a coroutine; for subclasses. */
  constructor() {
    this._state = COLD;
    this._callerBody = undefined;
    this._caller = undefined;
    if (running.debugLoops > 0) watch(this);
    // Bun takes the async context of an `await` before that reads `then`.
    if (running.bursts.onAwait !== undefined) running.bursts.onAwait();
  }

  /** The name of the coroutine function, for reports. */
  abstract get name(): string;

  /**
   * Abandons the coroutine, so that it is not reported as never awaited.
   *
   * @throws {RuntimeError} If it is running.
   */
  close(): void {
    if (this._state === STARTED) {
      throw new RuntimeError(
        `Cannot close ${this}: it is running, cancel its task instead`,
      );
    }
    end(this);
  }

  /** Serves `yield*`: runs the coroutine in the task that runs the generator. */
  [Symbol.iterator](): WaitIterator<T> {
    if (this._state !== COLD) refuseSecond(this);
    this._state = TAKEN;
    if (this._record !== undefined) this._record.settle();
    return this as unknown as WaitIterator<T>;
  }

  /** @internal */
  next(value?: unknown): IteratorResult<unknown, T> {
    if (this._state === TAKEN && mustGiveWay()) return NEXT_TURN;
    if (begin(this)) return { done: false, value: this };
    // Whoever went on did not run it: a `for … of`, or `const [a, b] = wait(tasks)`.
    if (this._callerBody !== WAS_RUN) throw notIterable(this);
    return ended(value as T);
  }

  /** @internal */
  throw(error: unknown): IteratorResult<unknown, T> {
    end(this);
    if (isUnplaced(error)) place(error, this);
    throw error;
  }

  /** @internal */
  return(value: T): IteratorResult<unknown, T> {
    end(this);
    return { done: true, value };
  }

  // After what users may call: what the compiler says of a promise in the place of a
  // coroutine begins with the first members that it lacks.

  // Set in the constructor, and no private member: V8 does not inline the constructor of
  // a base class that has either, which makes an object of a subclass cost twice as much
  // (28 ns, not 14), and private methods take 8 B in each object.
  /** @internal */
  declare _state: typeof COLD | typeof TAKEN | typeof STARTED | typeof ENDED;
  /** @internal Only in debug mode, so that it costs nothing else: 4 % of a switch. */
  declare _record?: UnawaitedRecord;
  /** @internal What stood on top of the driver's stack when this was opened. */
  declare _callerBody: Body | undefined;
  /** @internal The coroutine below this one on the driver's stack. */
  declare _caller: Coroutine<unknown> | undefined;
  /** @internal What begins it in the async context of its call, where an `await` takes it. */
  declare readonly _startInContext?: Start | undefined;

  /** @internal Whether it may call an async function, which needs the caller's context. */
  get _mayRunAsync(): boolean {
    return false;
  }

  /** @internal Returns the body to run on the stack of `driver`; many are their own. */
  _start(_driver: unknown): unknown {
    return this;
  }

  /**
   * Serves `await`: runs the coroutine in the task whose async function awaits it.
   *
   * @param onFulfilled Takes the result.
   * @param onRejected Takes the error, whose type it may name.
   * @returns A promise of what they give. They are called in the async context of here, but
   * for two at once if nobody uses the promise: use `catch()` then.
   */
  then<A = T, B = never, E = unknown>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null | undefined,
    onRejected?: ((reason: E) => B | PromiseLike<B>) | null | undefined,
  ): Promise<A | B> {
    if (areOfUser(onFulfilled, onRejected)) {
      return hostPromise(this).then(onFulfilled, onRejected);
    }
    return this._await(onFulfilled, onRejected as OnRejected<B>);
  }

  /** @internal What `then()` does for the host. */
  _await<A, B>(
    onFulfilled: OnFulfilled<T, A>,
    onRejected: OnRejected<B>,
  ): Promise<A | B> {
    const awaiter =
      (asyncLine() ?? (hasAsyncContext ? undefined : runningScheduler())) as
        | Awaiter
        | undefined;
    if (awaiter !== undefined && this._state === COLD) {
      return awaiter._awaitCoroutine(this, onFulfilled, onRejected);
    }
    const error = awaiter === undefined ? awaitOutside(this) : secondUse(this);
    return refuseAwait(error, onFulfilled, onRejected);
  }

  /**
   * Runs the coroutine as `await` does and takes its error, as a promise's `catch()`.
   *
   * @param onRejected Takes the error, a CancelledError too; it may name its type.
   * @returns A promise of the result, or of what it gives.
   */
  catch<B = never, E = unknown>(
    onRejected?: ((reason: E) => B | PromiseLike<B>) | null | undefined,
  ): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  /**
   * Runs the coroutine as `await` does and calls a function at its end, as a promise's
   * `finally()`.
   *
   * @param onFinally What to call.
   * @returns A promise of the result.
   */
  finally(onFinally?: (() => void) | null | undefined): Promise<T> {
    return hostPromise(this).finally(onFinally);
  }

  /** The word for the class. */
  get [Symbol.toStringTag](): string {
    return "Coroutine";
  }

  /** @internal Whether its body is the library's own code, of which no user wants frames. */
  get _isOfLibrary(): boolean {
    return false;
  }

  /** Returns `<coroutine name>`. */
  toString(): string {
    return `<coroutine ${nameOf(this)}>`;
  }

  /** Returns {@linkcode Coroutine.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

catchAwaits(Coroutine.prototype);

/** Whether a coroutine was asked for with `yield*`: it has begun and stands on no stack. */
export function isRequested(coroutine: Coroutine<unknown>): boolean {
  return coroutine._state === STARTED && coroutine._callerBody === undefined;
}

/**
 * Notes that a coroutine is resumed.
 *
 * @param coroutine The coroutine.
 * @returns Whether it begins; else it ends.
 * @throws {RuntimeError} If it has ended.
 */
export function begin(coroutine: Coroutine<unknown>): boolean {
  if (coroutine._state === STARTED) {
    coroutine._state = ENDED;
    return false;
  }
  if (coroutine._state === ENDED) refuseSecond(coroutine);
  coroutine._state = STARTED;
  return true;
}

function end(coroutine: Coroutine<unknown>): void {
  coroutine._state = ENDED;
  if (coroutine._record !== undefined) coroutine._record.settle();
}

/**
 * Gives an error that comes out of a coroutine the frames of the user's code there: of its
 * call in debug mode, else of the generator that waits for it, if one stands on the stack.
 *
 * @param error The error, without a frame of a user.
 * @param coroutine The coroutine.
 */
export function place(error: Error, coroutine: Coroutine<unknown>): void {
  const frames = coroutine._record?.frames;
  if (frames) return placeAt(error, frames);
  if (comesToUser(coroutine)) placeHere(error, coroutine.throw);
}

function refuseSecond(coroutine: Coroutine<unknown>): never {
  throw secondUse(coroutine);
}

function secondUse(coroutine: Coroutine<unknown>): RuntimeError {
  return new RuntimeError(
    `Cannot await ${coroutine} twice: call its function again for a new one`,
  );
}

function awaitOutside(coroutine: Coroutine<unknown>): RuntimeError {
  return new RuntimeError(
    `Cannot await ${coroutine} outside a task: pass it, or the function that awaits it, to run() or createTask(), as in run(main), not run(main())`,
  );
}

/** The name of a coroutine; a subclass of users may have a getter that throws. */
export function nameOf(coroutine: { readonly name: unknown }): string {
  return guarded(() => String(coroutine.name), "<anonymous>");
}

// Apart, since a closure in the constructor would be 40 B in each coroutine.
function watch(coroutine: Coroutine<unknown>): void {
  const scheduler = runningScheduler();
  if (!scheduler?.getDebug()) return;
  coroutine._record = new UnawaitedRecord(
    coroutine,
    () => `Coroutine ${nameOf(coroutine)} was never awaited`,
    scheduler,
  );
}

/**
 * Refuses an `async function*`, before anything is begun: its call begins nothing that a
 * task could run to an end.
 *
 * @param value A function, or anything else.
 * @param action What can't be done with it, for the error.
 * @throws {TypeError} If it is one, or what its call gives.
 */
export function refuseAsyncGenerator(value: unknown, action: string): void {
  if (isAsyncGeneratorFunction(value) || isAsyncGenerator(value)) {
    throw new TypeError(
      `Cannot ${action}: a coroutine was expected, got ${describeKind(value)}${
        adviceFor(value)
      }`,
    );
  }
}

/** What to do with something that is no coroutine, for the end of an error message. */
export function adviceFor(value: unknown): string {
  if (isAsyncGeneratorFunction(value) || isAsyncGenerator(value)) {
    return ': take its items with "for await" in an async function';
  }
  return isThenable(value)
    ? ": pass the function itself, or use ensureFuture()"
    : "";
}

/**
 * Makes whatever may be passed as a coroutine into a body that a driver can resume.
 *
 * @param source A coroutine, or a function that gives one.
 * @throws {TypeError} If it is neither.
 * @throws {RuntimeError} If it was used before.
 */
export function bodyOf(source: unknown): Body | (() => unknown) {
  if (isGenerator(source)) return claim(source);
  if (isOurs(source)) {
    return source[Symbol.iterator]() as unknown as Body;
  }
  // Called at the task's first step.
  if (typeof source === "function" && !isAsyncGeneratorFunction(source)) {
    return source as () => unknown;
  }
  throw noCoroutine(source);
}

/** The error of something that is given as a coroutine, and is none. */
export function noCoroutine(value: unknown): TypeError {
  return new TypeError(
    `A coroutine was expected, got ${describeKind(value)}${adviceFor(value)}`,
  );
}

/** Whether running `source` may call an async function of the user's. */
export function mayRunAsync(source: unknown): boolean {
  if (typeof source === "function") return !isGeneratorFunction(source);
  return isOurs(source) && source._mayRunAsync;
}

/**
 * Takes the async context of a call along, for the coroutine that it gives: a promise's
 * would be that of the call too, and not of the `await`.
 *
 * @param runsAsync Whether the coroutine may call an async function of the user's.
 * @returns What begins it in there, if that matters.
 */
export function contextOfCall(runsAsync: boolean): Start | undefined {
  return runsAsync && hasAsyncContext ? deferStart() : undefined;
}

/**
 * Abandons a coroutine that nobody will run. One that somebody has begun may clean up, and
 * an error of that is reported: whoever closes it has an error of its own to throw.
 */
export function closeCoroutine(source: unknown): void {
  try {
    if (isOurs(source)) source.close();
    else if (isGenerator(source)) source.return(undefined);
  } catch (exception) {
    const context = {
      message: "Exception in a coroutine that was closed",
      exception,
    };
    const loop = runningScheduler();
    if (loop === undefined) report(context);
    else loop.callExceptionHandler(context);
  }
}

function isOurs(value: unknown): value is Coroutine<unknown> {
  try {
    return value instanceof Coroutine;
  } catch {
    return false;
  }
}

/**
 * Says whether `value` is a coroutine: a {@linkcode Coroutine} or a generator.
 *
 * @param value Anything.
 * @returns Whether it is one.
 *
 * @example Tell coroutines from functions
 * ```ts
 * import { isCoroutine, sleep } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * assert(isCoroutine(sleep(1)));
 * assert(!isCoroutine(sleep));
 * ```
 */
export function isCoroutine(value: unknown): value is CoroutineLike<unknown> {
  return isOurs(value) || isGenerator(value);
}
