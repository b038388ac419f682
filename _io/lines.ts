/**
 * The lines of a reader as text.
 *
 * A piece is decoded once and then split, which is twice as fast as line by line.
 *
 * @module
 */
import { running } from "../_base/running.ts";
import type { Coroutine } from "../_coroutine/coroutine.ts";
import { concat } from "./byte_buffer.ts";
import { endLoop } from "./host_items.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const PIECE = 65_536;
// A line at hand takes so much less time than a read of what is there.
const LINES_A_WAIT = 32;

/** Goes over lines. Whoever leaves has what was not given put back into the buffer. */
export class LineIterator implements AsyncIterableIterator<string, undefined> {
  readonly #buffer: ReceiveBuffer;
  readonly #read: (count: number) => Coroutine<Uint8Array>;
  readonly #decoder: TextDecoder;
  // What was decoded and not given begins at #at.
  #text = "";
  #at = 0;
  // Whether there may be an end of a line from #at on: to look for one in all the text for
  // each piece of a long line would take n² for n pieces.
  #mayHaveEnd = false;
  // The bytes of #text, how many they are, and how many of their lines were given.
  #pieces: Uint8Array[] = [];
  #size = 0;
  #given = 0;
  #isOver = false;

  /**
   * Makes one.
   *
   * @param buffer The buffer of the reader.
   * @param read Reads from it.
   * @param decoder Decodes the bytes.
   */
  constructor(
    buffer: ReceiveBuffer,
    read: (count: number) => Coroutine<Uint8Array>,
    decoder: TextDecoder,
  ) {
    this.#buffer = buffer;
    this.#read = read;
    this.#decoder = decoder;
  }

  next(): Promise<IteratorResult<string, undefined>> {
    let line: string | undefined;
    try {
      line = this.#nextLine();
    } catch (error) {
      return this.#fail(error);
    }
    return line === undefined
      ? this.#readMore()
      : Promise.resolve({ done: false, value: line });
  }

  async return(): Promise<IteratorResult<string, undefined>> {
    const { loop, source } = this.#buffer;
    await endLoop(this.#leave(), loop, source);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #nextLine(): string | undefined {
    if (!this.#mayHaveEnd) return undefined;
    const end = this.#text.indexOf("\n", this.#at);
    if (end === -1) {
      this.#mayHaveEnd = false;
      return undefined;
    }
    const start = this.#at;
    this.#at = end + 1;
    this.#given++;
    const hasReturn = end > start &&
      this.#text.charCodeAt(end - 1) === CARRIAGE_RETURN;
    return this.#checked(this.#text.slice(start, hasReturn ? end - 1 : end));
  }

  async #readMore(): Promise<IteratorResult<string, undefined>> {
    try {
      while (!this.#isOver) {
        this.#forgetGiven();
        const bytes = await this.#read(PIECE);
        if (bytes.length === 0) return this.#last();
        this.#pieces.push(bytes);
        this.#size += bytes.length;
        const text = this.#decoder.decode(bytes, { stream: true });
        this.#text += text;
        this.#mayHaveEnd ||= text.includes("\n");
        const line = this.#nextLine();
        if (line !== undefined) return { done: false, value: line };
        this.#checkRest();
      }
    } catch (error) {
      return await this.#fail(error);
    }
    return { done: true, value: undefined };
  }

  // `for await` does not call return() after an error, such as a CancelledError.
  async #fail(error: unknown): Promise<never> {
    await this.#leave(error);
    throw error;
  }

  #last(): IteratorResult<string, undefined> {
    const rest = this.#text + this.#decoder.decode();
    this.#isOver = true;
    this.#text = "";
    this.#pieces = [];
    return rest === ""
      ? { done: true, value: undefined }
      : { done: false, value: this.#checked(rest) };
  }

  // All lines of the text were given: only the beginning of the next one is left.
  #forgetGiven(): void {
    if (this.#given === 0) return;
    this.#countGiven();
    this.#text = this.#text.slice(this.#at);
    this.#at = 0;
    this.#given = 0;
    const last = this.#pieces.at(-1)!;
    const rest = last.subarray(last.lastIndexOf(NEWLINE) + 1);
    this.#pieces = [rest];
    this.#size = rest.length;
  }

  // They were waits that had nothing to wait for, too, though short ones.
  #countGiven(): void {
    running.readyWaits += Math.ceil(this.#given / LINES_A_WAIT);
  }

  #leave(reason?: unknown): PromiseLike<void> | void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#countGiven();
      let bytes = concat(this.#pieces);
      for (; this.#given > 0; this.#given--) {
        bytes = bytes.subarray(bytes.indexOf(NEWLINE) + 1);
      }
      // In UTF-16 a newline has two bytes, so it is not known where a line begins.
      const isKnown = !this.#decoder.encoding.startsWith("utf-16");
      if (isKnown && bytes.length > 0) this.#buffer.bytes.putBack([bytes]);
      this.#text = "";
      this.#at = 0;
      this.#mayHaveEnd = false;
      this.#pieces = [];
      this.#size = 0;
    }
    return this.#buffer.source?.cancel?.(reason);
  }

  #checked(line: string): string {
    const { limit } = this.#buffer;
    // A code unit is 3 bytes at most.
    if (line.length * 3 <= limit || byteLength(line) <= limit) return line;
    throw new RangeError(
      `Separator is found, but chunk is longer than limit: a line has more than ${limit} bytes`,
    );
  }

  #checkRest(): void {
    const { limit } = this.#buffer;
    if (this.#size <= limit) return;
    // As readline() does: what is too long is dropped.
    this.#pieces = [];
    this.#size = 0;
    throw new RangeError(
      `Separator is not found, and chunk exceed the limit: a line has more than ${limit} bytes`,
    );
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
