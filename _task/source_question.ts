/**
 * One question to a source of the host: its next item, or its end.
 *
 * @module
 */
import { type CancelReason, cancelReason } from "../_base/cancelled.ts";
import { failureWith } from "../_future/failure.ts";
import type { Scheduler, TimerHandle } from "../handle.ts";
import { runInLine } from "../_host/async_context.ts";
import { hostTimer } from "../_host/turn.ts";
import { settleEnded } from "../_line/cancel_request.ts";
import { isCancellation } from "../_line/cancellation.ts";
import { cancelLine } from "../_line/cancel_line.ts";
import { currentLine, isQuiet, knownWaitsOf } from "../_line/line.ts";
import { describeInside } from "../_line/wait_text.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { BodyLine } from "./body_line.ts";
import { type FutureOwner, OwnedFuture } from "./owned_future.ts";

/**
 * How many seconds a source that is closed may wait for a promise of the host, which may
 * never settle.
 */
export const SOURCE_PATIENCE = 5;

// How long who is cancelled waits for a source to come from the host to where it can be
// closed, in seconds of the host's time: it may never come.
const HOST_PATIENCE = 0.5;

const ADVICE = "let it take a signal, or wait for this library";

/** An async context to call functions in. */
export interface AsyncContext {
  /** Calls a function there, and gives what it gives. */
  call<R>(callback: () => Promise<R>): Promise<R>;
}

/** What is asked, and how. */
export interface SourceAsk<R> {
  /** What for, for reports. */
  readonly what: string;
  /** Asks the source. */
  ask(): Promise<R>;
  /**
   * Whether a first cancel waits for the answer.
   *
   * @param ofHost Whether the source waits for nothing of this library.
   */
  answersFirst(ofHost: boolean): boolean;
  /** Whether a source that waits for the host when it is left has 5 s, not a moment. */
  readonly isPatient: boolean;
  /** Is told of an error that nobody waits for any more. */
  failedLate(error: unknown): void;
  /** What to do about a source that does not come from the host, if that is known. */
  readonly advice?: string | undefined;
  /** The async context to ask in, if not that of the caller. */
  readonly context?: AsyncContext | undefined;
}

/**
 * The wait for the answer. The source may wait for this library in turn, in a line of its
 * own: a cancel goes to it then, and this ends when it has cleaned up. One that waits for the
 * host gets the cancel by its signal, and at its next wait for this library; it has a moment
 * to come from there. A second cancel leaves it.
 */
export class SourceQuestion<R> implements FutureOwner {
  /** What whoever asks waits for. */
  readonly future: OwnedFuture<R>;
  readonly #loop: Scheduler;
  readonly #asked: SourceAsk<R>;
  readonly #line: BodyLine | undefined;
  #isAnswered = false;
  #isLeft = false;
  #cancelled: { readonly reason: CancelReason } | undefined = undefined;
  #timer: TimerHandle | undefined = undefined;
  #endOfMoment: (() => void) | undefined = undefined;

  /**
   * Asks, in the line of the caller.
   *
   * @param loop The loop of whoever asks.
   * @param asked What is asked, and how.
   */
  constructor(loop: Scheduler, asked: SourceAsk<R>) {
    this.future = new OwnedFuture(loop, this);
    this.#loop = loop;
    this.#asked = asked;
    const outer = currentLine();
    const line = outer?.getLoop() === loop ? new BodyLine(outer) : undefined;
    this.#line = line;
    const ask = asked.ask;
    const askInLine = () => line === undefined ? ask() : runInLine(line, ask);
    const answer: Promise<R> = asked.context?.call(askInLine) ??
      askInLine();
    answer.then(
      (result) => {
        this.#answered();
        if (!this.future.done()) this.#end(result);
      },
      (error) => {
        const isCancel = line !== undefined && isCancellation(line, error);
        this.#answered();
        const { future } = this;
        if (future.done()) {
          if (!isCancel) asked.failedLate(error);
        } else if (isCancel && this.#cancelled !== undefined) {
          future._settleCancelled(this.#cancelled.reason);
        } else {
          future.setException(failureWith(error));
          // For who asked alone.
          future.exception();
        }
      },
    );
  }

  passCancelOn(message?: string, options?: ErrorOptions): boolean {
    const ofHost = this.isOfHost();
    const reason = cancelReason(message, options);
    const isFirst = this.#cancelled === undefined;
    this.#cancelled ??= { reason };
    if (isFirst ? !this.#asked.answersFirst(ofHost) : ofHost) {
      this.#isLeft = !isFirst;
      this.#callOff();
      this.future._settleCancelled(reason);
      return true;
    }
    if (ofHost && !this.#asked.isPatient) this.#giveMoment();
    else this.limit();
    this.leaveWaits();
    return true;
  }

  /** Gives the source up when it goes on to wait for the host. */
  limit(): void {
    this.#callOff();
    if (this.future.done() || this.#loop.isClosed()) return;
    this.#timer = this.#loop.callLater(
      SOURCE_PATIENCE,
      () => this.isOfHost() ? this.#giveUp() : this.limit(),
      NO_CONTEXT,
    );
  }

  /** Cancels what the source waits for, now or at its next wait. */
  leaveWaits(): void {
    const cancelled = this.#cancelled;
    if (this.#isAnswered || this.#line === undefined) return;
    if (cancelled !== undefined) cancelLine(this.#line, cancelled.reason);
  }

  /** Whether it was cancelled, though it may still wait for the source. */
  get isCancelAsked(): boolean {
    return this.#cancelled !== undefined;
  }

  /** Whether nobody is to wait for the source any more. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Whether the source waits for nothing of this library. */
  isOfHost(): boolean {
    return this.#line === undefined || isQuiet(this.#line);
  }

  /** Returns what the source waits for. */
  waitsFor(): unknown[] {
    return this.#line === undefined ? [] : knownWaitsOf(this.#line);
  }

  describeWait(): string {
    const { what } = this.#asked;
    return describeInside(what, "source", this.waitsFor(), this.#loop);
  }

  // The host takes its time whatever clock the loop has, so that waits.
  #giveMoment(): void {
    const loop = this.#loop;
    loop._hold();
    const stop = hostTimer(HOST_PATIENCE, () => {
      this.#callOff();
      if (this.isOfHost()) this.#leave();
      else this.limit();
    });
    this.#endOfMoment = () => {
      stop();
      loop._letGo();
    };
  }

  #callOff(): void {
    this.#timer?.cancel();
    this.#endOfMoment?.();
    this.#endOfMoment = undefined;
  }

  #giveUp(): void {
    if (this.future.done()) return;
    this.#loop.callExceptionHandler({
      message:
        `A source was closed ${SOURCE_PATIENCE} s ago and still waits for a ` +
        `promise of the host: ${this.#asked.advice ?? ADVICE}`,
    });
    this.#leave();
  }

  #leave(): void {
    if (this.future.done() || this.#loop.isClosed()) return;
    this.#isLeft = true;
    this.#end(undefined as R);
  }

  #end(result: R): void {
    const { future } = this;
    if (this.#cancelled === undefined) future.setResult(result);
    else future._settleCancelled(this.#cancelled.reason);
  }

  #answered(): void {
    this.#isAnswered = true;
    this.#callOff();
    const line = this.#line;
    if (line?._request !== undefined) settleEnded(line._request);
    line?.leave();
  }
}
