/**
 * The error classes of asyncio.
 *
 * | Python | here |
 * | --- | --- |
 * | `CancelledError` | {@linkcode CancelledError} |
 * | `TimeoutError` | {@linkcode TimeoutError} |
 * | `InvalidStateError` | {@linkcode InvalidStateError} |
 * | `RuntimeError` | {@linkcode RuntimeError} |
 * | `KeyboardInterrupt` | {@linkcode KeyboardInterrupt} |
 * | `QueueEmpty`, `QueueFull`, `QueueShutDown` | the same names |
 * | `BrokenBarrierError` | {@linkcode BrokenBarrierError} |
 * | `BrokenExecutor` | {@linkcode BrokenExecutor}, for the jobs that a lost worker had begun {@linkcode WorkerLostError} |
 * | `IncompleteReadError`, `LimitOverrunError` | the same names |
 * | `ProcessLookupError` | {@linkcode ProcessLookupError} |
 * | `ValueError`, `TypeError` | `RangeError`, `TypeError` |
 * | `ExceptionGroup` | `AggregateError` |
 *
 * ```ts
 * import { CancelledError, createTask, run, sleep } from "@asyncio/asyncio";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = await run(async () => {
 *   const task = createTask(() => sleep(3600));
 *   task.cancel("no longer needed");
 *   try {
 *     await task;
 *   } catch (error) {
 *     return error;
 *   }
 * });
 * assertInstanceOf(error, CancelledError);
 * ```
 *
 * @module
 */

/**
 * Says that a task or a future was cancelled.
 *
 * In Python it is no `Exception`, so `except Exception` lets it pass. JavaScript
 * has one `catch` for all: rethrow it, or the cancellation is lost.
 *
 * @example Let a cancellation pass
 * ```ts
 * import { CancelledError, createTask, run, sleep } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * async function work() {
 *   try {
 *     await sleep(3600);
 *   } catch (error) {
 *     if (error instanceof CancelledError) throw error;
 *     return "repaired";
 *   }
 * }
 *
 * await run(async () => {
 *   const task = createTask(work);
 *   await sleep(0);
 *   task.cancel();
 *   await sleep(0);
 *   await sleep(0);
 *   assert(task.cancelled());
 * });
 * ```
 */
export class CancelledError extends Error {
  static {
    keepName(this, "CancelledError");
    // Own properties would be 16 B and a write for each.
    Object.defineProperty(this.prototype, "name", {
      value: "CancelledError",
      writable: true,
    });
    // For hosts that make none where no stack is taken.
    Object.defineProperty(this.prototype, "stack", {
      configurable: true,
      get(this: CancelledError): string {
        return this.message === ""
          ? this.name
          : `${this.name}: ${this.message}`;
      },
    });
  }

  /**
   * Makes the error.
   *
   * @param message What was given to `cancel()`.
   * @param options The `cause`, such as an AbortSignal's reason.
   */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Says that an operation did not end in time. It is never a {@linkcode CancelledError}.
 *
 * The message says which task waited for what, and the stack begins with the line that
 * waited for the scope, on the hosts of V8; in debug mode with the call that made it.
 *
 * @example Catch a timeout
 * ```ts
 * import { run, sleep, TimeoutError, waitFor } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => run(() => waitFor(sleep(10), 0.001)), TimeoutError);
 * ```
 */
export class TimeoutError extends Error {
  static {
    keepName(this, "TimeoutError");
  }

  /** The name of the class. */
  override readonly name = "TimeoutError";
}

/**
 * Says that a future was asked for what its state does not allow, such as the
 * result before it is there, or was settled twice.
 *
 * @example Ask too early
 * ```ts
 * import { InvalidStateError, newEventLoop } from "@asyncio/asyncio";
 * import { assertThrows } from "@std/assert";
 *
 * using loop = newEventLoop();
 * assertThrows(() => loop.createFuture().result(), InvalidStateError);
 * ```
 */
export class InvalidStateError extends Error {
  static {
    keepName(this, "InvalidStateError");
  }

  /** The name of the class. */
  override readonly name = "InvalidStateError";
}

/**
 * Says that something was used in a wrong way or at a wrong time: a closed loop,
 * a lock that is not held, a coroutine used twice.
 *
 * @example Use a closed loop
 * ```ts
 * import { newEventLoop, RuntimeError } from "@asyncio/asyncio";
 * import { assertThrows } from "@std/assert";
 *
 * const loop = newEventLoop();
 * loop.close();
 * assertThrows(() => loop.callSoon(() => {}), RuntimeError);
 * ```
 */
export class RuntimeError extends Error {
  static {
    keepName(this, "RuntimeError");
  }

  /** The name of the class. */
  override readonly name: string = "RuntimeError";
}

/**
 * Says that a loop under a virtual clock has nothing left that could ever wake it.
 * The message lists every task and what it waits for.
 *
 * @example Wait for what nobody does
 * ```ts
 * import { DeadlockError, EventLoop, getRunningLoop, run, VirtualClock } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * const loopFactory = () => new EventLoop({ clock: new VirtualClock() });
 * await assertRejects(
 *   () =>
 *     run(async () => {
 *       await getRunningLoop().createFuture<void>();
 *     }, { loopFactory }),
 *   DeadlockError,
 * );
 * ```
 */
export class DeadlockError extends RuntimeError {
  static {
    keepName(this, "DeadlockError");
  }

  /** The name of the class. */
  override readonly name = "DeadlockError";
}

/**
 * Says that the program was interrupted by Ctrl-C, or by another signal that `run()`
 * listens to. Thrown in a task or a callback, it ends the run at once, as in Python.
 *
 * One that `run()` throws and that nobody catches ends the program as the signal does:
 * with exit code 130 after Ctrl-C, 143 after SIGTERM, and without a stack.
 *
 * @example End a run from a callback
 * ```ts
 * import { getRunningLoop, KeyboardInterrupt, run, sleep } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () =>
 *     run(async () => {
 *       getRunningLoop().callSoon(() => {
 *         throw new KeyboardInterrupt();
 *       });
 *       await sleep(3600);
 *     }),
 *   KeyboardInterrupt,
 * );
 * ```
 */
export class KeyboardInterrupt extends Error {
  static {
    keepName(this, "KeyboardInterrupt");
  }

  /** The name of the class. */
  override readonly name = "KeyboardInterrupt";
  /** The signal that ended the run, such as `"SIGTERM"`; `undefined` if none did. */
  readonly signal: string | undefined;

  /**
   * Makes the error.
   *
   * @param message What happened.
   * @param options The `cause`, and the signal.
   * @throws {TypeError} If `options` are no object.
   */
  constructor(
    message?: string,
    options: ErrorOptions & { readonly signal?: string | undefined } = {},
  ) {
    if (typeof options !== "object" || options === null) {
      refuse("a KeyboardInterrupt", "options", "an object", options);
    }
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.signal = options.signal;
  }
}

/**
 * Says that a signal was sent to a process that has ended.
 *
 * @example Look for it
 * ```ts
 * import { ProcessLookupError } from "@asyncio/asyncio";
 * import { assertInstanceOf } from "@std/assert";
 *
 * assertInstanceOf(new ProcessLookupError("Process 12 has ended"), Error);
 * ```
 */
export class ProcessLookupError extends Error {
  static {
    keepName(this, "ProcessLookupError");
  }

  /** The name of the class. */
  override readonly name = "ProcessLookupError";
}

/**
 * Says that `getNowait()` found the queue empty.
 *
 * @example Take from an empty queue
 * ```ts
 * import { Queue, QueueEmpty } from "@asyncio/asyncio";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => new Queue().getNowait(), QueueEmpty);
 * ```
 */
export class QueueEmpty extends Error {
  static {
    keepName(this, "QueueEmpty");
  }

  /** The name of the class. */
  override readonly name = "QueueEmpty";
}

/**
 * Says that `putNowait()` found the queue full.
 *
 * @example Put into a full queue
 * ```ts
 * import { Queue, QueueFull } from "@asyncio/asyncio";
 * import { assertThrows } from "@std/assert";
 *
 * const queue = new Queue<number>(1);
 * queue.putNowait(1);
 * assertThrows(() => queue.putNowait(2), QueueFull);
 * ```
 */
export class QueueFull extends Error {
  static {
    keepName(this, "QueueFull");
  }

  /** The name of the class. */
  override readonly name = "QueueFull";
}

/**
 * Says that the queue takes or gives nothing more, since it was shut down.
 *
 * @example Put after the shutdown
 * ```ts
 * import { Queue, QueueShutDown } from "@asyncio/asyncio";
 * import { assertThrows } from "@std/assert";
 *
 * const queue = new Queue<number>();
 * queue.shutdown();
 * assertThrows(() => queue.putNowait(1), QueueShutDown);
 * ```
 */
export class QueueShutDown extends Error {
  static {
    keepName(this, "QueueShutDown");
  }

  /** The name of the class. */
  override readonly name = "QueueShutDown";
}

/**
 * Says that a barrier was reset or aborted while a task waited at it.
 *
 * @example Wait at an aborted barrier
 * ```ts
 * import { Barrier, BrokenBarrierError, run } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () =>
 *     run(async () => {
 *       const barrier = new Barrier(2);
 *       await barrier.abort();
 *       await barrier.wait();
 *     }),
 *   BrokenBarrierError,
 * );
 * ```
 */
export class BrokenBarrierError extends RuntimeError {
  static {
    keepName(this, "BrokenBarrierError");
  }

  /** The name of the class. */
  override readonly name = "BrokenBarrierError";
}

/**
 * Says that a stream ended before all expected bytes were read.
 *
 * @example Look at what was read
 * ```ts
 * import { IncompleteReadError } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new IncompleteReadError(new Uint8Array(3), 10);
 * assertEquals(error.message, "3 bytes read on a total of 10 expected bytes");
 * ```
 */
export class IncompleteReadError extends Error {
  static {
    keepName(this, "IncompleteReadError");
  }

  /** The name of the class. */
  override readonly name = "IncompleteReadError";
  /** The bytes that were read before the end. */
  readonly partial: Uint8Array;
  /** How many bytes were expected, if that is known. */
  readonly expected: number | undefined;

  /**
   * Makes the error.
   *
   * @param partial The bytes that were read before the end.
   * @param expected How many bytes were expected, if that is known.
   * @throws {TypeError} If `partial` is no Uint8Array, or `expected` no number.
   */
  constructor(partial: Uint8Array, expected?: number) {
    // Of any realm, as a Buffer is in a test runner that gives each file globals of its own.
    if (
      !ArrayBuffer.isView(partial) ||
      Object.prototype.toString.call(partial) !== "[object Uint8Array]"
    ) {
      refuse("an IncompleteReadError", "partial", "a Uint8Array", partial);
    }
    if (expected !== undefined && typeof expected !== "number") {
      refuse("an IncompleteReadError", "expected", "a number", expected);
    }
    super(
      `${partial.length} bytes read on a total of ${
        expected ?? "undefined"
      } expected bytes`,
    );
    this.partial = partial;
    this.expected = expected;
  }
}

/**
 * Says that a stream's buffer limit was reached while looking for a separator.
 *
 * @example Skip what was buffered
 * ```ts
 * import { LimitOverrunError } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new LimitOverrunError("Separator not found", 64).consumed, 64);
 * ```
 */
export class LimitOverrunError extends Error {
  static {
    keepName(this, "LimitOverrunError");
  }

  /** The name of the class. */
  override readonly name = "LimitOverrunError";
  /** How many bytes may be skipped. */
  readonly consumed: number;

  /**
   * Makes the error.
   *
   * @param message What happened.
   * @param consumed How many bytes may be skipped.
   * @throws {TypeError} If `consumed` is no number.
   */
  constructor(message: string, consumed: number) {
    if (typeof consumed !== "number") {
      refuse("a LimitOverrunError", "consumed", "a number", consumed);
    }
    super(message);
    this.consumed = consumed;
  }
}

/**
 * Says that the worker that had begun a job was lost: it crashed, was killed, or is out
 * of reach. Whether the job's work was done cannot be known.
 *
 * CPython's `BrokenProcessPool` breaks the whole pool; here the other jobs go on, and the
 * worker is replaced.
 *
 * @example Lose the worker of a job
 * ```ts
 * import { run, sleep, WorkerLostError } from "@asyncio/asyncio";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { assertRejects } from "@std/assert";
 *
 * await run(async () => {
 *   await using executor = new InlineExecutor({ wait: () => sleep(3600) });
 *   const job = executor.submit("wait", []);
 *   await sleep(0.001);
 *   executor.crash();
 *   await assertRejects(() => Promise.resolve(job), WorkerLostError);
 * });
 * ```
 */
export class WorkerLostError extends RuntimeError {
  static {
    keepName(this, "WorkerLostError");
  }

  /** The name of the class. */
  override readonly name = "WorkerLostError";
}

/**
 * Says that an executor's workers cannot start; the `cause` says why.
 *
 * @example Tell it from an error of the job
 * ```ts
 * import { BrokenExecutor, RuntimeError } from "@asyncio/asyncio";
 * import { assertInstanceOf } from "@std/assert";
 *
 * assertInstanceOf(new BrokenExecutor("The module is not there"), RuntimeError);
 * ```
 */
export class BrokenExecutor extends RuntimeError {
  static {
    keepName(this, "BrokenExecutor");
  }

  /** The name of the class. */
  override readonly name = "BrokenExecutor";
}

// No check of arguments is below this module.
function refuse(
  error: string,
  parameter: string,
  words: string,
  value: unknown,
): never {
  const got = value === null ? "null" : typeof value;
  throw new TypeError(
    `Cannot make ${error}: ${parameter} must be ${words}, got ${got}`,
  );
}

// Consoles show it beside the error's own, and bundlers shorten the names of classes.
function keepName(errorClass: object, name: string): void {
  Object.defineProperty(errorClass, "name", { value: name });
}
