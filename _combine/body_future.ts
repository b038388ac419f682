/**
 * The future of a body that its deadline may leave behind.
 *
 * @module
 */
import { asPromise } from "../_coroutine/thenable.ts";
import { cancelReason } from "../_base/cancelled.ts";
import type { BodyLine } from "../_task/body_line.ts";
import { type Coro, Coroutine } from "../_coroutine/coroutine.ts";
import { isGenerator } from "../_coroutine/generators.ts";
import { MethodCoroutine } from "../_task/function_coroutine.ts";
import { isCancellation, wasCancellation } from "../_line/cancellation.ts";
import { cancelLine, type LineFuture } from "../_line/cancel_line.ts";
import { noteBodyEnd } from "../_line/bursts.ts";
import { isQuiet, knownWaitsOf } from "../_line/line.ts";
import { describeInside } from "../_line/wait_text.ts";
import { failureWith } from "../_future/failure.ts";
import { HostFuture } from "../_coroutine/to_future.ts";

/** Follows a promise that the body of a scope has given. */
export class BodyFuture extends HostFuture implements LineFuture {
  /** @internal */
  readonly _asks: BodyLine;

  /**
   * Follows it.
   *
   * @param line The line of the body.
   * @param promise What the body gave.
   */
  constructor(line: BodyLine, promise: PromiseLike<unknown>) {
    super({ loop: line.getLoop() });
    this._asks = line;
    // It has just begun: it may be on its way to its first wait.
    line.getLoop()._bursts.noteGoesOn(line);
    asPromise(promise).then(
      (value) => {
        if (this.done()) return;
        noteBodyEnd(line, false, value);
        this.setResult(value);
      },
      (error) => this.#fail(error),
    );
  }

  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return super.cancel();
    cancelLine(this._asks, cancelReason(message, options));
    return true;
  }

  /** Leaves the body behind. */
  giveUp(): void {
    this._asks.abandon();
    super.cancel();
  }

  /** @internal */
  _wouldTakeCancel(): boolean | undefined {
    return this.done() ? undefined : true;
  }

  /** @internal */
  get _ofHost(): boolean {
    return isQuiet(this._asks);
  }

  /** @internal What the body waits for. */
  _waitsFor(): unknown[] {
    return knownWaitsOf(this._asks);
  }

  override _describe(): string {
    const waits = this._waitsFor();
    return waits.length === 0
      ? super._describe()
      : describeInside("a body", "function", waits, this.scheduler);
  }

  #fail(error: unknown): void {
    const line = this._asks;
    if (this.done()) {
      // What it ended with answers the deadline, whose scope has ended.
      if (wasCancellation(error)) return;
      this.getLoop().callExceptionHandler({
        message: "Exception in a body that was abandoned at its deadline",
        exception: error,
      });
      return;
    }
    // Whoever waits for it gets what has come of the cancel, and no other one.
    const isCancel = isCancellation(line, error);
    noteBodyEnd(line, true, error);
    this.setException(failureWith(error));
    // One that was cancelled once more does not: an AbortError is no error to report.
    if (isCancel && !this._givesCancelled()) this.exception();
  }
}

/** Makes what can be awaited of what a body has given; its waits belong to its line. */
export function promiseOf(
  line: BodyLine,
  opened: unknown,
): PromiseLike<unknown> {
  const coroutine = isGenerator(opened)
    ? new MethodCoroutine("body", () => opened as unknown as Coro<unknown>)
    : opened;
  if (!(coroutine instanceof Coroutine)) return opened as PromiseLike<unknown>;
  return new Promise((resolve, reject) => {
    line._awaitCoroutine(coroutine, resolve, reject);
  });
}
