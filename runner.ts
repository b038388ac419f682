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
import { check, checkOptions, LOOP } from "./_base/arguments.ts";
import { refuseSecondRun } from "./_loop/scheduler.ts";
import { cancelEach } from "./_base/cancelled.ts";
import { SETTLED } from "./_base/microtasks.ts";
import { type Cancellable, linkSignal } from "./_host/abort_signal.ts";
import { type Context, copyContext } from "./context.ts";
import {
  type Awaitable,
  closeCoroutine,
  type Work,
  type WorkResult,
} from "./_coroutine/coroutine.ts";
import { RuntimeError } from "./errors.ts";
import type { Future } from "./future.ts";
import { gather } from "./gather.ts";
import { resultOf } from "./_future/run_end.ts";
import type { EventLoop } from "./loop.ts";
import { newEventLoop } from "./running_loop.ts";
import { mainOf } from "./_base/running.ts";
import { hostIsDue, hostTurn } from "./_host/turn.ts";
import { allTasks } from "./current_task.ts";
import { checkMain } from "./_run/check_main.ts";
import { closeOpen, endStrays, runLastTurns } from "./_run/end_loop.ts";
import {
  RUN_OPTIONS,
  RUNNER_OPTIONS,
  RUNNER_RUN_OPTIONS,
  type RunnerOptions,
  type RunnerRunOptions,
  type RunOptions,
  signalOptions,
} from "./_run/run_options.ts";
import { begunShutdown, type Shutdown, shutdownOf } from "./_run/shutdown.ts";
import { SignalWatch } from "./_run/signal_watch.ts";
import type { Task } from "./task.ts";
import { toFuture } from "./_coroutine/to_future.ts";

export type {
  RunnerOptions,
  RunnerRunOptions,
  RunOptions,
} from "./_run/run_options.ts";

// Compared by identity: to look at options costs a tenth of a run.
const NO_OPTIONS = {};
// After how many microtasks an async function that main called last has come to its first
// wait, nearly always: 0.2 µs of a run.
const HOPS_TO_FIRST_WAIT = 8;
// How often it cancels what the clean-up before has begun: some begin another for ever.
const MOST_ROUNDS = 100;
const NO_SIGNAL_OPTIONS = signalOptions(NO_OPTIONS);

/**
 * Runs `main` in a new loop, then cancels what is left, waits for it, and closes the
 * loop.
 *
 * The first Ctrl-C cancels `main`, whose `finally` blocks run; the second ends the
 * program at once. With `grace` the first one asks services to stop (see `closing()` and
 * `onClosing()`), the second cancels, and the third ends the run whatever hangs. Until the
 * run first has to wait, a signal has the host's own answer: it ends the program.
 *
 * Differs from CPython: it returns a promise, and `signals`, `grace`, `cleanup` and
 * `onShutdown` are new.
 *
 * @param main An async or generator function, a coroutine, or anything to wait for.
 * @param options The debug mode, how to make the loop, a signal, and how signals of the
 * process end the run.
 * @returns A promise of what `main` gives.
 * @throws {RuntimeError} If called in a task or callback of a loop, or if `loopFactory` gives
 * one that is running.
 * @throws {TypeError} If `main` can't be waited for, or an option is of a wrong type.
 * @throws {RangeError} If a signal can't be listened to, or a delay is NaN.
 * @throws {CancelledError} If `main` was cancelled.
 * @throws {KeyboardInterrupt} If it was cancelled by Ctrl-C, or another signal.
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
 *
 * @example End in order on SIGTERM
 * ```ts ignore
 * import { closing, onClosing, run } from "@asyncio/asyncio";
 *
 * async function main() {
 *   const server = Deno.serve(() => new Response("hello"));
 *   onClosing("http", () => server.shutdown());
 *   await closing();
 * }
 *
 * await run(main, { signals: ["SIGINT", "SIGTERM"], grace: 10 });
 * ```
 */
export function run<T, A extends Work | (() => Work) = never>(
  main: A | Awaitable<T>,
  options: RunOptions = NO_OPTIONS,
): Promise<WorkResult<A, T>> {
  return Runner._once()._run(main as Awaitable<WorkResult<A, T>>, options);
}

/**
 * Runs several programs in one loop and one context, one after the other. A signal is of the
 * run that it comes in: the first Ctrl-C of the next one is a first one again.
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
  #options: RunnerOptions = NO_OPTIONS;
  #signalOptions = NO_SIGNAL_OPTIONS;
  #loop: EventLoop | undefined;
  #context: Context | undefined;
  #closed = false;
  // What it runs now.
  #main: Future<unknown> | undefined;
  // Made when the loop first has to wait: to listen is 10 µs, and there may be a run a
  // request. Before that the host's own answer to a signal ends the program.
  #watch: SignalWatch | undefined;
  // Whether it listens on from the end of the run to the end of close().
  #once = false;

  /**
   * Makes a runner; its loop is made when it is first needed.
   *
   * @param options The debug mode, how to make the loop, and how signals of the process
   * end a run.
   * @throws {TypeError} If an option is of a wrong type.
   * @throws {RangeError} If a signal can't be listened to, or a delay is NaN.
   */
  constructor(options: RunnerOptions = NO_OPTIONS) {
    if (options === NO_OPTIONS) return;
    this.#take(checkOptions("make a runner", options, RUNNER_OPTIONS));
  }

  /** @internal The runner of one `run()`, which is closed at its end. */
  static _once(): Runner {
    const runner = new Runner();
    runner.#once = true;
    return runner;
  }

  /**
   * Returns the loop.
   *
   * @returns The loop.
   * @throws {RuntimeError} If the runner is closed, or its `loopFactory` gives a loop that is
   * running.
   */
  getLoop(): EventLoop {
    if (this.#closed) {
      throw new RuntimeError(
        "Cannot use the runner: it is closed, make a new one",
      );
    }
    if (this.#loop === undefined) {
      const { loopFactory, debug } = this.#options;
      const loop = (loopFactory ?? newEventLoop)();
      if (loopFactory !== undefined) {
        check("run", "what loopFactory gives", loop, LOOP);
        // It belongs to somebody else, and is not to be closed at the end.
        refuseSecondRun(loop.isRunning());
      }
      this.#loop = loop;
      if (debug !== undefined) loop.setDebug(debug);
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
   * closed or running.
   * @throws {TypeError} If `main` can't be waited for, or an option is of a wrong type.
   * @throws {CancelledError} If `main` was cancelled.
   * @throws {KeyboardInterrupt} If it was cancelled by Ctrl-C, or another signal.
   */
  run<T, A extends Work | (() => Work) = never>(
    main: A | Awaitable<T>,
    options: RunnerRunOptions = NO_OPTIONS,
  ): Promise<WorkResult<A, T>> {
    return this._run(main as Awaitable<WorkResult<A, T>>, options);
  }

  /** @internal One async function for all: each is 600 B, and there may be a run a request. */
  async _run<T>(main: Awaitable<T>, options: RunnerRunOptions): Promise<T> {
    options = this.#checked(main, options);
    // Before anything of a run that is under way is touched.
    checkMain(main, this.#main !== undefined);
    let task: Future<T> | undefined;
    let unlink: (() => void) | undefined;
    try {
      const loop = this.#loopFor(main);
      // As in CPython, each run has its own first signal.
      this.#watch?.beginAnew();
      task = this.#start(main, loop, options.context);
      if (options.signal !== undefined) {
        unlink = linkSignal(options.signal, this.#inTime(task));
      }
      this.#main = task;
      loop._tellBeforeHost(this);
      const end = loop._endWith(task);
      try {
        await loop._runForever();
      } finally {
        end.release();
      }
      const result = resultOf(task, this._run);
      if (this.#watch !== undefined) await this.#stopServices();
      return result;
    } catch (error) {
      if (this.#shutdown === undefined || task === undefined) throw error;
      await this.#stopServices();
      throw this.#shutdown?.errorOf(error, task, options.signal) ?? error;
    } finally {
      this.#main = undefined;
      this.#loop?._tellBeforeHost(undefined);
      unlink?.();
      // What an async function leaves behind may be on its way to its first wait.
      for (let hop = hopsAfter(task); hop > 0; hop--) await SETTLED;
      if (!this.#once) {
        this.#watch?.unlisten();
        this.#shutdown?.endLimit();
      } else if (!this.#closeIfIdle()) {
        // It listens on, though there is no main any more.
        this.#watch?.listen(undefined);
        await this.close();
      }
      if (hostIsDue()) await hostTurn();
    }
  }

  /**
   * Cancels what is left, waits for it, and closes the loop. Closing twice does nothing.
   *
   * @returns A promise that settles when all has ended.
   * @throws {RuntimeError} If it is running.
   */
  async close(): Promise<void> {
    if (this.#main !== undefined) {
      throw new RuntimeError(
        "Cannot close the runner: it is running, wait for the end of that run",
      );
    }
    if (this.#closeIfIdle()) return;
    this.#closed = true;
    const loop = this.#loop!;
    loop._tellBeforeHost(this);
    try {
      await this.#end(loop);
    } catch (error) {
      if (!this.#isGivenUp) throw error;
    } finally {
      this.#watch?.unlisten();
      // The report names those that are left, and what is killed with the loop.
      if (this.#isGivenUp) loop._tasks.clear();
      loop.close();
      if (this.#shutdown !== undefined) this.#watchOf(loop).tell();
    }
  }

  /** Closes the runner, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal The loop has to wait. */
  _beforeHost(): void {
    this.#watchOf(this.#loop!).listen(this.#main);
  }

  #take(options: RunnerOptions): void {
    this.#options = options;
    this.#signalOptions = signalOptions(options);
  }

  get #shutdown(): Shutdown | undefined {
    return this.#loop === undefined ? undefined : begunShutdown(this.#loop);
  }

  get #isGivenUp(): boolean {
    return this.#shutdown?.isGivenUp ?? false;
  }

  #watchOf(loop: EventLoop): SignalWatch {
    return this.#watch ??= new SignalWatch(loop, this.#signalOptions);
  }

  // Cancelled by a signal of the user it has as long as at every other end.
  #inTime(main: Future<unknown>): Cancellable {
    if (this.#signalOptions.cleanup === undefined) return main;
    return {
      cancel: (message, options) => {
        if (!main.done()) this.#limitCleanup();
        return main.cancel(message, options);
      },
    };
  }

  #limitCleanup(): void {
    const { cleanup } = this.#signalOptions;
    if (cleanup !== undefined) shutdownOf(this.#loop!).limit(cleanup);
  }

  // Closes it at once if there is nothing to wait for; says whether it is closed.
  #closeIfIdle(): boolean {
    if (this.#closed) return true;
    const loop = this.#loop;
    if (
      loop !== undefined &&
      (this.#watch !== undefined || !loop._tasks.isEmpty ||
        loop._hasResources() || loop._hasAsyncgens() ||
        loop._hasStrays() || loop._hasReady())
    ) return false;
    this.#closed = true;
    loop?.close();
    return true;
  }

  #checked(main: unknown, options: RunnerRunOptions): RunnerRunOptions {
    if (options === NO_OPTIONS) return options;
    try {
      if (!this.#once) return checkOptions("run", options, RUNNER_RUN_OPTIONS);
      const checked = checkOptions("run", options, RUN_OPTIONS);
      this.#take(checked as RunOptions);
      return checked;
    } catch (error) {
      closeCoroutine(main);
      throw error;
    }
  }

  #loopFor(main: unknown): EventLoop {
    try {
      return this.getLoop();
    } catch (error) {
      closeCoroutine(main);
      throw error;
    }
  }

  #start<T>(
    main: Awaitable<T>,
    loop: EventLoop,
    context: Context | undefined,
  ): Future<T> {
    // Of a single run nobody sees the context but its tasks, which make their own.
    if (context === undefined && this.#once && typeof main === "function") {
      return mainOf(() => loop.createTask(main));
    }
    const options = { context: context ?? (this.#context ??= copyContext()) };
    const future = mainOf(() => toFuture(main, () => loop, options)) as Future<
      T
    >;
    if (future.getLoop() === loop) return future;
    throw new RangeError(`Cannot run: ${future} belongs to another loop`);
  }

  // When main has ended in the grace, the services have the rest of it.
  async #stopServices(): Promise<void> {
    const stopped = this.#shutdown?.servicesToStop();
    if (stopped === undefined) return;
    try {
      await this.#loop!.runUntilComplete(stopped);
    } catch (error) {
      if (!this.#isGivenUp) throw error;
    }
  }

  async #end(loop: EventLoop): Promise<void> {
    const shutdown = this.#shutdown;
    if (shutdown?.isGivenUp) return;
    // What is left has ended its grace with main.
    shutdown?.harden();
    this.#limitCleanup();
    // Clients may still come while tasks clean up.
    loop._resources.isEnding = true;
    // Clean-up may begin tasks, which are to clean up too.
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const tasks = [...allTasks(loop)];
      const cancelTasks = () =>
        cancelEach(shutdown?.notCancelled(tasks) ?? tasks);
      if (!loop._hasStrays()) cancelTasks();
      else await endStrays(loop, cancelTasks);
      await waitForAll(tasks, loop);
      await runLastTurns(loop);
      if (loop._tasks.isEmpty) break;
    }
    await closeOpen(loop);
    await runLastTurns(loop);
  }
}

function hopsAfter(main: object | undefined): number {
  return (main as Partial<Task<unknown>> | undefined)?._slot === undefined
    ? 0
    : HOPS_TO_FIRST_WAIT;
}

async function waitForAll(
  tasks: readonly Task<unknown>[],
  loop: EventLoop,
): Promise<void> {
  if (tasks.length === 0) return;
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
