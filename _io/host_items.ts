/**
 * The items of a stream or an async iterable of the host, and how it is closed.
 *
 * @module
 */
import { checkIterator, checkResult, returnOf } from "../_base/iterators.ts";
import { describeKind, isInstance, isRevoked } from "../_base/repr.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import { CancelledError } from "../errors.ts";
import type { HostContext } from "../_host/async_context.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { Task, type TaskScheduler } from "../task.ts";
import { SourceQuestion } from "../_task/source_question.ts";

// How many seconds a clean-up may take at the end of a run.
const PATIENCE = 5;

/** What can be gone over: a stream of the Web, of Node, or anything for `for await`. */
export type HostIterable<T> = ReadableStream<T> | AsyncIterable<T>;

interface Reader<T> {
  read(): Promise<{ readonly done: boolean; readonly value?: T | undefined }>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

/** Takes one item after the other. */
export class HostItems<T> {
  readonly #source: HostIterable<T>;
  readonly #reader: Reader<T> | undefined;
  readonly #iterator: AsyncIterator<T> | undefined;
  #isOver = false;

  /**
   * Opens a source.
   *
   * @param source The source.
   * @param action What is done with it, for the error.
   * @throws {TypeError} If it is none, or in use already.
   */
  constructor(source: HostIterable<T>, action: string) {
    const { getReader, [Symbol.asyncIterator]: iterator } =
      (isRevoked(source) ? {} : source ?? {}) as Partial<ReadableStream<T>>;
    this.#source = source;
    if (typeof getReader === "function") {
      this.#reader = (source as ReadableStream<T>).getReader();
    } else if (typeof iterator === "function") {
      const items = (source as AsyncIterable<T>)[Symbol.asyncIterator]();
      checkIterator(items);
      this.#iterator = items;
    } else {
      throw new TypeError(
        `Cannot ${action}: a ReadableStream or an async iterable was expected, got ${
          describeKind(source)
        }`,
      );
    }
  }

  /** Whether nothing more comes. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether it is a stream of the Web or of Node. */
  get isStream(): boolean {
    return this.#reader !== undefined || this.#destroy() !== undefined;
  }

  /** Asks for the next item. */
  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      const step = await (this.#reader?.read() ?? this.#iterator!.next());
      checkResult(step);
      const { done, value } = step;
      if (!done) return { done: false, value: value as T };
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#end();
    return { done: true, value: undefined };
  }

  /**
   * Closes the source, also while it is asked for an item.
   *
   * @param reason Why, for the source.
   * @returns A promise that settles when it is closed; it may never, for an async generator
   * that is busy.
   */
  async close(reason?: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#reader !== undefined) {
      await this.#reader.cancel(reason);
      this.#reader.releaseLock();
      return;
    }
    // A stream of Node: its iterator closes it only after the item that it waits for.
    this.#destroy()?.call(this.#source);
    await returnOf(this.#iterator!)?.();
  }

  #destroy(): (() => void) | undefined {
    const { destroy } = this.#source as { destroy?: () => void };
    return typeof destroy === "function" ? destroy : undefined;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader?.releaseLock();
  }
}

/** Who closes a source. */
export interface SourceOwner {
  /** The loop, which runs. */
  readonly loop: TaskScheduler;
  /** Where the source's own code runs, if not where it is closed. */
  readonly context?: HostContext;
  /** Is told of what the source throws. */
  failed(error: unknown): void;
  /** Names the task. */
  toString(): string;
}

/**
 * Closes a source in a task of its own: its clean-up may wait for this library, and is no
 * matter of who closes it.
 */
export function closeInTask(
  items: HostItems<unknown>,
  owner: SourceOwner,
  reason?: unknown,
): Task<void> {
  const { loop } = owner;
  const end = (): Coro<void> => waitForEnd(items, owner, reason);
  // At once, as a run that ends now would cancel the task before it has begun.
  return new Task(end, { loop, name: `${owner}`, eagerStart: true });
}

/** As {@linkcode closeInTask}, at the end of a run: a clean-up may not take long there. */
export function closeWithLoop(
  items: HostItems<unknown>,
  owner: SourceOwner,
): Promise<void> {
  const task = closeInTask(items, owner);
  const giveUp = (): void => void task.cancel();
  const timer = owner.loop.callLater(PATIENCE, giveUp, NO_CONTEXT);
  return new Promise((resolve) =>
    task.addDoneCallback(() => {
      timer.cancel();
      resolve();
    }, NO_CONTEXT)
  );
}

function* waitForEnd(
  items: HostItems<unknown>,
  owner: SourceOwner,
  reason: unknown,
): Coro<void> {
  const failed = (error: unknown): void => owner.failed(error);
  try {
    yield* new SourceQuestion(
      owner.loop,
      "the end of a source",
      () => items.close(reason),
      failed,
      owner.context,
    );
  } catch (error) {
    if (isInstance(error, CancelledError)) throw error;
    failed(error);
  }
}

/**
 * Tells of what a source has thrown that nobody waits for any more. Streams fail because they
 * are closed; what others throw then is an error.
 */
export function tellFailedLate(
  items: HostItems<unknown>,
  loop: TaskScheduler,
  error: unknown,
): void {
  if (
    items.isStream || loop.isClosed() || isInstance(error, CancelledError)
  ) return;
  loop.callExceptionHandler({
    message: "Exception in a source that was given up",
    exception: error,
  });
}
