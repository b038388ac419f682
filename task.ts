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
  check,
  checkOptions,
  FUNCTION,
  LOOP,
  NAME,
  NUMBER,
  type OptionKinds,
} from "./_base/arguments.ts";
import { checkTaskOptions, TASK_OPTIONS } from "./_task/task_options.ts";
import {
  cancelledError,
  type CancelReason,
  cancelReason,
  ownerOfSignal,
} from "./_base/cancelled.ts";
import { Context, type ContextValues, currentContext } from "./context.ts";
import { asGiven, type Body } from "./_coroutine/body.ts";
import {
  bodyOf,
  type Coroutine,
  type CoroutineFunction,
  type CoroutineLike,
  isCoroutine,
  mayRunAsync,
  nameOf,
} from "./_coroutine/coroutine.ts";
import { BodyLine } from "./_task/body_line.ts";
import { cancelOrigin } from "./_line/cancel_origin.ts";
import { drive, SUSPENDED } from "./_task/drive.ts";
import {
  CancelRequest,
  noteRequests,
  pend,
  pendForLeft,
  settleRequest,
} from "./_line/cancel_request.ts";
import { isCancellation } from "./_line/cancellation.ts";
import {
  cancelDriver,
  cancelLine,
  endHelpers,
  endWatch,
} from "./_line/cancel_line.ts";
import {
  hadEnded,
  hasCleaners,
  isOnItsWay,
  isUnsure,
  noteBodyEnd,
} from "./_line/bursts.ts";
import {
  addAwait,
  endAwait,
  removeAwait,
  takeCancel,
  takeScopeCancel,
} from "./_line/delivery.ts";
import {
  currentLine,
  isOnStack,
  isQuiet,
  knownWaits,
  linesOf,
  type LineState,
  requestsOf,
  runningLine,
  type ScopeLine,
  takeRequestsBack,
  waitsOf,
} from "./_line/line.ts";
import { signalOf } from "./_line/line_signal.ts";
import type { WaitSet } from "./_line/wait_set.ts";
import {
  CancelledError,
  InvalidStateError,
  KeyboardInterrupt,
  RuntimeError,
} from "./errors.ts";
import { Future } from "./future.ts";
import { OWN_TURN } from "./_coroutine/next_turn.ts";
import { PROMISE_BODY, type PromiseBody } from "./_coroutine/promise_body.ts";
import type { PendingAwait } from "./_future/future_await.ts";
import type { Scheduler } from "./handle.ts";
import {
  deferStart,
  hasAsyncContext,
  type LineSlot,
  mark,
  newestMark,
  runInLine,
  runningTask,
  type Start,
  startInside,
} from "./_host/async_context.ts";
import { callsMayWait } from "./_host/environment.ts";
import { print } from "./_loop/report.ts";
import {
  callbackName,
  describeCall,
  describeValue,
  guarded,
  isInstance,
  isRevoked,
  textOf,
} from "./_base/repr.ts";
import { putBack, running, takeSlots } from "./_base/running.ts";
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
  readonly name?: string | undefined;
  /**
   * The context to run in.
   *
   * @default {a copy of the current context}
   */
  readonly context?: Context | undefined;
  /**
   * Whether the first step runs at once, and not in the loop's next turn. Where a hundred
   * tasks start each other so, the next one starts in the next turn all the same.
   *
   * @default {false}
   */
  readonly eagerStart?: boolean | undefined;
}

/** Options of {@linkcode Task}. */
export interface TaskConstructorOptions extends TaskOptions {
  /**
   * The loop to run in.
   *
   * @default {the running loop, else the current one}
   */
  readonly loop?: TaskScheduler | undefined;
}

const CONSTRUCTOR_OPTIONS: OptionKinds<TaskConstructorOptions> = {
  ...TASK_OPTIONS,
  loop: LOOP,
};

/** Options of {@linkcode Task.printStack}. */
export interface PrintStackOptions {
  /**
   * How many names to write at most, the newest ones.
   *
   * @default {all}
   */
  readonly limit?: number | undefined;
  /**
   * Called with the text.
   *
   * @default {stderr, by way of the console}
   */
  readonly write?: ((text: string) => void) | undefined;
}

// The body of what stands for a task once it has ended.
const ENDED: CoroutineFunction<unknown> = function* () {};
const STACK_OPTIONS = { limit: NUMBER };
const PRINT_STACK_OPTIONS: OptionKinds<PrintStackOptions> = {
  ...STACK_OPTIONS,
  write: FUNCTION,
};

/** What a task knows of its loop: a loop also lists its unfinished tasks. */
export interface TaskScheduler extends Scheduler {
  /** @internal The options of all that is made with none. */
  readonly _plainOptions: object;
  /** @internal */
  readonly _tasks: TaskList<Task<unknown>>;
  /** @internal Notes that a function of a task that is done waits all the same. */
  _noteStray(line: LineState): void;
  /** @internal */
  _noteRan(task: Task<unknown>): void;
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
 * const sum = await run(async () => {
 *   const a = createTask(sleep(0.002, 1));
 *   const b = createTask(sleep(0.002, 2));
 *   return (await a) + (await b);
 * });
 * assertEquals(sum, 3);
 * ```
 */
export class Task<T> extends Future<T> {
  /** @internal */
  _body: Body | (() => unknown);
  /** @internal */
  _opener: (() => unknown) | undefined = undefined;
  /** @internal */
  _coroutine: Coroutine<unknown> | undefined = undefined;
  /** @internal */
  _waitingOn: Future<unknown> | PromiseBody | Start | undefined = undefined;
  /** @internal */
  _nextTask: Task<unknown> | undefined = undefined;
  /** @internal */
  _previousTask: Task<unknown> | undefined = undefined;
  // The values alone until someone asks for the context itself: 40 B a task.
  #context: Context | ContextValues;
  // A number until someone asks: most names are never read.
  #name: string | number;
  /** @internal What its async functions wait for: nearly always one thing. */
  _awaits: PendingAwait | WaitSet | undefined = undefined;
  /** @internal What only some tasks need, made when it is needed. */
  _request: CancelRequest | undefined = undefined;
  /** @internal */
  _lastEnd = -1;
  /** @internal */
  _slot: LineSlot | undefined = undefined;
  /** @internal */
  _scope: ScopeLine | undefined = undefined;

  /**
   * Makes a task; `createTask()` and `loop.createTask()` do it for you.
   *
   * Of a function that gives one of several types the type has to be said, as in
   * `new Task<number | string>(f)`; `createTask()` infers it.
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
    let loop = isRevoked(options) ? undefined : options?.loop;
    if (loop === undefined) {
      options = checkOptions("create a task", options, CONSTRUCTOR_OPTIONS);
      loop = options.loop;
    }
    const scheduler = loop ?? schedulerForNew() as TaskScheduler;
    const isPlain = !isRevoked(loop) && options === loop?._plainOptions;
    super(isPlain ? options : { loop: scheduler });
    const { name, context, eagerStart } = options;
    if (!isPlain) checkTaskOptions({ name, context, eagerStart });
    this._body = bodyOf(coro);
    this.#context = context ?? currentContext().values;
    this.#name = name === undefined ? ++running.taskCount : String(name);
    if (coro === ENDED) {
      super.setResult(undefined as T);
      return;
    }
    if (
      eagerStart && running.starters.length < MOST_EAGER_STARTS &&
      runningScheduler() === scheduler
    ) {
      scheduler._tasks.add(this as Task<unknown>);
      running.starters.push(runningLine());
      try {
        // In its line, as one that starts later: what it takes of its async context is its own.
        if (!hasAsyncContext) startInside(() => this.#runNow(false, undefined));
        else if (mayRunAsync(this._body)) this._start();
        else this.#runNow(false, undefined);
      } finally {
        scheduler._noteRan(this as Task<unknown>);
        running.starters.pop();
      }
    } else {
      // First, since a closed loop refuses and must not list the task.
      scheduler._enqueue(this);
      if (
        hasAsyncContext && (!running.beginsRun || callsMayWait) &&
        mayRunAsync(this._body)
      ) {
        this._waitingOn = deferStart();
      }
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
   * @returns Whether the task was asked: false if it was done, or its function had ended and
   * only what that has left behind is still to end, which is cancelled then.
   * @throws {TypeError} If `message` is no string, or the options are no object.
   */
  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return super.cancel();
    if (this._request?.isTooLate) {
      cancelLine(this, cancelReason(message, options));
      return false;
    }
    const { asked } = running.cancels;
    if (asked !== undefined) {
      if (asked.has(this)) return true;
      asked.add(this);
    }
    const reason = cancelReason(
      message,
      options === undefined && this.scheduler.getDebug()
        ? { cause: cancelOrigin(this, this) }
        : options,
    );
    const request = this._request ??= new CancelRequest();
    noteRequests(request, request, 1);
    request.reason = reason;
    request.askedBy = isOnStack(this) ? "itself" : "another";
    // As below, with no list: most tasks stand in no scope.
    if (this._waitingOn === PROMISE_BODY && this._scope === undefined) {
      cancelLine(this, reason);
      return true;
    }
    const lines: LineState[] = [];
    const taken = cancelDriver(this, this, this, reason, lines);
    for (const line of lines) cancelLine(line, reason);
    if (!taken) pend(request);
    return true;
  }

  /** How many cancel requests were made and not taken back. */
  cancelling(): number {
    return this._request?.total ?? 0;
  }

  /**
   * Takes one cancel request back. With the last one, a CancelledError that was not
   * thrown yet will not be.
   *
   * @returns How many requests are left.
   */
  uncancel(): number {
    const request = this._request;
    if (request === undefined || request.total === 0) return 0;
    const lines = linesOf(this);
    // It is a count, as in CPython: who made the request does not matter.
    const asked = lines.find((line) => line._request?.count) ?? this;
    takeRequestsBack(asked, 1);
    if (request.total === 0) {
      for (const { _request } of lines) {
        if (_request === undefined) continue;
        settleRequest(_request);
        _request.passedTo = undefined;
        _request.cleansUntil = 0;
      }
      // What this function does from here on is no clean-up.
      if (newestMark() !== 0 && runningTask() === this) mark(0);
    }
    return request.total;
  }

  /**
   * A signal that aborts with the CancelledError when the task is cancelled, for APIs
   * of the host such as `fetch`. Made when first asked for.
   *
   * In the body of a `timeout()` or `taskGroup()` it is the signal of that scope, which
   * aborts with the scope as well.
   */
  get signal(): AbortSignal {
    const line = this.#innermostLine();
    return line instanceof BodyLine
      ? line.signal
      : signalOf(this, requestsOf(this) > 0);
  }

  /** The name. */
  getName(): string {
    return textOfName(this.#name);
  }

  /**
   * Changes the name.
   *
   * @param name The new name; anything but a string is turned into one.
   * @throws {TypeError} If `name` can't be turned into a string.
   */
  setName(name: string): void {
    check("name a task", "name", name, NAME);
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
    return asGiven(bottom) as CoroutineLike<T> | CoroutineFunction<T>;
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
   * @throws {TypeError} If `limit` is no number.
   * @throws {RangeError} If `limit` is NaN.
   */
  getStack(options: { readonly limit?: number | undefined } = {}): string[] {
    options = checkOptions("read the stack", options, STACK_OPTIONS);
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
    const { limit = Infinity } = options;
    return names.slice(Math.max(0, names.length - Math.max(0, limit)));
  }

  /**
   * Writes the names that {@linkcode Task.getStack} gives, as text.
   *
   * @param options How many to write at most, the newest ones, and where to.
   * @throws {TypeError} If an option is of the wrong kind.
   * @throws {RangeError} If `limit` is NaN.
   */
  printStack(options: PrintStackOptions = {}): void {
    const { write = print, ...rest } = checkOptions(
      "print the stack",
      options,
      PRINT_STACK_OPTIONS,
    );
    const lines = this.getStack(rest).map((name) =>
      `  ${describeCall(name)} waits`
    );
    if (this === running.task && lines.length > 0) {
      lines.push(lines.pop()!.replace(/waits$/, "running"));
    }
    const what = lines.length === 0
      ? `No stack for ${this}`
      : `Stack for ${this} (most recent call last):`;
    write([what, ...lines].join("\n"));
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
  _keepsResult(): boolean {
    return this._request?.keepsResult === true;
  }

  /** @internal */
  _wouldTakeCancel(): boolean | undefined {
    return this.done() || this._request?.isTooLate ? undefined : true;
  }

  /** @internal */
  _wake(): void {
    this.scheduler._enqueue(this);
  }

  /** @internal */
  get _line(): LineState {
    return this;
  }

  /** @internal */
  _makeSlot(): LineSlot {
    return new TaskSlot(this as Task<unknown>);
  }

  /** @internal */
  _isOver(): boolean {
    return this.done();
  }

  /** @internal */
  get _outer(): undefined {
    return undefined;
  }

  /** @internal */
  _run(): void {
    running.task = this;
    running.driver = this;
    running.context = undefined;
    if (this._scope !== undefined || this._request !== undefined) {
      const cancelled = this.#takeCancel();
      this.#step(cancelled !== undefined, cancelled);
    } else {
      this.#step(false, undefined);
    }
  }

  /** @internal */
  _start(): void {
    if (!this.done()) runInLine(this, Task.#startOf, this as Task<unknown>);
  }

  /** @internal */
  _resume(failed: boolean, outcome: unknown): void {
    const line = this._scope ?? this;
    // That of the task's own function is its outcome.
    if (this._coroutine !== undefined && line._request?.pending) {
      noteBodyEnd(line, failed, outcome);
    }
    this.#runNow(failed, outcome);
  }

  /** @internal */
  _addAwait(wait: PendingAwait): void {
    if (this.done()) {
      (this.scheduler as TaskScheduler)._noteStray(this);
      // The same line for what its function does next, which knows of a cancel.
      const slot = this._slot as TaskSlot | undefined;
      if (slot !== undefined) slot.line ??= this as Task<unknown>;
    }
    addAwait(this, wait);
  }

  /** @internal */
  _endAwait(wait: PendingAwait, waited: unknown): CancelledError | undefined {
    return endAwait(this, wait, waited);
  }

  /** @internal */
  _removeAwait(wait: PendingAwait): void {
    removeAwait(this, wait);
  }

  /** @internal */
  _takeCancel(wait: PendingAwait, waited: unknown): CancelledError | undefined {
    return takeCancel(this, wait, waited);
  }

  /** @internal */
  _isOnItsWay(): boolean {
    return isOnItsWay(this);
  }

  /** @internal */
  _mayAwaitTask(): boolean {
    return !isOnItsWay(this);
  }

  /** @internal */
  _awaitCoroutine<V, A, B>(
    coroutine: Coroutine<V>,
    onFulfilled: OnFulfilled<V, A>,
    onRejected: OnRejected<B>,
  ): Promise<A | B> {
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
    const waits = knownWaits(this.#waits());
    const own = this._waitingOn;
    // What has begun and waits for nothing else has given way, as by `sleep(0)`.
    if (
      own === undefined && waits.length === 0 && running.task !== this &&
      typeof this._body !== "function" && !this.done()
    ) return [OWN_TURN];
    if (
      own === undefined || typeof own === "function" ||
      (own === PROMISE_BODY && waits.length > 0)
    ) {
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
    return labelOf(this as Task<unknown>);
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
      `coro=${describeCoroutine(this as Task<unknown>)}`,
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

  // Those of its own line, and of the scopes that stand on its stack.
  #waits(): PendingAwait[] {
    const waits = waitsOf(this);
    let scope: LineState | undefined = this._scope;
    for (; scope !== undefined && scope !== this; scope = scope._outer) {
      waits.push(...waitsOf(scope));
    }
    return waits;
  }

  // Not a closure: that would be one a task.
  static #startOf(task: Task<unknown>): void {
    // What has started before it in the same microtasks may have cancelled it.
    const cancelled = task._request?.pending ? task.#takeCancel() : undefined;
    task.#runNow(cancelled !== undefined, cancelled);
  }

  #takeCancel(): CancelledError | undefined {
    const waited = this._waitingOn;
    const cancelled = takeScopeCancel(this, waited);
    if (this._scope === undefined) return cancelled;
    const ofScope = takeScopeCancel(this._scope, waited);
    return cancelled ?? ofScope;
  }

  // The line of the code that asks, if it is this task's.
  #innermostLine(): LineState {
    const line = currentLine();
    return line?._task === this ? line : this;
  }

  // Runs outside the loop's iteration, so it leaves the slots as it found them.
  #runNow(throwing: boolean, input: unknown): void {
    if (this.scheduler.getDebug()) this.#runTimed(throwing, input);
    else this.#runHere(throwing, input);
  }

  #runTimed(throwing: boolean, input: unknown): void {
    this.scheduler._timeStep(this, () => this.#runHere(throwing, input));
  }

  #runHere(throwing: boolean, input: unknown): void {
    const outer = takeSlots(this.scheduler, this, this);
    try {
      this.#step(throwing, input);
    } catch (error) {
      if (isInstance(error, KeyboardInterrupt)) this.scheduler._abortRun(error);
      // The stack is full: the step could not even fail.
      else this.scheduler._enqueue({ _run: () => this.#failLate(error) });
    } finally {
      putBack(outer);
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
    if (this._request?.pending) this.#deliver(this._request);
    const ofScope = this._scope?._request;
    if (ofScope?.pending) this.#deliver(ofScope);
  }

  // A cancel that came while it ran goes to the wait that it has begun.
  #deliver(request: CancelRequest): void {
    if (isUnsure(this, request)) return settleRequest(request);
    // An async function gets it at its own next wait.
    const line = this._scope ?? this;
    if (this._waitingOn === PROMISE_BODY && line._request === request) return;
    const lines: LineState[] = [];
    const taken = cancelDriver(this, this, this, request.reason, lines);
    for (const each of lines) cancelLine(each, request.reason);
    if (taken) settleRequest(request);
  }

  #finish(result: T): void {
    const request = this._request;
    if (request?.pending && !isUnsure(this, request)) {
      if (!hadEnded(this, request)) {
        return this.#fail(
          cancelledError(request.reason, this.scheduler.getDebug()),
        );
      }
      request.keepsResult = true;
    }
    if (this._mayHaveHelpers()) {
      endHelpers(this, () => this.#finish(result));
      this._request!.isTooLate = true;
      return;
    }
    if (!this.#leave()) return;
    super.setResult(result);
    if (
      this.scheduler.getDebug() && this.cancelling() > 0 &&
      !this._keepsResult()
    ) {
      this.scheduler.callExceptionHandler({
        message: "Task was cancelled but swallowed the CancelledError",
        task: this,
      });
    }
  }

  #fail(error: unknown): void {
    const request = this._request;
    const isCancel = isCancellation(this, error);
    // As in #finish(): it has failed by itself, and had no wait left for the cancel.
    if (
      request?.pending && !isCancel && !isUnsure(this, request) &&
      hadEnded(this, request)
    ) request.keepsResult = true;
    if (this._mayHaveHelpers()) {
      const areTold = request?.pending === true && isCancel;
      endHelpers(this, () => this.#failApart(error), areTold);
      if (!isCancel) this._request!.isTooLate = true;
      return;
    }
    if (!this.#leave()) return;
    if (isCancel) {
      return this._settleCancelled(outcomeOf(error, this._request));
    }
    // A coroutine may throw anything; a future wants an error.
    super.setException(
      isInstance(error, CancelledError) ? staleSignal(error) : error ??
        new RuntimeError(`Task failed: ${error} was thrown`, { cause: error }),
    );
    if (isInstance(error, KeyboardInterrupt)) {
      // It ends the run, which throws it.
      this.exception();
      throw error;
    }
  }

  /** @internal Whether functions that nobody awaits wait, or are on their way to their clean-up. */
  _mayHaveHelpers(): boolean {
    if (!isQuiet(this)) return true;
    const request = this._request;
    if (request === undefined) return false;
    if (hasCleaners(this)) return true;
    if (!request.hasReachedSeveral) return false;
    request.hasReachedSeveral = false;
    return true;
  }

  // Outside of a turn, where nobody catches what ends the run.
  #failApart(error: unknown): void {
    try {
      this.#fail(error);
    } catch (interrupt) {
      this.scheduler._abortRun(interrupt);
    }
  }

  #failLate(error: unknown): void {
    running.task = undefined;
    if (!this.done()) this.#fail(error);
  }

  // Says whether the outcome is still to be set, as it is unless somebody has called
  // the setters of the base class by force.
  #leave(): boolean {
    const scheduler = this.scheduler as TaskScheduler;
    scheduler._tasks.delete(this as Task<unknown>);
    if (this._request !== undefined) endWatch(this);
    // What stands in a scope that nobody awaits may still come to a wait.
    if (this._awaits !== undefined) scheduler._noteStray(this as Task<unknown>);
    else {
      (this._slot as TaskSlot | undefined)?.release(
        scheduler,
        this.#context,
        this.#name,
        this.cancelling() > 0 ? this._request : undefined,
      );
    }
    if (!this.done()) return true;
    this.scheduler.callExceptionHandler({
      message: "Exception in a task's step",
      exception: new InvalidStateError(`Cannot step: ${this} is done already`),
      task: this,
    });
    return false;
  }
}

/** What the host's storage has of a task: once that has ended, what its helpers need. */
class TaskSlot implements LineSlot {
  line: Task<unknown> | undefined;
  #scheduler: Scheduler | undefined = undefined;
  #context: Context | ContextValues | undefined = undefined;
  #name: string | number = 0;
  #request: CancelRequest | undefined = undefined;

  constructor(task: Task<unknown>) {
    this.line = task;
  }

  /** Lets go of the task, its result and its coroutine. */
  release(
    scheduler: Scheduler,
    context: Context | ContextValues,
    name: string | number,
    request: CancelRequest | undefined,
  ): void {
    this.line = undefined;
    this.#request = request;
    this.#scheduler = scheduler;
    this.#context = context;
    this.#name = name;
  }

  /** A task of the same name, loop and context, that is done: it takes part in nothing. */
  successor(): Task<unknown> {
    const context = this.#context!;
    const task = new Task<unknown>(ENDED, {
      loop: this.#scheduler as TaskScheduler,
      name: textOfName(this.#name),
      context: context instanceof Context ? context : new Context(context),
    });
    // A function that was left at a promise of the host gets it at its next wait.
    if (this.#request !== undefined) {
      task._request = pendForLeft(this.#request);
      this.#request = undefined;
    }
    return this.line = task;
  }
}

function textOfName(name: string | number): string {
  return typeof name === "number" ? `Task-${name}` : name;
}

/** The reason to end as cancelled with, when `error` came of a cancel. */
function outcomeOf(
  error: unknown,
  request: CancelRequest | undefined,
): CancelReason {
  if (!isInstance(error, CancelledError)) {
    return new CancelledError(textOfReason(request?.reason), { cause: error });
  }
  if (ownerOfSignal(error) === undefined) return error;
  // An error of its own, so that whoever awaits the task does not take it for the signal's.
  return error.cause === undefined
    ? error.message
    : new CancelledError(error.message, { cause: error.cause });
}

function textOfReason(reason: CancelReason): string {
  return typeof reason === "object" ? reason.message : reason ?? "";
}

function staleSignal(error: CancelledError): RuntimeError {
  return new RuntimeError(
    "A signal that was aborted before has ended the task, which nobody has cancelled: use the signal of the scope or task that runs now",
    { cause: error },
  );
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

// Apart, since a closure in the method would be one a task that fails. A subclass of users
// may have a name that throws, and can fail all the same.
function labelOf(task: Task<unknown>): string {
  return guarded(
    () =>
      `<Task name=${describeValue(task.getName())} coro=${
        describeCoroutine(task)
      }>`,
    "<Task>",
  );
}

// A proxy may throw at each look at it.
function describeCoroutine(task: Task<unknown>): string {
  return guarded(() => {
    if (task._opener !== undefined) return `${callbackName(task._opener)}()`;
    return describeCall(coroutineName(task.getCoro()));
  }, "<anonymous>");
}

function coroutineName(source: unknown): string {
  if (typeof source === "function") return callbackName(source);
  return isCoroutine(source) && "name" in source
    ? nameOf(source)
    // A generator does not know its function.
    : "<generator>";
}
