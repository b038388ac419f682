/**
 * The line of a scope's body: what a time limit, a group or a signal cancels.
 *
 * @module
 */
import type { CancelReason } from "../_base/cancelled.ts";
import type { CancelledError } from "../errors.ts";
import type { OnFulfilled, OnRejected } from "../_future/await.ts";
import type { PendingAwait } from "../_future/future_await.ts";
import type { Scheduler } from "../handle.ts";
import { type LineSlot, slotOf } from "../_host/async_context.ts";
import type { Coroutine } from "../_coroutine/coroutine.ts";
import { AbandonedBody } from "./abandoned_body.ts";
import { awaitCoroutine } from "./coroutine_await.ts";
import type { Driver } from "./drive.ts";
import {
  CancelRequest,
  forget,
  noteRequests,
  noteTold,
  owe,
  settleRequest,
} from "../_line/cancel_request.ts";
import { isCancellation } from "../_line/cancellation.ts";
import {
  cancelDriver,
  cancelLine,
  endWatch,
  standsAtHost,
} from "../_line/cancel_line.ts";
import { hadEnded, isOnItsWay, isUnsure } from "../_line/bursts.ts";
import {
  addAwait,
  endAwait,
  type EndedSlot,
  handCleanersOn,
  handCleanUp,
  isToldOf,
  noteOwed,
  removeAwait,
  takeCancel,
} from "../_line/delivery.ts";
import {
  type LineState,
  lineUnderWay,
  requestsOf,
  type ScopeLine,
  takeRequestsBack,
  waitsOf,
} from "../_line/line.ts";
import { LeftCancel } from "../_line/left_cancel.ts";
import { signalOf } from "../_line/line_signal.ts";
import { listWaits, type WaitSet } from "../_line/wait_set.ts";

/** What the host's storage has of a scope's line: then, of that round it. */
class BodySlot implements EndedSlot {
  line: BodyLine | undefined;
  _leftCleaning: EndedSlot["_leftCleaning"] = undefined;
  outer: LineSlot;

  constructor(line: BodyLine) {
    this.line = line;
    this.outer = slotOf(line._outer);
  }
}

/** The line of one run of a scope's body. */
export class BodyLine implements ScopeLine {
  /** @internal */
  _slot: LineSlot | undefined = undefined;
  /** @internal */
  _awaits: PendingAwait | WaitSet | undefined = undefined;
  /** @internal */
  _request: CancelRequest | undefined = undefined;
  /** @internal */
  _lastEnd = -1;
  /** @internal */
  _interrupt: ((reason: CancelReason) => void) | undefined = undefined;
  /** @internal What has ended there may be left out. */
  _outer: LineState;
  /** @internal The task that it belongs to: kept, as many scopes may stand in each other. */
  readonly _task: object;
  /** @internal */
  readonly _driver: Driver | undefined;
  // Whether it began in a callback of the host, and not in the task's own functions.
  readonly #isBeside: boolean;
  #requestsBefore: number;
  // How many requests it has made itself.
  #made = 0;
  #ended = false;
  #abandoned: AbandonedBody | undefined = undefined;
  #left: LeftCancel | undefined = undefined;

  /**
   * Begins a line.
   *
   * @param outer The line round it.
   * @param driver On whose stack the body stands; none for what the host alone runs.
   */
  constructor(outer: LineState, driver?: Driver) {
    this._outer = outer;
    this._task = outer._task;
    this._driver = driver;
    this.#isBeside = driver?._isBeside === true;
    this.#requestsBefore = requestsOf(outer);
    if (driver === undefined) return;
    if (noteOwed(this, outer)) this.#countAsNew(outer);
    driver._scope = this;
    const request = (outer as Partial<ScopeLine>)._driver === driver
      ? outer._request
      : undefined;
    // The driver looks at its innermost scope: what that owes its next wait is this one's.
    if (request?.pending && !isUnsure(outer, request)) {
      settleRequest(request);
      owe(this, request.reason).askedBy = "an outer line";
    }
  }

  /** A signal that a cancel of this line, or of one round it, aborts. */
  get signal(): AbortSignal {
    return signalOf(this, this.isCancelled());
  }

  /** The loop. */
  getLoop(): Scheduler {
    return (this._task as LineState).getLoop();
  }

  /** Whether a cancel was asked for since it began: of this line, or of one round it. */
  isCancelled(): boolean {
    return requestsOf(this) > this.#requestsBefore;
  }

  /** Asks the body to end, and all that it has begun. */
  cancel(reason?: CancelReason): void {
    const request = this._request ??= new CancelRequest();
    const root = (this._task as LineState)._request ??= new CancelRequest();
    if (request.isOwed && standsAtHost(this._driver!)) {
      this.#countAsNew(this._outer);
    }
    this.#made++;
    noteRequests(root, request, 1);
    request.reason = reason;
    request.askedBy = "another";
    // Whom the host alone runs, nobody asks by this.
    const driver = this._driver!;
    const lines: LineState[] = [];
    const taken = cancelDriver(driver, this, undefined, reason, lines);
    for (const line of lines) cancelLine(line, reason);
    if (taken) return;
    owe(driver._scope!, reason);
  }

  /**
   * Ends the line: takes its own requests back, and hands on what is left.
   *
   * @returns Whether somebody else has asked for a cancel since it began.
   */
  leave(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    const outer = this._outer;
    const driver = this._driver;
    if (driver !== undefined) {
      driver._scope = (outer as Partial<ScopeLine>)._driver === driver
        ? outer as BodyLine
        : undefined;
    }
    const request = this._request;
    const wasAsked = request !== undefined && this.isCancelled();
    // Somebody may have taken its own back, and asked again: a count, as in CPython.
    if (this.#made > 0) takeRequestsBack(this, this.#made);
    const isCancelled = requestsOf(outer) > this.#requestsBefore;
    if (this._slot !== undefined && this.#abandoned === undefined) {
      if (wasAsked && request.first !== 0) {
        const asked = isCancelled ? outer._request : undefined;
        this.#left = new LeftCancel(this, request, asked);
      } else this._slot.line = undefined;
    }
    if (this.#abandoned === undefined) {
      if (request !== undefined) handCleanersOn(this, this.#outerUnderWay());
      if (this._awaits !== undefined) this.#handWaitsOn();
    }
    if (request !== undefined) {
      endWatch(this);
      this.#takeBack(request, isCancelled);
    }
    return isCancelled;
  }

  /** Leaves the body behind: whatever it still waits for, or begins to, throws. */
  abandon(): void {
    const body = this.#abandoned ??= new AbandonedBody(this.getLoop());
    this._interrupt = undefined;
    for (const wait of waitsOf(this)) body.tell(wait);
    for (const wait of listWaits(this._awaits)) body.add(wait);
  }

  /** Notes that a body which was left behind ends by its request for who waits for it. */
  settle(): void {
    if (this._request !== undefined) settleRequest(this._request);
  }

  /** Makes those round it throw a request again that it has met. Call it after the end. */
  askAgain(): void {
    if (requestsOf(this._outer) === 0) return;
    // A new one, for all: whoever has shown that it got the last one gets this too.
    const request = owe(this._outer, undefined);
    request.askedBy = request.count === 0 ? "an outer line" : "itself";
    request.askedIn = this.getLoop()._bursts.note();
    request.isAskedAgain = true;
    // What ends in this turn has yet to get it too: whom the errors resume comes to its next wait
    // before, so not in the burst of that.
    this.getLoop()._pauseTurn();
  }

  /** Whether `error` is what a cancel of this line, or of one round it, has come to. */
  isCancellation(error: unknown): boolean {
    return isCancellation(this, error);
  }

  /** @internal */
  _makeSlot(): LineSlot {
    return new BodySlot(this);
  }

  /** @internal */
  _isOver(): boolean {
    return this.#ended;
  }

  /** @internal */
  _addAwait(wait: PendingAwait): void {
    if (this.#abandoned !== undefined) this.#abandoned.add(wait);
    else if (this.#ended) {
      BodyLine.#inPlaceOf(this)._addAwait(wait);
      this.#left?.meet(wait);
    } else addAwait(this, wait);
  }

  /** @internal */
  _endAwait(wait: PendingAwait, waited: unknown): CancelledError | undefined {
    if (this.#abandoned !== undefined) {
      this.#abandoned.delete(wait);
      return this.#abandoned.refuse(waited);
    }
    if (!this.#ended) return endAwait(this, wait, waited);
    this.#left?.end(wait);
    return BodyLine.#inPlaceOf(this)._endAwait(wait, waited);
  }

  /** @internal */
  _removeAwait(wait: PendingAwait): void {
    if (this.#abandoned !== undefined) return this.#abandoned.delete(wait);
    if (!this.#ended) return removeAwait(this, wait);
    this.#left?.end(wait);
    BodyLine.#inPlaceOf(this)._removeAwait(wait);
  }

  /** @internal */
  _takeCancel(wait: PendingAwait, waited: unknown): CancelledError | undefined {
    if (this.#abandoned !== undefined) {
      return this.#abandoned.takeCancel(wait, waited);
    }
    return this.#ended
      ? BodyLine.#inPlaceOf(this)._takeCancel(wait, waited)
      : takeCancel(this, wait, waited);
  }

  /** @internal */
  _isOnItsWay(): boolean {
    return isOnItsWay(this);
  }

  /** @internal */
  _mayAwaitTask(): boolean {
    return this.#isBeside || !isOnItsWay(this);
  }

  /** @internal */
  _awaitCoroutine<V, A, B>(
    coroutine: Coroutine<V>,
    onFulfilled: OnFulfilled<V, A>,
    onRejected: OnRejected<B>,
  ): Promise<A | B> {
    const isGone = this.#ended && this.#abandoned === undefined &&
      this.#left === undefined;
    const line = isGone ? this._outer : this;
    return awaitCoroutine(
      coroutine,
      this.getLoop(),
      line,
      onFulfilled,
      onRejected,
    );
  }

  /** @internal */
  _waitsFor(): unknown[] {
    return listWaits(this._awaits);
  }

  /** @internal */
  _describe(): string {
    return (this._task as LineState)._describe();
  }

  // What has the waits of a line that has ended. Thousands may have stood in each other: a loop,
  // and the way out is gone once.
  static #inPlaceOf(ended: BodyLine): LineState {
    let line = ended._outer;
    while (
      line instanceof BodyLine && line.#ended && line.#abandoned === undefined
    ) {
      line = line._outer;
    }
    for (let each = ended; each._outer !== line;) {
      const next = each._outer as BodyLine;
      each._outer = line;
      each = next;
    }
    return line;
  }

  #outerUnderWay(): LineState {
    return lineUnderWay(BodyLine.#inPlaceOf(this));
  }

  // One that it owes would be taken for one that was met before it began, and its end for that
  // of its own requests.
  #countAsNew(outer: LineState): void {
    const requests = requestsOf(outer);
    if (requests > 0) {
      this.#requestsBefore = Math.min(this.#requestsBefore, requests - 1);
    }
  }

  // Of async functions that nobody awaits: they go on beside the line round this.
  #handWaitsOn(): void {
    const outer = this.#outerUnderWay();
    const asked = outer._request;
    const own = this._request;
    for (const wait of this._waitsFor() as PendingAwait[]) {
      const isTold = isToldOf(this, wait);
      const isCleanUp = own?.cleanUps?.has(wait) === true;
      // This line gets what the outer one is asked for, after it.
      const hasGot = isTold ||
        isCleanUp && !own!.pending && asked !== undefined &&
          own!.mark > asked.mark;
      if (asked?.pending && hasGot) noteTold(asked, wait);
      outer._addAwait(wait);
      if (isTold || isCleanUp) handCleanUp(outer, wait, own!);
    }
    this._awaits = undefined;
  }

  #takeBack(request: CancelRequest, isCancelled: boolean): void {
    const root = (this._task as LineState)._request ?? request;
    const isPending = request.pending && !isUnsure(this, request);
    const isLate = hadEnded(this, request);
    const { isAskedAgain } = request;
    settleRequest(request);
    // Whoever took back its last request is not cancelled any more, as in CPython.
    if (root.total === 0 && root.onQuiet === undefined) settleRequest(root);
    else if (isPending && isAskedAgain) this.askAgain();
    else if (
      isPending && (isCancelled || request.askedBy === "an outer line")
    ) {
      this.#handOn(request.reason, isLate);
    }
  }

  // A request to a line further out, which this one has not got: the next wait gets it.
  #handOn(reason: CancelReason, isLate: boolean): void {
    let request = this._outer._request;
    if (request?.pending) {
      // Others may have got it.
      request.unsureUntil = 0;
      forget(request, this._driver as unknown as PendingAwait);
    } else request = owe(this._outer, reason);
    if (request.count === 0) request.askedBy = "an outer line";
    // It would have gone on so before the request: so do those round it.
    const burst = this.getLoop()._bursts.note();
    if (isLate) request.lateIn = burst;
    else request.askedIn = burst;
  }
}
