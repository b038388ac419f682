/**
 * `run()`: runs a program, and leaves nothing running.
 *
 * ```ts
 * import { gather, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * async function main() {
 *   return await gather(sleep(0.001, "a"), sleep(0.001, "b"));
 * }
 *
 * assertEquals(await run(main), ["a", "b"]);
 * ```
 *
 * @module
 */
import { cancelEach } from "./_base/cancelled.ts";
import { linkSignal } from "./_host/abort_signal.ts";
import { type Context, copyContext } from "./context.ts";
import {
  type Awaitable,
  closeCoroutine,
  isThenable,
  refuseAsyncGenerator,
} from "./_task/coroutine.ts";
import { isCoroutine } from "./_task/coroutine.ts";
import { CancelledError, KeyboardInterrupt, RuntimeError } from "./errors.ts";
import type { Future } from "./future.ts";
import { gather } from "./gather.ts";
import { exitBySignal, listenToSignal } from "./_host/signals.ts";
import type { EventLoop } from "./loop.ts";
import { newEventLoop } from "./running_loop.ts";
import { hasAsyncContext } from "./_host/async_context.ts";
import { report } from "./_loop/report.ts";
import { describeKind } from "./_base/repr.ts";
import { running } from "./_base/running.ts";
import { runningScheduler } from "./_loop/scheduler.ts";
import { allTasks } from "./current_task.ts";
import { Task } from "./task.ts";
import { formatTaskTree } from "./task_tree.ts";
import { toFuture } from "./_task/to_future.ts";

/** Options of {@linkcode Runner}. */
export interface RunnerOptions {
  /**
   * Whether debug mode is on.
   *
   * @default {as the loop has it}
   */
  readonly debug?: boolean;
  /**
   * Makes the loop.
   *
   * @default {newEventLoop}
   */
  readonly loopFactory?: () => EventLoop;
}

/** Options of {@linkcode Runner.run}. */
export interface RunnerRunOptions {
  /**
   * The context to run in.
   *
   * @default {the runner's own}
   */
  readonly context?: Context;
  /** Cancels the main task when it aborts; its reason is the `cause` of the CancelledError. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode run}. */
export interface RunOptions extends RunnerOptions {
  /** Cancels the main task when it aborts; its reason is the `cause` of the CancelledError. */
  readonly signal?: AbortSignal;
}

/**
 * Runs `main` in a new loop, then cancels what is left, waits for it, and closes the
 * loop.
 *
 * The first Ctrl-C cancels `main`, whose `finally` blocks run; the second ends the
 * program at once.
 *
 * @param main An async or generator function, a coroutine, or anything to wait for.
 * @param options The debug mode, how to make the loop, and a signal.
 * @returns A promise of what `main` gives.
 * @throws {RuntimeError} If called in a task or callback of a loop.
 * @throws {TypeError} If `main` can't be waited for.
 * @throws {CancelledError} If `main` was cancelled.
 * @throws {KeyboardInterrupt} If it was cancelled by Ctrl-C.
 *
 * @example Run a program
 * ```ts
 * import { run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const text = await run(async () => {
 *   await sleep(0.001);
 *   return "done";
 * });
 * assertEquals(text, "done");
 * ```
 */
export async function run<T>(
  main: Awaitable<T>,
  options: RunOptions = {},
): Promise<T> {
  const { signal, ...runnerOptions } = options;
  const runner = new Runner(runnerOptions);
  try {
    return await runner.run(main, signal === undefined ? {} : { signal });
  } finally {
    await runner.close();
  }
}

/**
 * Runs several programs in one loop and one context, one after the other.
 *
 * @example Two runs in one loop
 * ```ts
 * import { Runner, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await using runner = new Runner();
 * assertEquals(await runner.run(sleep(0.001, 1)), 1);
 * assertEquals(await runner.run(async () => 2), 2);
 * ```
 */
export class Runner {
  readonly #options: RunnerOptions;
  #loop: EventLoop | undefined;
  #context: Context | undefined;
  #closed = false;

  /**
   * Makes a runner; its loop is made when it is first needed.
   *
   * @param options The debug mode, and how to make the loop.
   */
  constructor(options: RunnerOptions = {}) {
    this.#options = options;
  }

  /**
   * Returns the loop.
   *
   * @returns The loop.
   * @throws {RuntimeError} If the runner is closed.
   */
  getLoop(): EventLoop {
    if (this.#closed) {
      throw new RuntimeError("Cannot use the runner: it is closed");
    }
    if (this.#loop === undefined) {
      this.#loop = (this.#options.loopFactory ?? newEventLoop)();
      if (this.#options.debug !== undefined) {
        this.#loop.setDebug(this.#options.debug);
      }
      this.#context = copyContext();
    }
    return this.#loop;
  }

  /**
   * Runs `main` to its end.
   *
   * @param main An async or generator function, a coroutine, or anything to wait for.
   * @param options The context, and a signal.
   * @returns A promise of what `main` gives.
   * @throws {RuntimeError} If called in a task or callback of a loop, or if the runner is
   * closed.
   * @throws {TypeError} If `main` can't be waited for.
   * @throws {CancelledError} If `main` was cancelled.
   * @throws {KeyboardInterrupt} If it was cancelled by Ctrl-C.
   */
  async run<T>(main: Awaitable<T>, options: RunnerRunOptions = {}): Promise<T> {
    const loop = this.#prepare(main);
    const task = this.#start(main, loop, options.context ?? this.#context!);
    const unlink = options.signal === undefined
      ? undefined
      : linkSignal(options.signal, task);
    let interrupted: KeyboardInterrupt | undefined;
    let stopListening: (() => void) | undefined;
    const onInterrupt = (): void => {
      if (interrupted !== undefined) {
        report({
          message: `Interrupted twice, ending now\n${formatTaskTree(loop)}`,
        });
        return exitBySignal("SIGINT");
      }
      interrupted = new KeyboardInterrupt(
        `Interrupted by Ctrl-C\n${formatTaskTree(loop)}`,
      );
      task.cancel();
    };
    // To listen is 10 µs, and a signal comes in the host's turn only.
    loop._beforeHost(() => {
      try {
        stopListening = listenToSignal("SIGINT", onInterrupt);
      } catch {
        // A host without signals: Ctrl-C does there what it does.
      }
    });
    try {
      return await loop.runUntilComplete(task);
    } catch (error) {
      const byInterrupt = interrupted !== undefined &&
        error instanceof CancelledError &&
        // A task factory may make tasks without uncancel().
        (!(task instanceof Task) || task.uncancel?.() === 0);
      throw byInterrupt ? interrupted : error;
    } finally {
      loop._beforeHost(undefined);
      stopListening?.();
      unlink?.();
    }
  }

  /**
   * Cancels what is left, waits for it, and closes the loop. Closing twice does nothing.
   *
   * @returns A promise that settles when all has ended.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const loop = this.#loop;
    if (loop === undefined) return;
    try {
      await cancelAllTasks(loop);
      if (loop._resources.size > 0) {
        await loop.runUntilComplete(() => loop._endResources());
      }
      if (loop._hasAsyncgens()) {
        await loop.runUntilComplete(() => loop.shutdownAsyncgens());
      }
    } finally {
      loop.close();
    }
  }

  /** Closes the runner, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #prepare(main: unknown): EventLoop {
    refuseAsyncGenerator(main, "run");
    if (!isCoroutine(main) && !isThenable(main) && typeof main !== "function") {
      throw new TypeError(
        `Cannot run: a function, coroutine or future was expected, got ${
          describeKind(main)
        }`,
      );
    }
    try {
      if (
        (running.loop !== undefined || hasAsyncContext) &&
        runningScheduler() !== undefined
      ) {
        throw new RuntimeError(
          "Cannot call run() in a running event loop: use await instead",
        );
      }
      return this.getLoop();
    } catch (error) {
      closeCoroutine(main);
      throw error;
    }
  }

  #start<T>(main: Awaitable<T>, loop: EventLoop, context: Context): Future<T> {
    return toFuture(main, () => loop, { context }) as Future<T>;
  }
}

async function cancelAllTasks(loop: EventLoop): Promise<void> {
  if (loop._tasks.isEmpty) return;
  const tasks = [...allTasks(loop)];
  if (tasks.length === 0) return;
  cancelEach(tasks);
  await loop.runUntilComplete(gather(tasks, { returnExceptions: true }));
  for (const task of tasks) {
    if (task.cancelled()) continue;
    const exception = task.exception();
    if (exception === undefined) continue;
    loop.callExceptionHandler({
      message: "Unhandled exception during run() shutdown",
      exception,
      task,
    });
  }
}
