/**
 * The search for separators in bytes that come little by little.
 *
 * @module
 */
import type { ByteBuffer } from "./byte_buffer.ts";

// One that never comes is not looked for in all that is there while another one comes often.
const STEP = 4096;

/** Where a separator was found: where it ends, and its length. */
interface Found {
  readonly end: number;
  readonly length: number;
}

/** Looks for the separator that ends first, of several; of those that end there the shortest. */
export class SeparatorSearch {
  /** The length of the shortest. */
  readonly shortest: number = Infinity;
  /** The length of the longest. */
  readonly longest: number = 0;
  readonly #searches: readonly OneSearch[];
  #until = 0;

  /**
   * Makes a search.
   *
   * @param separators What is looked for: one at least, of a byte at least.
   */
  constructor(separators: readonly Uint8Array[]) {
    this.#searches = separators.map((each) => new OneSearch(each));
    for (const { length } of separators) {
      this.shortest = Math.min(this.shortest, length);
      this.longest = Math.max(this.longest, length);
    }
  }

  /** Begins anew, as bytes were taken. */
  restart(): void {
    this.#until = 0;
    for (const search of this.#searches) search.restart();
  }

  /**
   * Goes on.
   *
   * @param bytes The bytes, of which none was taken since the search began.
   */
  find(bytes: ByteBuffer): Found | undefined {
    const { size } = bytes;
    while (this.#until < size) {
      const until = Math.min(size, 2 * this.#until + STEP);
      this.#until = until;
      const found = this.#findUntil(bytes, until);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #findUntil(bytes: ByteBuffer, until: number): Found | undefined {
    let first: Found | undefined;
    for (const search of this.#searches) {
      const end = search.find(bytes, first?.end ?? until);
      if (end === -1) continue;
      const { length } = search;
      if (first === undefined || end < first.end || length < first.length) {
        first = { end, length };
      }
    }
    return first;
  }
}

/**
 * Looks for one, and at each byte once, however long it is and however small the pieces are
 * in which the bytes come (Knuth, Morris and Pratt's way).
 */
class OneSearch {
  readonly #separator: Uint8Array;
  // What was looked at, and how much of the separator stands at the end of that.
  #at = 0;
  #matched = 0;
  #borders: Uint32Array | undefined = undefined;

  constructor(separator: Uint8Array) {
    this.#separator = separator;
  }

  get length(): number {
    return this.#separator.length;
  }

  restart(): void {
    this.#at = 0;
    this.#matched = 0;
  }

  // Gives where it ends, if it does up to there, or -1.
  find(bytes: ByteBuffer, until: number): number {
    const separator = this.#separator;
    let at = this.#at;
    let matched = this.#matched;
    while (at < until && matched < separator.length) {
      if (matched === 0) {
        const first = bytes.indexOf(separator[0]!, at, until);
        at = first === -1 ? until : first + 1;
        matched = first === -1 ? 0 : 1;
      } else if (bytes.at(at) === separator[matched]) {
        at++;
        matched++;
      } else matched = this.#borderOf(matched);
    }
    this.#at = at;
    this.#matched = matched;
    return matched === separator.length ? at : -1;
  }

  // Of the first so many bytes: how many of them stand at their end as at their start.
  #borderOf(count: number): number {
    if (count === 1) return 0;
    this.#borders ??= bordersOf(this.#separator);
    return this.#borders[count]!;
  }
}

function bordersOf(bytes: Uint8Array): Uint32Array {
  const borders = new Uint32Array(bytes.length + 1);
  let border = 0;
  for (let i = 1; i < bytes.length; i++) {
    while (border > 0 && bytes[i] !== bytes[border]) border = borders[border]!;
    if (bytes[i] === bytes[border]) border++;
    borders[i + 1] = border;
  }
  return borders;
}
