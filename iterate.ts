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
import { isInstance } from "./_base/repr.ts";
import { awaitCleanUp } from "./_combine/source_reader.ts";
import { CancelledError } from "./errors.ts";
import { HostItems } from "./_io/host_items.ts";
import { IoWait } from "./_io/io_wait.ts";
import { currentLine } from "./_line/line.ts";
import type { Resource } from "./_loop/resources.ts";
import type { EventLoop } from "./loop.ts";
import { getRunningLoop } from "./running_loop.ts";

/**
 * Goes over a stream of the Web or of Node, or over any async iterable, in a task.
 *
 * A plain `for await` over such a source can't be cancelled: it waits for the host. This one
 * ends with the CancelledError at once, and closes the source with it. So do `break`, an
 * error, and the end of `run()`.
 *
 * An async generator that was cancelled at a wait for this library cleans up first. One that
 * waits for the host can't be closed before it has what it waits for, and is left behind.
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
  source: ReadableStream<T> | AsyncIterable<T>,
): AsyncIterableIterator<T, undefined> {
  return new Items(getRunningLoop(), new HostItems(source, "iterate"));
}

/** The items of a source, for the loop of who asks. */
class Items<T> implements AsyncIterableIterator<T, undefined>, Resource {
  readonly _isClosing = false;
  readonly #loop: EventLoop;
  readonly #items: HostItems<T>;

  constructor(loop: EventLoop, items: HostItems<T>) {
    this.#loop = loop;
    this.#items = items;
    loop._resources.add(this);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.isOver) return { done: true, value: undefined };
    try {
      const result = await this.#follow(
        this.#items.next(),
        "the next item of iterate()",
      );
      if (result.done) this.#end();
      return result;
    } catch (error) {
      // `for await` does not call return() then, after a cancel neither.
      await this.#closeAfter(error);
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    await this.#follow(this.#items.close(), "the end of an iterated source");
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  _endWithLoop(): void {
    this.#abandon(undefined);
  }

  _abandon(): void {
    this.#abandon(undefined);
  }

  toString(): string {
    return "source of iterate()";
  }

  // A future of a promise, so that a cancel ends the wait for it.
  #follow<R>(promise: Promise<R>, what: string): IoWait<R> {
    const wait = new IoWait<R>(this.#loop, what, true);
    promise.then(
      (result) => wait.release(result),
      (error) => {
        if (wait.cancelled()) this.#reportLate(error);
        else wait.fail(error ?? new Error(`Rejected with ${error}`));
      },
    );
    return wait;
  }

  // An async generator that was cancelled at a wait for this library cleans up, and that is
  // waited for. One that waits for the host may never come to it.
  async #closeAfter(error: unknown): Promise<void> {
    const line = currentLine();
    if (
      line === undefined || this.#items.isOver || !this.#items.isGenerator ||
      !isInstance(error, CancelledError)
    ) return this.#abandon(error);
    this.#end();
    const closed = this.#items.close(error);
    await awaitCleanUp(closed.catch((error) => this.#reportLate(error)), line);
  }

  // A stream that is closed may reject with what has closed it.
  #reportLate(exception: unknown): void {
    if (!this.#items.isGenerator || isInstance(exception, CancelledError)) {
      return;
    }
    this.#loop.callExceptionHandler({
      message: "Exception in a source that was given up",
      exception,
    });
  }

  #abandon(reason: unknown): void {
    this.#end();
    // Not waited for: an async generator may never come to it.
    this.#items.close(reason).catch(() => {});
  }

  #end(): void {
    this.#loop._resources.delete(this);
  }
}
