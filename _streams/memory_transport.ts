/**
 * A connection in memory, for tests: it has latency, and takes so many bytes at a time.
 *
 * @module
 */
import { RingBuffer } from "../_base/ring_buffer.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import type { Scheduler } from "../handle.ts";
import type { ExtraInfo } from "../stream_writer.ts";
import { connectionReset } from "../_host/errors.ts";
import type { ReceiveBuffer } from "../_io/receive_buffer.ts";
import type {
  ByteSource,
  Transport,
  TransportOwner,
} from "../_io/transport.ts";

// Parcels for which room is kept after a burst.
const MOST_KEPT = 1024;

/** How a connection in memory behaves. */
export interface MemoryLink {
  readonly loop: Scheduler;
  /** How long bytes are under way, in seconds. */
  readonly latency: number;
  /** How many bytes may be under way in one direction before a writer has to wait. */
  readonly capacity: number;
}

/** Bytes, or the end, on their way to the other end. */
interface Parcel {
  readonly bytes: Uint8Array | undefined;
  hasArrived: boolean;
}

/** One end of a connection in memory. */
export class MemoryTransport implements Transport, ByteSource {
  readonly ofHost = false;
  readonly #link: MemoryLink;
  readonly #name: string;
  #peer!: MemoryTransport;
  #buffer!: ReceiveBuffer;
  #owner!: TransportOwner;
  // What is under way to the peer, and how many bytes that is.
  readonly #underWay = new RingBuffer<Parcel>(8);
  #size = 0;
  #backlogged = false;
  #paused = false;
  #closing = false;
  #closed = false;

  /**
   * Makes one end.
   *
   * @param name Its name, for reports.
   * @param link How the connection behaves.
   */
  constructor(name: string, link: MemoryLink) {
    this.#name = name;
    this.#link = link;
  }

  /** Joins it to the other end, and to those who use it. */
  start(
    peer: MemoryTransport,
    buffer: ReceiveBuffer,
    owner: TransportOwner,
  ): void {
    this.#peer = peer;
    this.#buffer = buffer;
    this.#owner = owner;
    buffer.attach(this);
  }

  pull(): void {}

  pauseReading(): void {
    this.#paused = true;
  }

  resumeReading(): void {
    this.#paused = false;
    this.#peer.#deliver();
  }

  write(bytes: Uint8Array): boolean {
    this.#size += bytes.length;
    if (this.#size > this.#link.capacity) this.#backlogged = true;
    this.#send(bytes.slice());
    return !this.#backlogged;
  }

  isBacklogged(): boolean {
    return this.#backlogged;
  }

  writeEof(): void {
    this.#send(undefined);
  }

  close(): void {
    this.#closing = true;
    // A connection of a host takes what it has room for, and the rest before it closes.
    if (!this.#backlogged) this.#end();
  }

  abort(): void {
    this.#underWay.clear();
    this.#end();
  }

  extraInfo<K extends keyof ExtraInfo>(_name: K): ExtraInfo[K] | undefined {
    return undefined;
  }

  toString(): string {
    return `${this.#name} of a connection in memory`;
  }

  #send(bytes: Uint8Array | undefined): void {
    const parcel: Parcel = { bytes, hasArrived: false };
    this.#underWay.push(parcel);
    this.#later(() => {
      parcel.hasArrived = true;
      this.#deliver();
    });
  }

  #deliver(): void {
    const underWay = this.#underWay;
    while (
      underWay.size > 0 && underWay.at(0).hasArrived && !this.#peer.#paused
    ) {
      const { bytes } = underWay.shift();
      if (bytes === undefined) this.#peer.#buffer.feedEof();
      else this.#hand(bytes);
    }
    underWay.trim(MOST_KEPT);
  }

  #hand(bytes: Uint8Array): void {
    if (this.#peer.#closed) {
      // As of a host: the answer to bytes for nobody is a reset.
      this.#later(() => this.#lose(connectionReset(`Lost the ${this}`)));
      return;
    }
    this.#size -= bytes.length;
    this.#peer.#buffer.feed(bytes);
    if (!this.#backlogged || this.#size > this.#link.capacity / 4) return;
    this.#backlogged = false;
    if (this.#closing) this.#end();
    this.#owner.resumeWriting();
  }

  #end(): void {
    if (this.#closed) return;
    this.#send(undefined);
    this.#lose(undefined);
  }

  #lose(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    // Nobody reads here any more, so nothing holds the other end back.
    this.#paused = false;
    this.#owner.connectionLost(error);
    this.#peer.#deliver();
  }

  #later(callback: () => void): void {
    this.#link.loop.callLater(this.#link.latency, callback, NO_CONTEXT);
  }
}
