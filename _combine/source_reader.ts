/**
 * One question to an async source: its `next()`, asked in a task that may be cancelled.
 *
 * @module
 */
import {
  cancelledError,
  type CancelReason,
  cancelReason,
} from "../_base/cancelled.ts";
import { checkResult, queuesReturn, returnOf } from "../_base/iterators.ts";
import { guarded, isInstance } from "../_base/repr.ts";
import { CancelledError } from "../errors.ts";
import { Future } from "../future.ts";
import type { TimerHandle } from "../handle.ts";
import type { InContext } from "../_task/function_coroutine.ts";
import { canMark, runInLine, runMarked } from "../_host/async_context.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { type Coro, Coroutine } from "../_coroutine/coroutine.ts";
import { isThenable } from "../_coroutine/thenable.ts";
import { settleRequest } from "../_line/cancel_request.ts";
import { currentLine, type LineState, waitsOf } from "../_line/line.ts";
import { SOURCE_PATIENCE, tellStuckSource } from "../_task/source_question.ts";

/** Asks a source, and closes it. */
export class SourceReader<T> {
  readonly #iterator: AsyncIterator<T>;
  readonly #inContext: InContext;
  readonly #isStream: boolean;
  #isClosed = false;

  /**
   * Begins.
   *
   * @param iterator The source.
   * @param inContext Calls a function in the async context of who has given the source.
   * @param isStream Whether it is closed by what ends what it waits for, not after that.
   */
  constructor(
    iterator: AsyncIterator<T>,
    inContext: InContext,
    isStream: boolean,
  ) {
    this.#iterator = iterator;
    this.#inContext = inContext;
    this.#isStream = isStream;
  }

  /**
   * Reads items as long as they are wanted. A cancel closes the source and waits for its
   * clean-up.
   *
   * One question follows the other in the promise's reaction, which has the async context
   * of the first: entering that for each item, and a turn of the loop, were half of the
   * time.
   *
   * @param take Takes an item; false if no more is wanted now.
   * @returns Whether there may be more.
   */
  *read(take: (item: T) => boolean): Coro<boolean> {
    const line = currentLine()!;
    const ask = (): unknown => {
      for (;;) {
        const answer: unknown = this.#iterator.next();
        if (isThenable(answer)) return answer;
        const more = handOver(answer as IteratorResult<T>, take);
        if (more !== undefined) return more;
      }
    };
    const begin = (): unknown => {
      const answer = ask();
      if (answer instanceof Coroutine || !isThenable(answer)) return answer;
      const closing: Closing = {
        // Asked for only when it is to be called, as the language does.
        isThere: () =>
          guarded(() => returnOf(this.#iterator), () => {}) !== undefined,
        isQueued: queuesReturn(this.#iterator),
        isFirst: this.#isStream,
        begin: () => this.#isClosed = true,
        close: () => this.#callReturn(line),
      };
      return new PendingRead(
        answer,
        line,
        closing,
        (step) => handOver(step as IteratorResult<T>, take) ?? ask(),
      );
    };
    const begun = this.#inContext(() => runInLine(line, begin));
    if (begun instanceof PendingRead) return (yield* begun) as boolean;
    if (!(begun instanceof Coroutine)) return begun as boolean;
    const step = (yield* begun) as IteratorResult<T>;
    return handOver(step, take) ?? true;
  }

  /**
   * Closes the source and waits for its clean-up.
   */
  *close(): Coro<void> {
    if (this.#isClosed) return;
    const line = currentLine()!;
    const answer = this.#callReturn(line);
    if (answer instanceof Coroutine) yield* answer;
    if (!isThenable(answer)) return;
    const end = new PendingRead(answer, line, undefined, () => true);
    end.limit();
    yield* end;
  }

  #callReturn(line: LineState): unknown {
    this.#isClosed = true;
    return this.#inContext(() =>
      runAsTold(
        line,
        () => runInLine(line, () => returnOf(this.#iterator)?.()),
      )
    );
  }
}

/** Hands an item over; whether there may be more, unless the next is to be asked for. */
function handOver<T>(
  step: IteratorResult<T>,
  take: (item: T) => boolean,
): boolean | undefined {
  checkResult(step);
  if (step.done) return false;
  return take(step.value) ? undefined : true;
}

/** How a source is closed. */
interface Closing {
  /** Whether there is something to call. */
  isThere(): boolean;
  /** Whether it can be closed only when it has answered. */
  readonly isQueued: boolean;
  /** Whether it is closed before what it waits for gets the cancel. */
  readonly isFirst: boolean;
  /** Notes that it is being closed. */
  begin(): void;
  /** Closes it, and gives what the end can be waited for by. */
  close(): unknown;
}

/** The wait for a promise of a source. */
class PendingRead extends Future<unknown> {
  readonly #line: LineState;
  readonly #closing: Closing | undefined;
  readonly #goOn: (value: unknown) => unknown;
  #cancelled: { readonly reason: CancelReason } | undefined = undefined;
  #timer: TimerHandle | undefined = undefined;

  /**
   * Waits.
   *
   * @param answer The promise.
   * @param line The line in whose name the source was asked.
   * @param closing How to close the source; without it a cancel ends the wait at once.
   * @param goOn Takes an answer, and gives the promise of the next or the result.
   */
  constructor(
    answer: PromiseLike<unknown>,
    line: LineState,
    closing: Closing | undefined,
    goOn: (value: unknown) => unknown,
  ) {
    super({ loop: line.getLoop() });
    this.#line = line;
    this.#closing = closing;
    this.#goOn = goOn;
    this.#follow(answer);
  }

  /** Gives the source up when it goes on to wait for the host. */
  limit(): void {
    if (this.getLoop().isClosed()) return;
    this.#timer = this.scheduler.callLater(
      SOURCE_PATIENCE,
      () => this.#waitsInside() ? this.limit() : this.#giveUp(),
      NO_CONTEXT,
    );
  }

  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return false;
    // A source that waits for this library gets the cancel itself, and ends soon.
    const waitsInside = this.#waitsInside();
    const isFirst = this.#cancelled === undefined && this.#closing?.isFirst;
    if (waitsInside && !isFirst) return true;
    if (this.#cancelled === undefined && !this.#closing?.isThere()) {
      this.#timer?.cancel();
      return super.cancel(message, options);
    }
    if (this.#cancelled === undefined) {
      this.#cancelled = { reason: cancelReason(message, options) };
      this.#closing!.begin();
      this.limit();
      if (!this.#closing!.isQueued) this.#closeSource();
    }
    // The request stays, for the source's next wait for this library.
    return waitsInside;
  }

  _describe(): string {
    return "the next item of a source";
  }

  /** @internal Whether the source waits for nothing of this library. */
  get _ofHost(): boolean {
    return !this.#waitsInside();
  }

  /** @internal What the source waits for. */
  _waitsFor(): unknown[] {
    return this.#insideWaits();
  }

  #closeSource(): void {
    const { close } = this.#closing!;
    // In a promise, as what it throws is for the report.
    new Promise((resolve) => resolve(close())).then(
      () => this.#end(),
      (error) => {
        this.#report(error);
        this.#end();
      },
    );
  }

  // The same two functions for each answer.
  #follow(answer: PromiseLike<unknown>): void {
    Promise.resolve(answer).then(this.#onAnswer, this.#onError);
  }

  readonly #onAnswer = (value: unknown): void => {
    if (this.#cancelled === undefined) {
      this.#timer?.cancel();
      if (!this.done()) this.#advance(value);
      return;
    }
    // It cleans up now, in the name of the task, and that is not cancelled again.
    dropRequest(this.#line);
    if (this.#closing!.isQueued) this.#closeSource();
  };

  readonly #onError = (error: unknown): void => this.#fail(error);

  #advance(value: unknown): void {
    let next: unknown;
    try {
      next = this.#goOn(value);
    } catch (error) {
      // Of the source, whose code runs in here.
      return this.#fail(error);
    }
    if (isThenable(next)) this.#follow(next);
    else this.setResult(next);
  }

  #fail(error: unknown): void {
    if (this.#cancelled !== undefined) {
      dropRequest(this.#line);
      this.#report(error);
      if (this.#closing!.isQueued) this.#end();
    } else if (this.done()) this.#report(error);
    else {
      this.#timer?.cancel();
      this.setException(error ?? new Error(`Rejected with ${error}`));
    }
  }

  #end(): void {
    this.#timer?.cancel();
    if (this.done()) return;
    const { reason } = this.#cancelled!;
    this._settleCancelled(cancelledError(reason, this.scheduler.getDebug()));
  }

  #giveUp(): void {
    if (this.done()) return;
    tellStuckSource(this.scheduler);
    if (this.#cancelled === undefined) this.setResult(undefined);
    else this.#end();
  }

  // Nobody waits for it any more.
  #report(error: unknown): void {
    if (isInstance(error, CancelledError)) return;
    this.scheduler.callExceptionHandler({
      message: "Exception in a source that was given up",
      exception: error,
    });
  }

  #waitsInside(): boolean {
    return this.#insideWaits().length > 0;
  }

  #insideWaits(): unknown[] {
    return waitsOf(this.#line).filter((wait) => !runs(wait, this));
  }
}

// What it does is a clean-up, and that is not cancelled by the request that has led to it.
function runAsTold(line: LineState, callback: () => unknown): unknown {
  const request = line._request;
  if (!request?.pending) return callback();
  if (canMark) return runMarked(request.mark, callback);
  settleRequest(request);
  return callback();
}

function dropRequest(line: LineState): void {
  if (line._request !== undefined) settleRequest(line._request);
}

/** Whether `wait` is an `await` of the coroutine that waits for `pending`. */
function runs(wait: unknown, pending: object): boolean {
  return (wait as { _waitsFor?(): unknown[] })._waitsFor?.()
    .includes(pending) ?? false;
}
