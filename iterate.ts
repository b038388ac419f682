/**
 * `iterate()`: goes over a stream or an async iterable so that a cancel ends the wait for
 * the next item, and closes the source.
 *
 * ```ts
 * import { iterate, run, TimeoutError, timeout } from "@asyncio/asyncio";
 * import { assert, assertRejects } from "@std/assert";
 *
 * let isClosed = false;
 * const silent = new ReadableStream<string>({ cancel: () => void (isClosed = true) });
 *
 * await assertRejects(
 *   () =>
 *     run(() =>
 *       timeout(0.01, async () => {
 *         for await (const _item of iterate(silent));
 *       })
 *     ),
 *   TimeoutError,
 * );
 * assert(isClosed);
 * ```
 *
 * @module
 */
import {
  askForEnd,
  askForEndAfter,
  askForNext,
  closeUnwatched,
  closeWithLoop,
  endLoop,
  HostItems,
  type SourceOwner,
} from "./_io/host_items.ts";
import type { Resource } from "./_loop/resources.ts";
import type { EventLoop } from "./loop.ts";
import { getRunningLoop } from "./running_loop.ts";

/**
 * Goes over a stream of the Web or of Node, or over any async iterable, in a task.
 *
 * A plain `for await` over such a source can't be cancelled: it waits for the host. This one
 * closes the source at a cancel, waits for its clean-up and ends with the CancelledError. So
 * do `break`, an error, and the end of `run()`. What the clean-up throws is thrown here.
 *
 * A source that waits for this library gets the cancel itself. An async generator that waits
 * for the host gets it by `taskSignal()`, and can't be closed before it has what it waits
 * for: half a second later, or at a second cancel, it is left. A clean-up that waits for the
 * host for 5 seconds is left too, and reported.
 *
 * @typeParam T The type of the items.
 * @param source The source.
 * @returns The items.
 * @throws {TypeError} If it is no such source, or is in use already.
 * @throws {RuntimeError} If no loop runs.
 *
 * @example Take what is wanted
 * ```ts
 * import { iterate, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * let isClosed = false;
 * async function* numbers() {
 *   try {
 *     for (let i = 0;; i++) yield i;
 *   } finally {
 *     isClosed = true;
 *   }
 * }
 *
 * await run(async () => {
 *   for await (const number of iterate(numbers())) if (number === 3) break;
 * });
 * assertEquals(isClosed, true);
 * ```
 */
export function iterate<T>(
  source: AsyncIterable<T>,
): AsyncIterableIterator<T, undefined>;
/**
 * Goes over a stream of the Web, or over any async iterable, in a task.
 *
 * @typeParam T The type of the items.
 * @param source The source. Not all hosts declare a stream of the Web as an async iterable.
 * @returns The items.
 * @throws {TypeError} If it is no such source, or is in use already.
 * @throws {RuntimeError} If no loop runs.
 */
export function iterate<T>(
  source: ReadableStream<T> | AsyncIterable<T>,
): AsyncIterableIterator<T, undefined>;
export function iterate<T>(
  source: ReadableStream<T> | AsyncIterable<T>,
): AsyncIterableIterator<T, undefined> {
  return new Items(getRunningLoop(), new HostItems(source, "iterate"));
}

/** The items of a source, for the loop of whoever asks. */
class Items<T>
  implements AsyncIterableIterator<T, undefined>, Resource, SourceOwner {
  readonly _isClosing = false;
  readonly loop: EventLoop;
  readonly #items: HostItems<T>;

  constructor(loop: EventLoop, items: HostItems<T>) {
    this.loop = loop;
    this.#items = items;
    loop._resources.add(this);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.isOver) return { done: true, value: undefined };
    const question = askForNext(
      this.#items,
      this,
      "the next item of iterate()",
    );
    try {
      const result = await question.future;
      if (result.done) this.#end();
      return result;
    } catch (error) {
      // `for await` does not call return() then, after a cancel neither.
      this.#end();
      await askForEndAfter(this.#items, this, question, error)?.future;
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    const { future } = askForEnd(this.#items, this);
    await endLoop(future, this.loop, this.#items);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  _endWithLoop(): Promise<void> {
    this.#end();
    return closeWithLoop(this.#items, this);
  }

  _abandon(): void {
    this.#end();
    closeUnwatched(this.#items, this.loop);
  }

  toString(): string {
    return "source of iterate()";
  }

  #end(): void {
    this.loop._resources.delete(this);
  }
}
