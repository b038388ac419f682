/**
 * One run of `mapConcurrent()`: workers that pull their input, and hand results over.
 *
 * The jobs run inside the workers' tasks, so that a job costs no task.
 *
 * @module
 */
import {
  isAsyncFunction,
  isGeneratorFunction,
} from "../_base/function_kinds.ts";
import { counted, isInstance, nameOr } from "../_base/repr.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import {
  FunctionCoroutine,
  type InContext,
  MethodCoroutine,
} from "../_task/function_coroutine.ts";
import { isCancellation, isDroppedByLoop } from "../_line/cancellation.ts";
import { currentLine } from "../_line/line.ts";
import { snapshotContext } from "../_host/async_context.ts";
import { CancelledError, KeyboardInterrupt } from "../errors.ts";
import type { Wait } from "../future.ts";
import { Children, endOwnCancels } from "./children.ts";
import type { EventLoop } from "../loop.ts";
import { CompletionQueue } from "./completion_queue.ts";
import { type Input, type Source, WorkSource } from "./work_source.ts";
import type { Task } from "../task.ts";

// Whose an error is, if not a job's.
const SOURCE = "the source";

/** What a job of `mapConcurrent()` gives: its promise, or a coroutine. */
export type JobWork<R> = Generator<Wait | undefined, R, never> | PromiseLike<R>;

/** What a job is. */
export type Job<T, R> = (item: T, index: number) => JobWork<R>;

/** What a run is to do. */
export interface Plan<T, R> {
  readonly source: Source<T>;
  readonly job: Job<T, R>;
  readonly limit: number;
  readonly ordered: boolean;
}

/** Runs jobs over a source, not more than `limit` ahead of whoever takes the results. */
export class JobPool<T, R> {
  readonly #loop: EventLoop;
  readonly #plan: Plan<T, R>;
  readonly #isGenerator: boolean;
  readonly #isAsync: boolean;
  // What its workers are called, for whoever looks at a task or a report.
  readonly #jobName: string;
  /** Calls a function in the async context of whoever began this: the loop has another. */
  readonly inContext: InContext = snapshotContext();
  readonly #results: CompletionQueue<R>;
  // All of them, if that is how they are wanted: to hand each over took 11 % more.
  readonly #kept: R[] | undefined;
  // Results that came before their turn, by index.
  readonly #early = new Map<number, R>();
  #nextInOrder = 0;
  readonly #workers: Children<Task<unknown>>;
  #workerCount = 0;
  readonly #input: WorkSource<T>;
  #failure: Thrown | undefined = undefined;

  /**
   * Begins the first jobs.
   *
   * @param loop The running loop.
   * @param plan What to do.
   * @param keepAll Whether {@linkcode JobPool.all} takes the results.
   */
  constructor(loop: EventLoop, plan: Plan<T, R>, keepAll: boolean) {
    this.#loop = loop;
    this.#plan = plan;
    this.#isGenerator = isGeneratorFunction(plan.job);
    this.#isAsync = isAsyncFunction(plan.job);
    this.#jobName = nameOr("mapConcurrent", plan.job);
    this.#results = new CompletionQueue(loop, {
      describeWait: () =>
        `mapConcurrent, ${counted(this.#workers.size, "worker")}`,
      waitsFor: () => [...this.#workers],
      // In the turn of the cancel: a job that something is handed in it passes that on.
      onCancel: () => this.#end(),
    });
    this.#workers = new Children(loop, {
      what: "workers of mapConcurrent()",
      awaitedBy: this.#results,
      childEnded: () => {
        if (this.#workers.size === 0) this.#results.wakeAll();
      },
    });
    this.#kept = keepAll ? [] : undefined;
    this.#input = new WorkSource(
      loop,
      plan.source,
      plan.limit,
      keepAll,
      this.inContext,
    );
    if (this.#input.isAsync) this.#beginReader();
    else this.#begin();
  }

  /** How many results can be taken without waiting. */
  get ready(): number {
    return this.#failure === undefined ? this.#results.size : 0;
  }

  /** Takes a result that is ready. */
  takeNow(): R {
    const result = this.#results.takeNow();
    this.#input.giveCredit();
    return result;
  }

  /** Waits until a result is ready; false when there will be none. */
  *wait(): Coro<boolean> {
    while (this.ready === 0) {
      if (this.#failure !== undefined || this.#workers.size === 0) {
        yield* this.#finish();
        return false;
      }
      this.#input.wakeWorkers();
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

  /** Waits for all results. */
  *all(): Coro<R[]> {
    yield* this.wait();
    return this.#kept!;
  }

  /** Ends what runs, waits for it, and closes the source. */
  *close(): Coro<void> {
    this.#end();
    // Whoever closes it leaves, or was cancelled: nobody takes it any more.
    const failure = this.#takeFailure();
    if (failure !== undefined) this.#report(failure.error, failure.origin);
    try {
      yield* this.#workers.joinOrThrow();
    } finally {
      while (this.#results.size > 0) this.#results.takeNow();
      yield* this.#input.close();
    }
  }

  /**
   * As {@linkcode JobPool.close}, for whoever has left a `for await`: that of a cancelled one
   * can't throw, so an error is reported.
   */
  *leave(): Coro<void> {
    const line = currentLine();
    try {
      yield* this.close();
    } catch (error) {
      if (!isDroppedByLoop(line, error)) throw error;
      this.#report(error, SOURCE);
    }
  }

  /** Shows itself in reports. */
  toString(): string {
    return "mapConcurrent";
  }

  *#finish(): Coro<void> {
    const failure = this.#takeFailure();
    try {
      yield* this.close();
    } catch (error) {
      if (failure === undefined) throw error;
      const isCancel = isInstance(error, CancelledError);
      if (isCancel) this.#report(failure.error, failure.origin);
      else this.#report(error, SOURCE);
      if (isCancel) throw error;
    }
    if (failure !== undefined) throw failure.error;
  }

  #takeFailure(): Thrown | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  #begin(): void {
    try {
      while (this.#workerCount < this.#plan.limit && this.#input.readNow()) {
        this.#addWorker();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #beginReader(): void {
    this.#workers.add(
      this.#loop.createTask(
        new MethodCoroutine("mapConcurrent", () => this.#read()),
      ) as Task<unknown>,
    );
  }

  *#read(): Coro<void> {
    try {
      yield* this.#input.read(() => {
        if (this.#workerCount < this.#plan.limit) this.#addWorker();
      });
    } catch (error) {
      this.#fail(error, SOURCE);
    } finally {
      this.#obeyed();
    }
  }

  // It takes its first item when it begins, or one that is at work already would begin the next
  // one before it.
  #addWorker(): void {
    this.#workerCount++;
    // An async function for async jobs: it waits for a job's promise itself, which is a
    // third of the time of a coroutine that runs another.
    const name = this.#jobName;
    const { [name]: workAsync } = {
      [name]: (): Promise<void> => this.#workAsync(),
    };
    const worker = this.#isAsync
      ? this.inContext(() => this.#loop.createTask(workAsync!))
      : this.#loop.createTask(
        new MethodCoroutine(name, () => this.#work()),
      );
    this.#workers.addOwn(worker as Task<unknown>);
  }

  *#work(): Coro<void> {
    const input = this.#input;
    const notifier = input.makeWaiter();
    let item: T;
    let index: number;
    try {
      for (;;) {
        if (input.isAtHand) {
          index = input.takeNow();
          if (index < 0) return;
          item = input.last as T;
        } else {
          const next = yield* input.take(notifier);
          if (next === undefined) return;
          ({ item, index } = next);
        }
        const result = yield* this.#isGenerator
          ? this.#plan.job(item, index) as Coro<R>
          : new FunctionCoroutine<R>(
            this.#plan.job,
            [item, index],
            this.inContext,
          );
        this.#deliver(index, result);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#obeyed();
    }
  }

  async #workAsync(): Promise<void> {
    const input = this.#input;
    const notifier = input.makeWaiter();
    const take = (): Coro<Input<T> | undefined> => input.take(notifier);
    let item: T;
    let index: number;
    try {
      for (;;) {
        if (input.isAtHand) {
          index = input.takeNow();
          if (index < 0) return;
          item = input.last as T;
        } else {
          const next = await new MethodCoroutine("mapConcurrent", take);
          if (next === undefined) return;
          ({ item, index } = next);
        }
        this.#deliver(index, await this.#plan.job(item, index) as R);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#obeyed();
    }
  }

  #deliver(index: number, result: R): void {
    this.#input.jobEnded();
    if (!this.#plan.ordered) return this.#put(result);
    if (index !== this.#nextInOrder) {
      this.#early.set(index, result);
      return;
    }
    this.#put(result);
    this.#nextInOrder++;
    while (this.#early.size > 0 && this.#early.has(this.#nextInOrder)) {
      this.#put(this.#early.get(this.#nextInOrder)!);
      this.#early.delete(this.#nextInOrder++);
    }
  }

  #put(result: R): void {
    if (this.#kept === undefined) this.#results.put(result);
    else this.#kept.push(result);
  }

  #fail(error: unknown, origin?: string): void {
    if (isInstance(error, KeyboardInterrupt)) throw error;
    if (this.#input.isStopped) {
      // A cancel is the run's own; anything else must not be lost.
      if (!isCancellation(currentLine()!, error)) this.#report(error, origin);
      return;
    }
    this.#failure = { error, origin };
    this.#end();
    this.#results.wakeAll();
  }

  #obeyed(): void {
    if (this.#input.isStopped) endOwnCancels(this.#loop);
  }

  // Once, so that nobody's clean-up is cancelled.
  #end(): void {
    if (this.#input.isStopped) return;
    this.#input.stop();
    this.#workers.cancel();
  }

  #report(exception: unknown, origin = "a job"): void {
    this.#loop.callExceptionHandler({
      message: `Exception in ${origin} of mapConcurrent() that was given up`,
      exception,
    });
  }
}

/** An error that stops the run. */
interface Thrown {
  readonly error: unknown;
  /** Whose it is, if not a job's. */
  readonly origin: string | undefined;
}
