/**
 * One question to an async source: its `next()`, asked in a task that may be cancelled.
 *
 * @module
 */
import { type Coro, Coroutine, isThenable } from "../_task/coroutine.ts";
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import { runAsTask } from "../_host/async_context.ts";
import type { Task } from "../task.ts";

/** Asks a source, and knows whether an answer is still to come. */
export class SourceReader<T> {
  readonly #iterator: AsyncIterator<T>;
  #open: PendingRead<IteratorResult<T>> | undefined = undefined;

  constructor(iterator: AsyncIterator<T>) {
    this.#iterator = iterator;
  }

  /** Asks for the next item. */
  *ask(task: Task<unknown>): Coro<IteratorResult<T>> {
    return (yield* this.#wait(
      task,
      () => this.#iterator.next(),
    )) as IteratorResult<T>;
  }

  /** Closes the source. Does not wait for it while an answer is still to come. */
  *close(task: Task<unknown>): Coro<void> {
    const iterator = this.#iterator;
    if (iterator.return === undefined) return;
    if (this.#open === undefined) {
      yield* this.#wait(task, () => iterator.return!());
      return;
    }
    // An async generator would answer only after what the host still owes it, which
    // may be never.
    const loop = task.getLoop();
    Promise.resolve(iterator.return()).catch((exception) =>
      loop.callExceptionHandler({
        message: "Exception in a source that was closed",
        exception,
      })
    );
  }

  *#wait(
    task: Task<unknown>,
    call: () => unknown,
  ): Coro<unknown> {
    const answer = runAsTask(task, call);
    if (answer instanceof Coroutine) return yield* answer;
    if (!isThenable(answer)) return answer;
    const question = new PendingRead<IteratorResult<T>>(task.getLoop(), task);
    this.#open = question;
    const answered = (): void => {
      if (this.#open === question) this.#open = undefined;
    };
    (answer as PromiseLike<IteratorResult<T>>).then((step) => {
      answered();
      if (!question.done()) question.setResult(step);
    }, (error) => {
      answered();
      if (!question.done()) question.setException(error);
    });
    return yield* question;
  }
}

/** The wait for a promise of a source. */
class PendingRead<T> extends Future<T> {
  readonly #task: Task<unknown>;

  constructor(loop: Scheduler, task: Task<unknown>) {
    super({ loop });
    this.#task = task;
  }

  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return false;
    // A source that itself waits for this library gets the cancel too, and ends soon;
    // one that waits for the host might never.
    const inside = this.#task._waitsFor().some((wait) =>
      wait !== this && !runs(wait, this)
    );
    return inside || super.cancel(message, options);
  }

  _describe(): string {
    return "the next item of a source";
  }
}

/** Whether `wait` is an `await` of the coroutine that asks `question`. */
function runs(wait: unknown, question: object): boolean {
  return (wait as { _waitsFor?(): unknown[] })._waitsFor?.()
    .includes(question) ?? false;
}
