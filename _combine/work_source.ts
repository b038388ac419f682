/**
 * The input of `mapConcurrent()`: taken by workers one by one, and not further ahead
 * than the results are taken. A worker that may not take more waits on its
 * {@linkcode Waiter}: that costs no future a wait.
 *
 * @module
 */
import { Waiter } from "../_task/waiter.ts";
import type { Coro } from "../_task/coroutine.ts";
import { Lock } from "../lock.ts";
import type { EventLoop } from "../loop.ts";
import { SourceReader } from "./source_reader.ts";
import { requireTask } from "./scope.ts";

/** Where the input comes from. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

/** One input. */
export interface Input<T> {
  readonly item: T;
  readonly index: number;
}

// More than memory holds. With Infinity each count would be a number on the heap: 32 B
// and 7 % a job.
const ENDLESS = 2 ** 30;

/** Hands the input of a source to workers. */
export class WorkSource<T> {
  readonly #loop: EventLoop;
  readonly #limit: number;
  readonly #iterator: Iterator<T> | undefined = undefined;
  readonly #reader: SourceReader<T> | undefined = undefined;
  // Async sources are asked one question at a time.
  readonly #asking = new Lock({ name: "mapConcurrent source" });
  // How much input may be taken before a result is.
  #credit: number;
  // Where workers lie that wait for credit.
  #notifiers: Waiter[] = [];
  #taken = 0;
  /** What was taken last. */
  last: T | undefined = undefined;
  #exhausted = false;
  #isStopped = false;

  /**
   * Begins to iterate over the source, and takes nothing yet.
   *
   * @param loop The running loop.
   * @param source Where the input comes from.
   * @param limit How much input may be taken ahead of the results.
   * @param keepAll Whether all results are kept, so that nothing has to wait.
   */
  constructor(
    loop: EventLoop,
    source: Source<T>,
    limit: number,
    keepAll: boolean,
  ) {
    this.#loop = loop;
    this.#limit = limit;
    this.#credit = keepAll ? ENDLESS : limit;
    if (Symbol.asyncIterator in source) {
      this.#reader = new SourceReader(source[Symbol.asyncIterator]());
    } else this.#iterator = source[Symbol.iterator]();
  }

  /** Whether the source has to be waited for. */
  get isAsync(): boolean {
    return this.#reader !== undefined;
  }

  /** Whether it gives no more input because the run ends. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Whether a worker can take its next input without waiting. */
  get isAtHand(): boolean {
    return this.#iterator !== undefined &&
      (this.#credit > 0 || this.#exhausted);
  }

  /** Makes a place for a worker to wait in. */
  makeWaiter(): Waiter {
    return new Waiter(this.#loop, () => "more work");
  }

  /**
   * Takes the next input of a source that is not async.
   *
   * @returns Its index; -1 at the end. It stands in `last` then, which saves an object.
   */
  takeNow(): number {
    if (this.#exhausted || this.#isStopped) return -1;
    this.#credit--;
    try {
      const step = this.#iterator!.next();
      if (step.done) return this.#end();
      this.last = step.value;
      return this.#taken++;
    } catch (error) {
      // It is not to be closed then.
      this.#exhausted = true;
      throw error;
    }
  }

  /** Takes the next input, waiting for credit and for the source. */
  *take(notifier: Waiter): Coro<Input<T> | undefined> {
    if (this.#credit <= 0 && !this.#exhausted) {
      this.#notifiers.push(notifier);
      // Not `yield*`: who wakes it leaves the notifier pending.
      yield notifier._requestWait();
      if (notifier.cancelled()) notifier.result();
      // It was kept for this worker when it was woken, and is spent now.
      this.#credit++;
    }
    if (this.#reader !== undefined) return yield* this.#ask(this.#reader);
    const index = this.takeNow();
    return index < 0 ? undefined : { item: this.last as T, index };
  }

  /** Notes that a result was taken, so that there is credit for one more input. */
  giveCredit(): void {
    this.#credit++;
    // By halves: waking a worker for each result would cost a turn of the loop each.
    if (this.#notifiers.length > 0 && this.#credit * 2 >= this.#limit) {
      this.wakeWorkers();
    }
  }

  /** Wakes as many of those who wait for credit as there is credit for. */
  wakeWorkers(): void {
    const notifiers = this.#notifiers;
    if (notifiers.length === 0) return;
    const count = this.#exhausted ? notifiers.length : this.#credit;
    const woken = count < notifiers.length
      ? notifiers.splice(0, count)
      : notifiers;
    if (woken === notifiers) this.#notifiers = [];
    this.#credit -= woken.length;
    for (const notifier of woken) notifier.wake();
  }

  /** Ends the input. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Closes the source, unless it has come to its end. */
  *close(): Coro<void> {
    if (this.#exhausted) return;
    this.#exhausted = true;
    this.#iterator?.return?.();
    yield* this.#reader?.close(requireTask(this)) ?? [];
  }

  /** Shows itself in reports. */
  toString(): string {
    return "mapConcurrent";
  }

  *#ask(reader: SourceReader<T>): Coro<Input<T> | undefined> {
    // Before the wait, so that those who ask at once stay within the limit.
    this.#credit--;
    yield* this.#asking.acquire();
    try {
      if (this.#exhausted || this.#isStopped) return undefined;
      const step = yield* reader.ask(requireTask(this));
      // It came in spite of the cancel.
      if (this.#isStopped) return undefined;
      if (!step.done) return { item: step.value, index: this.#taken++ };
      this.#end();
      return undefined;
    } catch (error) {
      if (!this.#isStopped) this.#exhausted = true;
      throw error;
    } finally {
      this.#asking.release();
    }
  }

  #end(): -1 {
    this.#exhausted = true;
    this.wakeWorkers();
    return -1;
  }
}
