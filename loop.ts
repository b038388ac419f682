/**
 * The event loop: runs callbacks and tasks, one turn after the other.
 *
 * It is a guest of the host's loop: it runs in microtasks and hands the host its
 * turn within 0.1 ms, between two steps, so servers and timers of the host go on beside it.
 *
 * ```ts
 * import { newEventLoop, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const loop = newEventLoop();
 * const task = loop.createTask(sleep(0.01, "to be or not to be"));
 * task.addDoneCallback((task) => assertEquals(task.result(), "to be or not to be"));
 * await loop.runUntilComplete(task);
 * loop.close();
 * ```
 *
 * @module
 */
import { catchDropped, isPlainFunction } from "./_base/function_kinds.ts";
import { linkSignal } from "./_host/abort_signal.ts";
import { type Clock, type Delay, SystemClock, toSeconds } from "./clock.ts";
import {
  type Awaitable,
  closeCoroutine,
  type Coroutine,
  type CoroutineFunction,
  type CoroutineLike,
  type Work,
  type WorkResult,
} from "./_coroutine/coroutine.ts";
import { SIGNAL_NAME, SignalHandlers } from "./_loop/signal_handlers.ts";
import type { SignalName } from "./_host/signals.ts";
import {
  ASYNC_GENERATOR,
  BOOLEAN,
  check,
  checkOptions,
  CLOCK,
  CONTEXT,
  DELAY,
  type Kind,
  NUMBER,
  OBJECT,
  type OptionKinds,
  SIGNAL,
} from "./_base/arguments.ts";
import { TASK_OPTIONS } from "./_task/task_options.ts";
import { PROMISE_BODY } from "./_coroutine/promise_body.ts";
import { debugByEnvironment } from "./_host/environment.ts";
import {
  CancelledError,
  DeadlockError,
  KeyboardInterrupt,
  RuntimeError,
} from "./errors.ts";
import { Future, isFuture } from "./future.ts";
import {
  type CallbackOptions,
  type ExceptionContext,
  Handle,
  TimerHandle,
} from "./handle.ts";
import { hasAsyncContext } from "./_host/async_context.ts";
import type {
  Runnable,
  Timer,
  Unawaited,
  UnfetchedError,
} from "./_base/roles.ts";
import { DebugMode } from "./_debug/debug_mode.ts";
import { Waiters } from "./_future/waiters.ts";
import { type Instrument, Instruments } from "./_loop/instrument.ts";
import type { RecentTask } from "./_loop/recent_tasks.ts";
import { report, warn } from "./_loop/report.ts";
import {
  callbackName,
  describeKind,
  guarded,
  isInstance,
} from "./_base/repr.ts";
import { type Resource, Resources } from "./_loop/resources.ts";
import { callIn, mainOf, running } from "./_base/running.ts";
import { hostIsDue, hostTurn } from "./_host/turn.ts";
import {
  isInsideRun,
  NO_CONTEXT,
  refuseSecondRun,
  runningScheduler,
} from "./_loop/scheduler.ts";
import { awaitCoroutine } from "./_task/coroutine_await.ts";
import type { OnFulfilled, OnRejected } from "./_future/await.ts";
import { Task, type TaskOptions, type TaskScheduler } from "./task.ts";
import { formatTaskTree } from "./task_tree.ts";
import { resultOf, RunEnd } from "./_future/run_end.ts";
import { TaskList } from "./_loop/task_list.ts";
import { afterBurst, endHelpers } from "./_line/cancel_line.ts";
import { hasScopeAtHost, type LineState } from "./_line/line.ts";
import { StuckWatch } from "./_line/stuck_watch.ts";
import { type BeforeHost, Turns } from "./_loop/turns.ts";
import type { PlaceInTurn } from "./_base/descent.ts";
import { Bursts, Microtasks } from "./_base/microtasks.ts";
import { UnfetchedErrors } from "./_future/unfetched_errors.ts";
import { HostFuture, toFuture } from "./_coroutine/to_future.ts";

/** Makes a loop's tasks: what `loop.setTaskFactory()` takes. */
export type TaskFactory = <T>(
  loop: EventLoop,
  coro: CoroutineLike<T> | CoroutineFunction<T>,
  options: TaskOptions,
) => Task<T>;

/** Takes the errors that nobody can catch: what `loop.setExceptionHandler()` takes. */
export type ExceptionHandler = (
  loop: EventLoop,
  context: ExceptionContext,
) => void;

// How many lines of tasks that are done a loop keeps before it looks which still wait.
const MOST_STRAYS = 64;

/** Options of `createTask()`, that of loops and groups too. */
export interface CreateTaskOptions extends TaskOptions {
  /**
   * Cancels the task when it aborts; its reason is the `cause` of the CancelledError. By one
   * that was aborted before, no task begins, an eager one neither.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode EventLoop}. */
export interface EventLoopOptions {
  /**
   * Where the loop reads the time.
   *
   * @default {new SystemClock()}
   */
  readonly clock?: Clock | undefined;
  /**
   * Whether debug mode is on from the start.
   *
   * @default {the environment's ASYNCIO_DEBUG, where it may be read without asking}
   */
  readonly debug?: boolean | undefined;
  /**
   * How long an error of a task or future may go unfetched before it is reported, on the
   * loop's clock: seconds, or an object with units. What is left is reported when the loop
   * is closed.
   *
   * @default {5}
   */
  readonly reportUnfetchedAfter?: Delay | undefined;
  /**
   * How long an async function that was cancelled may go on to wait for a promise of the
   * host, which can't be interrupted, before that is reported: seconds on the system clock,
   * or an object with units. Up to a quarter of it may pass besides.
   *
   * @default {5}
   */
  readonly reportStuckAfter?: Delay | undefined;
}

const LOOP_OPTIONS: OptionKinds<EventLoopOptions> = {
  clock: CLOCK,
  debug: BOOLEAN,
  reportUnfetchedAfter: DELAY,
  reportStuckAfter: DELAY,
};
// Compared by identity: there may be a loop a request.
const NO_OPTIONS: EventLoopOptions = {};
const NO_TURN: PlaceInTurn = { turn: 0, leftOfTurn: undefined };
// The list of all loops that are closed: no task can be added to it.
const NO_TASKS = new TaskList<Task<unknown>>();
const CREATE_TASK_OPTIONS: OptionKinds<CreateTaskOptions> = {
  ...TASK_OPTIONS,
  signal: SIGNAL,
};
const TASK: Kind = { words: "a task", fits: isFuture };
const CALLBACK_OPTIONS: OptionKinds<CallbackOptions> = { context: CONTEXT };

/**
 * An event loop.
 *
 * - **Turns**: a turn moves due timers to the ready queue and runs exactly what stood
 *   there when it began, in order; what that schedules runs in the next turn.
 * - **Tasks**: the loop holds every unfinished task.
 * - **Host**: it hands the host its turn at least every 0.1 ms, between two callbacks or
 *   steps of tasks.
 *
 * Differs from CPython: running is asynchronous, so `runForever()` and
 * `runUntilComplete()` give promises; callbacks take no arguments (close over them).
 *
 * @example Run a task
 * ```ts
 * import { EventLoop, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * using loop = new EventLoop();
 * assertEquals(await loop.runUntilComplete(sleep(0.001, "done")), "done");
 * ```
 */
export class EventLoop implements TaskScheduler {
  /**
   * From this many seconds on, debug mode reports a callback, a step of a task, or a burst of
   * an async function between two awaits as slow.
   */
  slowCallbackDuration = 0.1;
  readonly #clock: Clock;
  // Until it is closed. Then it lets go of all that it was made of: what the host keeps of a
  // task that has ended, until its next collection, keeps the loop as well.
  #turns: Turns | undefined;
  #plainOptions: { readonly loop: EventLoop } | undefined = { loop: this };
  #running = false;
  #debug: boolean;
  #debugMode: DebugMode | undefined;
  #instruments: Instruments | undefined;
  readonly #reportUnfetchedAfter: number;
  #unfetched: UnfetchedErrors | undefined = undefined;
  // Whether it has warned of an async function whose task can't be told.
  #hasWarned = false;
  // Lines of tasks that are done, of which something waits all the same.
  #strays: Set<LineState> | undefined = undefined;
  // At how many it looks which of them still wait.
  #mostStrays = MOST_STRAYS;
  #stuckWatch: StuckWatch | undefined = undefined;
  readonly #reportStuckAfter: number;
  #taskFactory: TaskFactory | undefined;
  #exceptionHandler: ExceptionHandler | undefined;
  // Made when it is needed: there may be a loop a request.
  #asyncgens: Set<AsyncGenerator<unknown>> | undefined = undefined;
  #asyncgensShut = false;
  #signalHandlers: SignalHandlers | undefined = undefined;
  /** @internal The shutdown of the run, once somebody asked for it. */
  _shutdown: unknown = undefined;
  /** @internal */
  readonly _bursts: Bursts = new Bursts();
  #microtasks: Microtasks | undefined = undefined;
  #resources: Resources | undefined = undefined;
  /** @internal */
  _tasks: TaskList<Task<unknown>> = new TaskList();

  /**
   * Makes a loop.
   *
   * @param options The clock, whether debug mode is on, and when errors are reported.
   * @throws {TypeError} If an option is of the wrong kind.
   * @throws {RangeError} If a time is NaN.
   */
  constructor(options: EventLoopOptions = NO_OPTIONS) {
    if (options !== NO_OPTIONS) {
      options = checkOptions("make a loop", options, LOOP_OPTIONS);
    }
    this.#clock = options.clock ?? systemClock();
    this.#turns = new Turns(this.#clock, this);
    this.#debug = options.debug ?? debugByEnvironment();
    const { reportUnfetchedAfter = 5, reportStuckAfter = 5 } = options;
    this.#reportUnfetchedAfter = toSeconds(reportUnfetchedAfter);
    this.#reportStuckAfter = toSeconds(reportStuckAfter);
    if (this.#debug) this._observe(this.#inDebugMode());
  }

  /** Seconds on the loop's clock; what `callAt()` counts in. */
  time(): number {
    return this.#clock.time();
  }

  /** Whether the loop is between the start and the end of a run. */
  isRunning(): boolean {
    return this.#running;
  }

  /** Whether the loop was closed. */
  isClosed(): boolean {
    return this.#turns === undefined;
  }

  /** Whether debug mode is on. */
  getDebug(): boolean {
    return this.#debug;
  }

  /**
   * Turns debug mode on or off.
   *
   * @param enabled Whether it shall be on.
   * @throws {TypeError} If `enabled` is no boolean.
   */
  setDebug(enabled: boolean): void {
    check("set the debug mode", "enabled", enabled, BOOLEAN);
    if (enabled === this.#debug) return;
    this.#debug = enabled;
    if (enabled) this._observe(this.#inDebugMode());
    else this._unobserve(this.#inDebugMode());
    if (this.isRunning()) running.debugLoops += enabled ? 1 : -1;
  }

  /**
   * Calls `callback` in the next turn, after what is ready already.
   *
   * @param callback What to call.
   * @param options The context to call it in.
   * @returns A handle that calls it off.
   * @throws {RuntimeError} If the loop is closed.
   * @throws {TypeError} If `callback` is no function.
   */
  callSoon(callback: () => void, options?: CallbackOptions): Handle {
    const checked = this.#checkCallback(callback, "callSoon()", options);
    const handle = new Handle(callback, this, checked);
    this._enqueue(handle);
    return handle;
  }

  /**
   * Calls `callback` in the next turn. Safe to call from code of the host and of other
   * loops; JavaScript runs on one thread, so it is {@linkcode EventLoop.callSoon} without
   * debug mode's check of the calling loop.
   *
   * @param callback What to call.
   * @param options The context to call it in.
   * @returns A handle that calls it off.
   * @throws {RuntimeError} If the loop is closed.
   * @throws {TypeError} If `callback` is no function.
   */
  callSoonThreadsafe(callback: () => void, options?: CallbackOptions): Handle {
    const where = "callSoonThreadsafe()";
    const checked = this.#checkFunction(callback, where, options);
    const handle = new Handle(callback, this, checked);
    this._enqueue(handle);
    return handle;
  }

  /**
   * Calls `callback` after a delay.
   *
   * @param delay Seconds, or an object with units; negative means 0.
   * @param callback What to call.
   * @param options The context to call it in.
   * @returns A handle that calls it off.
   * @throws {RuntimeError} If the loop is closed.
   * @throws {TypeError} If `callback` is no function, or `delay` no delay.
   * @throws {RangeError} If `delay` is NaN.
   */
  callLater(
    delay: Delay,
    callback: () => void,
    options?: CallbackOptions,
  ): TimerHandle {
    const checked = this.#checkCallback(callback, "callLater()", options);
    const seconds = toSeconds(delay);
    // Due in the very next turn, so that must look at the clock.
    if (seconds <= 0) this.#turns!.checkSoon();
    return this.#schedule(this.#clock.time() + seconds, callback, checked);
  }

  /**
   * Calls `callback` at a time.
   *
   * @param when The time, in seconds of {@linkcode EventLoop.time}.
   * @param callback What to call.
   * @param options The context to call it in.
   * @returns A handle that calls it off.
   * @throws {RuntimeError} If the loop is closed.
   * @throws {TypeError} If `callback` is no function, or `when` no number.
   * @throws {RangeError} If `when` is NaN.
   */
  callAt(
    when: number,
    callback: () => void,
    options?: CallbackOptions,
  ): TimerHandle {
    const checked = this.#checkCallback(callback, "callAt()", options);
    check("schedule", "when", when, NUMBER);
    return this.#schedule(when, callback, checked);
  }

  /** Makes a pending future of this loop. */
  createFuture<T>(): Future<T> {
    return new Future(this._plainOptions);
  }

  /**
   * Makes a task of a coroutine; its first step runs in the next turn.
   *
   * @param coro A coroutine, or a function that gives one: pass an async function itself.
   * @param options The name, the context, a signal, and whether to start at once.
   * @returns The task.
   * @throws {TypeError} If `coro` is no coroutine and no function.
   * @throws {RuntimeError} If the loop is closed, or the coroutine was used before.
   */
  createTask<
    T,
    C extends CoroutineLike<unknown> | (() => Work) = never,
  >(
    coro: C | CoroutineLike<T> | CoroutineFunction<T>,
    options?: CreateTaskOptions,
  ): Task<WorkResult<C, T>> {
    const work = coro as CoroutineFunction<WorkResult<C, T>>;
    if (this.#turns === undefined) {
      closeCoroutine(coro);
      throw new RuntimeError("Cannot create a task: the event loop is closed");
    }
    if (options !== undefined) {
      options = checkOptions("create a task", options, CREATE_TASK_OPTIONS);
      if (options.signal !== undefined) {
        const { signal, ...rest } = options;
        // An eager one is not to begin either.
        const taskOptions = signal.aborted
          ? { ...rest, eagerStart: false }
          : rest;
        const task = this.createTask(work, taskOptions);
        task.addDoneCallback(linkSignal(signal, task));
        return task;
      }
    }
    if (this.#taskFactory !== undefined) {
      const task = this.#taskFactory(this, work, options ?? {});
      check("create a task", "what the task factory gives", task, TASK);
      return task;
    }
    if (options === undefined) return new Task(work, this._plainOptions);
    // The copy that was looked at is this call's own.
    (options as { loop?: EventLoop }).loop = this;
    return new Task(work, options);
  }

  /**
   * Changes how {@linkcode EventLoop.createTask} makes tasks.
   *
   * @param factory Makes a task; `undefined` for the plain way.
   * @throws {TypeError} If it is neither.
   */
  setTaskFactory(factory: TaskFactory | undefined): void {
    this.#taskFactory = optionalFunction(factory, "task factory");
  }

  /** What {@linkcode EventLoop.setTaskFactory} was given. */
  getTaskFactory(): TaskFactory | undefined {
    return this.#taskFactory;
  }

  /**
   * Runs until {@linkcode EventLoop.stop}.
   *
   * @returns A promise that settles when the loop has stopped.
   * @throws {RuntimeError} If the loop is closed or running, or this is called in a task
   * or callback of a loop.
   * @throws {DeadlockError} If nothing can ever happen any more (virtual clock).
   */
  async runForever(): Promise<void> {
    try {
      await this._runForever();
    } finally {
      if (hostIsDue()) await hostTurn();
    }
  }

  /** @internal Without a turn of the host, for whoever has something to do first. */
  _runForever(): Promise<void> {
    try {
      this.#checkCanRun();
    } catch (error) {
      return Promise.reject(error);
    }
    this.#running = true;
    // A cancel may have come before the run: outside of one there is no timer.
    this.#stuckWatch?.start();
    if (!hasAsyncContext) running.activeLoops.add(this);
    if (this.#debug) running.debugLoops++;
    return this.#turns!.run();
  }

  /**
   * Runs until `awaitable` is done.
   *
   * @param awaitable A future, coroutine, promise, or function that gives one.
   * @returns A promise of its result.
   * @throws {RuntimeError} If the loop is closed or running, if it is stopped too early,
   * or if this is called in a task or callback of a loop.
   * @throws {TypeError} If it can't be waited for.
   * @throws {RangeError} If it is a future of another loop.
   */
  async runUntilComplete<T, A extends Work | (() => Work) = never>(
    awaitable: A | Awaitable<T>,
  ): Promise<WorkResult<A, T>> {
    try {
      this.#checkCanRun();
    } catch (error) {
      closeCoroutine(awaitable);
      throw error;
    }
    const isNew = !isFuture(awaitable);
    const future = mainOf(() =>
      toFuture(awaitable as Awaitable<WorkResult<A, T>>, () => this)
    ) as Future<WorkResult<A, T>>;
    if (future.getLoop() !== this) {
      throw new RangeError(
        `Cannot run until complete: ${future} belongs to another loop`,
      );
    }
    const end = this._endWith(future);
    try {
      await this._runForever();
    } catch (error) {
      // The error that ended the run is thrown here; its task need not report it too.
      if (isNew && future.done() && !future.cancelled()) future.exception();
      throw error;
    } finally {
      end.release();
      if (hostIsDue()) await hostTurn();
    }
    return resultOf(future, this.runUntilComplete);
  }

  /** Ends the run after this turn. Before a run, it makes the next one end after one turn. */
  stop(): void {
    this.#turns?.stop();
  }

  /**
   * Closes the loop: what is scheduled is dropped. Closing twice does nothing.
   *
   * @throws {RuntimeError} If the loop is running.
   */
  close(): void {
    if (this.isRunning()) {
      throw new RuntimeError(
        "Cannot close a running event loop: close it when its run has ended",
      );
    }
    const turns = this.#turns;
    if (turns === undefined) return;
    if (this._hasResources()) {
      this._resources.abandonAll(
        this.#debug,
        (error, resource) => this.#reportEndError(error, resource),
      );
    }
    this.#turns = undefined;
    turns.clear();
    this.#signalHandlers?.clear();
    this.#stuckWatch = undefined;
    if (!this._tasks.isEmpty) this.#abandonTasks();
    this._tasks = NO_TASKS;
    this.#plainOptions = undefined;
    this.#unfetched?.tellAll();
    this.#debugMode?.tellUnawaited();
  }

  /** Closes the loop, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Remembers an async generator, so that the end of `run()` closes it if it was left
   * open. JavaScript can't tell a loop of new generators, as Python does, nor of those that
   * have ended: each is kept until then.
   *
   * @param generator The generator.
   * @returns The same generator.
   * @throws {TypeError} If `generator` is no async generator.
   */
  trackAsyncgen<G extends AsyncGenerator<unknown>>(generator: G): G {
    check("track a generator", "generator", generator, ASYNC_GENERATOR);
    if (this.#asyncgensShut) {
      this.callExceptionHandler({
        message: "An async generator was started after shutdownAsyncgens()",
        asyncgen: generator,
      });
    }
    (this.#asyncgens ??= new Set()).add(generator);
    return generator;
  }

  /**
   * Closes the async generators that {@linkcode EventLoop.trackAsyncgen} was given.
   *
   * @returns A promise that settles when all are closed.
   */
  async shutdownAsyncgens(): Promise<void> {
    this.#asyncgensShut = true;
    const generators = [...this.#asyncgens ?? []];
    this.#asyncgens = undefined;
    // Each in a task of its own: what one cancels is not the clean-up of the others.
    const ends = await Promise.allSettled(
      generators.map((generator) =>
        this.isRunning()
          ? this.createTask(() => generator.return(undefined))
          : generator.return(undefined)
      ),
    );
    ends.forEach((end, index) => {
      if (end.status === "fulfilled") return;
      // Its clean-up has waited for a task that was cancelled at the end of the run.
      if (isInstance(end.reason, CancelledError)) return;
      this.callExceptionHandler({
        message: "An error occurred while closing an async generator",
        exception: end.reason,
        asyncgen: generators[index],
      });
    });
  }

  /**
   * Calls `callback` in the loop's next turn at every such signal; it takes the place of
   * the handler before, and of what `run()` does at the signal.
   *
   * Differs from CPython: names in the place of numbers, and it returns a handle.
   *
   * @param signal The signal, such as `"SIGHUP"`.
   * @param callback What to call: no coroutine function, but it may call `createTask()`.
   * @returns A handle; cancelled, it takes the handler off when the signal comes.
   * @throws {RuntimeError} If the loop is closed, or nobody can listen to the signal here,
   * as to `"SIGKILL"`, in a worker or in a browser.
   * @throws {TypeError} If `signal` is no string, or `callback` no plain function.
   * @throws {RangeError} If there is no such signal.
   */
  addSignalHandler(signal: SignalName, callback: () => void): Handle {
    check("add a signal handler", "signal", signal, SIGNAL_NAME);
    this.#checkFunction(callback, "addSignalHandler()", undefined);
    if (!isPlainFunction(callback)) {
      throw new TypeError(
        `Cannot add a signal handler: callback must be a plain function, got the coroutine function ${
          callbackName(callback)
        }: call createTask() in a plain one`,
      );
    }
    const handle = new Handle(callback, this);
    this.#signalHandlers ??= new SignalHandlers();
    this.#signalHandlers.add(signal, handle, (handle) => this._enqueue(handle));
    return handle;
  }

  /**
   * Takes the handler of a signal off; then it does what it did before.
   *
   * @param signal The signal.
   * @returns Whether there was one.
   * @throws {TypeError} If `signal` is no string.
   * @throws {RangeError} If there is no such signal.
   */
  removeSignalHandler(signal: SignalName): boolean {
    check("remove a signal handler", "signal", signal, SIGNAL_NAME);
    return this.#signalHandlers?.remove(signal) ?? false;
  }

  /**
   * Changes who takes the errors that nobody can catch.
   *
   * @param handler Takes the loop and what happened; `undefined` for the default.
   * @throws {TypeError} If it is neither.
   */
  setExceptionHandler(handler: ExceptionHandler | undefined): void {
    this.#exceptionHandler = optionalFunction(handler, "exception handler");
  }

  /** What {@linkcode EventLoop.setExceptionHandler} was given. */
  getExceptionHandler(): ExceptionHandler | undefined {
    return this.#exceptionHandler;
  }

  /**
   * Writes one report to stderr.
   *
   * @param context What happened.
   * @throws {TypeError} If `context` is no object.
   */
  defaultExceptionHandler(context: ExceptionContext): void {
    check("report an error", "context", context, OBJECT);
    report(context);
  }

  /**
   * Reports an error that nobody can catch.
   *
   * @param context What happened.
   * @throws {TypeError} If `context` is no object.
   */
  callExceptionHandler(context: ExceptionContext): void {
    check("report an error", "context", context, OBJECT);
    if (this.#exceptionHandler === undefined) {
      return this.#callDefaultHandler(context);
    }
    const handler = this.#exceptionHandler;
    // The context of what failed, where variables may say more about it.
    const owner = (context.task ?? context.future ?? context.handle) as
      | Partial<Handle>
      | undefined;
    const ownContext = guarded(() => owner?.getContext?.(), undefined);
    const call = (): unknown => handler(this, context);
    const failed = (error: unknown): void => {
      if (isInstance(error, KeyboardInterrupt)) throw error;
      this.#callDefaultHandler({
        message: "Unhandled error in exception handler",
        exception: error,
        context,
      });
    };
    try {
      const given = ownContext === undefined
        ? call()
        : callIn(ownContext, call);
      catchDropped(handler, given, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Returns `<EventLoop running=… closed=… debug=…>`. */
  toString(): string {
    return `<EventLoop running=${this.isRunning()} closed=${this.isClosed()} debug=${this.#debug}>`;
  }

  /** Returns {@linkcode EventLoop.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** @internal Shared by all futures and tasks of the loop that are given no options. */
  get _plainOptions(): { readonly loop: EventLoop } {
    return this.#plainOptions ??= { loop: this };
  }

  /** @internal What was opened in the loop and is closed with it. */
  get _resources(): Resources {
    return this.#resources ??= new Resources();
  }

  /** @internal Whether there is any. */
  _hasResources(): boolean {
    return this.#resources !== undefined && this.#resources.size > 0;
  }

  /** @internal Closes what is open in the loop; called in it, at the end of a run. */
  _endResources(): Promise<void> {
    return this._resources.endAll(
      this.#debug,
      (error, resource) => this.#reportEndError(error, resource),
    );
  }

  /** @internal */
  _deadlockError(): DeadlockError {
    const tree = formatTaskTree(this);
    const waiting = tree === ""
      ? "nothing is scheduled and no task is left"
      : `\n${tree}`;
    return new DeadlockError(
      `Deadlock, nothing can wake the loop: ${waiting}`,
    );
  }

  /** @internal */
  _becomesIdle(): void {
    this.#stuckWatch?.rest();
  }

  /** @internal */
  _runEnded(): void {
    this.#stuckWatch?.stop();
    this.#running = false;
    if (!hasAsyncContext) running.activeLoops.delete(this);
    if (this.#debug) running.debugLoops--;
  }

  /** @internal */
  _waitsForHost(recent: RecentTask): boolean {
    if (!(recent instanceof Task)) return isAwaited(recent as Future<unknown>);
    return recent._waitsFor().some(isOfHost) || hasScopeAtHost(recent);
  }

  /** @internal */
  get _microtasks(): Microtasks {
    return this.#microtasks ??= new Microtasks();
  }

  /** @internal */
  get _placeInTurn(): PlaceInTurn {
    return this.#turns ?? NO_TURN;
  }

  /** @internal */
  _noteRan(task: Task<unknown>): void {
    this.#turns?.noteRan(task);
  }

  /** @internal */
  _noteOfHost(future: RecentTask): void {
    this.#turns?.noteRan(future);
  }

  /** @internal */
  _enqueue(runnable: Runnable): void {
    if (this.#turns === undefined) throw closedError();
    this.#turns.push(runnable);
  }

  /** @internal For hosts without async context, where the task can't be told. */
  _awaitCoroutine<T, A, B>(
    coroutine: Coroutine<T>,
    onFulfilled: OnFulfilled<T, A>,
    onRejected: OnRejected<B>,
  ): Promise<A | B> {
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      warn(
        "this host has no async context: after an await of a promise of the host an async function belongs to no task, and no cancel reaches it. Await interruptible(promise) or fromSignal() there, or write a generator",
      );
    }
    return awaitCoroutine(coroutine, this, undefined, onFulfilled, onRejected);
  }

  /** @internal */
  _noteStray(line: LineState): void {
    const strays = this.#strays ??= new Set();
    strays.add(line);
    if (strays.size <= this.#mostStrays) return;
    for (const each of strays) {
      if (each._awaits === undefined) strays.delete(each);
    }
    this.#mostStrays = Math.max(MOST_STRAYS, 2 * strays.size);
  }

  /** @internal Whether functions of tasks that are done may wait all the same. */
  _hasStrays(): boolean {
    return this.#strays !== undefined;
  }

  /**
   * @internal Cancels their waits, and waits for their clean-up.
   *
   * @param cancelTasks Cancels the tasks that they may wait for, which they pass it on to.
   */
  async _endStrays(cancelTasks: () => void): Promise<void> {
    let cancelOnce: (() => void) | undefined = cancelTasks;
    // Whoever comes to a wait only now is noted once more.
    while (this.#strays !== undefined) {
      // Whoever is on its way to one gets its cancel there.
      await afterBurst(() => {});
      const strays = [...this.#strays];
      this.#strays = undefined;
      const ends = strays.map((line) =>
        new Promise<void>((resolve) => endHelpers(line, resolve))
      );
      cancelOnce?.();
      cancelOnce = undefined;
      await Promise.all(ends);
    }
  }

  /** @internal */
  _watchCancelled(line: LineState): number {
    // What is left of a closed loop is nobody's, and must keep no program alive.
    if (this.isClosed()) return 0;
    const watch = this.#stuckWatch ??= new StuckWatch(
      this,
      this.#reportStuckAfter,
    );
    watch.add(line);
    if (this.isRunning()) watch.start();
    return watch.now;
  }

  /** @internal */
  _unwatchCancelled(line: LineState): void {
    const watch = this.#stuckWatch;
    watch?.noteEnd(line);
    // The host has ended it, and perhaps nothing wakes the loop.
    if (this.#turns?.isWaiting) watch?.rest();
  }

  /** @internal */
  _noteStarting(): void {
    this.#turns?.noteStarting();
  }

  /** @internal */
  _noteResumed(): void {
    this.#turns?.noteResumed();
  }

  /** @internal */
  _letBurstEnd(): void {
    this.#turns?.letBurstEnd();
  }

  /** @internal */
  _pauseTurn(): void {
    this.#turns?.pauseTurn();
  }

  /** @internal */
  _noteSuspended(): void {
    this.#turns?.noteSuspended();
  }

  /** @internal Tells `listener` once, before the host has its next turn; `undefined` calls it off. */
  _tellBeforeHost(listener: BeforeHost | undefined): void {
    if (this.#turns !== undefined) this.#turns.beforeHost = listener;
  }

  /** @internal Whether something is ready to run in the next turn. */
  _hasReady(): boolean {
    return this.#turns?.hasReady ?? false;
  }

  /** @internal Ends the run when a future is done; to be taken from its list after. */
  _endWith(future: Future<unknown>): RunEnd {
    const end = new RunEnd(this, future);
    // As in CPython, a subclass that has its own is asked by it.
    if (future.addDoneCallback !== Future.prototype.addDoneCallback) {
      future.addDoneCallback(() => end._run(), NO_CONTEXT);
    } else if (future.done()) end._wake();
    else future._addWaiter(end);
    return end;
  }

  /** @internal Whether the loop has a handler of its own for a signal. */
  _handlesSignal(signal: SignalName): boolean {
    return this.#signalHandlers?.has(signal) ?? false;
  }

  /** @internal Whether async generators are left to close. */
  _hasAsyncgens(): boolean {
    return this.#asyncgens !== undefined;
  }

  /** @internal Keeps a virtual clock still, while real work is out. */
  _hold(): void {
    this.#turns?.hold();
  }

  /** @internal Takes one `_hold()` back. */
  _letGo(): void {
    this.#turns?.letGo();
  }

  /** @internal */
  _abortRun(error: unknown): void {
    this.#turns?.abort(error);
  }

  /** @internal */
  _addTimer(timer: Timer & Runnable): void {
    if (this.#turns === undefined) throw closedError();
    this.#turns.pushTimer(timer);
  }

  /** @internal */
  _timerCancelled(): void {
    this.#turns?.noteCancelled();
  }

  /** @internal */
  _trace(made: object): void {
    this.#inDebugMode().trace(made);
  }

  /** @internal */
  _traceOf(made: object): string | undefined {
    return this.#debugMode?.traceOf(made);
  }

  /** @internal */
  _addUnawaited(coroutine: Unawaited): void {
    this.#inDebugMode().addUnawaited(coroutine);
  }

  /** @internal */
  _deleteUnawaited(coroutine: Unawaited): void {
    this.#debugMode?.deleteUnawaited(coroutine);
  }

  /** @internal */
  _timeBurst(task: object, resume: () => void): void {
    this.#inDebugMode().timeBurst(task, resume);
  }

  /** @internal */
  _timeStep(task: object, step: () => void): void {
    this.#inDebugMode().timeStep(task, step);
  }

  /** @internal */
  _addUnfetched(error: UnfetchedError, now: number): void {
    this.#unfetched ??= new UnfetchedErrors(this.#reportUnfetchedAfter);
    this.#unfetched.add(error, now);
    this.#setErrorsDue(this.#unfetched.due);
  }

  /** @internal */
  _deleteUnfetched(error: UnfetchedError): void {
    this.#unfetched!.delete(error);
    this.#setErrorsDue(this.#unfetched!.due);
  }

  /** @internal */
  _tellAtExit(): void {
    this.#unfetched!.tellAtExit();
  }

  /** @internal */
  _tellDueErrors(now: number): void {
    this.#unfetched!.tellDue(now);
    this.#setErrorsDue(this.#unfetched!.due);
  }

  /** @internal */
  _waitingSince(task: Task<unknown>): number | undefined {
    return this.#debugMode?.waitingSince(task);
  }

  #setErrorsDue(due: number): void {
    this.#turns?.setErrorsDue(due);
  }

  #abandonTasks(): void {
    for (const task of this._tasks) {
      const sourceTraceback = this._traceOf(task);
      this.callExceptionHandler({
        message: "Task was destroyed but it is pending",
        task,
        ...sourceTraceback === undefined ? {} : { sourceTraceback },
      });
    }
    this._tasks.clear();
  }

  #reportEndError(error: unknown, resource: Resource): void {
    this.callExceptionHandler({
      message: `An error occurred while closing ${resource}`,
      exception: error,
    });
  }

  /** @internal */
  _observe(instrument: Instrument): void {
    const instruments = this.#instruments ??= new Instruments();
    instruments.add(instrument);
    this.#turns?.observeBy(instruments);
    this._tasks.onAdd = (task) => instruments.created(task);
  }

  /** @internal */
  _unobserve(instrument: Instrument): void {
    this.#instruments?.delete(instrument);
    if (this.#instruments?.size !== 0) return;
    this.#instruments = undefined;
    this.#turns?.observeBy(undefined);
    this._tasks.onAdd = undefined;
  }

  #inDebugMode(): DebugMode {
    return this.#debugMode ??= new DebugMode(this);
  }

  #schedule(
    when: number,
    callback: () => void,
    options?: CallbackOptions,
  ): TimerHandle {
    const timer = new TimerHandle(when, callback, this, options);
    this.#turns!.pushTimer(timer);
    return timer;
  }

  #checkCanRun(): void {
    if (this.#turns === undefined) {
      throw new RuntimeError("Cannot run: the event loop is closed");
    }
    refuseSecondRun(this.isRunning());
    if (isInsideRun()) {
      throw new RuntimeError(
        "Cannot run the event loop while another loop is running: use await or createTask()",
      );
    }
  }

  #checkFunction(
    callback: unknown,
    where: string,
    options: CallbackOptions | undefined,
  ): CallbackOptions | undefined {
    if (this.#turns === undefined) throw closedError();
    if (typeof callback !== "function") {
      throw new TypeError(
        `A function was expected by ${where}, got ${describeKind(callback)}`,
      );
    }
    // The library's own are not looked at: a timeout has some.
    if (options !== undefined && options !== NO_CONTEXT) {
      options = checkOptions("schedule", options, CALLBACK_OPTIONS);
    }
    if (this.#debug && !isPlainFunction(callback)) {
      throw new TypeError(
        `A plain function was expected by ${where}, got the coroutine function ${
          callbackName(callback)
        }: use createTask()`,
      );
    }
    return options;
  }

  #checkCallback(
    callback: unknown,
    where: string,
    options: CallbackOptions | undefined,
  ): CallbackOptions | undefined {
    const checked = this.#checkFunction(callback, where, options);
    if (!this.#debug) return checked;
    const caller = runningScheduler();
    if (caller !== undefined && caller !== this) {
      throw new RuntimeError(
        `Cannot schedule: ${where} was called in another loop's code, use callSoonThreadsafe()`,
      );
    }
    return checked;
  }

  #callDefaultHandler(context: ExceptionContext): void {
    try {
      this.defaultExceptionHandler(context);
    } catch (error) {
      if (isInstance(error, KeyboardInterrupt)) throw error;
      report({
        message: "Exception in default exception handler",
        exception: error,
        context,
      });
    }
  }
}

function systemClock(): SystemClock {
  return (running.systemClock ??= new SystemClock()) as SystemClock;
}

function closedError(): RuntimeError {
  return new RuntimeError("Cannot schedule: the event loop is closed");
}

function isAwaited(future: Future<unknown>): boolean {
  if (future.done()) return false;
  const waiters = future._waitersOrOutcome;
  return waiters instanceof Waiters
    ? waiters.length > 0
    : waiters !== undefined;
}

// An async function's wait for a future is of the host if the future is.
function isOfHost(wait: unknown): boolean {
  if (wait === PROMISE_BODY) return true;
  const { _ofHost, _waitsFor } = wait as {
    readonly _ofHost?: boolean;
    _waitsFor?(): unknown[];
  };
  const isHostFuture = wait instanceof HostFuture;
  if (_ofHost ?? isHostFuture) return true;
  // A `fromSignal()` waits for what its function waits for; other futures know nothing.
  if (wait instanceof Future && _ofHost === undefined) return false;
  if (_waitsFor === undefined) return false;
  return _waitsFor.call(wait).some(isOfHost);
}

function optionalFunction<F>(
  value: F | undefined,
  what: string,
): F | undefined {
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(
      `Cannot set the ${what}: a function or undefined was expected, got ${
        describeKind(value)
      }`,
    );
  }
  return value;
}
