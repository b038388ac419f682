/**
 * `gather()` with a limit: it takes its input piece by piece.
 *
 * @module
 */
import { cancelledError } from "../_base/cancelled.ts";
import { type Context, copyContext } from "../context.ts";
import {
  type Awaitable,
  closeCoroutine,
  Coroutine,
} from "../_task/coroutine.ts";
import { ensureFuture } from "../ensure.ts";
import { CancelledError, KeyboardInterrupt } from "../errors.ts";
import { Future, isFuture } from "../future.ts";
import type { EventLoop } from "../loop.ts";
import type { Runnable, Waiter } from "../_base/roles.ts";
import { describeKind } from "../_base/repr.ts";
import { running } from "../_base/running.ts";
import { schedulerForNew } from "../_loop/scheduler.ts";
import { checkLimit } from "./scope.ts";

/** Gathers `limit` awaitables at once; the next is taken when one of them is done. */
export function gatherLimited(
  awaitables: unknown,
  limit: number,
  returnExceptions: boolean,
): Future<unknown[]> {
  checkLimit(limit, "gather");
  if (!isList(awaitables)) {
    throw new TypeError(
      `Cannot gather: a list of awaitables was expected, got ${
        describeKind(awaitables)
      }`,
    );
  }
  return new LimitedGathering(awaitables, limit, returnExceptions).begin();
}

// A generator is taken as a list here: a coroutine alone needs no limit.
function isList(value: unknown): value is Iterable<Awaitable<unknown>> {
  if (isFuture(value) || value instanceof Coroutine) return false;
  const list = value as Partial<Iterable<unknown>> | undefined | null;
  return typeof list?.[Symbol.iterator] === "function";
}

/** The future of a gather that begins its children one by one. */
class LimitedGathering extends Future<unknown[]> implements Waiter, Runnable {
  readonly #source: Iterable<Awaitable<unknown>>;
  readonly #iterator: Iterator<Awaitable<unknown>>;
  readonly #limit: number;
  readonly #returnExceptions: boolean;
  readonly #context: Context = copyContext();
  readonly #started = new Map<unknown, Future<unknown>>();
  // In the order of the input; what is given twice stands here twice.
  readonly #children: Future<unknown>[] = [];
  readonly #ended: Future<unknown>[] = [];
  readonly #running = new Set<Future<unknown>>();
  #collected = 0;
  #exhausted = false;
  #cancelRequested = false;

  constructor(
    source: Iterable<Awaitable<unknown>>,
    limit: number,
    returnExceptions: boolean,
  ) {
    super({ loop: schedulerForNew() });
    this.#source = source;
    this.#iterator = source[Symbol.iterator]();
    this.#limit = limit;
    this.#returnExceptions = returnExceptions;
  }

  begin(): this {
    this.#fill();
    return this;
  }

  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return false;
    let taken = false;
    for (const child of this.#running) {
      if (child.cancel(message, options)) taken = true;
    }
    if (taken) {
      this.#cancelRequested = true;
      this.#closeSource();
    }
    return taken;
  }

  _wake(child: Future<unknown>): void {
    this.#ended.push(child);
    this.scheduler._enqueue(this);
  }

  _run(): void {
    running.task = undefined;
    running.context = this.#context;
    this.#collect(this.#ended[this.#collected++]!);
    this.#fill();
  }

  _describe(): string {
    const more = this.#exhausted ? "" : ", more to come";
    return `gather of ${this.#children.length}, ${this.#running.size} not done${more}`;
  }

  _waitsFor(): unknown[] {
    return [...this.#running].filter((child) => !child.done());
  }

  // Begins children until the limit is reached or there are no more.
  #fill(): void {
    while (
      !this.done() && !this.#exhausted && this.#running.size < this.#limit
    ) this.#beginNext();
    if (this.done() || !this.#exhausted || this.#running.size > 0) return;
    const last = this.#ended.at(-1);
    if (this.#cancelRequested) this.setException(cancellationOf(last));
    else this.setResult(this.#children.map(outcomeOf));
  }

  #beginNext(): void {
    let child: Future<unknown> | undefined;
    try {
      const step = this.#iterator.next();
      if (step.done) {
        this.#exhausted = true;
        return;
      }
      const loop = this.scheduler as EventLoop;
      child = this.#started.get(step.value);
      if (child === undefined) {
        child = ensureFuture(step.value, { loop });
        this.#started.set(step.value, child);
        if (!child.done()) {
          this.#running.add(child);
          child._addWaiter(this);
        }
      }
    } catch (error) {
      if (error instanceof KeyboardInterrupt) throw error;
      return this.#fail(error);
    }
    this.#children.push(child);
    if (child.done() && !this.#running.has(child)) this.#collect(child);
  }

  #collect(child: Future<unknown>): void {
    this.#running.delete(child);
    if (this.done()) {
      // Fetched, so that it is not reported: the gathering gave its error already.
      if (!child.cancelled()) child.exception();
      return;
    }
    if (this.#returnExceptions) return;
    const error = child.cancelled() ? cancellationOf(child) : child.exception();
    if (error !== undefined) this.#fail(error);
  }

  #fail(error: unknown): void {
    this.setException(error);
    this.#closeSource();
  }

  // What was not taken will not be begun.
  #closeSource(): void {
    if (this.#exhausted) return;
    this.#exhausted = true;
    if (!Array.isArray(this.#source)) {
      this.#iterator.return?.();
      return;
    }
    for (const awaitable of this.#source) {
      if (!this.#started.has(awaitable)) closeCoroutine(awaitable);
    }
  }
}

function outcomeOf(child: Future<unknown>): unknown {
  if (child.cancelled()) return cancellationOf(child);
  return child.exception() ?? child.result();
}

function cancellationOf(child: Future<unknown> | undefined): CancelledError {
  const reason = child?.cancelled() ? child._cancelReason() : undefined;
  if (reason instanceof CancelledError) return reason;
  return cancelledError(reason, false);
}
