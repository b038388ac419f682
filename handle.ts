/**
 * Handles of scheduled callbacks, and the {@linkcode Scheduler} that futures and
 * tasks know of a loop.
 *
 * ```ts
 * import { getRunningLoop, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const calls: string[] = [];
 * await run(async () => {
 *   const loop = getRunningLoop();
 *   const handle = loop.callLater(0.01, () => calls.push("late"));
 *   loop.callSoon(() => calls.push("soon"));
 *   handle.cancel();
 *   await sleep(0.02);
 * });
 * assertEquals(calls, ["soon"]);
 * ```
 *
 * @module
 */
import { catchDropped, isPlainFunction } from "./_base/function_kinds.ts";
import type { Delay } from "./clock.ts";
import { Context, copyContext } from "./context.ts";
import { KeyboardInterrupt } from "./errors.ts";
import type { PlaceInTurn } from "./_base/descent.ts";
import type { Bursts, Microtasks } from "./_base/microtasks.ts";
import type {
  Runnable,
  Timer,
  Unawaited,
  UnfetchedError,
} from "./_base/roles.ts";
import { describeCreation } from "./_base/creation.ts";
import { callbackName, isInstance, isRevoked } from "./_base/repr.ts";
import { running } from "./_base/running.ts";
import {
  check,
  checkOptions,
  CONTEXT,
  FUNCTION,
  LOOP,
  NUMBER,
  type OptionKinds,
} from "./_base/arguments.ts";

/** What an exception handler is told. */
export interface ExceptionContext {
  /** What happened, in words. */
  readonly message: string;
  /** The error, if there is one. */
  readonly exception?: unknown;
  /** The future that it is about. */
  readonly future?: unknown;
  /** The task that it is about. */
  readonly task?: unknown;
  /** The handle that it is about. */
  readonly handle?: unknown;
  /** The async generator that it is about. */
  readonly asyncgen?: unknown;
  /** What was being handled when the handler itself failed. */
  readonly context?: ExceptionContext;
  /** Where the future, task, handle or coroutine was made (debug mode). */
  readonly sourceTraceback?: string;
}

/** Options of `callSoon()`, `callLater()`, `callAt()` and `addDoneCallback()`. */
export interface CallbackOptions {
  /**
   * The context to call the callback in.
   *
   * @default {a copy of the current context}
   */
  readonly context?: Context | undefined;
}

const CALLBACK_OPTIONS: OptionKinds<CallbackOptions> = { context: CONTEXT };

/** What futures and tasks know of a loop. An event loop is one. */
export interface Scheduler {
  /**
   * Calls `callback` in the next turn of the loop.
   *
   * @param callback What to call.
   * @param options The context to call it in.
   * @returns A handle that calls it off.
   */
  callSoon(callback: () => void, options?: CallbackOptions): Handle;
  /**
   * Calls `callback` after a delay.
   *
   * @param delay Seconds, or an object with units.
   * @param callback What to call.
   * @param options The context to call it in.
   * @returns A handle that calls it off.
   */
  callLater(
    delay: Delay,
    callback: () => void,
    options?: CallbackOptions,
  ): TimerHandle;
  /**
   * Calls `callback` at a time.
   *
   * @param when The time, in seconds of `time()`.
   * @param callback What to call.
   * @param options The context to call it in.
   * @returns A handle that calls it off.
   */
  callAt(
    when: number,
    callback: () => void,
    options?: CallbackOptions,
  ): TimerHandle;
  /** The loop's time in seconds. */
  time(): number;
  /**
   * Reports an error that nobody can catch.
   *
   * @param context What happened.
   */
  callExceptionHandler(context: ExceptionContext): void;
  /** Whether debug mode is on. */
  getDebug(): boolean;
  /** @internal */
  readonly _bursts: Bursts;
  /** @internal Takes no turn before the burst of microtasks under way is over. */
  _letBurstEnd(): void;
  /** @internal As `_letBurstEnd()`, and runs no more of the turn under way before. */
  _pauseTurn(): void;
  /** @internal */
  readonly _placeInTurn: PlaceInTurn;
  /** @internal */
  readonly _microtasks: Microtasks;
  /** Whether the loop is between the start and the end of a run. */
  isRunning(): boolean;
  /** Whether the loop was closed. */
  isClosed(): boolean;
  /** @internal */
  _enqueue(runnable: Runnable): void;
  /** @internal Watches a line that was cancelled; gives the time of that watch. */
  _watchCancelled(line: object): number;
  /** @internal Notes that a line which it watches has ended. */
  _unwatchCancelled(line: object): void;
  /** @internal Notes that a task does its first step in the next microtask. */
  _noteStarting(): void;
  /** @internal */
  _noteResumed(): void;
  /** @internal */
  _noteSuspended(): void;
  /** @internal Notes that somebody waits for what only the host can end. */
  _noteOfHost(future: { done(): boolean }): void;
  /** @internal Keeps a virtual clock still, while the host does what has to be waited for. */
  _hold(): void;
  /** @internal Takes one `_hold()` back. */
  _letGo(): void;
  /** @internal */
  _abortRun(error: unknown): void;
  /** @internal */
  _addTimer(timer: Timer & Runnable): void;
  /** @internal */
  _timerCancelled(): void;
  /** @internal */
  _trace(made: object): void;
  /** @internal */
  _traceOf(made: object): string | undefined;
  /** @internal */
  _addUnfetched(error: UnfetchedError, now: number): void;
  /** @internal */
  _deleteUnfetched(error: UnfetchedError): void;
  /** @internal */
  _tellAtExit(): void;
  /** @internal Notes a coroutine that was made (debug mode). */
  _addUnawaited(coroutine: Unawaited): void;
  /** @internal Notes that a coroutine was taken or closed. */
  _deleteUnawaited(coroutine: Unawaited): void;
  /** @internal Calls what resumes async functions of a task, and times them (debug mode). */
  _timeBurst(task: object, resume: () => void): void;
  /** @internal Calls what goes on with a task outside of the loop's steps (debug mode). */
  _timeStep(task: object, step: () => void): void;
}

/**
 * A scheduled callback. `callSoon()` gives one.
 *
 * @example Call it off
 * ```ts
 * import { getRunningLoop, run } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * await run(async () => {
 *   const handle = getRunningLoop().callSoon(() => {
 *     throw new Error("never called");
 *   });
 *   handle.cancel();
 *   assert(handle.cancelled());
 * });
 * ```
 */
export class Handle {
  #callback: ((argument: never) => void) | undefined;
  // Saves a closure for each done callback.
  #argument: unknown;
  #context: Context;
  /** The loop that calls it. */
  protected readonly scheduler: Scheduler;
  #name: string | undefined;

  /**
   * Makes a handle; `callSoon()` does it for you.
   *
   * @param callback What to call.
   * @param scheduler The loop that calls it.
   * @param options The context to call it in.
   * @param argument What to call it with.
   * @throws {TypeError} If `callback` is no function, `scheduler` no loop, or an option of the
   * wrong kind.
   */
  constructor(
    callback: (argument: never) => void,
    scheduler: Scheduler,
    options?: CallbackOptions,
    argument?: unknown,
  ) {
    const context = isRevoked(options) ? undefined : options?.context;
    if (
      isRevoked(scheduler) || typeof callback !== "function" ||
      typeof scheduler?._enqueue !== "function" ||
      typeof scheduler.getDebug !== "function" ||
      (context !== undefined && !isInstance(context, Context))
    ) refuse(callback, scheduler, context);
    // The library gives a context; what a user gives may have one at the second look alone.
    this.#context = context ??
      checkOptions("make a handle", options, CALLBACK_OPTIONS)?.context ??
      copyContext();
    this.#callback = callback;
    this.#argument = argument;
    this.scheduler = scheduler;
    if (scheduler.getDebug()) {
      this.#name = callbackName(callback);
      scheduler._trace(this);
    }
  }

  /** Calls the callback off. Doing it twice does nothing. */
  cancel(): void {
    this.#callback = undefined;
    this.#argument = undefined;
  }

  /** Whether the callback was called off. */
  cancelled(): boolean {
    return this.#callback === undefined;
  }

  /** The context that the callback is called in. */
  getContext(): Context {
    return this.#context;
  }

  /** Calls the callback off, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.cancel();
  }

  /** @internal */
  _run(): void {
    const callback = this.#callback;
    if (callback === undefined) return;
    running.task = undefined;
    running.context = this.#context;
    try {
      const given: unknown = callback(this.#argument as never);
      if (given !== undefined) this.#lookAt(callback, given);
    } catch (error) {
      // As in CPython: the exception handler enters the context if it is to be in it.
      running.context = undefined;
      this.#fail(callback, error);
    }
  }

  // The types take any function, since what a callback gives is dropped.
  #lookAt(callback: (argument: never) => unknown, given: unknown): void {
    if (isPlainFunction(callback)) return;
    const failed = (error: unknown): void => this.#fail(callback, error);
    if (catchDropped(callback, given, failed)) return;
    throw new TypeError(
      `A callback must be a plain function, nothing runs what ${
        callbackName(callback)
      } gives: call createTask() in a plain one`,
    );
  }

  #fail(callback: (argument: never) => unknown, error: unknown): void {
    if (isInstance(error, KeyboardInterrupt)) throw error;
    const sourceTraceback = this.scheduler._traceOf(this);
    this.scheduler.callExceptionHandler({
      message: `Exception in callback ${callbackName(callback)}`,
      exception: error,
      handle: this,
      ...sourceTraceback === undefined ? {} : { sourceTraceback },
    });
  }

  /** Returns `<Handle name()>`, or `<Handle cancelled>`. */
  toString(): string {
    return `<${["Handle", ...this.describe()].join(" ")}>`;
  }

  /** Returns the words of {@linkcode Handle.toString}. */
  protected describe(): string[] {
    const words = this.#callback === undefined ? ["cancelled"] : [];
    const name = this.#callback === undefined
      ? this.#name
      : callbackName(this.#callback);
    if (name !== undefined) words.push(`${name}()`);
    return [...words, ...describeCreation(this.scheduler._traceOf(this))];
  }

  /** Returns {@linkcode Handle.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * A callback scheduled for a time. `callLater()` and `callAt()` give one.
 *
 * @example Ask when it is due
 * ```ts
 * import { getRunningLoop, run } from "@asyncio/asyncio";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await run(async () => {
 *   const loop = getRunningLoop();
 *   using handle = loop.callAt(loop.time() + 60, () => {});
 *   assertAlmostEquals(handle.when() - loop.time(), 60, 1);
 * });
 * ```
 */
export class TimerHandle extends Handle {
  #when: number;
  /** @internal */
  _inHeap: boolean = false;

  /**
   * Makes a handle; `callAt()` does it for you.
   *
   * @param when The due time, in seconds of the loop's `time()`.
   * @param callback What to call.
   * @param scheduler The loop that calls it.
   * @param options The context to call it in.
   * @throws {TypeError} If `when` is no number, `callback` no function, `scheduler` no loop, or
   * an option of the wrong kind.
   * @throws {RangeError} If `when` is NaN.
   */
  constructor(
    when: number,
    callback: () => void,
    scheduler: Scheduler,
    options?: CallbackOptions,
  ) {
    super(callback, scheduler, options);
    if (typeof when !== "number" || Number.isNaN(when)) {
      check("make a handle", "when", when, NUMBER);
    }
    this.#when = when;
  }

  /** The due time, in seconds of the loop's `time()`. */
  when(): number {
    return this.#when;
  }

  /** Calls the callback off. Doing it twice does nothing. */
  override cancel(): void {
    if (this.cancelled()) return;
    super.cancel();
    if (this._inHeap) this.scheduler._timerCancelled();
  }

  /** @internal */
  _isCalledOff(): boolean {
    return this.cancelled();
  }

  /** Returns the words of {@linkcode TimerHandle.toString}. */
  protected override describe(): string[] {
    return [`when=${this.#when}`, ...super.describe()];
  }

  /** Returns `<TimerHandle when=… name()>`. */
  override toString(): string {
    return `<${["TimerHandle", ...this.describe()].join(" ")}>`;
  }
}

// Apart from the constructor, which is on the way of every callback.
function refuse(callback: unknown, scheduler: unknown, context: unknown): void {
  check("make a handle", "callback", callback, FUNCTION);
  check("make a handle", "scheduler", scheduler, LOOP);
  if (context !== undefined) {
    check("make a handle", "context", context, CONTEXT);
  }
}
