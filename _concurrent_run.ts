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
  isGeneratorFunction,
} from "./_coroutine.ts";
import { CancelledError, KeyboardInterrupt } from "./errors.ts";
import { Future, type Wait } from "./future.ts";
import { endAll } from "./_join.ts";
import { Lock } from "./lock.ts";
import type { EventLoop } from "./loop.ts";
import { Mailbox } from "./_mailbox.ts";
import {
  kAddWaiter,
  kDescribe,
  kRemoveWaiter,
  kWake,
  type Waiter,
} from "./_protocol.ts";
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

type SourceIterator<T> = Iterator<T> | AsyncIterator<T>;

/** Runs jobs over a source, not more than `limit` ahead of who takes the results. */
export class ConcurrentRun<T, R> implements Waiter {
  readonly #loop: EventLoop;
  readonly #plan: Plan<T, R>;
  readonly #isGenerator: boolean;
  readonly #results: Mailbox<R>;
  // Results that came before their turn, by index.
  readonly #early = new Map<number, R>();
  readonly #workers = new Set<Task<unknown>>();
  readonly #beds: Bed[] = [];
  // Async sources are asked one question at a time.
  readonly #asking: Lock | undefined;
  readonly #iterator: SourceIterator<T>;
  #item: T | undefined = undefined;
  #taken = 0;
  #nextInOrder = 0;
  #exhausted = false;
  // How much input may be taken before a result is.
  #credit: number;
  #failure: { readonly error: unknown } | undefined = undefined;
  #ending = false;

  constructor(loop: EventLoop, plan: Plan<T, R>, keepAll: boolean) {
    this.#loop = loop;
    this.#plan = plan;
    this.#isGenerator = isGeneratorFunction(plan.job);
    this.#credit = keepAll ? Infinity : plan.limit;
    this.#results = new Mailbox(
      loop,
      () => `mapConcurrent, ${this.#workers.size} running`,
      () => [...this.#workers],
    );
    const { source } = plan;
    if (Symbol.asyncIterator in source) {
      this.#asking = new Lock({ name: "mapConcurrent source" });
      this.#iterator = source[Symbol.asyncIterator]();
      this.#addWorker(false);
      return;
    }
    this.#iterator = source[Symbol.iterator]();
    while (this.#workers.size < plan.limit && this.#pull()) {
      this.#addWorker(true);
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
      if (this.#failure !== undefined || this.#workers.size === 0) {
        yield* this.finish();
        return false;
      }
      this.#wakeWorkers();
      try {
        yield* this.#results.wait();
      } catch (error) {
        yield* this.close();
        throw error;
      }
    }
    return true;
  }

  /** Ends what runs and closes the source; throws the error that a job has thrown. */
  *finish(): Coro<void> {
    const failure = this.#failure;
    this.#failure = undefined;
    try {
      yield* this.close();
    } catch (error) {
      if (failure !== undefined) this.#report(failure.error);
      throw error;
    }
    if (failure !== undefined) throw failure.error;
  }

  /** Ends what runs, waits for it, and closes the source. */
  *close(): Coro<void> {
    this.#ending = true;
    try {
      if (this.#workers.size > 0) {
        yield* endAll(this.#loop, "workers of mapConcurrent()", this.#workers);
      }
    } finally {
      while (this.#results.size > 0) this.#results.takeNow();
      if (!this.#exhausted) {
        this.#exhausted = true;
        yield* this.#closeSource();
      }
    }
  }

  /** @internal A worker has ended. */
  [kWake](worker: Task<unknown>): void {
    this.#workers.delete(worker);
    if (this.#workers.size === 0) this.#results.wakeAll();
  }

  #addWorker(withItem: boolean): void {
    const item = this.#item;
    const index = this.#taken - 1;
    const worker = this.#loop.createTask(
      new MethodCoroutine(
        "mapConcurrent",
        () => this.#work(withItem, item as T, index),
      ),
    ) as Task<unknown>;
    if (worker.done()) return;
    this.#workers.add(worker);
    worker[kAddWaiter](this);
  }

  *#work(withItem: boolean, item: T, index: number): Coro<void> {
    const { job } = this.#plan;
    const bed = new Bed(this.#loop);
    try {
      for (;;) {
        if (withItem) {
          const made = this.#isGenerator
            ? job(item, index) as Coro<R>
            : new FunctionCoroutine<R>(job, [item, index]);
          this.#deliver(index, yield* made);
        }
        while (this.#credit === 0 && !this.#exhausted) {
          this.#beds.push(bed);
          // Not `yield*`: whoever wakes it leaves the bed pending.
          yield bed;
          if (bed.cancelled()) bed.result();
        }
        const more = this.#asking === undefined
          ? this.#pull()
          : yield* this.#ask(this.#asking);
        if (!more) return;
        withItem = true;
        item = this.#item as T;
        index = this.#taken - 1;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #pull(): boolean {
    if (this.#exhausted) return false;
    try {
      const step = (this.#iterator as Iterator<T>).next();
      return this.#note(step);
    } catch (error) {
      // It is not to be closed then. The error goes out by the worker.
      this.#exhausted = true;
      throw error;
    }
  }

  *#ask(asking: Lock): Coro<boolean> {
    // Before the wait, so that those who ask at once stay within the limit.
    this.#credit--;
    try {
      yield* asking.acquire();
    } finally {
      this.#credit++;
    }
    try {
      if (this.#exhausted) return false;
      const question = (): PromiseLike<IteratorResult<T>> =>
        (this.#iterator as AsyncIterator<T>).next();
      const step = yield* new FunctionCoroutine<IteratorResult<T>>(
        question,
        [],
      );
      if (!this.#note(step)) return false;
    } catch (error) {
      this.#exhausted ||= !this.#ending;
      throw error;
    } finally {
      asking.release();
    }
    if (this.#workers.size < this.#plan.limit) this.#addWorker(false);
    return true;
  }

  #note(step: IteratorResult<T>): boolean {
    if (step.done) {
      this.#exhausted = true;
      this.#wakeWorkers();
      return false;
    }
    this.#credit--;
    this.#taken++;
    this.#item = step.value;
    return true;
  }

  #deliver(index: number, result: R): void {
    if (!this.#plan.ordered) return this.#results.put(result);
    if (index !== this.#nextInOrder) {
      this.#early.set(index, result);
      return;
    }
    this.#results.put(result);
    for (;;) {
      const next = ++this.#nextInOrder;
      if (this.#early.size === 0 || !this.#early.has(next)) return;
      this.#results.put(this.#early.get(next)!);
      this.#early.delete(next);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof KeyboardInterrupt) throw error;
    if (this.#ending) {
      // Cancelled by the run itself; anything else must not be lost.
      if (!(error instanceof CancelledError)) this.#report(error);
      return;
    }
    this.#ending = true;
    this.#failure = { error };
    for (const worker of this.#workers) worker.cancel();
    this.#results.wakeAll();
  }

  #wakeWorkers(): void {
    const count = this.#exhausted ? this.#beds.length : this.#credit;
    for (const bed of this.#beds.splice(0, count)) bed.wake();
  }

  *#closeSource(): Coro<void> {
    const iterator = this.#iterator;
    if (iterator.return === undefined) return;
    if (this.#asking === undefined) {
      iterator.return();
      return;
    }
    const close = () => (iterator as AsyncIterator<T>).return!();
    yield* new FunctionCoroutine<unknown>(close, []);
  }

  #report(exception: unknown): void {
    this.#loop.callExceptionHandler({
      message: "Exception in a job of mapConcurrent() that was cancelled",
      exception,
    });
  }
}

/** Where one worker lies until there is more for it to do; it is never finished. */
class Bed extends Future<undefined> {
  #sleeper: Waiter | undefined = undefined;

  constructor(loop: EventLoop) {
    super({ loop });
  }

  wake(): void {
    const sleeper = this.#sleeper;
    // Cancelled meanwhile, which has woken it.
    if (sleeper === undefined || this.done()) return;
    this[kRemoveWaiter](sleeper);
    this.#sleeper = undefined;
    sleeper[kWake](this);
  }

  override [kAddWaiter](waiter: Waiter): boolean {
    this.#sleeper = waiter;
    return super[kAddWaiter](waiter);
  }

  [kDescribe](): string {
    return "more work of mapConcurrent";
  }
}
