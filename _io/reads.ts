/**
 * The ways to read: what each takes from the buffer, and the coroutine that tries, waits
 * for more, and tries again.
 *
 * As in CPython, an error that was set is thrown even if there are bytes, but to whom they have
 * woken before.
 *
 * @module
 */
import { describeKind, isBytes, isList } from "../_base/repr.ts";
import { cancellationOf } from "../_base/cancelled.ts";
import { mustGiveWay, NEXT_TURN } from "../_base/running.ts";
import { IncompleteReadError, LimitOverrunError } from "../errors.ts";
import { begin, Coroutine, ended } from "../_coroutine/coroutine.ts";
import { unplacedAtAwait } from "../_coroutine/refusals.ts";
import { type ByteBuffer, concat, EMPTY } from "./byte_buffer.ts";
import type { IoWait } from "./io_wait.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";
import { SeparatorSearch } from "./separator_search.ts";

/** Says from an attempt that more bytes are needed. */
export const NEED_MORE: unique symbol = Symbol("asyncio.needMore");

/** What an attempt knows and keeps between tries. */
export interface ReadState<A> {
  /** What the read was called with. */
  readonly argument: A;
  /** Up to where there is nothing to be found. */
  offset: number;
  /** How many bytes had been taken then: another read may take what this one waits for. */
  takenBefore: number;
  /** The search for separators, as far as it has come. */
  search: SeparatorSearch | undefined;
  /** What was taken already, to be joined. */
  pieces: Uint8Array[] | undefined;
  /** Whether bytes or the end have woken it: an error that came after them comes after. */
  isWoken: boolean;
}

/** Takes what the read wants from the buffer, or says that it is not there. */
export type Attempt<A> = (
  buffer: ReceiveBuffer,
  state: ReadState<A>,
) => Uint8Array | typeof NEED_MORE;

/**
 * One read. It is its own body: it hands its waiter to the driver, with no generator
 * between. A cancel loses nothing, since bytes are taken by the attempt that succeeds.
 */
export class ReadOperation<A> extends Coroutine<Uint8Array>
  implements ReadState<A> {
  readonly argument: A;
  offset = 0;
  takenBefore = 0;
  search: SeparatorSearch | undefined = undefined;
  pieces: Uint8Array[] | undefined = undefined;
  isWoken = false;
  readonly #name: string;
  readonly #buffer: ReceiveBuffer;
  readonly #attempt: Attempt<A>;

  constructor(
    name: string,
    buffer: ReceiveBuffer,
    attempt: Attempt<A>,
    argument: A,
  ) {
    super();
    this.argument = argument;
    this.#name = name;
    this.#buffer = buffer;
    this.#attempt = attempt;
  }

  override get name(): string {
    return this.#name;
  }

  /** @internal */
  override next(): IteratorResult<unknown, Uint8Array> {
    // The slot for the body below is free, since there is no other body.
    const waiter = this._callerBody as IoWait<undefined> | undefined;
    if (waiter === undefined) {
      if (mustGiveWay()) return NEXT_TURN;
      if (!begin(this)) return ended<Uint8Array>(undefined as never);
    } else {
      if (!waiter.done()) return { done: false, value: waiter._requestWait() };
      if (waiter.cancelled()) return this.throw(cancellationOf(waiter));
      this._callerBody = undefined;
      this.isWoken = waiter.exception() === undefined;
    }
    for (;;) {
      const result = this.#try();
      if (result !== NEED_MORE) {
        // It is under way, so this ends it.
        begin(this);
        return ended(result) as IteratorResult<unknown, Uint8Array>;
      }
      const next = this.#waitForMore();
      // A source in memory may have filled the buffer at once.
      if (next.done()) continue;
      this._callerBody = next;
      return { done: false, value: next._requestWait() };
    }
  }

  /** @internal */
  override throw(error: unknown): IteratorResult<unknown, Uint8Array> {
    this.#leave();
    return super.throw(error);
  }

  /** @internal */
  override return(value: Uint8Array): IteratorResult<unknown, Uint8Array> {
    this.#leave();
    return super.return(value);
  }

  #waitForMore(): IoWait<undefined> {
    try {
      return this.#buffer.wait(this.#name);
    } catch (error) {
      // Another task waits, and may want them.
      this.#putBack();
      throw error;
    }
  }

  #try(): Uint8Array | typeof NEED_MORE {
    try {
      return this.#attempt(this.#buffer, this);
    } catch (error) {
      this.#putBack();
      // One of the host has its place; one of an attempt gets that of whoever reads.
      throw error === this.#buffer.error
        ? error
        : unplacedAtAwait(error as Error);
    }
  }

  #leave(): void {
    const waiter = this._callerBody;
    if (waiter === undefined) return;
    this._callerBody = undefined;
    this.#buffer.giveUp(waiter);
    this.#putBack();
  }

  #putBack(): void {
    if (this.pieces !== undefined) this.#buffer.bytes.putBack(this.pieces);
  }
}

/** One separator, or several. */
export type Separators = Uint8Array | readonly Uint8Array[];

const NEWLINE = 10;

/** What is there, up to a count. */
export const readSome: Attempt<number> = (buffer, state) => {
  throwIfFailed(buffer, state);
  const count = state.argument;
  if (count === 0) return EMPTY;
  if (buffer.bytes.size > 0) return taken(buffer, count);
  return buffer.eof ? EMPTY : NEED_MORE;
};

/** Everything up to the end. */
export const readAll: Attempt<undefined> = (buffer, state) => {
  // What came before an error is not all, unless the end came before it too.
  if (buffer.error !== undefined && (!state.isWoken || buffer.isCutOff)) {
    throw buffer.error;
  }
  if (buffer.bytes.size > 0) {
    // Taken piece by piece, so that the source goes on.
    (state.pieces ??= []).push(taken(buffer, buffer.bytes.size));
  }
  return buffer.eof ? concat(state.pieces ?? []) : NEED_MORE;
};

/** Exactly so many. */
export const readExactly: Attempt<number> = (buffer, state) => {
  throwIfFailed(buffer, state);
  const count = state.argument;
  if (count === 0) return EMPTY;
  if (buffer.bytes.size >= count) return taken(buffer, count);
  if (!buffer.eof) return NEED_MORE;
  throw new IncompleteReadError(taken(buffer, count), count);
};

/** One line with its end; the last may have none. One that is too long is dropped. */
export const readLine: Attempt<undefined> = (buffer, state) => {
  throwIfFailed(buffer, state);
  const { bytes, limit } = buffer;
  beginAnewIfTaken(state, bytes);
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
  const search = state.search ??= new SeparatorSearch(
    separatorList(state.argument),
  );
  throwIfFailed(buffer, state);
  const { bytes, limit } = buffer;
  beginAnewIfTaken(state, bytes);
  if (bytes.size - state.offset >= search.shortest) {
    const found = search.find(bytes);
    if (found !== undefined) {
      const start = found.end - found.length;
      if (start <= limit) return taken(buffer, found.end);
      throw new LimitOverrunError(FOUND_TOO_LATE, start);
    }
    // The beginning of one may stand at the end.
    state.offset = Math.max(0, bytes.size + 1 - search.longest);
    if (state.offset > limit) {
      throw new LimitOverrunError(NOT_FOUND, state.offset);
    }
  }
  if (!buffer.eof) return NEED_MORE;
  throw new IncompleteReadError(taken(buffer, bytes.size));
};

const FOUND_TOO_LATE = "Separator is found, but chunk is longer than limit";
const NOT_FOUND = "Separator is not found, and chunk exceed the limit";

function throwIfFailed<A>(
  { error }: ReceiveBuffer,
  { isWoken }: ReadState<A>,
): void {
  if (error !== undefined && !isWoken) throw error;
}

// Another read may have taken what this one has looked at.
function beginAnewIfTaken<A>(
  state: ReadState<A>,
  { taken }: ByteBuffer,
): void {
  if (state.takenBefore === taken) return;
  state.takenBefore = taken;
  state.offset = 0;
  state.search?.restart();
}

function taken(buffer: ReceiveBuffer, count: number): Uint8Array {
  const data = buffer.bytes.take(count);
  buffer.taken();
  return data;
}

function separatorList(separators: Separators): readonly Uint8Array[] {
  const list: readonly unknown[] = isList(separators)
    ? separators
    : [separators];
  if (list.length === 0) {
    throw new RangeError("Separator should contain at least one element");
  }
  for (const separator of list) {
    if (!isBytes(separator)) {
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
