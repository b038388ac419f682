/**
 * Tasks: coroutines that run, and can be cancelled.
 *
 * ```ts
 * import { createTask, run, sleep, wait } from "@asyncio/asyncio";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const log: string[] = [];
 *
 * async function work() {
 *   try {
 *     await sleep(3600);
 *   } finally {
 *     await sleep(0.001);
 *     log.push("cleaned up");
 *   }
 * }
 *
 * await run(async () => {
 *   const task = createTask(work);
 *   await sleep(0);
 *   task.cancel();
 *   await wait([task]);
 *   assert(task.cancelled());
 * });
 * assertEquals(log, ["cleaned up"]);
 * ```
 *
 * @module
 */
import {
  cancelledError,
  type CancelReason,
  cancelReason,
  cancelWith,
} from "./_base/cancelled.ts";
import { Context, type ContextValues, currentContext } from "./context.ts";
import {
  type Body,
  bodyOf,
  type Coroutine,
  type CoroutineFunction,
  type CoroutineLike,
} from "./_task/coroutine.ts";
import { isCoroutine, nameOf } from "./_task/coroutine.ts";
import { drive, SUSPENDED } from "./_task/drive.ts";
import {
  CancelledError,
  InvalidStateError,
  KeyboardInterrupt,
  RuntimeError,
} from "./errors.ts";
import { Future } from "./future.ts";
import { PROMISE_BODY, type PromiseBody } from "./_task/promise_body.ts";
import type { PendingAwait } from "./_future/future_await.ts";
import type { Scheduler } from "./handle.ts";
import { kFunctionName } from "./_base/roles.ts";
import { print } from "./_loop/report.ts";
import {
  callbackName,
  describeCall,
  describeValue,
  isInstance,
  textOf,
} from "./_base/repr.ts";
import { running } from "./_base/running.ts";
import { runningScheduler, schedulerForNew } from "./_loop/scheduler.ts";
import { awaitCoroutine } from "./_task/coroutine_await.ts";
import type { TaskList } from "./_loop/task_list.ts";
import type { OnFulfilled, OnRejected } from "./_future/await.ts";

// How many of its waits a task's text names.
const MOST_WAITS = 3;
// Each stands on the stack of the one that made it, which has room for some hundreds.
const MOST_EAGER_STARTS = 100;

/** Options of {@linkcode Task} but for the loop; `createTask()` takes them. */
export interface TaskOptions {
  /**
   * The name, for reports.
   *
   * @default {"Task-" and a number}
   */
  readonly name?: string;
  /**
   * The context to run in.
   *
   * @default {a copy of the current context}
   */
  readonly context?: Context;
  /**
   * Whether the first step runs at once, and not in the loop's next turn. Where a hundred
   * tasks start each other so, the next one starts in the next turn all the same.
   *
   * @default {false}
   */
  readonly eagerStart?: boolean;
}

/** Options of {@linkcode Task}. */
export interface TaskConstructorOptions extends TaskOptions {
  /**
   * The loop to run in.
   *
   * @default {the running loop, else the current one}
   */
  readonly loop?: TaskScheduler;
}

/** Options of {@linkcode Task.printStack}. */
export interface PrintStackOptions {
  /**
   * How many names to write at most, the newest ones.
   *
   * @default {all}
   */
  readonly limit?: number;
  /**
   * Takes the text.
   *
   * @default {stderr, by way of the console}
   */
  readonly write?: (text: string) => void;
}

/** What a task knows of its loop: a loop also lists its unfinished tasks. */
export interface TaskScheduler extends Scheduler {
  /** @internal */
  readonly _tasks: TaskList<Task<unknown>>;
  /** @internal */
  _claim(coro: object): void;
  /** @internal */
  _waitingSince(task: Task<unknown>): number | undefined;
}

/**
 * A coroutine that runs. It is a future of the coroutine's result.
 *
 * - **Start**: the first step runs in the loop's next turn, or at once with `eagerStart`.
 * - **Lifetime**: the loop holds an unfinished task, so it needs no reference to live.
 * - **Cancellation**: {@linkcode Task.cancel} throws a CancelledError into the coroutine at
 *   its wait; the coroutine cleans up in `finally`, where it may wait again.
 * - **Errors**: they are the task's; one that nobody fetches is reported.
 *
 * @typeParam T The type of the result.
 *
 * @example Wait for two at once
 * ```ts
 * import { createTask, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const sum = await run(function* () {
 *   const a = createTask(sleep(0.002, 1));
 *   const b = createTask(sleep(0.002, 2));
 *   return (yield* a) + (yield* b);
 * });
 * assertEquals(sum, 3);
 * ```
 */
export class Task<T> extends Future<T> {
  /** @internal */
  _body: Body | (() => unknown);
  /** @internal */
  _coroutine: Coroutine<unknown> | undefined = undefined;
  /** @internal */
  _waitingOn: Future<unknown> | PromiseBody | undefined = undefined;
  /** @internal */
  _nextTask: Task<unknown> | undefined = undefined;
  /** @internal */
  _previousTask: Task<unknown> | undefined = undefined;
  // The values alone until someone asks for the context itself: 40 B a task.
  #context: Context | ContextValues;
  // A number until someone asks: most names are never read.
  #name: string | number;
  // What only some tasks need, made when it is needed.
  #extras: Extras | undefined = undefined;
  // What its async functions wait for: nearly always one thing.
  #awaits: PendingAwait | Set<PendingAwait> | undefined = undefined;

  /**
   * Makes a task; `createTask()` and `loop.createTask()` do it for you.
   *
   * @param coro A coroutine, or a function that gives one.
   * @param options The loop, the name, the context, and whether to start at once.
   * @throws {TypeError} If `coro` is no coroutine and no function.
   * @throws {RuntimeError} If the coroutine was used before, or there is no loop.
   */
  constructor(
    coro: CoroutineLike<T> | CoroutineFunction<T>,
    options: TaskConstructorOptions = {},
  ) {
    const scheduler = options.loop ?? schedulerForNew() as TaskScheduler;
    super(options.loop === undefined ? { loop: scheduler } : options);
    this._body = bodyOf(coro);
    if (scheduler.getDebug()) scheduler._claim(coro);
    this.#context = options.context ?? currentContext().values;
    this.#name = options.name === undefined
      ? ++running.taskCount
      : String(options.name);
    if (
      options.eagerStart && running.eagerStarts < MOST_EAGER_STARTS &&
      runningScheduler() === scheduler
    ) {
      scheduler._tasks.add(this as Task<unknown>);
      running.eagerStarts++;
      try {
        this.#runNow(false, undefined);
      } finally {
        running.eagerStarts--;
      }
    } else {
      // First, since a closed loop refuses and must not list the task.
      scheduler._enqueue(this);
      scheduler._tasks.add(this as Task<unknown>);
    }
  }

  /**
   * Asks the task to end: throws a CancelledError into its coroutine, at the wait it
   * stands at, or at its next one.
   *
   * A wait for a plain promise is not interrupted; {@linkcode Task.signal} aborts it.
   *
   * @param message The message of the CancelledError.
   * @param options The `cause` of the CancelledError.
   * @returns Whether the task was asked: false if it was done.
   */
  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return super.cancel();
    const { asked } = running.cancels;
    if (asked !== undefined) {
      if (asked.has(this)) return true;
      asked.add(this);
    }
    const reason = cancelReason(message, options);
    const extras = this.#extras ??= new Extras();
    extras.cancelRequests++;
    let delivered = this.#cancelWaits(reason);
    const { controller } = extras;
    if (controller !== undefined && !controller.signal.aborted) {
      controller.abort(cancelledError(reason, false));
      // Who asked for the signal and waits for the host takes the cancel by it.
      delivered ||= this._waitingOn === PROMISE_BODY;
    }
    extras.cancelReason = reason;
    if (!delivered) extras.mustCancel = true;
    return true;
  }

  /** How many cancel requests were made and not taken back. */
  cancelling(): number {
    return this.#extras?.cancelRequests ?? 0;
  }

  /**
   * Takes one cancel request back. With the last one, a CancelledError that was not
   * thrown yet will not be.
   *
   * @returns How many requests are left.
   */
  uncancel(): number {
    const extras = this.#extras;
    if (extras === undefined || extras.cancelRequests === 0) return 0;
    extras.cancelRequests--;
    if (extras.cancelRequests === 0) extras.mustCancel = false;
    return extras.cancelRequests;
  }

  /**
   * A signal that aborts with the CancelledError when the task is cancelled, for APIs
   * of the host such as `fetch`. Made when first asked for.
   */
  get signal(): AbortSignal {
    const extras = this.#extras ??= new Extras();
    const { controller, cancelRequests } = extras;
    // An aborted signal stays so; after `uncancel()` there is a fresh one.
    if (
      controller !== undefined &&
      (!controller.signal.aborted || cancelRequests > 0)
    ) {
      return controller.signal;
    }
    const fresh = extras.controller = new AbortController();
    if (cancelRequests > 0) {
      fresh.abort(cancelledError(extras.cancelReason, false));
    }
    return fresh.signal;
  }

  /** The name. */
  getName(): string {
    return typeof this.#name === "number" ? `Task-${this.#name}` : this.#name;
  }

  /**
   * Changes the name.
   *
   * @param name The new name; anything but a string is turned into one.
   */
  setName(name: string): void {
    this.#name = String(name);
  }

  /** The coroutine or function that the task was made of. */
  getCoro(): CoroutineLike<T> | CoroutineFunction<T> {
    let bottom: unknown = this._body;
    for (
      let frame = this._coroutine;
      frame !== undefined;
      frame = frame._caller
    ) {
      bottom = frame._callerBody;
    }
    return bottom as CoroutineLike<T> | CoroutineFunction<T>;
  }

  /** The context that the task runs in. */
  getContext(): Context {
    if (!(this.#context instanceof Context)) {
      this.#context = new Context(this.#context);
    }
    return this.#context;
  }

  /**
   * Returns the names of the coroutines that the task stands in, the newest last.
   * JavaScript shows no frames, so plain `yield*` and `await` calls are not listed.
   *
   * @param options How many to give at most, the newest ones.
   * @returns The names.
   */
  getStack(options: { readonly limit?: number } = {}): string[] {
    if (this.done()) return [];
    const coroutine = this.getCoro() as unknown;
    const names = [coroutineName(coroutine)];
    for (const driver of [this, ...this.#waits()]) {
      const newest: string[] = [];
      let frame =
        (driver as { _coroutine?: Coroutine<unknown> | undefined })._coroutine;
      for (; frame !== undefined; frame = frame._caller) {
        if (frame !== coroutine) newest.push(nameOf(frame));
      }
      for (let i = newest.length - 1; i >= 0; i--) names.push(newest[i]!);
    }
    return options.limit === undefined
      ? names
      : names.slice(-options.limit || names.length);
  }

  /**
   * Writes the names that {@linkcode Task.getStack} gives, as text.
   *
   * @param options How many to write at most, the newest ones, and where to.
   */
  printStack(options: PrintStackOptions = {}): void {
    const lines = this.getStack(options).map((name) =>
      `  ${describeCall(name)} waits`
    );
    if (this === running.task && lines.length > 0) {
      lines.push(lines.pop()!.replace(/waits$/, "running"));
    }
    const what = lines.length === 0
      ? `No stack for ${this}`
      : `Stack for ${this} (most recent call last):`;
    (options.write ?? print)([what, ...lines].join("\n"));
  }

  /**
   * Refuses: a task's result comes from its coroutine.
   *
   * @throws {RuntimeError} Always.
   */
  override setResult(_result: T): never {
    throw new RuntimeError(
      `Cannot set the result of ${this}: it comes from the coroutine`,
    );
  }

  /**
   * Refuses: a task's error comes from its coroutine.
   *
   * @throws {RuntimeError} Always.
   */
  override setException(_error: unknown): never {
    throw new RuntimeError(
      `Cannot set the exception of ${this}: it comes from the coroutine`,
    );
  }

  /** @internal */
  get _task(): object {
    return this;
  }

  /** @internal */
  _wouldTakeCancel(): boolean | undefined {
    return this.done() ? undefined : true;
  }

  /** @internal */
  _wake(): void {
    this.scheduler._enqueue(this);
  }

  /** @internal */
  _run(): void {
    running.task = this;
    running.context = undefined;
    if (this.#extras?.mustCancel) {
      const cancelled = this._takeCancel(this._waitingOn);
      this.#step(cancelled !== undefined, cancelled);
    } else {
      this.#step(false, undefined);
    }
  }

  /** @internal */
  _resume(failed: boolean, outcome: unknown): void {
    this.#runNow(failed, outcome);
  }

  /** @internal */
  _addAwait(wait: PendingAwait): void {
    if (this.#awaits === undefined) this.#awaits = wait;
    else if (this.#awaits instanceof Set) this.#awaits.add(wait);
    else if (this.#awaits !== wait) {
      this.#awaits = new Set([this.#awaits, wait]);
    }
    const extras = this.#extras;
    if (extras?.mustCancel && wait._cancelWait(extras.cancelReason)) {
      extras.mustCancel = false;
    }
  }

  /** @internal */
  _removeAwait(wait: PendingAwait): void {
    if (this.#awaits === wait) this.#awaits = undefined;
    else if (this.#awaits instanceof Set) this.#awaits.delete(wait);
  }

  /** @internal */
  _takeCancel(waited: unknown): CancelledError | undefined {
    const extras = this.#extras;
    if (!extras?.mustCancel) return undefined;
    extras.mustCancel = false;
    // The wait throws a CancelledError of its own: the first request's.
    if (waited instanceof Future && waited._givesCancelled()) return undefined;
    return cancelledError(extras.cancelReason, this.scheduler.getDebug());
  }

  /** @internal */
  _awaitCoroutine<V, A, B>(
    coroutine: Coroutine<V>,
    onFulfilled: OnFulfilled<V, A>,
    onRejected: OnRejected<B>,
  ): PromiseLike<A | B> {
    return awaitCoroutine(
      coroutine,
      this.scheduler,
      this,
      onFulfilled,
      onRejected,
    );
  }

  /** @internal What the task waits for now: futures, and the waits of its async functions. */
  _waitsFor(): unknown[] {
    const waits = this.#waits();
    const own = this._waitingOn;
    if (own === undefined || (own === PROMISE_BODY && waits.length > 0)) {
      return waits;
    }
    return [own, ...waits];
  }

  /** @internal */
  _describe(): string {
    return this.getName();
  }

  /** Returns `<Task pending name=… coro=…>` and the like. */
  override toString(): string {
    return super.toString();
  }

  /** The word for the class in reports. */
  protected override get kind(): string {
    return "Task";
  }

  /** What reports call this task once it is gone. */
  protected override label(): string {
    return `<Task name=${describeValue(this.getName())} coro=${
      describeCoroutine(this.getCoro())
    }>`;
  }

  /** The context to report an error in that nobody fetched: the task's. */
  protected override contextOfReports(): Context {
    return this.getContext();
  }

  /** Returns the words of {@linkcode Task.toString}. */
  protected override describe(): string[] {
    const [state, ...rest] = super.describe();
    const words = [
      this.cancelling() > 0 && !this.done() ? "cancelling" : state!,
      `name=${describeValue(this.getName())}`,
      `coro=${describeCoroutine(this.getCoro())}`,
    ];
    const waits = waitedFor(this);
    for (const future of waits.slice(0, MOST_WAITS)) {
      words.push(`wait_for=${textOf(future)}`);
    }
    if (waits.length > MOST_WAITS) {
      words.push(`wait_for=<${waits.length - MOST_WAITS} more>`);
    }
    return [...words, ...rest];
  }

  #waits(): PendingAwait[] {
    if (this.#awaits === undefined) return [];
    return this.#awaits instanceof Set ? [...this.#awaits] : [this.#awaits];
  }

  #cancelWaits(reason: CancelReason): boolean {
    const waitingOn = this._waitingOn;
    let delivered = waitingOn instanceof Future &&
      cancelWith(waitingOn, reason);
    for (const wait of this.#waits()) {
      delivered = wait._cancelWait(reason) || delivered;
    }
    return delivered;
  }

  // Runs outside the loop's iteration, so it leaves the slots as it found them.
  #runNow(throwing: boolean, input: unknown): void {
    const { loop, task, context } = running;
    running.loop = this.scheduler;
    running.task = this;
    running.context = undefined;
    try {
      this.#step(throwing, input);
    } catch (error) {
      if (isInstance(error, KeyboardInterrupt)) this.scheduler._abortRun(error);
      // The stack is full: the step could not even fail.
      else this.scheduler._enqueue({ _run: () => this.#failLate(error) });
    } finally {
      running.loop = loop;
      running.task = task;
      running.context = context;
    }
  }

  #step(throwing: boolean, input: unknown): void {
    let outcome: unknown;
    try {
      outcome = drive(this, this.scheduler, throwing, input);
    } catch (error) {
      return this.#fail(error);
    }
    if (outcome !== SUSPENDED) return this.#finish(outcome as T);
    // A cancel that came while it ran goes to the wait that it has begun.
    const extras = this.#extras;
    if (extras?.mustCancel && this.#cancelWaits(extras.cancelReason)) {
      extras.mustCancel = false;
    }
  }

  #finish(result: T): void {
    if (!this.#leave()) return;
    const extras = this.#extras;
    if (extras?.mustCancel) return this._settleCancelled(extras.cancelReason);
    super.setResult(result);
    if (this.scheduler.getDebug() && this.cancelling() > 0) {
      this.scheduler.callExceptionHandler({
        message: "Task was cancelled but swallowed the CancelledError",
        task: this,
      });
    }
  }

  #fail(error: unknown): void {
    if (!this.#leave()) return;
    if (isInstance(error, CancelledError)) return this._settleCancelled(error);
    // A coroutine may throw anything; a future wants an error.
    super.setException(
      error ?? new RuntimeError(`Task failed: ${error} was thrown`),
    );
    if (isInstance(error, KeyboardInterrupt)) throw error;
  }

  #failLate(error: unknown): void {
    running.task = undefined;
    if (!this.done()) this.#fail(error);
  }

  // Says whether the outcome is still to be set, as it is unless somebody has called
  // the setters of the base class by force.
  #leave(): boolean {
    (this.scheduler as TaskScheduler)._tasks.delete(this as Task<unknown>);
    if (!this.done()) return true;
    this.scheduler.callExceptionHandler({
      message: "Exception in a task's step",
      exception: new InvalidStateError(`Cannot step: ${this} is done already`),
      task: this,
    });
    return false;
  }
}

/** What only some tasks need. */
class Extras {
  cancelRequests = 0;
  /** Whether a cancel is still to be delivered, at the next wait. */
  mustCancel = false;
  cancelReason: CancelReason = undefined;
  controller: AbortController | undefined = undefined;
}

/** The futures that a task waits for, those of its async functions too. */
function waitedFor(task: Task<unknown>): unknown[] {
  const futures = task._waitsFor().flatMap((wait) =>
    wait instanceof Future
      ? [wait]
      : (wait as { _waitsFor?(): unknown[] })._waitsFor?.() ?? []
  );
  return futures.filter((future) => future instanceof Future);
}

function describeCoroutine(source: unknown): string {
  const generatorName = (source as { [kFunctionName]?: string } | undefined)
    ?.[kFunctionName];
  if (generatorName) return `${generatorName}()`;
  return describeCall(coroutineName(source));
}

function coroutineName(source: unknown): string {
  if (typeof source === "function") return callbackName(source);
  return isCoroutine(source) && "name" in source
    ? nameOf(source)
    // A generator does not know its function.
    : "<generator>";
}
