/**
 * A connection of Deno.
 *
 * It reads when it is asked to, since a read of Deno can't be taken back, and TLS can't
 * begin while one is under way.
 *
 * @module
 */
import { SETTLED } from "../_base/microtasks.ts";
import { concat, EMPTY } from "../_io/byte_buffer.ts";
import { connectionReset, withSubject } from "../_host/errors.ts";
import type { ReceiveBuffer } from "../_io/receive_buffer.ts";
import type { TransportOwner } from "../_io/transport.ts";
import type { Address, ExtraInfo } from "../stream_writer.ts";
import { closeQuietly, type DenoAddr, type DenoConn } from "./deno_host.ts";
import { duplexOf } from "./deno_duplex.ts";
import { HIGH_WATER, LOW_WATER } from "../_io/limits.ts";
import { type HostTransport, showAddress } from "./network.ts";
import type { HeldSocket } from "./node_host.ts";

// An async function that answers line by line comes back to its next write() in 5
// microtasks. A microtask costs 0.1 µs, and a piece that is sent for itself 6 µs.
const QUIET_HOPS = 8;

// A read of what has come already ends within so many microtasks.
const READ_HOPS = 4;
// How much of it is read at a close, in bytes: as much as CPython reads at once. Some send for
// ever.
const MOST_UNREAD = 262_144;

/**
 * Reads when asked, and sends one piece at a time: the first at once, and what follows it in
 * the same burst of microtasks as one.
 */
export class DenoTransport implements HostTransport {
  readonly ofHost = true;
  readonly isTls = false;
  readonly #conn: DenoConn;
  #buffer: ReceiveBuffer | undefined;
  #owner: TransportOwner | undefined;
  // Where a read is under way.
  #room: Uint8Array | undefined;
  // What is being sent, what comes after it, and how much that is.
  #sending: Uint8Array | undefined;
  #queue: Uint8Array[] = [];
  // How many pieces stood there when it was last looked whether more come in this burst;
  // `undefined` while none are waited for.
  #gathered: number | undefined;
  #quietHops = 0;
  #isHopping = false;
  // Whether somebody began to wait for data after the last write: that was a whole answer.
  #isReadAfterWrite = true;
  #unsent = 0;
  #hasWritten = false;
  #backlogged = false;
  // What is to be done when all is sent.
  #then: "go on" | "end" | "close" = "go on";
  #closed = false;
  #isHandedOut = false;
  // For who takes the connection over: when all is sent, and what is still being read.
  #flushed: PromiseWithResolvers<void> | undefined;
  #lastRead: PromiseWithResolvers<Uint8Array | null> | undefined;
  // Made once, not for each read and write.
  readonly #onRead = (count: number | null): void => this.#received(count);
  readonly #onSent = (count: number): void => this.#sent(count);
  readonly #onHop = (): void => this.#gatherOn();
  readonly #onError = (error: unknown): void => this.#fail(error);

  constructor(conn: DenoConn) {
    this.#conn = conn;
  }

  start(buffer: ReceiveBuffer, owner: TransportOwner): void {
    this.#buffer = buffer;
    this.#owner = owner;
    buffer.attach(this);
  }

  pull(): void {
    this.#isReadAfterWrite = true;
    if (this.#gathered !== undefined) this.#sendQueue();
    if (this.#room !== undefined || this.#closed) return;
    this.#room = this.#buffer!.room();
    this.#conn.read(this.#room).then(this.#onRead, this.#onError);
  }

  write(bytes: Uint8Array): boolean {
    this.#hasWritten = true;
    this.#unsent += bytes.length;
    const isAnswer = this.#isReadAfterWrite;
    this.#isReadAfterWrite = false;
    if (this.#sending !== undefined) this.#queue.push(bytes);
    else if (isAnswer) this.#send(bytes);
    else {
      this.#queue.push(bytes);
      this.#gather();
    }
    if (this.#unsent > HIGH_WATER) this.#backlogged = true;
    return !this.#backlogged;
  }

  isBacklogged(): boolean {
    return this.#backlogged;
  }

  writeEof(): void {
    this.#then = "end";
    if (this.#sending === undefined) this.#allSent();
  }

  close(): void {
    this.#then = "close";
    if (this.#sending === undefined) this.#allSent();
  }

  abort(): void {
    // Whoever has taken it over sees it closed.
    if (this.#isHandedOut) closeQuietly(this.#conn);
    this.#lose(undefined);
  }

  extraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined {
    const info: { readonly [Name in keyof ExtraInfo]: () => unknown } = {
      peername: () => addressOf(this.#conn.remoteAddr),
      sockname: () => addressOf(this.#conn.localAddr),
      tls: () => undefined,
      transport: () => this.#conn,
    };
    // Of a name such as "toString" it has more than its own.
    return Object.hasOwn(info, name) ? info[name]() as ExtraInfo[K] : undefined;
  }

  async detach(): Promise<HeldSocket> {
    if (this.#sending !== undefined) {
      this.#flushed = Promise.withResolvers();
      await this.#flushed.promise;
    }
    this.#closed = this.#isHandedOut = true;
    const early: Promise<Uint8Array | null>[] = [];
    const bytes = this.#buffer?.bytes;
    if (bytes !== undefined && bytes.size > 0) {
      early.push(Promise.resolve(bytes.take(bytes.size)));
    }
    if (this.#room !== undefined) {
      this.#lastRead = Promise.withResolvers();
      early.push(this.#lastRead.promise);
    }
    return duplexOf(this.#conn, early);
  }

  toString(): string {
    return `connection to ${showAddress(addressOf(this.#conn.remoteAddr))}`;
  }

  #received(count: number | null): void {
    const room = this.#room!;
    this.#room = undefined;
    this.#lastRead?.resolve(count === null ? null : room.subarray(0, count));
    if (this.#closed) return;
    if (count === null) this.#buffer!.feedEof();
    else this.#buffer!.commit(room, count);
  }

  #send(bytes: Uint8Array): void {
    this.#sending = bytes;
    this.#conn.write(bytes).then(this.#onSent, this.#onError);
  }

  #sent(count: number): void {
    if (this.#closed) return;
    const bytes = this.#sending!;
    this.#unsent -= count;
    if (count < bytes.length) this.#send(bytes.subarray(count));
    else if (this.#queue.length > 0) this.#gather();
    else {
      this.#sending = undefined;
      this.#allSent();
    }
    if (this.#backlogged && this.#unsent <= LOW_WATER) {
      this.#backlogged = false;
      this.#owner?.resumeWriting();
    }
  }

  // Somebody who writes in steps may not have come to the last of them.
  #gather(): void {
    if (this.#mustSend()) return this.#sendQueue();
    this.#sending = EMPTY;
    this.#gathered = this.#queue.length;
    this.#quietHops = 0;
    this.#hop();
  }

  #hop(): void {
    // The last one may have outlived what it was for.
    if (!this.#isHopping) SETTLED.then(this.#onHop);
    this.#isHopping = true;
  }

  #gatherOn(): void {
    this.#isHopping = false;
    // It was sent meanwhile, or is lost.
    if (this.#gathered === undefined || this.#closed) return;
    if (this.#queue.length > this.#gathered) {
      this.#gathered = this.#queue.length;
      this.#quietHops = 0;
    } else this.#quietHops++;
    if (this.#quietHops > QUIET_HOPS || this.#mustSend()) this.#sendQueue();
    else this.#hop();
  }

  #mustSend(): boolean {
    return this.#isReadAfterWrite || this.#unsent > LOW_WATER ||
      this.#then !== "go on" || this.#flushed !== undefined;
  }

  #sendQueue(): void {
    const queue = this.#queue;
    this.#queue = [];
    this.#gathered = undefined;
    this.#send(concat(queue));
  }

  #allSent(): void {
    if (this.#then === "close") {
      return this.#lose(undefined, this.#mayBeReset());
    }
    // An end that is gone already can't be told, and need not be.
    if (this.#then === "end") this.#conn.closeWrite().catch(() => {});
    this.#flushed?.resolve();
  }

  #fail(error: unknown): void {
    this.#room = undefined;
    this.#lastRead?.reject(error);
    if (this.#closed) return;
    this.#lose(withSubject(error, `Lost the ${this}`));
  }

  // Where a read waits, nothing has come.
  #mayBeReset(): boolean {
    return this.#hasWritten && this.#room === undefined &&
      this.#buffer?.eof === false;
  }

  #lose(error: unknown, isUnread = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    if (isUnread) void readAndClose(this.#conn, this.#buffer!.room());
    else closeQuietly(this.#conn);
    this.#owner?.connectionLost(error);
    this.#flushed?.reject(error ?? connectionReset(`Lost the ${this}`));
  }
}

// A system resets a connection that is closed with bytes unread, and what is still on its way to
// the other end is lost. So what has come is read first, as it would have been by a reader that
// does not wait to be asked, such as CPython's.
async function readAndClose(conn: DenoConn, room: Uint8Array): Promise<void> {
  let left = MOST_UNREAD;
  while (left > 0) {
    let count: number | null | undefined;
    conn.read(room).then((read) => count = read, () => count = null);
    for (let hop = 0; count === undefined && hop < READ_HOPS; hop++) {
      await SETTLED;
    }
    left -= count ?? left;
  }
  closeQuietly(conn);
}

/** The address, as the library shows it. */
export function addressOf({ hostname, port, path }: DenoAddr): Address {
  return hostname === undefined
    ? { path: path ?? "" }
    : { hostname, port: port ?? 0 };
}
