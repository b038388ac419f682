/**
 * What timeouts and task groups share: they run a body in the current task.
 *
 * @module
 */
import { linkSignal } from "../_host/abort_signal.ts";
import { closeCoroutine, refuseAsyncGenerator } from "../_task/coroutine.ts";
import { CancelledError, RuntimeError } from "../errors.ts";
import type { Wait } from "../future.ts";
import { describeKind, describeValue } from "../_base/repr.ts";
import { currentTask } from "../current_task.ts";
import type { Task } from "../task.ts";

/** The body of a scope: an async or a generator function, or one that gives a coroutine. */
export type ScopeBody<S, T> = (
  scope: S,
) => Generator<Wait | undefined, T, never> | PromiseLike<T>;

/**
 * Says that a body is no function, before anything is begun.
 *
 * @throws {TypeError} If it is none.
 */
export function checkBody(body: unknown, action: string): void {
  refuseAsyncGenerator(body, action);
  if (typeof body === "function") return;
  closeCoroutine(body);
  throw new TypeError(
    `Cannot ${action}: the body must be a function, got ${describeKind(body)}`,
  );
}

/**
 * Returns the task that runs now.
 *
 * @throws {RuntimeError} If there is none.
 */
export function requireTask(scope: object): Task<unknown> {
  const task = currentTask();
  if (task === undefined) {
    throw new RuntimeError(
      `Cannot enter ${scope}: there is no parent task, use it inside a task`,
    );
  }
  return task;
}

/**
 * Says that a limit on concurrency is none.
 *
 * @throws {RangeError} If `limit` is below 1 or no integer.
 */
export function checkLimit(limit: unknown, action: string): void {
  if (Number.isInteger(limit) && limit as number >= 1) return;
  throw new RangeError(
    `Cannot ${action}: limit must be an integer of at least 1, got ${
      describeValue(limit)
    }`,
  );
}

/**
 * The CancelledError of a signal that was aborted before anything was begun.
 *
 * @param signal The signal, if there is one.
 */
export function abortedBefore(
  signal: AbortSignal | undefined,
): CancelledError | undefined {
  if (signal === undefined || !signal.aborted) return undefined;
  return new CancelledError("The signal was aborted", { cause: signal.reason });
}

/** Cancels a task when a signal aborts, and takes the request back at the end. */
export class SignalLink {
  readonly #task: Task<unknown>;
  readonly #unlink: () => void;
  #requested = false;

  constructor(signal: AbortSignal, task: Task<unknown>) {
    this.#task = task;
    this.#unlink = linkSignal(signal, this);
  }

  cancel(message?: string, options?: ErrorOptions): boolean {
    this.#requested = true;
    return this.#task.cancel(message, options);
  }

  /** Stops listening. The CancelledError goes its way, only the count is restored. */
  leave(): void {
    this.#unlink();
    if (this.#requested) this.#task.uncancel();
  }
}
