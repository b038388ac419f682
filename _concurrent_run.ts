/**
 * One run of `mapConcurrent()`: workers that pull their input, and hand results over.
 *
 * The jobs run inside the workers' tasks, so that a job costs no task. A worker that may
 * not take more input lies down on its {@linkcode Bed}: that costs no future a wait.
 *
 * @module
 */
import {
  type Coro,
  FunctionCoroutine,
  isAsyncFunction,
  isGeneratorFunction,
} from "./_coroutine.ts";
import { Bed } from "./_bed.ts";
import { CancelledError, KeyboardInterrupt } from "./errors.ts";
import type { Wait } from "./future.ts";
import { joinAll } from "./_join.ts";
import { Lock } from "./lock.ts";
import type { EventLoop } from "./loop.ts";
import { Mailbox } from "./_mailbox.ts";
import { kAddWaiter, kWake, type Waiter } from "./_protocol.ts";
import { Asker } from "./_question.ts";
import { requireTask } from "./_scope.ts";
import type { Task } from "./task.ts";
import { MethodCoroutine } from "./_waiters.ts";

/** What a job is: it gives a generator, a coroutine or a promise. */
export type Job<T, R> = (
  item: T,
  index: number,
) => Generator<Wait | undefined, R, never> | PromiseLike<R>;

/** Where the input comes from. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

/** What a run is to do. */
export interface Plan<T, R> {
  readonly source: Source<T>;
  readonly job: Job<T, R>;
  readonly limit: number;
  readonly ordered: boolean;
}

/** Runs jobs over a source, not more than `limit` ahead of who takes the results. */
export class ConcurrentRun<T, R> implements Waiter {
  readonly #loop: EventLoop;
  readonly #plan: Plan<T, R>;
  readonly #isGenerator: boolean;
  readonly #isAsync: boolean;
  readonly #results: Mailbox<R>;
  // Results that came before their turn, by index.
  readonly #early = new Map<number, R>();
  #nextInOrder = 0;
  readonly #workers = new Set<Task<unknown>>();
  #workerCount = 0;
  #beds: Bed[] = [];
  readonly #iterator: Iterator<T> | undefined = undefined;
  readonly #asker: Asker<T> | undefined = undefined;
  // Async sources are asked one question at a time.
  readonly #asking = new Lock({ name: "mapConcurrent source" });
  #taken = 0;
  #exhausted = false;
  // How much input may be taken before a result is.
  #credit: number;
  #failure: Failure | undefined = undefined;
  #ending = false;

  /**
   * Begins the first jobs.
   *
   * @param loop The running loop.
   * @param plan What to do.
   * @param keepAll Whether results are taken as they come, so that nothing has to wait.
   */
  constructor(loop: EventLoop, plan: Plan<T, R>, keepAll: boolean) {
    this.#loop = loop;
    this.#plan = plan;
    this.#isGenerator = isGeneratorFunction(plan.job);
    this.#isAsync = isAsyncFunction(plan.job);
    this.#credit = keepAll ? Infinity : plan.limit;
    this.#results = new Mailbox(
      loop,
      () => `mapConcurrent, ${this.#workers.size} workers`,
      () => [...this.#workers],
    );
    const { source } = plan;
    if (Symbol.asyncIterator in source) {
      this.#asker = new Asker(source[Symbol.asyncIterator]());
      this.#addWorker(undefined);
    } else {
      this.#iterator = source[Symbol.iterator]();
      this.#begin();
    }
  }

  /** How many results can be taken without waiting. */
  get ready(): number {
    return this.#failure === undefined ? this.#results.size : 0;
  }

  /** Takes a result that is ready. */
  takeNow(): R {
    const result = this.#results.takeNow();
    this.#credit++;
    // By halves: waking a worker for each result would cost a turn of the loop each.
    if (this.#credit * 2 >= this.#plan.limit) this.#wakeWorkers();
    return result;
  }

  /** Waits until a result is ready; false when there will be none. */
  *wait(): Coro<boolean> {
    while (this.ready === 0) {
      if (this.#failure !== undefined || this.#workerCount === 0) {
        yield* this.#finish();
        return false;
      }
      this.#wakeWorkers();
      try {
        yield* this.#results.wait();
      } catch (error) {
        // Cancelled: nothing is left running, then the cancel goes on.
        yield* this.close();
        throw error;
      }
    }
    return true;
  }

  /** Ends what runs, waits for it, and closes the source. */
  *close(): Coro<void> {
    this.#end();
    try {
      if (this.#workers.size > 0) {
        yield* joinAll(this.#loop, "workers of mapConcurrent()", this.#workers);
      }
    } finally {
      while (this.#results.size > 0) this.#results.takeNow();
      if (!this.#exhausted) {
        this.#exhausted = true;
        this.#iterator?.return?.();
        yield* this.#asker?.close(requireTask(this)) ?? [];
      }
    }
  }

  /** @internal A worker has ended. */
  [kWake](worker: Task<unknown>): void {
    this.#workers.delete(worker);
    if (--this.#workerCount === 0) this.#results.wakeAll();
  }

  /** Shows itself in reports. */
  toString(): string {
    return "mapConcurrent";
  }

  *#finish(): Coro<void> {
    const failure = this.#failure;
    this.#failure = undefined;
    try {
      yield* this.close();
    } catch (error) {
      if (failure === undefined) throw error;
      const isCancel = error instanceof CancelledError;
      this.#report(isCancel ? failure.error : error);
      if (isCancel) throw error;
    }
    if (failure !== undefined) throw failure.error;
  }

  #begin(): void {
    try {
      while (this.#workerCount < this.#plan.limit) {
        const input = this.#pull();
        if (input === undefined) return;
        this.#addWorker(input);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #addWorker(first: Input<T> | undefined): void {
    this.#workerCount++;
    // An async function for async jobs: it waits for a job's promise itself, which is a
    // third of the time of a coroutine that runs another.
    const mapConcurrent = (): Promise<void> => this.#workAsync(first);
    const worker = this.#loop.createTask(
      this.#isAsync
        ? mapConcurrent
        : new MethodCoroutine("mapConcurrent", () => this.#work(first)),
    ) as Task<unknown>;
    if (worker.done()) return this[kWake](worker);
    this.#workers.add(worker);
    worker[kAddWaiter](this);
  }

  *#work(input: Input<T> | undefined): Coro<void> {
    const bed = new Bed(this.#loop);
    try {
      for (;;) {
        if (input !== undefined) {
          const { item, index } = input;
          const result = yield* this.#isGenerator
            ? this.#plan.job(item, index) as Coro<R>
            : new FunctionCoroutine<R>(this.#plan.job, [item, index]);
          this.#deliver(index, result);
        }
        input = this.#isAtHand() ? this.#pull() : yield* this.#take(bed);
        if (input === undefined) return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #workAsync(input: Input<T> | undefined): Promise<void> {
    const bed = new Bed(this.#loop);
    const take = (): Coro<Input<T> | undefined> => this.#take(bed);
    try {
      for (;;) {
        if (input !== undefined) {
          const { item, index } = input;
          this.#deliver(index, await this.#plan.job(item, index) as R);
        }
        input = this.#isAtHand()
          ? this.#pull()
          : await new MethodCoroutine("mapConcurrent", take);
        if (input === undefined) return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  // Whether a worker can take its next input without waiting.
  #isAtHand(): boolean {
    return this.#iterator !== undefined &&
      (this.#credit > 0 || this.#exhausted);
  }

  *#take(bed: Bed): Coro<Input<T> | undefined> {
    if (this.#credit <= 0 && !this.#exhausted) {
      this.#beds.push(bed);
      // Not `yield*`: who wakes it leaves the bed pending.
      yield bed;
      if (bed.cancelled()) bed.result();
      // It was kept for this worker when it was woken, and is spent now.
      this.#credit++;
    }
    return this.#iterator === undefined ? yield* this.#ask() : this.#pull();
  }

  #pull(): Input<T> | undefined {
    if (this.#exhausted || this.#ending) return undefined;
    this.#credit--;
    try {
      return this.#note(this.#iterator!.next());
    } catch (error) {
      // It is not to be closed then.
      this.#exhausted = true;
      throw error;
    }
  }

  *#ask(): Coro<Input<T> | undefined> {
    // Before the wait, so that those who ask at once stay within the limit.
    this.#credit--;
    yield* this.#asking.acquire();
    let input: Input<T> | undefined;
    try {
      if (this.#exhausted || this.#ending) return undefined;
      const step = yield* this.#asker!.ask(requireTask(this));
      // It came in spite of the cancel.
      if (this.#ending) return undefined;
      input = this.#note(step);
    } catch (error) {
      if (!this.#ending) this.#exhausted = true;
      throw error;
    } finally {
      this.#asking.release();
    }
    if (input !== undefined && this.#workerCount < this.#plan.limit) {
      this.#addWorker(undefined);
    }
    return input;
  }

  #note(step: IteratorResult<T>): Input<T> | undefined {
    if (step.done) {
      this.#exhausted = true;
      this.#wakeWorkers();
      return undefined;
    }
    return { item: step.value, index: this.#taken++ };
  }

  #deliver(index: number, result: R): void {
    if (!this.#plan.ordered) return this.#results.put(result);
    if (index !== this.#nextInOrder) {
      this.#early.set(index, result);
      return;
    }
    this.#results.put(result);
    this.#nextInOrder++;
    while (this.#early.size > 0 && this.#early.has(this.#nextInOrder)) {
      this.#results.put(this.#early.get(this.#nextInOrder)!);
      this.#early.delete(this.#nextInOrder++);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof KeyboardInterrupt) throw error;
    if (this.#ending) {
      // A CancelledError is the run's own; anything else must not be lost.
      if (!(error instanceof CancelledError)) this.#report(error);
      return;
    }
    this.#failure = { error };
    this.#end();
    this.#results.wakeAll();
  }

  // Once, so that nobody's clean-up is cancelled.
  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    for (const worker of this.#workers) worker.cancel();
  }

  #wakeWorkers(): void {
    const beds = this.#beds;
    if (beds.length === 0) return;
    const count = this.#exhausted ? beds.length : this.#credit;
    const woken = count < beds.length ? beds.splice(0, count) : beds;
    if (woken === beds) this.#beds = [];
    this.#credit -= woken.length;
    for (const bed of woken) bed.wake();
  }

  #report(exception: unknown): void {
    this.#loop.callExceptionHandler({
      message: "Exception in a job of mapConcurrent() that was given up",
      exception,
    });
  }
}

interface Input<T> {
  readonly item: T;
  readonly index: number;
}

interface Failure {
  readonly error: unknown;
}
