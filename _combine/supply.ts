/**
 * The input of `mapConcurrent()`: taken by workers one by one, and not further ahead
 * than the results are taken. A worker that may not take more lies down on its
 * {@linkcode Bed}: that costs no future a wait.
 *
 * @module
 */
import { Bed } from "./bed.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import { Lock } from "../lock.ts";
import type { EventLoop } from "../loop.ts";
import { Asker } from "./question.ts";
import { requireTask } from "../_task/scope.ts";

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
export class Supply<T> {
  readonly #loop: EventLoop;
  readonly #limit: number;
  readonly #iterator: Iterator<T> | undefined = undefined;
  readonly #asker: Asker<T> | undefined = undefined;
  // Async sources are asked one question at a time.
  readonly #asking = new Lock({ name: "mapConcurrent source" });
  // How much input may be taken before a result is.
  #credit: number;
  // Where workers lie that wait for credit.
  #beds: Bed[] = [];
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
      this.#asker = new Asker(source[Symbol.asyncIterator]());
    } else this.#iterator = source[Symbol.iterator]();
  }

  /** Whether the source has to be waited for. */
  get isAsync(): boolean {
    return this.#asker !== undefined;
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
  makeBed(): Bed {
    return new Bed(this.#loop);
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
  *take(bed: Bed): Coro<Input<T> | undefined> {
    if (this.#credit <= 0 && !this.#exhausted) {
      this.#beds.push(bed);
      // Not `yield*`: who wakes it leaves the bed pending.
      yield bed._ask();
      if (bed.cancelled()) bed.result();
      // It was kept for this worker when it was woken, and is spent now.
      this.#credit++;
    }
    if (this.#asker !== undefined) return yield* this.#ask(this.#asker);
    const index = this.takeNow();
    return index < 0 ? undefined : { item: this.last as T, index };
  }

  /** Notes that a result was taken, so that there is credit for one more input. */
  giveCredit(): void {
    this.#credit++;
    // By halves: waking a worker for each result would cost a turn of the loop each.
    if (this.#beds.length > 0 && this.#credit * 2 >= this.#limit) {
      this.wakeWorkers();
    }
  }

  /** Wakes as many of those who wait for credit as there is credit for. */
  wakeWorkers(): void {
    const beds = this.#beds;
    if (beds.length === 0) return;
    const count = this.#exhausted ? beds.length : this.#credit;
    const woken = count < beds.length ? beds.splice(0, count) : beds;
    if (woken === beds) this.#beds = [];
    this.#credit -= woken.length;
    for (const bed of woken) bed.wake();
  }

  /** Gives no more input. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Closes the source, unless it has come to its end. */
  *close(): Coro<void> {
    if (this.#exhausted) return;
    this.#exhausted = true;
    this.#iterator?.return?.();
    yield* this.#asker?.close(requireTask(this)) ?? [];
  }

  /** Shows itself in reports. */
  toString(): string {
    return "mapConcurrent";
  }

  *#ask(asker: Asker<T>): Coro<Input<T> | undefined> {
    // Before the wait, so that those who ask at once stay within the limit.
    this.#credit--;
    yield* this.#asking.acquire();
    try {
      if (this.#exhausted || this.#isStopped) return undefined;
      const step = yield* asker.ask(requireTask(this));
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
