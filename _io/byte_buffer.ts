/**
 * Bytes that came and were not taken yet.
 *
 * They stand in one piece, so that they can be searched. What is taken is a view of the
 * piece: nothing is copied, and bytes that were handed out are never written again.
 *
 * @module
 */

const SMALLEST = 2048;
const LARGEST = 65_536;
// New memory is cold: pieces of 64 KiB for messages of 1 KiB cost an echo 15 % of its time,
// those of 4 to 16 KiB 7 %. Who sends much wants large ones, or has more reads.
const READS_IN_PIECE = 8;

/** No bytes. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** Bytes in a row: they come in at the end and are taken at the start. */
export class ByteBuffer {
  #piece = EMPTY;
  #start = 0;
  #end = 0;
  // The most that one read has brought since the piece was made.
  #largestRead = 0;
  // Whether a host reads into what is free of the piece.
  #isLent = false;

  /** How many bytes were ever taken: whoever has looked at what is there looks again. */
  taken = 0;

  /** How many bytes there are. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** Returns a byte without taking it; the first has the index 0. */
  at(index: number): number {
    return this.#piece[this.#start + index]!;
  }

  /**
   * Returns free room for a host to read into.
   *
   * @returns A view, of 1 byte at least.
   */
  room(): Uint8Array {
    const free = this.#piece.length - this.#end;
    if (free < SMALLEST && (free === 0 || free < this.#piece.length)) {
      this.#grow(this.#nextSize());
    }
    this.#isLent = true;
    return this.#piece.subarray(this.#end);
  }

  /**
   * Adds what a host has read.
   *
   * @param room What {@linkcode ByteBuffer.room} gave.
   * @param count How many of its bytes were filled.
   */
  commit(room: Uint8Array, count: number): void {
    if (count > this.#largestRead) this.#largestRead = count;
    const isNext = this.#isLent && room.buffer === this.#piece.buffer &&
      room.byteOffset === this.#piece.byteOffset + this.#end;
    this.#isLent = false;
    if (isNext) this.#end += count;
    // Something else came in meanwhile.
    else this.append(room.subarray(0, count));
  }

  /**
   * Adds bytes.
   *
   * @param bytes The bytes, which nobody may change any more.
   */
  append(bytes: Uint8Array): void {
    if (this.#start === this.#end) {
      this.#piece = bytes;
      this.#start = 0;
      this.#end = bytes.length;
      this.#isLent = false;
      return;
    }
    // Where a host reads into, nobody else may write.
    if (this.#isLent || this.#piece.length - this.#end < bytes.length) {
      this.#grow(bytes.length);
    }
    this.#piece.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Puts back at the start what was taken, in its order. */
  putBack(pieces: readonly Uint8Array[]): void {
    const rest = this.take(this.size);
    this.append(concat(rest.length > 0 ? [...pieces, rest] : pieces));
  }

  /**
   * Takes bytes from the start.
   *
   * @param count How many at most.
   * @returns A view of them.
   */
  take(count: number): Uint8Array {
    const from = this.#start;
    this.drop(count);
    return from === 0 && this.#start === this.#piece.length
      ? this.#piece
      : this.#piece.subarray(from, this.#start);
  }

  /** Drops so many bytes from the start, or all there are. */
  drop(count: number): void {
    const dropped = Math.min(count, this.#end - this.#start);
    this.#start += dropped;
    this.taken += dropped;
  }

  /**
   * Finds a byte.
   *
   * @param byte The byte.
   * @param from Where to begin, counted from the first byte.
   * @param until Where to stop.
   * @returns Where it stands, or -1.
   */
  indexOf(byte: number, from: number, until = this.size): number {
    if (from >= until) return -1;
    const start = this.#start;
    // Most often a line is the last: then there is one, and no need for a view.
    if (this.#piece[start + until - 1] === byte) {
      return this.#piece.indexOf(byte, start + from) - start;
    }
    // A view, since indexOf() has no end and would search the free room too.
    const view = this.#piece.subarray(start + from, start + until);
    const at = view.indexOf(byte);
    return at === -1 ? -1 : at + from;
  }

  // So a quiet connection keeps 2 KiB, and a busy one has few pieces.
  #nextSize(): number {
    let size = SMALLEST;
    while (size < LARGEST && size < this.#largestRead * READS_IN_PIECE) {
      size *= 2;
    }
    this.#largestRead = 0;
    return size;
  }

  #grow(count: number): void {
    const rest = this.#piece.subarray(this.#start, this.#end);
    this.#piece = new Uint8Array(
      rest.length === 0 ? Math.max(count, SMALLEST) : rest.length * 2 + count,
    );
    this.#piece.set(rest);
    this.#start = 0;
    this.#end = rest.length;
    this.#isLent = false;
  }
}

/** Joins pieces to one; a single one is given back as it is. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  let size = 0;
  for (const piece of pieces) size += piece.length;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
