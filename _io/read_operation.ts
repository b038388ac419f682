/**
 * The coroutine of one read: it tries, waits for more, and tries again.
 *
 * @module
 */
import { begin, Coroutine, ended } from "../_task/coroutine.ts";
import { mustGiveWay, NEXT_TURN } from "../_base/running.ts";
import type { IoWait } from "./io_wait.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";

/** Says from an attempt that more bytes are needed. */
export const NEED_MORE: unique symbol = Symbol("asyncio.needMore");

/** What an attempt knows and keeps between tries. */
export interface ReadState<A> {
  /** What the read was called with. */
  readonly argument: A;
  /** Up to where there is nothing to be found. */
  offset: number;
  /** What was taken already, to be joined. */
  pieces: Uint8Array[] | undefined;
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
  pieces: Uint8Array[] | undefined = undefined;
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
    }
    for (;;) {
      const result = this.#attempt(this.#buffer, this);
      if (result !== NEED_MORE) {
        // It is under way, so this ends it.
        begin(this);
        return ended(result) as IteratorResult<unknown, Uint8Array>;
      }
      const next = this.#buffer.wait(this.#name);
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

  #leave(): void {
    const waiter = this._callerBody;
    if (waiter === undefined) return;
    this._callerBody = undefined;
    this.#buffer.giveUp(waiter);
    for (const piece of this.pieces?.reverse() ?? []) {
      this.#buffer.bytes.putBack(piece);
    }
  }
}

function cancellationOf(waiter: IoWait<undefined>): unknown {
  try {
    return waiter.result();
  } catch (error) {
    // It is thrown on by the caller.
    return error;
  }
}
