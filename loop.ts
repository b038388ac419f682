/**
 * The event loop: runs callbacks and tasks, one turn after the other.
 *
 * It is a guest of the host's loop: it runs in microtasks and hands the host its
 * turn every few milliseconds, so servers and timers of the host go on beside it.
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
import {
  type Clock,
  type Delay,
  type Sleeper,
  SystemClock,
  toSeconds,
} from "./clock.ts";
import {
  type Awaitable,
  closeCoroutine,
  type Coroutine,
  type CoroutineFunction,
  type CoroutineLike,
} from "./_coroutine.ts";
import { isCoroutineFunction } from "./coroutine.ts";
import { HostBody } from "./_drive.ts";
import { debugByEnvironment, isMainThread } from "./_environment.ts";
import { DeadlockError, KeyboardInterrupt, RuntimeError } from "./errors.ts";
import { Future, isFuture } from "./future.ts";
import {
  type CallbackOptions,
  type ExceptionContext,
  Handle,
  TimerHandle,
} from "./handle.ts";
import { hostTurn } from "./_host_turn.ts";
import { canAttribute, runParked } from "./_parking.ts";
import {
  kAbortRun,
  kAwait,
  kBackFromHost,
  kEnqueue,
  kFirstTask,
  kNextTask,
  kPreviousTask,
  kRegister,
  kRun,
  kSince,
  kTimerCancelled,
  kTrace,
  kTraceOf,
  kUnregister,
  kWaiters,
  kYieldToHost,
  type Runnable,
} from "./_protocol.ts";
import { ReadyQueue } from "./_ready_queue.ts";
import { report, warn } from "./_report.ts";
import { callbackName, creationStack, describeKind } from "./_repr.ts";
import { running } from "./_running.ts";
import { requireScheduler, runningScheduler } from "./_scheduler.ts";
import { awaitCoroutine } from "./_strand.ts";
import type { OnFulfilled, OnRejected } from "./_then.ts";
import { Task, type TaskOptions, type TaskScheduler } from "./task.ts";
import { formatTaskTree } from "./task_tree.ts";
import { TimerHeap } from "./_timer_heap.ts";
import { HostFuture, toFuture } from "./_to_future.ts";

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

/** Options of {@linkcode EventLoop}. */
export interface EventLoopOptions {
  /**
   * Where the loop reads the time.
   *
   * @default {new SystemClock()}
   */
  readonly clock?: Clock;
  /**
   * Whether debug mode is on from the start.
   *
   * @default {the environment's ASYNCIO_DEBUG, where it may be read without asking}
   */
  readonly debug?: boolean;
}

// How long the loop keeps the host waiting, in seconds. Deno looks at sockets only
// every 61 host turns while there is work, so a slice of 4 ms would delay an answer
// by a quarter of a second; a host turn is 1 µs, so short slices cost 1 %.
const SLICE = 0.0001;
// How often it looks at the clock, in seconds: a look is 90 ns, a turn may be 20 ns.
const CLOCK_CHECK = 0.00002;
const MOST_RUNS_BETWEEN_CHECKS = 256;
// A resumed async function needs two microtasks to its next wait, and one more for
// each async function that it returns to; some come back only when others do.
const MOST_HOPS = 4;

/** What a round of turns ended with. */
type Pause = "idle" | "async function resumed" | "slice used up" | "stopped";

/**
 * An event loop.
 *
 * - **Turns**: a turn moves due timers to the ready queue and runs exactly what stood
 *   there when it began, in order; what that schedules runs in the next turn.
 * - **Tasks**: the loop holds every unfinished task.
 * - **Host**: it hands the host its turn at least every 4 ms.
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
export class EventLoop implements TaskScheduler, Sleeper {
  /** Above this many seconds, debug mode reports a callback or step as slow. */
  slowCallbackDuration = 0.1;
  readonly #clock: Clock;
  readonly #ready = new ReadyQueue();
  readonly #timers = new TimerHeap<TimerHandle>();
  // Shared by all futures and tasks of the loop that are given no options.
  readonly #plainOptions: { readonly loop: EventLoop } = { loop: this };
  #running = false;
  // Ends the pause of an idle loop.
  #wakeUp: (() => void) | undefined;
  // What ends the run from outside a turn.
  #fatal: { readonly error: unknown } | undefined;
  #stopping = false;
  #closed = false;
  // How many async functions were resumed and have not come back to a wait.
  #resumed = 0;
  #sliceStart = 0;
  #lastCheck = 0;
  #runsBetweenChecks = 1;
  #runsToCheck = 0;
  #debug: boolean;
  #traces: WeakMap<object, string> | undefined;
  #waitingSince: WeakMap<object, number> | undefined;
  #taskFactory: TaskFactory | undefined;
  #exceptionHandler: ExceptionHandler | undefined;
  #asyncgens = new Set<AsyncGenerator<unknown>>();
  #asyncgensShut = false;
  /** @internal */
  [kFirstTask]: Task<unknown> | undefined = undefined;
  #lastTask: Task<unknown> | undefined;

  /**
   * Makes a loop.
   *
   * @param options The clock, and whether debug mode is on.
   */
  constructor(options: EventLoopOptions = {}) {
    this.#clock = options.clock ?? new SystemClock();
    this.#debug = options.debug ?? debugByEnvironment();
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
    return this.#closed;
  }

  /** Whether debug mode is on. */
  getDebug(): boolean {
    return this.#debug;
  }

  /**
   * Turns debug mode on or off.
   *
   * @param enabled Whether it shall be on.
   */
  setDebug(enabled: boolean): void {
    this.#debug = enabled;
    if (this.isRunning()) running.debug = enabled;
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
    this.#checkCallback(callback, "callSoon()");
    const handle = new Handle(callback, this, options);
    this[kEnqueue](handle);
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
    this.#checkFunction(callback, "callSoonThreadsafe()");
    const handle = new Handle(callback, this, options);
    this[kEnqueue](handle);
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
    this.#checkCallback(callback, "callLater()");
    const seconds = toSeconds(delay);
    // Due in the very next turn, so that must look at the clock.
    if (seconds <= 0) this.#runsToCheck = 0;
    return this.#schedule(this.#clock.time() + seconds, callback, options);
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
    this.#checkCallback(callback, "callAt()");
    if (typeof when !== "number") {
      throw new TypeError(
        `Cannot schedule: when must be a number, got ${describeKind(when)}`,
      );
    }
    if (Number.isNaN(when)) {
      throw new RangeError("Cannot schedule: when is NaN, not a number");
    }
    if (when <= this.#lastCheck) this.#runsToCheck = 0;
    return this.#schedule(when, callback, options);
  }

  /** Makes a pending future of this loop. */
  createFuture<T>(): Future<T> {
    return new Future(this.#plainOptions);
  }

  /**
   * Makes a task of a coroutine; its first step runs in the next turn.
   *
   * @param coro A coroutine, or a function that gives one: pass an async function itself.
   * @param options The name, the context, and whether to start at once.
   * @returns The task.
   * @throws {TypeError} If `coro` is no coroutine and no function.
   * @throws {RuntimeError} If the loop is closed, or the coroutine was used before.
   */
  createTask<T>(
    coro: CoroutineLike<T> | CoroutineFunction<T>,
    options?: TaskOptions,
  ): Task<T> {
    if (this.#closed) {
      closeCoroutine(coro);
      throw new RuntimeError("Cannot create a task: the event loop is closed");
    }
    if (this.#taskFactory !== undefined) {
      return this.#taskFactory(this, coro, options ?? {});
    }
    if (options === undefined) return new Task(coro, this.#plainOptions);
    return new Task(coro, { ...options, loop: this });
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
    this.#checkCanRun();
    this.#running = true;
    running.activeLoops.add(this);
    running.debug = this.#debug;
    this.#clock.attach(this);
    try {
      await runParked(undefined, () => this.#pump());
    } finally {
      this.#running = false;
      this.#stopping = false;
      this.#fatal = undefined;
      this.#clock.detach(this);
      running.activeLoops.delete(this);
      if (running.activeLoops.size === 0) running.debug = false;
    }
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
  async runUntilComplete<T>(awaitable: Awaitable<T>): Promise<T> {
    try {
      this.#checkCanRun();
    } catch (error) {
      closeCoroutine(awaitable);
      throw error;
    }
    const isNew = !isFuture(awaitable);
    const future = toFuture(awaitable, () => this) as Future<T>;
    if (future.getLoop() !== this) {
      throw new RangeError(
        `Cannot run until complete: ${future} belongs to another loop`,
      );
    }
    const onDone = (): void => this.stop();
    future.addDoneCallback(onDone);
    try {
      await this.runForever();
    } catch (error) {
      // The error that ended the run is thrown here; its task need not report it too.
      if (isNew && future.done() && !future.cancelled()) future.exception();
      throw error;
    } finally {
      future.removeDoneCallback(onDone);
    }
    if (!future.done()) {
      throw new RuntimeError(
        `Event loop stopped before the future completed: ${future}`,
      );
    }
    return future.result();
  }

  /** Ends the run after this turn. Before a run, it makes the next one end after one turn. */
  stop(): void {
    this.#stopping = true;
    this.#wakeUp?.();
  }

  /**
   * Closes the loop: what is scheduled is dropped. Closing twice does nothing.
   *
   * @throws {RuntimeError} If the loop is running.
   */
  close(): void {
    if (this.isRunning()) {
      throw new RuntimeError("Cannot close a running event loop");
    }
    if (this.#closed) return;
    this.#closed = true;
    this.#ready.clear();
    this.#timers.clear();
    for (
      let task = this[kFirstTask];
      task !== undefined;
      task = task[kNextTask]
    ) {
      this.callExceptionHandler({
        message: "Task was destroyed but it is pending",
        task,
      });
    }
    this[kFirstTask] = undefined;
    this.#lastTask = undefined;
  }

  /** Closes the loop, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Remembers an async generator, so that the end of `run()` closes it if it was left
   * open. JavaScript can't tell a loop of new generators, as Python does.
   *
   * @param generator The generator.
   * @returns The same generator.
   */
  trackAsyncgen<G extends AsyncGenerator<unknown>>(generator: G): G {
    if (this.#asyncgensShut) {
      this.callExceptionHandler({
        message: "An async generator was started after shutdownAsyncgens()",
        asyncgen: generator,
      });
    }
    this.#asyncgens.add(generator);
    return generator;
  }

  /**
   * Closes the async generators that {@linkcode EventLoop.trackAsyncgen} was given.
   *
   * @returns A promise that settles when all are closed.
   */
  async shutdownAsyncgens(): Promise<void> {
    this.#asyncgensShut = true;
    const generators = [...this.#asyncgens];
    this.#asyncgens.clear();
    const ends = await Promise.allSettled(
      generators.map((generator) => generator.return(undefined)),
    );
    ends.forEach((end, index) => {
      if (end.status === "fulfilled") return;
      this.callExceptionHandler({
        message: "An error occurred while closing an async generator",
        exception: end.reason,
        asyncgen: generators[index],
      });
    });
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
   */
  defaultExceptionHandler(context: ExceptionContext): void {
    report(context);
  }

  /**
   * Reports an error that nobody can catch.
   *
   * @param context What happened.
   */
  callExceptionHandler(context: ExceptionContext): void {
    if (this.#exceptionHandler === undefined) {
      return this.#callDefaultHandler(context);
    }
    try {
      this.#exceptionHandler(this, context);
    } catch (error) {
      if (error instanceof KeyboardInterrupt) throw error;
      this.#callDefaultHandler({
        message: "Unhandled error in exception handler",
        exception: error,
        context,
      });
    }
  }

  /** Gives `<EventLoop running=… closed=… debug=…>`. */
  toString(): string {
    return `<EventLoop running=${this.isRunning()} closed=${this.#closed} debug=${this.#debug}>`;
  }

  /** Gives {@linkcode EventLoop.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** @internal Called by the clock: a deadline may have come. */
  wake(): void {
    this.#runsToCheck = 0;
    this.#wakeUp?.();
  }

  /** @internal Called by the clock: no deadline will ever come. */
  deadlock(): void {
    const tree = formatTaskTree(this);
    const waiting = tree === ""
      ? "nothing is scheduled and no task is left"
      : `\n${tree}`;
    this[kAbortRun](
      new DeadlockError(`Deadlock, nothing can wake the loop: ${waiting}`),
    );
  }

  /** @internal Called by the clock: whether an async function waits for the host. */
  hostIsBusy(): boolean {
    for (
      let task = this[kFirstTask];
      task !== undefined;
      task = task[kNextTask]
    ) {
      const waits = task[kWaiters]();
      if (waits.length > 0 && waits.every(isOfHost)) return true;
    }
    return false;
  }

  /** @internal */
  [kEnqueue](runnable: Runnable): void {
    if (this.#closed) {
      throw new RuntimeError("Cannot schedule: the event loop is closed");
    }
    this.#ready.push(runnable);
    this.#wakeUp?.();
  }

  /** @internal For hosts without async context, where the task can't be told. */
  [kAwait]<T, A, B>(
    coroutine: Coroutine<T>,
    onFulfilled: OnFulfilled<T, A>,
    onRejected: OnRejected<B>,
  ): PromiseLike<A | B> {
    return awaitCoroutine(coroutine, this, undefined, onFulfilled, onRejected);
  }

  /** @internal */
  [kYieldToHost](): void {
    this.#resumed++;
  }

  /** @internal */
  [kBackFromHost](): void {
    if (this.#resumed > 0) this.#resumed--;
  }

  /** @internal */
  [kAbortRun](error: unknown): void {
    this.#fatal ??= { error };
    this.#wakeUp?.();
  }

  /** @internal */
  [kTimerCancelled](): void {
    this.#timers.noteCancelled();
  }

  /** @internal */
  [kTrace](made: object): void {
    (this.#traces ??= new WeakMap()).set(made, creationStack());
  }

  /** @internal */
  [kTraceOf](made: object): string | undefined {
    return this.#traces?.get(made);
  }

  /** @internal */
  [kSince](task: Task<unknown>): number | undefined {
    return this.#waitingSince?.get(task);
  }

  /** @internal */
  [kRegister](task: Task<unknown>): void {
    if (this.#lastTask === undefined) {
      this[kFirstTask] = task;
    } else {
      task[kPreviousTask] = this.#lastTask;
      this.#lastTask[kNextTask] = task;
    }
    this.#lastTask = task;
  }

  /** @internal */
  [kUnregister](task: Task<unknown>): void {
    const previous = task[kPreviousTask];
    const next = task[kNextTask];
    if (previous !== undefined) previous[kNextTask] = next;
    else if (this[kFirstTask] === task) this[kFirstTask] = next;
    if (next !== undefined) next[kPreviousTask] = previous;
    else if (this.#lastTask === task) this.#lastTask = previous;
    task[kPreviousTask] = undefined;
    task[kNextTask] = undefined;
  }

  // The one place that runs turns. An async function keeps its own async context
  // over its awaits, so nobody who wakes the loop lends it theirs.
  async #pump(): Promise<void> {
    for (;;) {
      const pause = this.#drain();
      if (this.#fatal !== undefined) throw this.#fatal.error;
      switch (pause) {
        case "stopped":
          return;
        case "idle":
          await this.#becomeIdle();
          break;
        case "slice used up":
          await this.#hostTurn();
          break;
        case "async function resumed":
          if (this.#clock.settles) await this.#hostTurn();
          for (let hops = 0; this.#resumed > 0 && hops < MOST_HOPS; hops++) {
            await undefined;
          }
          this.#resumed = 0;
      }
    }
  }

  #drain(): Pause {
    running.loop = this;
    try {
      return this.#runTurns();
    } finally {
      running.loop = undefined;
      running.task = undefined;
      running.context = undefined;
    }
  }

  #runTurns(): Pause {
    for (;;) {
      if (this.#timeToCheck() && this.#checkClock()) return "slice used up";
      const { length } = this.#ready;
      if (length === 0 && !this.#stopping) return "idle";
      this.#runsToCheck -= length;
      if (this.#debug) this.#runTurnWatched(length);
      else for (let i = 0; i < length; i++) this.#ready.shift()[kRun]();
      if (this.#stopping) return "stopped";
      if (this.#resumed > 0) return "async function resumed";
    }
  }

  #timeToCheck(): boolean {
    return this.#runsToCheck <= 0 || this.#clock.settles ||
      this.#ready.length === 0;
  }

  // Moves due timers to the ready queue; says whether the host is due.
  #checkClock(): boolean {
    const now = this.#clock.time();
    const elapsed = now - this.#lastCheck;
    this.#lastCheck = now;
    const between = this.#runsBetweenChecks;
    this.#runsBetweenChecks = elapsed > CLOCK_CHECK
      ? Math.max(between >> 2, 1)
      : Math.min(between << 1, MOST_RUNS_BETWEEN_CHECKS);
    this.#runsToCheck = this.#runsBetweenChecks;
    if (this.#timers.length > 0) {
      const due = now + this.#clock.resolution;
      for (;;) {
        const timer = this.#timers.takeDue(due);
        if (timer === undefined) break;
        this.#ready.push(timer);
      }
    }
    return !this.#clock.settles && now - this.#sliceStart > SLICE;
  }

  #runTurnWatched(length: number): void {
    for (let i = 0; i < length; i++) {
      const runnable = this.#ready.shift();
      const name = String(runnable);
      const start = performance.now();
      runnable[kRun]();
      const seconds = (performance.now() - start) / 1000;
      if (seconds >= this.slowCallbackDuration) {
        warn(`Slow: ${name} took ${seconds.toFixed(3)} seconds`);
      }
      if (runnable instanceof Task && !runnable.done()) {
        (this.#waitingSince ??= new WeakMap()).set(runnable, this.time());
      }
    }
  }

  async #hostTurn(): Promise<void> {
    await hostTurn();
    this.#sliceStart = this.#clock.time();
    this.#runsToCheck = 0;
  }

  async #becomeIdle(): Promise<void> {
    this.#ready.trim();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wakeUp = resolve;
    this.#clock.wait(this, this.#timers.earliest());
    await promise;
    this.#wakeUp = undefined;
    this.#clock.unwait(this);
  }

  #schedule(
    when: number,
    callback: () => void,
    options?: CallbackOptions,
  ): TimerHandle {
    const timer = new TimerHandle(when, callback, this, options);
    this.#timers.push(timer);
    if (this.#wakeUp !== undefined) {
      this.#clock.wait(this, this.#timers.earliest());
    }
    return timer;
  }

  #checkCanRun(): void {
    if (this.#closed) {
      throw new RuntimeError("Cannot run: the event loop is closed");
    }
    if (this.isRunning()) {
      throw new RuntimeError("Cannot run: the event loop is running already");
    }
    if (
      (running.loop !== undefined || canAttribute) &&
      runningScheduler() !== undefined
    ) {
      throw new RuntimeError(
        "Cannot run the event loop while another loop is running: use await or createTask()",
      );
    }
  }

  #checkFunction(callback: unknown, where: string): void {
    if (this.#closed) {
      throw new RuntimeError(`Cannot schedule: the event loop is closed`);
    }
    if (typeof callback !== "function") {
      throw new TypeError(
        `A function was expected by ${where}, got ${describeKind(callback)}`,
      );
    }
  }

  #checkCallback(callback: unknown, where: string): void {
    this.#checkFunction(callback, where);
    if (!this.#debug) return;
    if (isCoroutineFunction(callback)) {
      throw new TypeError(
        `A plain function was expected by ${where}, got the coroutine function ${
          callbackName(callback)
        }: use createTask()`,
      );
    }
    const caller = runningScheduler();
    if (caller !== undefined && caller !== this) {
      throw new RuntimeError(
        `Cannot schedule: ${where} was called in another loop's code`,
      );
    }
  }

  #callDefaultHandler(context: ExceptionContext): void {
    try {
      this.defaultExceptionHandler(context);
    } catch (error) {
      if (error instanceof KeyboardInterrupt) throw error;
      report({
        message: "Exception in default exception handler",
        exception: error,
        context,
      });
    }
  }
}

/**
 * Gives the loop whose task or callback runs now.
 *
 * @returns The loop.
 * @throws {RuntimeError} If none runs here.
 *
 * @example Schedule a callback
 * ```ts
 * import { getRunningLoop, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const calls: string[] = [];
 * await run(async () => {
 *   getRunningLoop().callSoon(() => calls.push("called"));
 *   await sleep(0);
 * });
 * assertEquals(calls, ["called"]);
 * ```
 */
export function getRunningLoop(): EventLoop {
  return requireScheduler() as EventLoop;
}

/**
 * Gives the running loop, else the current one. On the main thread it makes one the
 * first time and gives the same one after; in a worker it throws until
 * {@linkcode setEventLoop} was called.
 *
 * Differs from CPython 3.14, which never makes one.
 *
 * @returns The loop.
 * @throws {RuntimeError} If there is none.
 *
 * @example Always the same
 * ```ts
 * import { getEventLoop } from "@asyncio/asyncio";
 * import { assertStrictEquals } from "@std/assert";
 *
 * assertStrictEquals(getEventLoop(), getEventLoop());
 * ```
 */
export function getEventLoop(): EventLoop {
  const scheduler = runningScheduler();
  if (scheduler !== undefined) return scheduler as EventLoop;
  if (running.currentLoop === undefined && isMainThread()) {
    running.currentLoop = new EventLoop();
  }
  if (running.currentLoop instanceof EventLoop) return running.currentLoop;
  throw new RuntimeError(
    "There is no current event loop in this thread: call setEventLoop(newEventLoop()) first",
  );
}

/**
 * Makes `loop` the one that {@linkcode getEventLoop} gives on this thread.
 *
 * @param loop The loop; `undefined` for none.
 * @throws {TypeError} If it is neither.
 *
 * @example Set up a worker
 * ```ts
 * import { getEventLoop, newEventLoop, setEventLoop } from "@asyncio/asyncio";
 * import { assertStrictEquals } from "@std/assert";
 *
 * const loop = newEventLoop();
 * setEventLoop(loop);
 * assertStrictEquals(getEventLoop(), loop);
 * loop.close();
 * ```
 */
export function setEventLoop(loop: EventLoop | undefined): void {
  if (loop !== undefined && !(loop instanceof EventLoop)) {
    throw new TypeError(
      `An event loop or undefined was expected, got ${describeKind(loop)}`,
    );
  }
  // null: unset on purpose, so that none is made by itself.
  running.currentLoop = loop ?? null;
}

/**
 * Makes a loop.
 *
 * @param options The clock, and whether debug mode is on.
 * @returns The loop.
 *
 * @example Use it and close it
 * ```ts
 * import { newEventLoop } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * const loop = newEventLoop();
 * loop.close();
 * assert(loop.isClosed());
 * ```
 */
export function newEventLoop(options: EventLoopOptions = {}): EventLoop {
  return new EventLoop(options);
}

function isOfHost(wait: unknown): boolean {
  return wait instanceof HostBody || wait instanceof HostFuture;
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
