/**
 * Streams of the Web and of Node, gone over so that they can be closed while they are asked.
 *
 * Their own iterators close a stream only after the item that it was asked for, which may
 * never come.
 *
 * @module
 */

/** Goes over a stream. */
export interface StreamIterator<T> {
  /** Whether it had failed by itself before it was closed, and nobody had asked it since. */
  readonly hasFailed: boolean;
  /** Asks for the next item. */
  next(): Promise<IteratorResult<T, undefined>>;
  /**
   * Closes the stream at once, and settles when that is done.
   *
   * @param reason Why, for the stream.
   */
  return(reason?: unknown): Promise<IteratorResult<T, undefined>>;
}

interface Reader<T> {
  readonly closed: Promise<void>;
  read(): Promise<{ readonly done: boolean; readonly value?: T | undefined }>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

/** Whether `value` is a stream of the Web. */
export function isWebStream(value: unknown): value is ReadableStream<unknown> {
  return value !== undefined && value !== null &&
    typeof (value as Partial<ReadableStream<unknown>>).getReader === "function";
}

/**
 * Opens a stream.
 *
 * @param source What may be one.
 * @returns Its items, or `undefined` if it is none.
 * @throws {TypeError} If it is in use already.
 */
export function streamIterator<T>(
  source: object,
): StreamIterator<T> | undefined {
  if (isWebStream(source)) {
    return new WebItems((source as ReadableStream<T>).getReader());
  }
  const { destroy, [Symbol.asyncIterator]: iterator } = source as {
    readonly destroy?: unknown;
    readonly [Symbol.asyncIterator]?: () => AsyncIterator<T, undefined>;
  };
  if (typeof destroy !== "function" || typeof iterator !== "function") {
    return undefined;
  }
  return new NodeItems(iterator.call(source), source as NodeStream);
}

class WebItems<T> implements StreamIterator<T> {
  readonly #reader: Reader<T>;
  #isOver = false;
  hasFailed = false;

  constructor(reader: Reader<T>) {
    this.#reader = reader;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      const step = await this.#reader.read();
      if (!step.done) return { done: false, value: step.value as T };
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#end();
    return { done: true, value: undefined };
  }

  async return(reason?: unknown): Promise<IteratorResult<T, undefined>> {
    // It may have ended or failed in the turn in which who asked was cancelled.
    if (!this.#isOver) {
      try {
        await this.#reader.cancel(reason);
      } catch (error) {
        this.hasFailed = await this.#reader.closed.then(
          () => false,
          () => true,
        );
        throw error;
      } finally {
        this.#end();
      }
    }
    return { done: true, value: undefined };
  }

  #end(): void {
    this.#isOver = true;
    this.#reader.releaseLock();
  }
}

class NodeItems<T> implements StreamIterator<T> {
  // One that was asked before tells nobody when it is closed.
  readonly hasFailed = false;
  readonly #items: AsyncIterator<T, undefined>;
  readonly #stream: NodeStream;
  #isAsked = false;
  #isClosed = false;
  // What came of it before it was asked.
  #early: { readonly error: unknown } | undefined;

  constructor(items: AsyncIterator<T, undefined>, stream: NodeStream) {
    this.#items = items;
    this.#stream = stream;
    // An error that nobody listens to ends the program, and its own iterator listens from the
    // first question on.
    if (typeof stream.on === "function") stream.on("error", this.#keep);
  }

  readonly #keep = (error: unknown): void => {
    // Others may listen, too.
    const isOurs = this.#stream.listenerCount?.("error") === 1;
    this.#early = isOurs ? { error } : undefined;
  };

  async next(): Promise<IteratorResult<T, undefined>> {
    this.#isAsked = true;
    try {
      const step = this.#items.next();
      this.#letGo();
      return await step;
    } catch (error) {
      // That it was closed too early.
      if (this.#isClosed) return { done: true, value: undefined };
      throw error;
    } finally {
      this.#isAsked = false;
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#isClosed = true;
    const closed = closeOf(this.#stream);
    this.#stream.destroy();
    try {
      // It holds nothing to wait for, and that of Deno ends only when a read of it does.
      if (this.#stream.fd === STDIN) return { done: true, value: undefined };
      const end = this.#items.return?.();
      // It comes after the answer to a question, which waits until the stream says that it
      // is closed.
      if (saysClose(this.#stream) || !this.#isAsked) await end;
      else end?.catch(() => {});
      await closed;
      if (this.#early !== undefined) throw this.#early.error;
    } finally {
      this.#letGo();
    }
    return { done: true, value: undefined };
  }

  #letGo(): void {
    this.#early = undefined;
    this.#stream.off?.("error", this.#keep);
  }
}

const STDIN = 0;

/** What is used of a stream of Node. */
interface NodeStream {
  readonly fd?: number | null;
  readonly closed?: boolean;
  readonly _readableState?: { readonly emitClose?: boolean };
  destroy(): void;
  on?(event: string, listener: (error: unknown) => void): void;
  off?(event: string, listener: (error: unknown) => void): void;
  listenerCount?(event: string): number;
}

function saysClose(stream: NodeStream): boolean {
  return stream._readableState?.emitClose !== false;
}

// When it has closed what it holds, if it says so: `destroy()` only begins that.
function closeOf(stream: NodeStream): Promise<void> | undefined {
  if (
    stream.closed !== false || typeof stream.on !== "function" ||
    !saysClose(stream)
  ) return undefined;
  return new Promise((resolve, reject) => {
    let failure: { readonly error: unknown } | undefined;
    const onError = (error: unknown): void => void (failure = { error });
    const onClose = (): void => {
      stream.off?.("error", onError);
      stream.off?.("close", onClose);
      if (failure === undefined) resolve();
      else reject(failure.error);
    };
    stream.on!("error", onError);
    stream.on!("close", onClose);
  });
}
