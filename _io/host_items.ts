/**
 * The items of a stream or an async iterable of the host, and how it is closed.
 *
 * @module
 */
import { checkObject } from "../_base/arguments.ts";
import { describeKind, isAsyncGenerator, isRevoked } from "../_base/repr.ts";

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
      checkObject("an iterator", items);
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

  /** Whether it is an async generator: it can be closed only when it has answered. */
  get isGenerator(): boolean {
    return isAsyncGenerator(this.#iterator);
  }

  /** Asks for the next item. */
  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      const { done, value } = await (this.#reader?.read() ??
        this.#iterator!.next());
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
    const { destroy } = this.#source as { destroy?: () => void };
    if (typeof destroy === "function") destroy.call(this.#source);
    await this.#iterator!.return?.();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader?.releaseLock();
  }
}
