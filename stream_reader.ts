/**
 * `StreamReader`: reads bytes, lines and records, and can be cancelled at every wait.
 *
 * `openConnection()`, `startServer()` and `createSubprocessExec()` give one, and
 * `feedData()` fills one by hand.
 *
 * ```ts
 * import { run, StreamReader } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   const reader = new StreamReader();
 *   reader.feedData(new TextEncoder().encode("first\nsecond\n"));
 *   reader.feedEof();
 *   assertEquals(new TextDecoder().decode(await reader.readline()), "first\n");
 *   assertEquals((await reader.read()).length, 7);
 * });
 * ```
 *
 * @module
 */
import {
  ANYTHING,
  BOOLEAN,
  checkOptions,
  LOOP,
  type OptionKinds,
  STRING,
} from "./_base/arguments.ts";
import {
  describeKind,
  describeOnce,
  describeValue,
  isBytes,
} from "./_base/repr.ts";
import { EMPTY } from "./_io/byte_buffer.ts";
import { endLoop } from "./_io/host_items.ts";
import { HostSource } from "./_io/host_source.ts";
import { DEFAULT_LIMIT } from "./_io/limits.ts";
import { LineIterator } from "./_io/lines.ts";
import {
  readAll,
  readExactly,
  readLine,
  ReadOperation,
  readSome,
  readUntil,
  type Separators,
} from "./_io/reads.ts";
import { readableStreamOf } from "./_io/readable_stream.ts";
import { ReceiveBuffer } from "./_io/receive_buffer.ts";
import { schedulerForNew } from "./_loop/scheduler.ts";
import type { Coroutine } from "./_coroutine/coroutine.ts";
import { RuntimeError } from "./errors.ts";
import type { Scheduler } from "./handle.ts";

/** Options of {@linkcode StreamReader}. */
export interface StreamReaderOptions {
  /**
   * How many bytes a line, or what `readuntil()` gives, may have before its end. Above
   * twice as many waiting bytes the source is asked to hold back.
   *
   * @default {65536}
   */
  readonly limit?: number | undefined;
  /**
   * The loop of whoever reads.
   *
   * @default {the running loop, else the current one}
   */
  readonly loop?: Scheduler | undefined;
}

/** Options of `reader.lines()`. */
export interface LinesOptions {
  /**
   * The encoding, as a TextDecoder names it.
   *
   * @default {"utf-8"}
   */
  readonly encoding?: string | undefined;
  /**
   * Whether bytes that are none of the encoding are an error, and not replaced.
   *
   * @default {false}
   */
  readonly fatal?: boolean | undefined;
}

const LINES_OPTIONS: OptionKinds<LinesOptions> = {
  encoding: STRING,
  fatal: BOOLEAN,
};
// The limit is looked at closely where it is used.
const READER_OPTIONS: OptionKinds<StreamReaderOptions> = {
  limit: ANYTHING,
  loop: LOOP,
};
const NEWLINE = new Uint8Array([10]);

/**
 * The receiving half of a connection or a pipe.
 *
 * - **Cancel**: a cancelled read loses no byte: what came is there for the next one.
 * - **One at a time**: while one task waits for data, a second one is refused.
 * - **Views**: what a read gives is a view of a larger piece of 64 KiB at most: copy with
 *   `slice()` what is kept long.
 * - **Iteration**: `for await` goes over the lines, as bytes with their ends.
 *
 * @example Read records of four bytes
 * ```ts
 * import { IncompleteReadError, run, StreamReader } from "@asyncio/asyncio";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await run(async () => {
 *   const reader = new StreamReader();
 *   reader.feedData(new Uint8Array([1, 2, 3, 4, 5, 6]));
 *   reader.feedEof();
 *   assertEquals([...await reader.readexactly(4)], [1, 2, 3, 4]);
 *   try {
 *     await reader.readexactly(4);
 *   } catch (error) {
 *     if (!(error instanceof IncompleteReadError)) throw error;
 *     assertEquals([...error.partial], [5, 6]);
 *   }
 * });
 * ```
 */
export class StreamReader implements AsyncIterable<Uint8Array> {
  /** @internal */
  readonly _buffer: ReceiveBuffer;

  /**
   * Makes an empty reader.
   *
   * @param options The limit and the loop.
   * @throws {RangeError} If the limit is not above 0.
   * @throws {TypeError} If the limit is no number.
   * @throws {RuntimeError} If no loop is given, running or current.
   */
  constructor(options: StreamReaderOptions = {}) {
    options = checkOptions("make a StreamReader", options, READER_OPTIONS);
    this._buffer = new ReceiveBuffer(
      checkLimit(options.limit ?? DEFAULT_LIMIT),
      options.loop ?? schedulerForNew(),
    );
  }

  /**
   * Makes a reader of a stream of the Web or of Node, or of any async iterable of bytes,
   * such as `file.readable`, `response.body` and `Deno.stdin.readable`.
   *
   * The source is asked for more only when someone reads. It is closed when a `for await`
   * over the reader or its {@linkcode StreamReader.lines} is left, by whatever way, when
   * its {@linkcode StreamReader.toReadableStream} is cancelled, at the end of `run()`, and when
   * a reader that was left half-way is collected.
   * Whoever leaves waits for its clean-up, which may throw: for 5 seconds if that waits for the
   * host, or up to a second cancel.
   *
   * @param source The source.
   * @param options The limit and the loop.
   * @returns The reader.
   * @throws {TypeError} If it is no such source or is in use already, or an option is of the
   * wrong kind.
   * @throws {RangeError} If the limit is not above 0.
   * @throws {RuntimeError} If no loop is given, running or current.
   *
   * @example The lines of a file
   * ```ts
   * import { run, StreamReader } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * const path = await Deno.makeTempFile();
   * await Deno.writeTextFile(path, "first\nsecond\n");
   *
   * const lines: string[] = [];
   * await run(async () => {
   *   const file = await Deno.open(path);
   *   for await (const line of StreamReader.from(file.readable).lines()) lines.push(line);
   * });
   * assertEquals(lines, ["first", "second"]);
   * ```
   */
  static from(
    source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
    options: StreamReaderOptions = {},
  ): StreamReader {
    const reader = new StreamReader(options);
    new HostSource(source, reader._buffer);
    return reader;
  }

  /**
   * Reads what is there, and waits only if that is nothing.
   *
   * @param n How many bytes at most; below 0 everything up to the end.
   * @returns A coroutine of the bytes, none at the end.
   * @throws {TypeError} If `n` is no number.
   * @throws {RangeError} If `n` is no integer.
   * @throws {RuntimeError} If another task waits for data.
   */
  read(n = -1): Coroutine<Uint8Array> {
    checkCount(n, "read()");
    return n < 0
      ? new ReadOperation("read", this._buffer, readAll, undefined)
      : new ReadOperation("read", this._buffer, readSome, n);
  }

  /**
   * Reads one line, with its end `"\n"`.
   *
   * @returns A coroutine of the line. The last one may have no end, and none is left
   * when it is empty.
   * @throws {RangeError} If the line is above the limit; it is dropped.
   * @throws {RuntimeError} If another task waits for data.
   */
  readline(): Coroutine<Uint8Array> {
    return new ReadOperation("readline", this._buffer, readLine, undefined);
  }

  /**
   * Reads exactly so many bytes.
   *
   * @param n How many.
   * @returns A coroutine of the bytes.
   * @throws {TypeError} If `n` is no number.
   * @throws {RangeError} If `n` is below 0, or no integer.
   * @throws {IncompleteReadError} If the end comes before.
   * @throws {RuntimeError} If another task waits for data.
   */
  readexactly(n: number): Coroutine<Uint8Array> {
    checkCount(n, "readexactly()");
    if (n < 0) {
      throw new RangeError(
        `The readexactly size can not be less than zero, got ${n}`,
      );
    }
    return new ReadOperation("readexactly", this._buffer, readExactly, n);
  }

  /**
   * Reads up to a separator.
   *
   * @param separator The separator, or several, of which the one that ends first counts.
   * @returns A coroutine of the bytes, with the separator.
   * @throws {TypeError} If a separator is no Uint8Array.
   * @throws {RangeError} If there is none, or one is empty.
   * @throws {IncompleteReadError} If the end comes before.
   * @throws {LimitOverrunError} If there are more bytes than the limit before it, which are
   * left to be read.
   * @throws {RuntimeError} If another task waits for data.
   */
  readuntil(
    separator: Uint8Array | readonly Uint8Array[] = NEWLINE,
  ): Coroutine<Uint8Array> {
    return new ReadOperation<Separators>(
      "readuntil",
      this._buffer,
      readUntil,
      separator,
    );
  }

  /**
   * Goes over the lines as text, without their ends `"\n"` and `"\r\n"`. It is twice as
   * fast as {@linkcode StreamReader.readline} and a TextDecoder.
   *
   * What was not given when the loop is left, by `break` or by a cancel, can still be read.
   * A line above the limit is a RangeError.
   *
   * @param options The encoding, and whether bytes that are none of it are an error.
   * @returns The lines.
   * @throws {RangeError} If there is no such encoding.
   * @throws {TypeError} If an option is of the wrong kind.
   *
   * @example Lines from anywhere
   * ```ts
   * import { run, StreamReader } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * const lines: string[] = [];
   * await run(async () => {
   *   const { body } = new Response("one\r\ntwo\nthree");
   *   for await (const line of StreamReader.from(body!).lines()) lines.push(line);
   * });
   * assertEquals(lines, ["one", "two", "three"]);
   * ```
   */
  lines(
    options: LinesOptions = {},
  ): AsyncIterableIterator<string, undefined> {
    const { encoding = "utf-8", fatal = false } = checkOptions(
      "read lines",
      options,
      LINES_OPTIONS,
    );
    return new LineIterator(
      this._buffer,
      (count) => this.read(count),
      new TextDecoder(encoding, { fatal }),
    );
  }

  /**
   * Makes a stream of the Web of what is left, for a Response or a file. It reads only
   * when it is asked. If the source is closed here before its end, as by the
   * end of the run, it fails with a RuntimeError.
   *
   * @returns The stream.
   *
   * @example Into a Response
   * ```ts
   * import { run, StreamReader } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * await run(async () => {
   *   const reader = new StreamReader();
   *   reader.feedData(new TextEncoder().encode("hello"));
   *   reader.feedEof();
   *   assertEquals(await new Response(reader.toReadableStream()).text(), "hello");
   * });
   * ```
   */
  toReadableStream(): ReadableStream<Uint8Array> {
    return readableStreamOf(this._buffer);
  }

  /** Whether the end has come and all bytes were read. */
  atEof(): boolean {
    return this._buffer.eof && this._buffer.bytes.size === 0;
  }

  /** What {@linkcode StreamReader.setException} was given, or the connection was lost by. */
  exception(): unknown {
    return this._buffer.error;
  }

  /**
   * Makes every read throw, the one that waits too.
   *
   * @param error What to throw.
   * @throws {TypeError} If there is no error.
   */
  setException(error: unknown): void {
    if (error === undefined || error === null) {
      throw new TypeError(
        `Cannot set exception: an error was expected, got ${error}`,
      );
    }
    this._buffer.fail(error);
  }

  /**
   * Adds bytes to be read. They are copied.
   *
   * @param data The bytes.
   * @throws {TypeError} If they are no bytes.
   * @throws {RuntimeError} After {@linkcode StreamReader.feedEof}.
   */
  feedData(data: Uint8Array): void {
    if (!isBytes(data)) {
      throw new TypeError(
        `Cannot feed data: a Uint8Array was expected, got ${
          describeKind(data)
        }`,
      );
    }
    if (this._buffer.eof) throw new RuntimeError("Cannot feed data after EOF");
    this._buffer.feed(data.length === 0 ? EMPTY : new Uint8Array(data));
  }

  /** Tells the end: nothing more comes. */
  feedEof(): void {
    this._buffer.feedEof();
  }

  /** Goes over the lines, as bytes with their ends. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const { _buffer } = this;
    const leave = (reason?: unknown): PromiseLike<void> | void =>
      _buffer.source?.cancel?.(reason);
    return {
      next: async (): Promise<IteratorResult<Uint8Array, undefined>> => {
        try {
          const line = await this.readline();
          if (line.length > 0) return { done: false, value: line };
        } catch (error) {
          // `for await` does not call return() then, after a cancel neither.
          await leave(error);
          throw error;
        }
        return { done: true, value: undefined };
      },
      return: async (): Promise<IteratorResult<Uint8Array, undefined>> => {
        await endLoop(leave(), _buffer.loop, _buffer.source);
        return { done: true, value: undefined };
      },
    };
  }

  /** Returns `<StreamReader 4 bytes eof>` and the like. */
  toString(): string {
    return describeOnce(this, () => `<${describe(this._buffer).join(" ")}>`);
  }

  /** Returns {@linkcode StreamReader.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

function describe(buffer: ReceiveBuffer): string[] {
  const { bytes, limit, waiter, error, source } = buffer;
  const words = ["StreamReader"];
  if (bytes.size > 0) words.push(`${bytes.size} bytes`);
  if (buffer.eof) words.push("eof");
  if (limit !== DEFAULT_LIMIT) words.push(`limit=${limit}`);
  if (waiter !== undefined) words.push(`waiter=${waiter}`);
  if (error !== undefined) words.push(`exception=${describeValue(error)}`);
  if (source !== undefined) words.push(`transport=${source}`);
  if (buffer.paused) words.push("paused");
  return words;
}

function checkLimit(limit: unknown): number {
  if (typeof limit !== "number" || Number.isNaN(limit)) {
    throw new TypeError(
      `Limit must be a number of bytes, got ${describeKind(limit)}`,
    );
  }
  if (limit <= 0) throw new RangeError(`Limit cannot be <= 0, got ${limit}`);
  return limit;
}

function checkCount(count: unknown, where: string): void {
  if (typeof count !== "number") {
    throw new TypeError(
      `Cannot read: ${where} takes a number of bytes, got ${
        describeKind(count)
      }`,
    );
  }
  if (!Number.isInteger(count)) {
    throw new RangeError(
      `Cannot read: ${where} takes a whole number of bytes, got ${count}`,
    );
  }
}
