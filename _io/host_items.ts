/**
 * The items of a stream or an async iterable of the host, and how it is closed.
 *
 * @module
 */
import {
  checkIterator,
  checkResult,
  closeIterator,
  isAsyncIterable,
  queuesReturn,
} from "../_base/iterators.ts";
import { describeKind, isInstance, isRevoked } from "../_base/repr.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import { CancelledError } from "../errors.ts";
import type { Scheduler } from "../handle.ts";
import {
  isWebStream,
  type StreamIterator,
  streamIterator,
} from "../_host/stream_iterator.ts";
import { isDroppedByLoop } from "../_line/cancellation.ts";
import { currentLine } from "../_line/line.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { Task, type TaskScheduler } from "../task.ts";
import {
  type AsyncContext,
  SOURCE_PATIENCE,
  SourceQuestion,
} from "../_task/source_question.ts";

/** What can be gone over: a stream of the Web, of Node, or anything for `for await`. */
export type HostIterable<T> = ReadableStream<T> | AsyncIterable<T>;

// Nothing tells a branch from any other stream, and each of them ends with the other.
const ADVICE_FOR_STREAM =
  "its cancel() has to end, and that of a branch of tee() does with the other branch: close both";

/** Whether it can be gone over so. Streams of the Web have no iterator on all hosts. */
export function isHostIterable(value: unknown): value is HostIterable<unknown> {
  return isAsyncIterable(value) || isWebStream(value);
}

/** Takes one item after the other. */
export class HostItems<T> {
  readonly #iterator: AsyncIterator<T, undefined>;
  readonly #stream: StreamIterator<T> | undefined;
  readonly #isQueued: boolean;
  /** What to do about a source whose end does not come, if that is known. */
  readonly endAdvice: string | undefined;
  #isOver = false;
  #closing: Promise<void> | undefined = undefined;

  /**
   * Opens a source.
   *
   * @param source The source.
   * @param action What is done with it, for the error.
   * @throws {TypeError} If it is none, or in use already.
   */
  constructor(source: HostIterable<T>, action: string) {
    if (source === undefined || source === null || isRevoked(source)) {
      refuse(source, action);
    }
    this.#stream = streamIterator<T>(source);
    this.endAdvice = isWebStream(source) ? ADVICE_FOR_STREAM : undefined;
    this.#iterator = this.#stream ?? openIterator(source, action);
    this.#isQueued = queuesReturn(this.#iterator);
  }

  /** Whether it is a stream of the Web or of Node. */
  get isStream(): boolean {
    return this.#stream !== undefined;
  }

  /** Whether it is a stream that had failed by itself before it was closed. */
  get hasFailed(): boolean {
    return this.#stream?.hasFailed === true;
  }

  /** Whether nothing more comes. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Whether a source that is asked for an item can be closed only when it has answered.
   *
   * @param ofHost Whether it waits for the host.
   */
  answersFirst(ofHost: boolean): boolean {
    return this.#isQueued || !this.isStream && !ofHost;
  }

  /** Asks for the next item. */
  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      const step = await this.#iterator.next();
      checkResult(step);
      const { done, value } = step;
      if (!done) return { done: false, value };
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
    this.#isOver = true;
    return { done: true, value: undefined };
  }

  /** Hands items over as long as they are wanted; gives whether there may be more. */
  async forEach(take: (item: T) => boolean): Promise<boolean> {
    try {
      for (;;) {
        const step = await this.#iterator.next();
        checkResult(step);
        const { done, value } = step;
        if (done) break;
        if (!take(value)) return true;
      }
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
    this.#isOver = true;
    return false;
  }

  /**
   * Closes the source, also while it is asked for an item.
   *
   * @param reason Why, for the source.
   * @param isCancelled Whether it was cancelled, so that its own error is not its end.
   * @returns A promise that settles when it is closed; it may never, for an async generator
   * that is busy.
   */
  close(reason?: unknown, isCancelled = false): Promise<void> {
    if (this.#isOver && !isCancelled) {
      return this.#closing ?? Promise.resolve();
    }
    this.#isOver = true;
    return this.#closing ??= this.#close(reason);
  }

  async #close(reason: unknown): Promise<void> {
    if (this.#stream !== undefined) await this.#stream.return(reason);
    else await closeIterator(this.#iterator);
  }
}

function openIterator<T>(
  source: HostIterable<T>,
  action: string,
): AsyncIterator<T, undefined> {
  const { [Symbol.asyncIterator]: open } = source as Partial<AsyncIterable<T>>;
  if (typeof open !== "function") refuse(source, action);
  const items = open.call(source) as AsyncIterator<T, undefined>;
  checkIterator(items);
  return items;
}

function refuse(source: unknown, action: string): never {
  throw new TypeError(
    `Cannot ${action}: a ReadableStream or an async iterable was expected, got ${
      describeKind(source)
    }`,
  );
}

/** Who asks a source, and closes it. */
export interface SourceOwner {
  /** The loop, which runs. */
  readonly loop: TaskScheduler;
  /** Where the source's own code runs, if not where it is asked. */
  readonly context?: AsyncContext;
  /** Names the task. */
  toString(): string;
}

/** Asks for the next item. */
export function askForNext<T>(
  items: HostItems<T>,
  { loop, context }: SourceOwner,
  what: string,
): SourceQuestion<IteratorResult<T, undefined>> {
  return new SourceQuestion(loop, {
    what,
    ask: () => items.next(),
    answersFirst: (ofHost) => items.answersFirst(ofHost),
    isPatient: false,
    failedLate: (error) => tellFailedLate(items, loop, error),
    context,
  });
}

/**
 * Asks for items as long as they are wanted, in one wait: entering the source's async context
 * for each, and a turn of the loop, were half of the time.
 *
 * @param items The source.
 * @param owner Who asks.
 * @param take Takes an item; false if no more is wanted now.
 * @returns The wait, for whether there may be more.
 */
export function askForItems<T>(
  items: HostItems<T>,
  { loop, context }: SourceOwner,
  take: (item: T) => boolean,
): SourceQuestion<boolean> {
  const question: SourceQuestion<boolean> = new SourceQuestion(loop, {
    what: "the next item of a source",
    // What comes in spite of a cancel is not wanted.
    ask: () => items.forEach((item) => !question.isCancelAsked && take(item)),
    answersFirst: (ofHost) => items.answersFirst(ofHost),
    isPatient: true,
    failedLate: (error) => tellFailedLate(items, loop, error),
    context,
  });
  return question;
}

/** Closes a source that nobody has cancelled, and waits for its clean-up. */
export function askForEnd(
  items: HostItems<unknown>,
  { loop, context }: SourceOwner,
  reason?: unknown,
): SourceQuestion<void> {
  const end = new SourceQuestion(loop, {
    what: "the end of a source",
    ask: () => items.close(reason),
    answersFirst: () => true,
    isPatient: true,
    advice: items.endAdvice,
    failedLate: (error) => tellFailed(loop, error),
    context,
  });
  end.limit();
  return end;
}

/**
 * Closes a source, after a cancel or an error of whoever asked it, and waits for its clean-up.
 *
 * @param items The source.
 * @param owner Who asked.
 * @param question What was asked.
 * @param reason The error.
 * @returns The wait, or `undefined` if there is nothing to wait for.
 */
export function askForEndAfter(
  items: HostItems<unknown>,
  { loop, context }: SourceOwner,
  question: SourceQuestion<unknown>,
  reason: unknown,
): SourceQuestion<void> | undefined {
  const isCancelled = question.future.cancelled();
  if (items.isOver && !isCancelled) return undefined;
  const end = new SourceQuestion(loop, {
    what: "the end of a source",
    ask: () => {
      const closing = items.close(reason, isCancelled);
      // Now, as a stream whose own code has failed is not told of its end.
      question.leaveWaits();
      return closing;
    },
    // Whoever waits was cancelled before.
    answersFirst: (ofHost) => !ofHost,
    isPatient: true,
    advice: items.endAdvice,
    failedLate: (error) => tellFailed(loop, error),
    context,
  });
  if (question.isLeft) {
    end.future.cancel();
    return undefined;
  }
  end.limit();
  return end;
}

/** Closes a source in a task of its own: it is no matter of the line of whoever closes it. */
export function closeInTask(
  owner: SourceOwner,
  close: () => Coro<void>,
): Task<void> {
  const { loop } = owner;
  // At once, as a run that ends now would cancel the task before it has begun.
  return new Task(close, { loop, name: `${owner}`, eagerStart: true });
}

/** Closes a source at the end of a run: a clean-up may not take long there. */
export function closeWithLoop(
  items: HostItems<unknown>,
  owner: SourceOwner,
): Promise<void> {
  const task = closeInTask(owner, () => closeAndTell(items, owner));
  const giveUp = (): void => void task.cancel();
  const timer = owner.loop.callLater(SOURCE_PATIENCE, giveUp, NO_CONTEXT);
  return new Promise((resolve) =>
    task.addDoneCallback(() => {
      timer.cancel();
      resolve();
    }, NO_CONTEXT)
  );
}

/** Closes a source, and reports what its clean-up throws. */
export function* closeAndTell(
  items: HostItems<unknown>,
  owner: SourceOwner,
  reason?: unknown,
  tell = (error: unknown): void => tellFailed(owner.loop, error),
): Coro<void> {
  try {
    yield* askForEnd(items, owner, reason).future;
  } catch (error) {
    if (isInstance(error, CancelledError)) throw error;
    tell(error);
  }
}

/** Closes a source that nobody can read any more; a stream may have failed long before. */
export function closeForgotten(
  items: HostItems<unknown>,
  owner: SourceOwner,
): Coro<void> {
  const tell = (error: unknown): void =>
    tellFailedLate(items, owner.loop, error);
  return closeAndTell(items, owner, undefined, tell);
}

/**
 * Waits for the end of a source in the `return()` of an iterator. That of a loop which an
 * error has left can't throw: after a cancel, what the clean-up throws is reported. That a
 * stream has failed meanwhile, as the body of a request whose client goes, is none.
 */
export async function endLoop(
  end: PromiseLike<void> | void,
  loop: Scheduler,
  source: { readonly hasFailed?: boolean } | undefined,
): Promise<void> {
  const line = currentLine();
  try {
    await end;
  } catch (error) {
    if (!isDroppedByLoop(line, error)) throw error;
    if (source?.hasFailed !== true) tellFailed(loop, error);
  }
}

/** Closes a source that can't be waited for. */
export function closeUnwatched(
  items: HostItems<unknown>,
  loop: TaskScheduler,
  reason?: unknown,
): void {
  items.close(reason).catch((error) => tellFailed(loop, error));
}

// Streams fail because they are closed; what others throw then is an error.
function tellFailedLate(
  items: HostItems<unknown>,
  loop: TaskScheduler,
  error: unknown,
): void {
  if (!items.isStream) tellFailed(loop, error);
}

function tellFailed(loop: Scheduler, error: unknown): void {
  if (loop.isClosed() || isInstance(error, CancelledError)) return;
  loop.callExceptionHandler({
    message: "Exception in a source that was given up",
    exception: error,
  });
}
