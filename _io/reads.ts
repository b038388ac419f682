/**
 * The ways to read: what each takes from the buffer, and when it needs more.
 *
 * As in CPython, an error that was set is thrown even if there are bytes.
 *
 * @module
 */
import { describeKind } from "../_base/repr.ts";
import { IncompleteReadError, LimitOverrunError } from "../errors.ts";
import { concat, EMPTY } from "./byte_buffer.ts";
import { type Attempt, NEED_MORE } from "./read_operation.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";

/** One separator, or several. */
export type Separators = Uint8Array | readonly Uint8Array[];

const NEWLINE = 10;

/** What is there, up to a count. */
export const readSome: Attempt<number> = (buffer, { argument: count }) => {
  throwIfFailed(buffer);
  if (count === 0) return EMPTY;
  if (buffer.bytes.size > 0) return taken(buffer, count);
  return buffer.eof ? EMPTY : NEED_MORE;
};

/** Everything up to the end. */
export const readAll: Attempt<undefined> = (buffer, state) => {
  throwIfFailed(buffer);
  if (buffer.bytes.size > 0) {
    // Taken piece by piece, so that the source goes on.
    (state.pieces ??= []).push(taken(buffer, buffer.bytes.size));
  }
  return buffer.eof ? concat(state.pieces ?? []) : NEED_MORE;
};

/** Exactly so many. */
export const readExactly: Attempt<number> = (buffer, { argument: count }) => {
  throwIfFailed(buffer);
  if (count === 0) return EMPTY;
  if (buffer.bytes.size >= count) return taken(buffer, count);
  if (!buffer.eof) return NEED_MORE;
  throw new IncompleteReadError(taken(buffer, count), count);
};

/** One line with its end; the last may have none. One that is too long is dropped. */
export const readLine: Attempt<undefined> = (buffer, state) => {
  throwIfFailed(buffer);
  const { bytes, limit } = buffer;
  const at = bytes.indexOf(NEWLINE, state.offset);
  if (at !== -1) {
    const line = taken(buffer, at + 1);
    if (at <= limit) return line;
    throw new RangeError(FOUND_TOO_LATE);
  }
  state.offset = bytes.size;
  if (bytes.size > limit) {
    taken(buffer, bytes.size);
    throw new RangeError(NOT_FOUND);
  }
  return buffer.eof ? taken(buffer, bytes.size) : NEED_MORE;
};

/** Up to a separator, with it. What is too long stays. */
export const readUntil: Attempt<Separators> = (buffer, state) => {
  const separators = separatorList(state.argument);
  throwIfFailed(buffer);
  const { bytes, limit } = buffer;
  const lengths = separators.map(({ length }) => length);
  if (bytes.size - state.offset >= Math.min(...lengths)) {
    let start = -1;
    let end = Infinity;
    // The one that ends first, and of those the shortest.
    for (const separator of separators) {
      const at = bytes.find(separator, state.offset);
      const atEnd = at + separator.length;
      if (at === -1 || atEnd > end || (atEnd === end && at < start)) continue;
      start = at;
      end = atEnd;
    }
    if (start > limit) throw new LimitOverrunError(FOUND_TOO_LATE, start);
    if (start !== -1) return taken(buffer, end);
    // The beginning of one may stand at the end.
    state.offset = Math.max(0, bytes.size + 1 - Math.max(...lengths));
    if (state.offset > limit) {
      throw new LimitOverrunError(NOT_FOUND, state.offset);
    }
  }
  if (!buffer.eof) return NEED_MORE;
  throw new IncompleteReadError(taken(buffer, bytes.size));
};

const FOUND_TOO_LATE = "Separator is found, but chunk is longer than limit";
const NOT_FOUND = "Separator is not found, and chunk exceed the limit";

function throwIfFailed({ error }: ReceiveBuffer): void {
  if (error !== undefined) throw error;
}

function taken(buffer: ReceiveBuffer, count: number): Uint8Array {
  const data = buffer.bytes.take(count);
  buffer.taken();
  return data;
}

function separatorList(separators: Separators): readonly Uint8Array[] {
  const list: readonly unknown[] = Array.isArray(separators)
    ? separators
    : [separators];
  if (list.length === 0) {
    throw new RangeError("Separator should contain at least one element");
  }
  for (const separator of list) {
    if (!(separator instanceof Uint8Array)) {
      throw new TypeError(
        `Separator should be a Uint8Array, got ${
          describeKind(separator)
        }: encode text with a TextEncoder`,
      );
    }
    if (separator.length === 0) {
      throw new RangeError("Separator should be at least one-byte string");
    }
  }
  return list as readonly Uint8Array[];
}
