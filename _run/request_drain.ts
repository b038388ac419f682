/**
 * The end of a handler's requests: who waits for it, and for how long requests may keep
 * them waiting.
 *
 * @module
 */
import { cancelEach } from "../_base/cancelled.ts";
import { Lines } from "../_base/lines.ts";
import { Future } from "../future.ts";
import type { TimerHandle } from "../handle.ts";
import type { EventLoop } from "../loop.ts";
import { describeWaits } from "../_line/wait_text.ts";
import { NO_CONTEXT, runningScheduler } from "../_loop/scheduler.ts";
import { nameOf, type PendingRequest } from "./pending_request.ts";

/** How long requests may take from now on. */
export interface DrainLimits {
  /** Seconds until they are cancelled. */
  readonly grace: number;
  /** Seconds after that until they are left behind. */
  readonly cleanup: number;
}

/** The requests that are to end. */
export interface DrainedRequests {
  /** How many have no answer. */
  readonly active: number;
  /** Those that have none. */
  unanswered(): readonly PendingRequest[];
  /** Answers them, and waits for them no more. */
  _abandon(): void;
}

/** The end of all requests of one handler. */
export class RequestDrain {
  /** Whether clients are asked to go. */
  hasBegun = false;
  /** Whether the grace was over while there were requests: no more are taken. */
  isHard = false;
  readonly #loop: EventLoop;
  readonly #requests: DrainedRequests;
  readonly #waits = new Set<Future<void>>();
  // On the loop's clock; the earliest of all that were asked for.
  #cancelAt = Infinity;
  #leaveAt = Infinity;
  #timer: TimerHandle | undefined;

  constructor(loop: EventLoop, requests: DrainedRequests) {
    this.#loop = loop;
    this.#requests = requests;
  }

  /** Begins it; the future is done at its end. */
  begin(limits: DrainLimits | undefined): Future<void> {
    this.hasBegun = true;
    // Whoever waits may run in another loop than the requests.
    const loop = (runningScheduler() ?? this.#loop) as EventLoop;
    const future = new Future<void>({ loop });
    if (this.#requests.active === 0) {
      future.setResult(undefined);
      return future;
    }
    this.#waits.add(future);
    if (limits !== undefined) this.#limit(limits);
    return future;
  }

  /** Called when no request is without an answer. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#cancelAt = this.#leaveAt = Infinity;
    for (const future of this.#waits) {
      if (!future.done()) future.setResult(undefined);
    }
    this.#waits.clear();
  }

  #limit({ grace, cleanup }: DrainLimits): void {
    const cancelAt = this.#loop.time() + Math.max(grace, 0);
    const leaveAt = cancelAt + Math.max(cleanup, 0);
    if (!this.isHard) this.#cancelAt = Math.min(this.#cancelAt, cancelAt);
    this.#leaveAt = Math.min(this.#leaveAt, leaveAt);
    this.#setTimer();
  }

  #setTimer(): void {
    this.#timer?.cancel();
    const when = this.isHard ? this.#leaveAt : this.#cancelAt;
    this.#timer = when === Infinity
      ? undefined
      : this.#loop.callAt(when, () => this.#due(), NO_CONTEXT);
  }

  #due(): void {
    if (this.isHard) return this.#leaveThem();
    this.isHard = true;
    cancelEach(this.#requests.unanswered().map(({ task }) => task));
    if (this.#requests.active > 0) this.#setTimer();
  }

  #leaveThem(): void {
    const loop = this.#loop;
    const lines = new Lines();
    lines.add("Requests that have ignored their cancel were answered 503:");
    for (const { request, task } of this.#requests.unanswered()) {
      if (lines.isFull) {
        lines.leaveOut();
        continue;
      }
      const name = nameOf(request);
      const waits = describeWaits(task._waitsFor(), loop, task);
      lines.add(`${name} waits for ${waits}`, "  ");
    }
    this.#requests._abandon();
    loop.callExceptionHandler({ message: lines.text("requests") });
  }
}
