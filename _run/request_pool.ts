/**
 * The requests of one handler: each is a task, watched for its client once it is not young
 * any more.
 *
 * @module
 */
import { isGeneratorFunction } from "../_base/function_kinds.ts";
import {
  hasAsyncContext,
  HostContext,
  runInLine,
  snapshotContext,
} from "../_host/async_context.ts";
import { hostTurn } from "../_host/turn.ts";
import { describeKind } from "../_base/repr.ts";
import { putBack, running, takeSlots } from "../_base/running.ts";
import { type Context, copyContext } from "../context.ts";
import { isThenable } from "../_coroutine/thenable.ts";
import { asAwaitable } from "../_coroutine/to_future.ts";
import type { Future } from "../future.ts";
import type { TimerHandle } from "../handle.ts";
import type { EventLoop } from "../loop.ts";
import type { Resource } from "../_loop/resources.ts";
import { isOfClientGone } from "./client_gone.ts";
import {
  nameOf,
  PendingRequest,
  type PendingRequests,
} from "./pending_request.ts";
import {
  type DrainedRequests,
  type DrainLimits,
  RequestDrain,
} from "./request_drain.ts";
import {
  closingConnection,
  isResponse,
  serverError,
  unavailable,
} from "./responses.ts";
import type { InContext } from "../_task/function_coroutine.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { Task } from "../task.ts";

type Handler<I> = (request: Request, info: I) => unknown;

/** How requests are handled. */
export interface RequestPoolOptions {
  /** Whether nobody else runs the loop. */
  readonly isOwnLoop: boolean;
  readonly name: string;
  /** Seconds. */
  readonly watchAfter: number;
  /** Seconds. */
  readonly timeout: number | undefined;
  readonly onError:
    | ((error: unknown, request: Request) => Response)
    | undefined;
}

/** All requests of one handler. */
export class RequestPool<I>
  implements Resource, PendingRequests, DrainedRequests {
  /** How many have no answer. */
  active = 0;
  /** Nobody opened it who should have closed it: no warning at the end of the run. */
  readonly _isClosing: boolean = true;
  readonly #loop: EventLoop;
  readonly #handler: Handler<I>;
  readonly #isGenerator: boolean;
  readonly #options: RequestPoolOptions;
  readonly #context: Context = copyContext();
  readonly #inContext: InContext = snapshotContext();
  readonly #taskOptions: {
    readonly loop: EventLoop;
    readonly eagerStart: boolean;
  };
  // Those that have no answer and are not watched, the oldest first.
  readonly #young = new Set<PendingRequest>();
  // Those that are watched.
  readonly #old = new Set<PendingRequest>();
  readonly #drain: RequestDrain;
  #isAskedToLook = false;
  #sweep: TimerHandle | undefined;
  // Counts the sweeps: a request is old at the second one that finds it.
  #sweeps = 0;

  constructor(
    loop: EventLoop,
    handler: Handler<I>,
    options: RequestPoolOptions,
  ) {
    this.#loop = loop;
    this.#handler = handler;
    this.#isGenerator = isGeneratorFunction(handler);
    this.#options = options;
    // Where the host has no storage, of several that began at once the first one would be
    // taken for all.
    this.#taskOptions = { loop, eagerStart: hasAsyncContext };
    this.#drain = new RequestDrain(loop, this);
  }

  /** Runs a request; gives the answer itself if the handler did not have to wait. */
  answer(request: Request, info: I): Response | Promise<Response> {
    if (this.#takesNobody) return unavailable(true);
    let task: Task<unknown>;
    try {
      task = this.#start(request, info);
    } catch (error) {
      // What a generator function throws before it is one.
      return this.#failed(error, request);
    }
    if (task.done()) return this.#answerOf(task, request);
    const pending = new PendingRequest(
      this,
      task,
      request,
      this.#sweeps,
      this.#options.onError === undefined ? undefined : new HostContext(),
    );
    task._addWaiter(pending);
    this.#add(pending);
    // It may end the request at once, so all else comes first.
    if (this.#options.isOwnLoop && !this.#loop.isRunning()) this.#startLoop();
    return pending.answer;
  }

  /** Lets clients close their connections; the future is done when all have answers. */
  drain(limits?: DrainLimits): Future<void> {
    return this.#drain.begin(limits);
  }

  unanswered(): PendingRequest[] {
    return [...this.#young, ...this.#old];
  }

  /** Called by a request that has ended: answers it. */
  end(pending: PendingRequest): void {
    // It may have been left behind meanwhile.
    if (!this.#remove(pending)) return;
    pending.resolve(this.#answerOf(pending.task, pending.request));
  }

  _endWithLoop(): void {
    this._abandon();
  }

  /** Answers those that ignore the cancel: the run does not wait for them. */
  _abandon(): void {
    for (const pending of this.unanswered()) {
      pending.task._removeWaiter(pending);
      this.#remove(pending);
      pending.resolve(unavailable(true));
    }
  }

  toString(): string {
    return `handleRequests() "${this.#options.name}", ${this.active} without an answer`;
  }

  get #takesNobody(): boolean {
    const loop = this.#loop;
    return this.#drain.isHard || loop.isClosed() || loop._resources.isEnding;
  }

  // In the place of a turn of the loop: a handler that never waits costs no more than its
  // call.
  #start(request: Request, info: I): Task<unknown> {
    return this.#inLoop(() =>
      this.#isGenerator
        ? new Task(this.#handler(request, info) as never, this.#taskOptions)
        : new Task(
          () => asAwaitable(this.#handler(request, info)),
          this.#taskOptions,
        )
    );
  }

  #inLoop<R>(callback: () => R): R {
    const outer = takeSlots(
      this.#loop,
      undefined,
      undefined,
      this.#context,
    );
    try {
      return callback();
    } finally {
      putBack(outer);
    }
  }

  #add(pending: PendingRequest): void {
    if (this.active++ === 0) this.#loop._resources.add(this);
    const { timeout, watchAfter } = this.#options;
    if (timeout !== undefined) pending.endAfter(timeout, this.#loop);
    if (watchAfter <= 0) {
      // Now: over HTTP/2, Deno never tells that a client had gone before it was asked.
      this.#old.add(pending);
      return pending.watch();
    }
    this.#young.add(pending);
    if (this.#isAskedToLook || this.#sweep !== undefined) return;
    // Most have their answers in the turn of the host in which they came, and then a
    // timer would be the dearest thing about them.
    this.#isAskedToLook = true;
    hostTurn().then(() => this.#look());
  }

  // Says whether it was there.
  #remove(pending: PendingRequest): boolean {
    const wasYoung = this.#young.delete(pending);
    if (!wasYoung && !this.#old.delete(pending)) return false;
    pending.leave();
    if (wasYoung && this.#young.size === 0) {
      this.#sweep?.cancel();
      this.#sweep = undefined;
    }
    if (--this.active > 0) return true;
    this.#loop._resources.delete(this);
    this.#drain.end();
    return true;
  }

  // Whoever asks first, and may be a task of another loop, must not lend it its context.
  #startLoop(): void {
    const { loop } = running;
    running.loop = undefined;
    try {
      this.#inContext(() => runInLine(undefined, () => this.#runLoop()));
    } finally {
      running.loop = loop;
    }
  }

  // Its own loop has no run() that would end with what comes out of it.
  async #runLoop(): Promise<void> {
    try {
      await this.#loop.runForever();
    } catch (error) {
      this.#loop.callExceptionHandler({
        message: "A request has ended its loop, which goes on",
        exception: error,
      });
      if (this.active > 0) this.#startLoop();
    }
  }

  #look(): void {
    this.#isAskedToLook = false;
    if (this.#young.size === 0 || this.#loop.isClosed()) return;
    const { watchAfter } = this.#options;
    const when = this.#loop.time() + watchAfter;
    this.#sweep = this.#loop.callAt(
      when,
      () => this.#watchOld(),
      NO_CONTEXT,
    );
  }

  #watchOld(): void {
    this.#sweep = undefined;
    this.#sweeps++;
    for (const pending of this.#young) {
      if (pending.cameAt >= this.#sweeps - 1) break;
      this.#young.delete(pending);
      this.#old.add(pending);
      pending.watch();
    }
    this.#look();
  }

  #answerOf(task: Task<unknown>, request: Request): Response {
    if (task.cancelled()) return unavailable(this.#drain.hasBegun);
    const error = task.exception();
    const answer = error === undefined
      ? this.#checked(task.result(), task, request)
      : isOfClientGone(error, request, task.cancelling() > 0)
      ? unavailable(false)
      : this.#failed(error, request, task);
    return this.#drain.hasBegun ? closingConnection(answer) : answer;
  }

  #checked(value: unknown, task: Task<unknown>, request: Request): Response {
    if (isResponse(value)) return value;
    const error = new TypeError(
      `Cannot answer ${
        nameOf(request)
      }: the handler must give a Response, gave ${describeKind(value)}`,
    );
    return this.#failed(error, request, task);
  }

  #failed(error: unknown, request: Request, task?: Task<unknown>): Response {
    return this.#inLoop(() => this.#answerFailure(error, request, task));
  }

  #answerFailure(
    error: unknown,
    request: Request,
    task: Task<unknown> | undefined,
  ): Response {
    this.#loop.callExceptionHandler({
      message: "Unhandled exception in a request",
      exception: error,
      ...task === undefined ? {} : { task },
    });
    const { onError } = this.#options;
    if (onError === undefined) return serverError();
    try {
      const answer: unknown = onError(error, request);
      if (isResponse(answer)) return answer;
      if (isThenable(answer)) this.#watchLate(answer);
      throw new TypeError(
        `Cannot answer: onError() must give a Response, gave ${
          describeKind(answer)
        }`,
      );
    } catch (failure) {
      this.#onErrorFailed(failure);
      return serverError();
    }
  }

  // Nobody waits for it: what it fails with would end the program.
  #watchLate(answer: PromiseLike<unknown>): void {
    const failed = (failure: unknown): void => this.#onErrorFailed(failure);
    answer.then(() => {}, failed);
  }

  #onErrorFailed(exception: unknown): void {
    this.#loop.callExceptionHandler({
      message: "Unhandled exception in onError()",
      exception,
    });
  }
}
