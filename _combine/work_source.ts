/**
 * The input of `mapConcurrent()`: taken by workers one by one, and not further ahead
 * than the results are taken. A worker that may not take more waits on its
 * {@linkcode OwnedFuture}: that costs no future a wait.
 *
 * @module
 */
import { OwnedFuture } from "../_task/owned_future.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import { RingBuffer } from "../_base/ring_buffer.ts";
import type { EventLoop } from "../loop.ts";
import { closeIterator } from "../_base/iterators.ts";
import type { InContext } from "../_task/function_coroutine.ts";
import { iteratorOf, nextOf } from "./awaitables.ts";
import { type HostIterable, isHostIterable } from "../_io/host_items.ts";
import { SourceReader } from "./source_reader.ts";

/** Where the input comes from. */
export type Source<T> = Iterable<T> | HostIterable<T>;

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
  // What was read of the source, and nobody has taken.
  readonly #read = new RingBuffer<T>(16);
  // Where the reader of an async source waits until more is wanted.
  readonly #demand: OwnedFuture;
  #isReaderIdle = false;
  readonly #keepAll: boolean;
  // How much input may be taken before a result is.
  #credit: number;
  // Where workers lie that wait for credit.
  #notifiers: OwnedFuture[] = [];
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
   * @param inContext Calls a function in the async context of whoever has given the source.
   */
  constructor(
    loop: EventLoop,
    source: Source<T>,
    limit: number,
    keepAll: boolean,
    inContext: InContext,
  ) {
    this.#loop = loop;
    this.#limit = Math.min(limit, ENDLESS);
    this.#keepAll = keepAll;
    this.#demand = new OwnedFuture(loop, {
      describeWait: () => "room for the next item of a source",
    });
    if (isHostIterable(source)) {
      this.#reader = new SourceReader(loop, source, inContext);
      this.#credit = this.#limit;
    } else {
      this.#iterator = iteratorOf(source);
      this.#credit = keepAll ? ENDLESS : this.#limit;
    }
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
    return this.#exhausted || this.#isStopped ||
      this.#reader === undefined && this.#credit > 0 || this.#read.size > 0;
  }

  /** Makes a place for a worker to wait in. */
  makeWaiter(): OwnedFuture {
    return new OwnedFuture(this.#loop, { describeWait: () => "more work" });
  }

  /**
   * Reads a source that is not async once more, for a worker that is about to begin: whichever
   * is the first to take one takes the earliest.
   *
   * @returns Whether there is something for it, or may be later.
   */
  readNow(): boolean {
    if (this.#isStopped || this.#exhausted) return false;
    // Those that began eagerly have taken what may be taken: this one will wait for more.
    if (this.#credit <= 0) return true;
    if (!this.#pull()) return false;
    this.#read.push(this.last as T);
    return true;
  }

  /**
   * Takes the next input, which is at hand.
   *
   * @returns Its index; -1 at the end. It stands in `last` then, which saves an object.
   */
  takeNow(): number {
    if (this.#isStopped) return -1;
    if (this.#read.size > 0) {
      this.last = this.#read.shift();
      return this.#taken++;
    }
    return this.#pull() ? this.#taken++ : -1;
  }

  /** Takes the next input, waiting for credit or for what is read of an async source. */
  *take(notifier: OwnedFuture): Coro<Input<T> | undefined> {
    const isAsync = this.#reader !== undefined;
    while (!this.isAtHand) {
      this.#notifiers.push(notifier);
      // Not `yield*`: whoever wakes it leaves the notifier pending.
      yield notifier._requestWait();
      if (notifier.cancelled()) notifier.result();
      // It was kept for this worker when it was woken, and is spent now.
      if (!isAsync) this.#credit++;
    }
    const index = this.takeNow();
    return index < 0 ? undefined : { item: this.last as T, index };
  }

  /**
   * Reads an async source to its end, as far ahead as there is credit.
   *
   * @param beginWorker Begins a worker, for an item that no worker waits for.
   */
  *read(beginWorker: () => void): Coro<void> {
    const take = (item: T): boolean => {
      // It came in spite of the cancel.
      if (this.#isStopped) return false;
      this.#read.push(item);
      const worker = this.#notifiers.shift();
      if (worker !== undefined) worker.wake();
      else beginWorker();
      return --this.#credit > 0;
    };
    try {
      while (!this.#isStopped && (yield* this.#reader!.read(take))) {
        while (this.#credit <= 0) {
          this.#isReaderIdle = true;
          yield this.#demand._requestWait();
          if (this.#demand.cancelled()) this.#demand.result();
        }
      }
    } finally {
      this.#isReaderIdle = false;
    }
    // Else it is still to be closed.
    if (!this.#isStopped) this.#end();
  }

  /** Notes that a result was taken, so that there is credit for one more input. */
  giveCredit(): void {
    this.#credit++;
    // By halves: waking a worker for each result would cost a turn of the loop each.
    if (this.#credit * 2 >= this.#limit) this.wakeWorkers();
  }

  /** Notes that a job has ended, whose result counts as taken if all are kept. */
  jobEnded(): void {
    if (!this.#keepAll || this.#reader === undefined) return;
    this.#credit++;
    this.#wakeReader();
  }

  /** Wakes as many of those who wait for credit as there is credit for. */
  wakeWorkers(): void {
    if (this.#reader !== undefined) return this.#wakeReader();
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
    if (this.#iterator !== undefined) closeIterator(this.#iterator);
    yield* this.#reader?.close() ?? [];
  }

  /** Shows itself in reports. */
  toString(): string {
    return "mapConcurrent";
  }

  #wakeReader(): void {
    if (!this.#isReaderIdle || this.#credit <= 0) return;
    this.#isReaderIdle = false;
    this.#demand.wake();
  }

  // Asks a source that is not async: what it gives stands in `last`.
  #pull(): boolean {
    if (this.#exhausted) return false;
    this.#credit--;
    try {
      const step = nextOf(this.#iterator!);
      if (step.done) {
        this.#end();
        return false;
      }
      this.last = step.value;
      return true;
    } catch (error) {
      // It is not to be closed then.
      this.#exhausted = true;
      throw error;
    }
  }

  #end(): void {
    this.#exhausted = true;
    if (this.#reader === undefined) this.wakeWorkers();
    else for (const worker of this.#notifiers.splice(0)) worker.wake();
  }
}
