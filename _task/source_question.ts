/**
 * One question to a source of the host: its next item, or its end.
 *
 * @module
 */
import { type CancelReason, cancelReason } from "../_base/cancelled.ts";
import type { PendingAwait } from "../_future/future_await.ts";
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import { type HostContext, runInLine } from "../_host/async_context.ts";
import { settleRequest } from "../_line/cancel_request.ts";
import { isCancellation } from "../_line/cancellation.ts";
import { cancelLine } from "../_line/delivery.ts";
import { currentLine, libraryWaitsOf } from "../_line/line.ts";
import { describeInside } from "../_line/wait_text.ts";
import { BodyLine } from "./body_line.ts";

/**
 * The wait for the answer. The source may wait for this library in turn, in a line of its
 * own: a cancel goes to it then, and this ends when it has cleaned up. One that waits for
 * the host is not waited for.
 */
export class SourceQuestion<R> extends Future<R> {
  readonly #what: string;
  readonly #line: BodyLine | undefined;
  #cancelled: { readonly reason: CancelReason } | undefined = undefined;

  /**
   * Asks, in the line of the caller.
   *
   * @param loop The loop of who asks.
   * @param what What for, for reports.
   * @param ask Asks the source.
   * @param failedLate Is told of an error that nobody waits for any more.
   * @param context The async context to ask in, if not that of the caller.
   */
  constructor(
    loop: Scheduler,
    what: string,
    ask: () => Promise<R>,
    failedLate: (error: unknown) => void,
    context?: HostContext,
  ) {
    super({ loop });
    this.#what = what;
    const outer = currentLine();
    const line = outer?.getLoop() === loop ? new BodyLine(outer) : undefined;
    this.#line = line;
    const askInLine = () => line === undefined ? ask() : runInLine(line, ask);
    const answer: Promise<R> = context?.call<Promise<R>>(askInLine) ??
      askInLine();
    answer.then(
      (result) => {
        this.#leave();
        if (this.done()) return;
        if (this.#cancelled === undefined) this.setResult(result);
        else this._settleCancelled(this.#cancelled.reason);
      },
      (error) => {
        const isCancel = line !== undefined && isCancellation(line, error);
        this.#leave();
        if (this.done()) {
          if (!isCancel) failedLate(error);
        } else if (isCancel && this.#cancelled !== undefined) {
          this._settleCancelled(this.#cancelled.reason);
        } else {
          this.setException(error ?? new Error(`Rejected with ${error}`));
          // For who asked alone.
          this.exception();
        }
      },
    );
  }

  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return false;
    if (this._ofHost) return super.cancel(message, options);
    const reason = cancelReason(message, options);
    this.#cancelled ??= { reason };
    cancelLine(this.#line!, reason);
    return true;
  }

  /** @internal Whether the source waits for nothing of this library. */
  get _ofHost(): boolean {
    return this._waitsFor().length === 0;
  }

  /** @internal What the source waits for. */
  _waitsFor(): PendingAwait[] {
    return this.#line === undefined ? [] : libraryWaitsOf(this.#line);
  }

  _describe(): string {
    const waits = this._waitsFor();
    return describeInside(this.#what, "source", waits, this.scheduler);
  }

  #leave(): void {
    const line = this.#line;
    if (line?._request !== undefined) settleRequest(line._request);
    line?.leave();
  }
}
