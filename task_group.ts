/**
 * `taskGroup()`: runs tasks that do not outlive a block.
 *
 * The block ends when its body and all tasks have ended. If one of them fails, the others
 * are cancelled, and an AggregateError of all errors comes out. `gather()` gives results in
 * order, but leaves the others running.
 *
 * ```ts
 * import { run, sleep, taskGroup } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const sum = await run(async () => {
 *   const [one, two] = await taskGroup(async (group) => [
 *     group.createTask(sleep(0.002, 1)),
 *     group.createTask(async () => await sleep(0.001, 2)),
 *   ]);
 *   return one.result() + two.result();
 * });
 * assertEquals(sum, 3);
 * ```
 *
 * @module
 */
import { counted, isInstance } from "./_base/repr.ts";
import { checkOptions, type OptionKinds, SIGNAL } from "./_base/arguments.ts";
import {
  closeCoroutine,
  type Coro,
  type Coroutine,
  type CoroutineFunction,
  type CoroutineLike,
  mayRunAsync,
  type ScopeBody,
  type Work,
  type WorkResult,
} from "./_coroutine/coroutine.ts";
import {
  FunctionCoroutine,
  MethodCoroutine,
} from "./_task/function_coroutine.ts";
import { KeyboardInterrupt, RuntimeError } from "./errors.ts";
import { Children } from "./_combine/children.ts";
import { limited } from "./_combine/limited.ts";
import type { CreateTaskOptions, EventLoop } from "./loop.ts";
import { linkSignal } from "./_host/abort_signal.ts";
import { type CancelReason, cancelReason } from "./_base/cancelled.ts";
import {
  abortedBefore,
  asCancelled,
  checkBody,
  enterScope,
  LIMIT,
  requireTask,
} from "./_combine/scope.ts";
import type { BodyLine } from "./_task/body_line.ts";
import { endSignal } from "./_line/line_signal.ts";
import { describeOwner, groupError } from "./_combine/error_list.ts";
import { Semaphore } from "./semaphore.ts";
import type { Task } from "./task.ts";

/** Options of {@linkcode taskGroup} and {@linkcode TaskGroup}. */
export interface TaskGroupOptions {
  /**
   * How many tasks run at once; `Infinity` for all. The others wait for a slot before they
   * begin, in the order in which they were made.
   *
   * @default {no limit}
   */
  readonly limit?: number | undefined;
  /**
   * Cancels the body and the tasks when it aborts; its reason is the `cause` of the
   * CancelledError that comes out.
   */
  readonly signal?: AbortSignal | undefined;
}

const TASK_GROUP_OPTIONS: OptionKinds<TaskGroupOptions> = {
  limit: LIMIT,
  signal: SIGNAL,
};

interface Thrown {
  readonly error: unknown;
}

/**
 * Tasks that do not outlive a block; `taskGroup()` hands it to its body.
 *
 * - **Errors**: the first one cancels the other tasks and the body. All come out in an
 *   AggregateError, in the order in which they came, the body's last. A KeyboardInterrupt
 *   comes out bare.
 * - **Cancellation**: cancelling the task that runs the body cancels the tasks; a
 *   CancelledError comes out when all have ended, or the AggregateError if some failed. A
 *   task that is cancelled alone is no error.
 * - **Reuse**: a group can be entered once.
 *
 * @example Stop on purpose
 * ```ts
 * import { run, sleep, taskGroup } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const log: string[] = [];
 * await run(() =>
 *   taskGroup(async (group) => {
 *     group.createTask(async () => {
 *       try {
 *         await sleep(3600);
 *       } finally {
 *         log.push("cleaned up");
 *       }
 *     });
 *     await sleep(0.001);
 *     group.cancel();
 *   })
 * );
 * assertEquals(log, ["cleaned up"]);
 * ```
 */
export class TaskGroup {
  readonly #signal: AbortSignal | undefined;
  readonly #slots: Semaphore | undefined;
  #loop: EventLoop | undefined = undefined;
  #parent: Task<unknown> | undefined = undefined;
  #exiting = false;
  #aborting = false;
  #cancelOnEnter = false;
  // The line of the body, and of the wait for the tasks: all that it cancels.
  #line: BodyLine | undefined = undefined;
  // Whether the group has cancelled its own line.
  #parentCancelled = false;
  #signalled: { readonly reason: CancelReason } | undefined = undefined;
  #tasks: Children<Task<unknown>> | undefined = undefined;
  #errors: unknown[] = [];
  // Whose they are, in the same order.
  readonly #owners: unknown[] = [];
  #interrupt: Thrown | undefined = undefined;

  /**
   * Makes a group; `taskGroup()` does it for you.
   *
   * @param options How many tasks run at once, and a signal.
   * @throws {RangeError} If `limit` is below 1, or neither an integer nor Infinity.
   * @throws {TypeError} If an option is of the wrong kind.
   */
  constructor(options: TaskGroupOptions = {}) {
    options = checkOptions("make a task group", options, TASK_GROUP_OPTIONS);
    const { limit, signal } = options;
    if (limit !== undefined && limit !== Infinity) {
      this.#slots = new Semaphore(limit, { name: "TaskGroup limit" });
    }
    this.#signal = signal;
  }

  /**
   * Starts a task in the group. The tasks may start more.
   *
   * @param coro A coroutine, or a function that gives one: pass an async function itself.
   * @param options The name, the context, a signal, and whether to start at once.
   * @returns The task.
   * @throws {RuntimeError} If the group has not begun, is shutting down or has ended; the
   * coroutine is closed then.
   * @throws {TypeError} If `coro` is no coroutine and no function.
   *
   * @example With a name
   * ```ts
   * import { run, sleep, taskGroup } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * await run(() =>
   *   taskGroup(async (group) => {
   *     const task = group.createTask(sleep(0.001), { name: "pause" });
   *     assertEquals(task.getName(), "pause");
   *   })
   * );
   * ```
   */
  createTask<
    T,
    C extends CoroutineLike<unknown> | (() => Work) = never,
  >(
    coro: C | CoroutineLike<T> | CoroutineFunction<T>,
    options?: CreateTaskOptions,
  ): Task<WorkResult<C, T>> {
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      closeCoroutine(coro);
      throw new RuntimeError(`Cannot create a task: ${this} ${refusal}`);
    }
    const given = coro as CoroutineFunction<WorkResult<C, T>>;
    const work = this.#slots === undefined
      ? given
      : limited(this.#slots, given);
    const task = this.#loop!.createTask(work, options);
    this.#tasks!.addOwn(task as Task<unknown>);
    // Its first step, run eagerly, may have ended the group before it was in.
    if (this.#aborting) task.cancel();
    return task;
  }

  /**
   * A signal that aborts when the group ends its body, when a scope round it does, or when
   * the task is cancelled: for APIs of the host such as `fetch`.
   *
   * @throws {RuntimeError} If the group has not begun.
   */
  get signal(): AbortSignal {
    if (this.#line === undefined) {
      throw new RuntimeError(
        `Cannot give a signal: ${this} has not been entered, ask for it in the body`,
      );
    }
    return this.#line.signal;
  }

  /**
   * Ends the group on purpose: cancels its tasks and its body, whose `finally` blocks run,
   * and lets no error come out of that.
   *
   * It may be called before the group begins, more than once, and after it has ended. What
   * the group gives is `undefined` when the body was cut short.
   */
  cancel(): void {
    if (this.#parent === undefined) {
      this.#cancelOnEnter = true;
      return;
    }
    if (this.#ending() || this.#aborting) return;
    this.#abort();
    this.#cancelParent();
  }

  /**
   * Runs a body in the current task, then waits for all tasks of the group.
   *
   * @param body An async or generator function.
   * @returns A coroutine of what the body gives.
   * @throws {TypeError} If `body` is no function.
   * @throws {RuntimeError} If the group was entered before, or outside of a task.
   * @throws {AggregateError} If the body or tasks failed.
   *
   * @example Make the group first
   * ```ts
   * import { run, sleep, TaskGroup } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * const group = new TaskGroup({ limit: 1 });
   * const results = await run(async () => {
   *   const tasks = await group.run(async () => [1, 2].map((n) => group.createTask(sleep(0.001, n))));
   *   return tasks.map((task) => task.result());
   * });
   * assertEquals(results, [1, 2]);
   * ```
   */
  run<
    T,
    B extends (scope: TaskGroup) => Work = never,
  >(body: B | ScopeBody<TaskGroup, T>): Coroutine<WorkResult<B, T>> {
    checkBody(body, "run in a task group");
    return new MethodCoroutine(
      "taskGroup",
      () => this.#run(body as ScopeBody<TaskGroup, WorkResult<B, T>>),
      mayRunAsync(body),
    );
  }

  /** Returns `<TaskGroup tasks=2 entered>` and the like. */
  toString(): string {
    const words = ["TaskGroup"];
    const { size = 0 } = this.#tasks ?? {};
    if (size > 0) words.push(`tasks=${size}`);
    if (this.#errors.length > 0) words.push(`errors=${this.#errors.length}`);
    if (this.#aborting) words.push("cancelling");
    else if (this.#parent !== undefined) words.push("entered");
    return `<${words.join(" ")}>`;
  }

  /** Returns {@linkcode TaskGroup.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  *#run<T>(
    body: ScopeBody<TaskGroup, T>,
  ): Coro<T> {
    const unlink = this.#enter();
    let result: T | undefined;
    let failure: Thrown | undefined;
    try {
      result = yield* new FunctionCoroutine<T>(body, [this]);
    } catch (error) {
      // Of every kind: what comes out is decided when all tasks have ended.
      failure = { error };
    }
    try {
      yield* this.#leave(failure);
    } finally {
      unlink?.();
      this.#line!.leave();
    }
    return result as T;
  }

  #enter(): (() => void) | undefined {
    if (this.#parent !== undefined) {
      throw new RuntimeError(
        `Cannot enter ${this}: it has already been entered, make a new one`,
      );
    }
    const parent = requireTask(this);
    const aborted = abortedBefore(this.#signal);
    if (aborted !== undefined) throw aborted;
    this.#parent = parent;
    this.#line = enterScope(this);
    this.#loop = parent.getLoop() as EventLoop;
    this.#tasks = new Children(parent.getLoop(), {
      what: "taskGroup",
      awaitedBy: parent,
      childEnded: (task) => this.#collect(task),
    });
    if (this.#cancelOnEnter) this.cancel();
    return this.#signal === undefined ? undefined : linkSignal(this.#signal, {
      cancel: (message, options) => this.#onSignal(message, options),
    });
  }

  *#leave(failure: Thrown | undefined): Coro<void> {
    this.#exiting = true;
    const isCancel = failure !== undefined &&
      this.#line!.isCancellation(failure.error);
    let cancelled = isCancel ? failure : undefined;
    if (failure !== undefined) {
      this.#noteInterrupt(failure.error);
      if (!this.#aborting) this.#abort();
    }
    yield* this.#tasks!.join((error) => {
      // It comes out below, when all have ended.
      cancelled ??= { error };
      if (!this.#aborting) this.#abort();
    });
    if (this.#interrupt !== undefined) throw this.#interrupt.error;
    const signalled = this.#signalled;
    const others = this.#line!.leave();
    if (this.#parentCancelled && !others && signalled === undefined) {
      cancelled = undefined;
    }
    if (failure !== undefined && !isCancel) {
      this.#errors.push(failure.error);
      this.#owners.push("the body");
    }
    if (this.#errors.length > 0) this.#throwErrors();
    if (cancelled === undefined) return;
    throw signalled === undefined
      ? cancelled.error
      : asCancelled(cancelled.error, signalled.reason, this.#line!);
  }

  #throwErrors(): never {
    // A cancel from outside that the group has met is asked for again, since the
    // errors come out in its place.
    this.#line!.askAgain();
    const count = counted(this.#errors.length, "error");
    throw groupError(
      `Unhandled errors in a TaskGroup (${count}) of ${
        describeOwner(this.#parent!, this.#loop!)
      }`,
      { errors: this.#errors, owners: this.#owners, loop: this.#loop! },
    );
  }

  #ending(): boolean {
    return this.#exiting && this.#tasks!.size === 0;
  }

  #refusal(): string | undefined {
    if (this.#parent === undefined) return "has not been entered";
    if (this.#ending()) return "is finished";
    if (this.#aborting) return "is shutting down";
    return undefined;
  }

  #abort(message?: string, options?: ErrorOptions): void {
    this.#aborting = true;
    endSignal(this.#line!, cancelReason(message, options));
    this.#tasks!.cancel(message, options);
  }

  #cancelParent(message?: string, options?: ErrorOptions): void {
    if (this.#parentCancelled) return;
    this.#parentCancelled = true;
    this.#line!.cancel(cancelReason(message, options));
  }

  #onSignal(message?: string, options?: ErrorOptions): boolean {
    if (this.#ending()) return false;
    this.#signalled ??= { reason: cancelReason(message, options) };
    if (!this.#aborting) this.#abort(message, options);
    this.#cancelParent(message, options);
    return true;
  }

  #noteInterrupt(error: unknown): void {
    if (isInstance(error, KeyboardInterrupt)) this.#interrupt ??= { error };
  }

  #collect(task: Task<unknown>): void {
    if (task.cancelled()) return;
    const error = task.exception();
    if (error === undefined) return;
    this.#errors.push(error);
    this.#owners.push(task);
    this.#noteInterrupt(error);
    if (this.#parent!.done()) {
      this.#loop!.callExceptionHandler({
        message: `${task} has failed, but its parent ${this.#parent} is done`,
        exception: error,
        task,
      });
    } else if (!this.#aborting && !this.#parentCancelled) {
      this.#abort();
      this.#cancelParent();
    }
  }
}

/**
 * Runs a body in the current task, with a group for tasks that end with it.
 *
 * - **Result**: what the body gives.
 * - **Errors**: the first one cancels the rest; an AggregateError of all comes out.
 * - **Cancellation**: reaches the body and all tasks; the CancelledError comes out when
 *   they have ended.
 *
 * @param body An async or generator function; it gets the {@linkcode TaskGroup}.
 * @param options How many tasks run at once, and a signal.
 * @returns A coroutine of what the body gives.
 * @throws {AggregateError} If the body or tasks failed.
 * @throws {CancelledError} If it was cancelled, or the signal aborted.
 * @throws {TypeError} If `body` is no function.
 * @throws {RangeError} If `limit` is below 1, or neither an integer nor Infinity.
 * @throws {RuntimeError} If used outside of a task.
 *
 * @example Collect the errors
 * ```ts
 * import { run, sleep, taskGroup } from "@asyncio/asyncio";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() =>
 *   run(() =>
 *     taskGroup(async (group) => {
 *       group.createTask(async () => {
 *         await sleep(0.001);
 *         throw new RangeError("no such row");
 *       });
 *       await sleep(3600);
 *     })
 *   ), AggregateError);
 * assertEquals(error.errors.map(String), ["RangeError: no such row"]);
 * ```
 */
export function taskGroup<
  T,
  B extends (scope: TaskGroup) => Work = never,
>(
  body: B | ScopeBody<TaskGroup, T>,
  options: TaskGroupOptions = {},
): Coroutine<WorkResult<B, T>> {
  checkBody(body, "run in a task group");
  return new TaskGroup(options).run<T, B>(body);
}
