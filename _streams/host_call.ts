/**
 * A promise of the host that a task waits for.
 *
 * @module
 */
import { deferred } from "../_host/deferred.ts";
import { cancelledError, cancelReason } from "../_base/cancelled.ts";
import { IoWait } from "../_io/io_wait.ts";
import type { Resource } from "../_loop/resources.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import { unplaced } from "../_base/error_place.ts";
import { TimeoutError } from "../errors.ts";
import type { TimerHandle } from "../handle.ts";
import type { EventLoop } from "../loop.ts";

/** What the host is asked to do. */
export interface HostWork<T> {
  /** What it is, for reports. */
  readonly what: string;
  /** Begins it; the signal gives it up. */
  start(signal: AbortSignal): Promise<T>;
  /** Takes what comes though nobody wants it any more. */
  discard(value: T): void;
}

// How long the end of a run waits for the host to give the work up, in seconds.
const LINGER = 1;

/**
 * The wait for the host's work.
 *
 * A cancel ends the wait at once and aborts the work. The loop keeps it until the host
 * is done with it, so nothing of it outlives the run.
 */
export class HostCall<T> extends IoWait<T> implements Resource {
  readonly #controller = new AbortController();
  readonly #work: HostWork<T>;
  readonly #settled: Promise<void>;
  /** What it was given up with, if it took too long. */
  late: TimeoutError | undefined = undefined;

  constructor(loop: EventLoop, work: HostWork<T>) {
    super(loop, work.what, true);
    this.#work = work;
    loop._resources.add(this);
    this.#settled = work.start(this.#controller.signal).then(
      (value) => {
        if (this.done()) work.discard(value);
        else this.setResult(value);
      },
      (error) => this.fail(error),
    ).finally(() => loop._resources.delete(this));
  }

  /** Whether nobody waits for it any more. */
  get _isClosing(): boolean {
    return this.done();
  }

  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return super.cancel();
    const reason = cancelReason(message, options);
    this.#controller.abort(
      cancelledError(reason, this.getLoop().getDebug()),
    );
    return super.cancel(message, options);
  }

  /** Ends the wait with an error, and aborts the work. */
  giveUp(error: unknown): void {
    if (this.done()) return;
    this.#controller.abort(error);
    this.fail(error);
  }

  /**
   * Gives it up with a TimeoutError if it takes longer than a TLS handshake may.
   *
   * @param seconds Its `handshakeTimeout`.
   * @returns The timer, to be called off when it is done.
   */
  limit(seconds: number): TimerHandle {
    const loop = this.getLoop() as EventLoop;
    return loop.callLater(seconds, () => {
      this.late = new TimeoutError(
        `The ${this.#work.what} took longer than its handshakeTimeout, ${seconds} s`,
      );
      this.giveUp(this.late);
    }, NO_CONTEXT);
  }

  /** Gives back what has come, since whoever waited for it was cancelled meanwhile. */
  giveBack(): void {
    const came = this.done() && !this.cancelled() &&
      this.exception() === undefined;
    if (came) this.#work.discard(this.result());
  }

  async _endWithLoop(): Promise<void> {
    this.cancel();
    const { promise, resolve } = deferred<void>();
    const timer = this.scheduler.callLater(LINGER, resolve);
    await Promise.race([this.#settled, promise]);
    timer.cancel();
  }

  _abandon(): void {
    this.cancel();
  }

  override toString(): string {
    return `<${this.#work.what}>`;
  }
}

/**
 * Waits for work of the host.
 *
 * @param loop The loop of whoever waits.
 * @param work What the host does.
 * @param timeout The `handshakeTimeout` of what does TLS, in seconds; for ever if left out.
 * @throws {TimeoutError} If it takes longer.
 */
export function* callHost<T>(
  loop: EventLoop,
  work: HostWork<T>,
  timeout?: number,
): Coro<T> {
  const call = new HostCall(loop, work);
  const timer = timeout === undefined ? undefined : call.limit(timeout);
  try {
    return yield* call;
  } catch (error) {
    call.giveBack();
    const { late } = call;
    throw late !== undefined && error === late ? unplaced(late) : error;
  } finally {
    timer?.cancel();
  }
}
