/**
 * The StreamWriter over a transport.
 *
 * @module
 */
import {
  describeKind,
  describeOnce,
  isBytes,
  isInstance,
  isRevoked,
  tagOf,
} from "../_base/repr.ts";
import type { Coro, Coroutine } from "../_coroutine/coroutine.ts";
import { MethodCoroutine } from "../_task/function_coroutine.ts";
import { CancelledError, RuntimeError } from "../errors.ts";
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import type { Resource } from "../_loop/resources.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import type { ExtraInfo, StreamWriter, TlsOptions } from "../stream_writer.ts";
import { concat } from "./byte_buffer.ts";
import { connectionReset } from "../_host/errors.ts";
import { IoWaits, isBeingCancelled } from "./io_wait.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";
import type { Transport, TransportOwner } from "./transport.ts";

/** What a writer is made of. */
export interface WriterParts {
  /** What takes the bytes. */
  readonly transport: Transport;
  /** The other half, if there is one: it is told the end. */
  readonly buffer?: ReceiveBuffer;
  /** The loop of whoever writes. */
  readonly loop: Scheduler;
  /** Called once, when the connection is over. */
  readonly onLost?: () => void;
  /** Checks the options, and gives what goes over to TLS, where that is possible. */
  readonly upgrade?: (options: TlsOptions) => Upgrade;
}

/** A transport that nobody uses before it is started. */
interface StartableTransport extends Transport {
  start(buffer: ReceiveBuffer, owner: TransportOwner): void;
}

/**
 * Goes over to TLS; gives the transport to use then.
 *
 * @throws {RuntimeError} If that can't be; the connection goes on.
 */
type Upgrade = (transport: Transport) => Coro<StartableTransport>;

// How long the end of a run, or of a task that is cancelled, waits for a peer to take what
// was written, in seconds.
const LINGER = 1;

/** Sends what is written by way of a transport, and knows whether it lives. */
export class TransportWriter implements StreamWriter, TransportOwner, Resource {
  readonly #parts: WriterParts;
  #transport: Transport;
  readonly #done: Future<void>;
  readonly #drains: IoWaits<void>;
  readonly #closes: IoWaits<void>;
  #closing = false;
  #ended = false;
  #upgrading = false;
  #lost: { readonly error: unknown } | undefined;

  constructor(parts: WriterParts) {
    const { transport, loop } = parts;
    this.#parts = parts;
    this.#transport = transport;
    this.#drains = new IoWaits(loop, "room to write", transport.ofHost);
    this.#closes = new IoWaits(
      loop,
      "the end of a connection",
      transport.ofHost,
    );
    // One for all, since nobody can cancel what is done.
    this.#done = new Future({ loop });
    this.#done.setResult(undefined);
  }

  write(data: Uint8Array): Future<void> {
    checkBytes(data);
    if (this.#closing || this.#ended || this.#upgrading) this.#refuse();
    if (this.#lost !== undefined) return this.#failed(this.#lostError());
    return data.length === 0 || this.#transport.write(data)
      ? this.#done
      : this.#drains.wait();
  }

  writelines(parts: Iterable<Uint8Array>): Future<void> {
    if (
      isRevoked(parts) || typeof parts?.[Symbol.iterator] !== "function"
    ) {
      throw new TypeError(
        `Cannot write: an iterable of Uint8Arrays was expected, got ${
          describeKind(parts)
        }`,
      );
    }
    const list = [...parts];
    list.forEach(checkBytes);
    return this.write(concat(list));
  }

  drain(): Future<void> {
    const error = this.#parts.buffer?.error;
    if (error !== undefined) return this.#failed(error);
    // Node closes by itself when both halves have ended: nothing was lost.
    const hasAllSent = this.#ended && this.#lost?.error === undefined;
    if (this.#closing || this.#lost !== undefined && !hasAllSent) {
      return this.#failed(this.#lostError());
    }
    return this.#transport.isBacklogged() ? this.#drains.wait() : this.#done;
  }

  canWriteEof(): boolean {
    return true;
  }

  writeEof(): void {
    if (this.#ended || this.isClosing()) return;
    if (this.#upgrading) this.#refuse();
    this.#ended = true;
    this.#transport.writeEof();
  }

  close(): Future<void> {
    this.#beginClosing();
    return this.waitClosed();
  }

  isClosing(): boolean {
    return this.#closing || this.#lost !== undefined;
  }

  waitClosed(): Future<void> {
    if (this.#lost === undefined) return this.#closes.wait();
    const { error } = this.#lost;
    return error === undefined ? this.#done : this.#failed(error);
  }

  abort(): void {
    this.#closing = true;
    if (this.#lost !== undefined) return;
    this.#transport.abort();
    // Handed out for a handshake, it tells nobody any more.
    if (this.#upgrading) this.connectionLost(undefined);
  }

  getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined {
    return this.#transport.extraInfo(name);
  }

  startTls(options: TlsOptions = {}): Coroutine<void> {
    const upgrade = this.#parts.upgrade?.(options);
    return new MethodCoroutine("startTls", () => this.#startTls(upgrade));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closeIn(isBeingCancelled() ? LINGER : undefined);
  }

  toString(): string {
    return describeOnce(
      this,
      () => `<StreamWriter transport=${this.#transport}>`,
    );
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  resumeWriting(): void {
    this.#drains.release(undefined);
  }

  connectionLost(error: unknown): void {
    if (this.#lost !== undefined) return;
    this.#lost = { error };
    const { buffer, onLost } = this.#parts;
    if (this.#closing) buffer?.noteCutOff();
    if (error === undefined) buffer?.feedEof();
    else buffer?.fail(error);
    this.#drains.fail(this.#lostError());
    if (error === undefined) this.#closes.release(undefined);
    else this.#closes.fail(error);
    onLost?.();
  }

  get _isClosing(): boolean {
    return this.isClosing();
  }

  _endWithLoop(): Promise<void> {
    return this.#closeIn(LINGER);
  }

  _abandon(): void {
    this.abort();
  }

  async #closeIn(seconds: number | undefined): Promise<void> {
    const giveUp = seconds === undefined || this.#lost !== undefined
      ? undefined
      : this.#parts.loop.callLater(seconds, () => this.abort(), NO_CONTEXT);
    try {
      await this.close();
    } catch (error) {
      // At the end of a block nobody can do anything about a lost connection.
      if (error === this.#lost?.error) return;
      // A cancel: nobody waits any more.
      this.abort();
      throw error;
    } finally {
      giveUp?.cancel();
    }
  }

  #beginClosing(): void {
    if (this.#closing) return;
    this.#closing = true;
    // A handshake has its time to end, as what was written has.
    if (this.#lost === undefined && !this.#upgrading) this.#transport.close();
  }

  *#startTls(upgrade: Upgrade | undefined): Coro<void> {
    if (upgrade === undefined) {
      throw new RuntimeError(
        `Cannot start TLS: ${this.#transport} is no plain connection of the host`,
      );
    }
    if (this.#upgrading || this.#ended) this.#refuse();
    if (this.isClosing()) throw this.#lostError();
    const handshake = upgrade(this.#transport);
    this.#upgrading = true;
    try {
      const secured = yield* handshake;
      this.#transport = secured;
      if (this.#lost !== undefined) throw this.#lostError();
      secured.start(this.#parts.buffer!, this);
    } catch (error) {
      const isCancel = isInstance(error, CancelledError);
      // Half a handshake was sent: nothing else can be said on this connection.
      this.connectionLost(isCancel ? undefined : error);
      this.#transport.abort();
      throw isCancel ? error : this.#lostError();
    } finally {
      this.#upgrading = false;
    }
    if (this.#closing) this.#transport.close();
  }

  // What would be lost without a word.
  #refuse(): void {
    if (this.#closing) throw this.#lostError();
    const why = this.#ended
      ? "writeEof() was called"
      : "a TLS handshake is under way, wait for startTls()";
    throw new RuntimeError(`Cannot write: ${why}`);
  }

  #lostError(): unknown {
    if (this.#lost?.error !== undefined) return this.#lost.error;
    const what = this.#closing ? "was closed here" : "was lost";
    return connectionReset(`Cannot write: ${this.#transport} ${what}`);
  }

  #failed(error: unknown): Future<void> {
    const future = new Future<void>({ loop: this.#parts.loop });
    future.setException(error);
    // Whoever waits gets it, and it is reported to nobody else.
    future.exception();
    return future;
  }
}

function checkBytes(data: unknown): void {
  if (isBytes(data)) {
    // Its bytes are gone, and nobody would miss them.
    if (data.length > 0 || !(data.buffer as ArrayBuffer).detached) return;
    throw new TypeError(
      "Cannot write: the buffer of the Uint8Array was transferred, its bytes are elsewhere",
    );
  }
  const [what, advice] = isBinary(data)
    ? [tagOf(data), "wrap it in one"]
    : [describeKind(data), "encode text with a TextEncoder"];
  throw new TypeError(
    `Cannot write: a Uint8Array was expected, got ${what}, ${advice}`,
  );
}

function isBinary(data: unknown): boolean {
  return ArrayBuffer.isView(data) || isInstance(data, ArrayBuffer) ||
    typeof SharedArrayBuffer === "function" &&
      isInstance(data, SharedArrayBuffer);
}
