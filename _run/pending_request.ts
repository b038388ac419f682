/**
 * A request that has no answer yet.
 *
 * @module
 */
import { linkSignal } from "../_host/abort_signal.ts";
import type { HostContext } from "../_host/async_context.ts";
import type { Runnable, Waiter } from "../_base/roles.ts";
import { guarded, isInstance } from "../_base/repr.ts";
import { Failure } from "../_future/failure.ts";
import type { TimerHandle } from "../handle.ts";
import type { EventLoop } from "../loop.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { tellsClientGone } from "./client_gone.ts";
import { isResponse } from "./responses.ts";
import type { Task } from "../task.ts";

/** Who takes a request that has ended. */
export interface PendingRequests {
  /** Answers it. */
  end(pending: PendingRequest): void;
}

/** The wait of the host for the end of a task. */
export class PendingRequest implements Waiter, Runnable {
  /** What the host waits for. */
  readonly answer: Promise<Response>;
  readonly task: Task<unknown>;
  readonly request: Request;
  /** How many sweeps there were when it came. */
  readonly cameAt: number;
  /** Where its handler was called, if code of users may have to answer for it there. */
  readonly #context: HostContext | undefined;
  readonly #pool: PendingRequests;
  #resolve!: (answer: Response) => void;
  #unwatch: (() => void) | undefined;
  #deadline: TimerHandle | undefined;

  constructor(
    pool: PendingRequests,
    task: Task<unknown>,
    request: Request,
    cameAt: number,
    context: HostContext | undefined,
  ) {
    this.#pool = pool;
    this.#context = context;
    this.task = task;
    this.request = request;
    this.cameAt = cameAt;
    this.answer = new Promise((resolve) => this.#resolve = resolve);
  }

  /** Gives the host the answer. */
  resolve(answer: Response): void {
    this.#resolve(answer);
  }

  /** Cancels it when its client goes. */
  watch(): void {
    // An adapter may give requests without a signal, though none should.
    const { request } = this;
    const signal = guarded(
      () => tellsClientGone(request) ? request.signal : undefined,
      undefined,
    );
    if (signal) this.#unwatch = linkSignal(signal, this.task);
  }

  /** Cancels it after so many seconds. */
  endAfter(seconds: number, loop: EventLoop): void {
    this.#deadline = loop.callAt(
      loop.time() + seconds,
      () => this.task.cancel(`The request took more than ${seconds} s`),
      NO_CONTEXT,
    );
  }

  /** Watches nothing any more. */
  leave(): void {
    this.#unwatch?.();
    this.#deadline?.cancel();
  }

  _wake(): void {
    // What answers a failure is code of users, which has no place in here.
    if (this.task.cancelled() || hasAnswer(this.task)) this.#pool.end(this);
    else this.task.getLoop()._enqueue(this);
  }

  _run(): void {
    if (this.#context === undefined) this.#pool.end(this);
    else this.#context.call(() => this.#pool.end(this));
  }

  toString(): string {
    return `the answer to ${nameOf(this.request)}`;
  }
}

/** What it asks for, in words; an adapter's request may not tell. */
export function nameOf(request: Request): string {
  return guarded(() => `${request.method} ${request.url}`, "a request");
}

/** Whether it has ended with an answer, so that no code of users has to make one. */
function hasAnswer(task: Task<unknown>): boolean {
  const outcome = task._waitersOrOutcome;
  return !task.cancelled() && !isInstance(outcome, Failure) &&
    isResponse(outcome);
}
