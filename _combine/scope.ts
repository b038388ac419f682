/**
 * What timeouts and task groups share: they run a body in the current task.
 *
 * @module
 */
import {
  cancelledError,
  type CancelReason,
  cancelReason,
} from "../_base/cancelled.ts";
import { isInstance } from "../_base/repr.ts";
import { running } from "../_base/running.ts";
import { linkSignal } from "../_host/abort_signal.ts";
import { BodyLine } from "../_task/body_line.ts";
import type { Driver } from "../_task/drive.ts";
import { lineOf } from "../_line/line.ts";
import {
  closeCoroutine,
  refuseAsyncGenerator,
} from "../_coroutine/coroutine.ts";
import { isGenerator } from "../_coroutine/generators.ts";
import { isThenable } from "../_coroutine/thenable.ts";
import { CancelledError, RuntimeError } from "../errors.ts";
import { integer, type Kind, orInfinity, refusal } from "../_base/arguments.ts";
import { currentTask } from "../current_task.ts";
import type { Task } from "../task.ts";

/**
 * Says that a body is no function, before anything is begun.
 *
 * @throws {TypeError} If it is none.
 */
export function checkBody(body: unknown, action: string): void {
  refuseAsyncGenerator(body, action);
  if (typeof body === "function") return;
  closeCoroutine(body);
  const advice = isThenable(body) || isGenerator(body)
    ? ": pass the function itself"
    : "";
  throw new TypeError(
    refusal(action, "the body", "a function", body) + advice,
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

/** A limit on concurrency. */
export const LIMIT: Kind = orInfinity(integer(1));

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

/**
 * Begins the line of a scope on the stack of what runs now.
 *
 * @throws {RuntimeError} If there is no task.
 */
export function enterScope(scope: object): BodyLine {
  requireTask(scope);
  const driver = running.driver as Driver;
  return new BodyLine(lineOf(driver)!, driver);
}

/** Cancels a line when a signal aborts; its request ends with the line. */
export class SignalLink {
  readonly #line: BodyLine;
  readonly #unlink: () => void;
  #aborted: { readonly reason: CancelReason } | undefined = undefined;

  constructor(signal: AbortSignal, line: BodyLine) {
    this.#line = line;
    this.#unlink = linkSignal(signal, this);
  }

  cancel(message?: string, options?: ErrorOptions): boolean {
    const reason = cancelReason(message, options);
    this.#aborted = { reason };
    this.#line.cancel(reason);
    return true;
  }

  /** Returns what comes out for an error of the body: of what was aborted a CancelledError. */
  errorOf(error: unknown): unknown {
    return this.#aborted !== undefined && this.#line.isCancellation(error)
      ? asCancelled(error, this.#aborted.reason, this.#line)
      : error;
  }

  /** Stops listening, and ends the line. The CancelledError goes its way. */
  leave(): void {
    this.#unlink();
    this.#line.leave();
  }
}

/**
 * What a cancel has come to, as those see it who were not cancelled themselves: to them a list
 * of CancelledErrors, or an AbortError of the host, would be an error of the body's own.
 */
export function asCancelled(
  error: unknown,
  reason: CancelReason,
  line: BodyLine,
): unknown {
  return isInstance(error, CancelledError)
    ? error
    : cancelledError(reason, line.getLoop().getDebug());
}
