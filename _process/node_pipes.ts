/**
 * The pipes of a process as streams of Node.
 *
 * @module
 */
import type { ReceiveBuffer } from "../_io/receive_buffer.ts";
import type { TransportOwner } from "../_io/transport.ts";
import type { ExtraInfo } from "../stream_writer.ts";
import { type InputPipe, type OutputPipe, unread } from "./child.ts";
import { HIGH_WATER, LOW_WATER } from "../_io/limits.ts";
import { InputQueue } from "./input_queue.ts";

/** What is used of a `stream.Readable`. */
export interface NodeReadable {
  on(event: "data", call: (bytes: Uint8Array) => void): unknown;
  on(event: "error", call: (error: unknown) => void): unknown;
  on(event: "end" | "close", call: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** What is used of a `stream.Writable`. */
export interface NodeWritable {
  on(event: "error", call: (error: unknown) => void): unknown;
  on(event: "close", call: () => void): unknown;
  write(bytes: Uint8Array, sent: (error?: unknown) => void): unknown;
  end(): unknown;
  destroy(): unknown;
}

/** An output of the process. */
export class NodeOutput implements OutputPipe {
  readonly ofHost = true;
  readonly #stream: NodeReadable;
  readonly #name: string;
  #collecting = false;
  #end: (() => void) | undefined;

  constructor(stream: NodeReadable, name: string) {
    this.#stream = stream;
    this.#name = name;
  }

  start(buffer: ReceiveBuffer, onOver: () => void): void {
    const end = this.#end = (): void => {
      if (this.#end === undefined) return;
      this.#end = undefined;
      buffer.feedEof();
      onOver();
    };
    buffer.attach(this);
    const stream = this.#stream;
    stream.on("data", (bytes) => {
      if (this.#end === undefined) return;
      // A view that is no Buffer, so that all hosts give the same.
      const { buffer: memory, byteOffset, length } = bytes;
      buffer.feed(new Uint8Array(memory, byteOffset, length));
    });
    stream.on("end", end);
    stream.on("close", end);
    stream.on("error", (error) => {
      if (this.#end === undefined) return;
      buffer.fail(error);
      end();
    });
  }

  // It reads ahead by itself: a child that writes must not wait for a reader.
  pull(): void {}

  pauseReading(): void {
    if (!this.#collecting) this.#stream.pause();
  }

  resumeReading(): void {
    this.#stream.resume();
  }

  collect(): void {
    this.#collecting = true;
    this.#stream.resume();
  }

  close(): void {
    const end = this.#end;
    if (end === undefined) return;
    this.#stream.destroy();
    end();
  }

  toString(): string {
    return this.#name;
  }
}

// Bun's stream sends all that it has, even if it is destroyed: what abort() is to take back
// has to wait here. Node's forgets it, and is twice as fast if it has all at once.
const SENDS_ALL = "Bun" in globalThis;

/** The input of the process. */
export class NodeInput implements InputPipe {
  readonly ofHost = true;
  readonly #stream: NodeWritable;
  readonly #pid: number;
  #owner: TransportOwner | undefined;
  // What the stream does not have yet.
  readonly #queue = new InputQueue();
  #inStream = 0;
  // Counted here: Bun forgets what its stream holds, and Node what it could not send.
  #size = 0;
  #backlogged = false;
  #closing = false;
  #lost = false;

  constructor(stream: NodeWritable, pid: number) {
    this.#stream = stream;
    this.#pid = pid;
    let error: unknown;
    stream.on("error", (reason) => {
      error = reason;
      this.#lose(reason);
    });
    stream.on("close", () => this.#lose(error));
  }

  own(owner: TransportOwner): void {
    this.#owner = owner;
  }

  write(bytes: Uint8Array): boolean {
    this.#size += bytes.length;
    if (this.#size > HIGH_WATER) this.#backlogged = true;
    if (SENDS_ALL) {
      this.#queue.push(bytes);
      this.#handOver();
    } else this.#send(bytes);
    return !this.#backlogged;
  }

  isBacklogged(): boolean {
    return this.#backlogged;
  }

  writeEof(): void {
    this.close();
  }

  close(): void {
    this.#closing = true;
    if (this.#queue.isEmpty) this.#stream.end();
  }

  abort(): void {
    this.#discard(undefined);
  }

  readerEnded(): void {
    this.#discard(this.#backlogged ? unread(this) : undefined);
  }

  extraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined {
    return name === "transport"
      ? this.#stream as ExtraInfo["transport"] as ExtraInfo[K]
      : undefined;
  }

  toString(): string {
    return `<stdin of process ${this.#pid}>`;
  }

  #handOver(): void {
    for (;;) {
      const bytes = this.#queue.take(this.#inStream);
      if (bytes === undefined) return;
      this.#send(bytes);
    }
  }

  #send(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#inStream += length;
    this.#stream.write(bytes, (error) => this.#sent(length, error));
  }

  #sent(count: number, error: unknown): void {
    if (error !== undefined && error !== null) return this.#lose(error);
    if (this.#lost) return;
    this.#inStream -= count;
    this.#size -= count;
    if (!this.#queue.isEmpty) {
      this.#handOver();
      if (this.#closing && this.#queue.isEmpty) this.#stream.end();
    }
    if (!this.#backlogged || this.#size > LOW_WATER) return;
    this.#backlogged = false;
    this.#owner?.resumeWriting();
  }

  #discard(error: unknown): void {
    this.#queue.clear();
    this.#stream.destroy();
    this.#lose(error);
  }

  #lose(error: unknown): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#owner?.connectionLost(error);
  }
}
