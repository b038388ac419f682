/**
 * The pipes of a process as streams of the Web: what Deno gives.
 *
 * @module
 */
import { concat } from "../_io/byte_buffer.ts";
import type { ReceiveBuffer } from "../_io/receive_buffer.ts";
import type { TransportOwner } from "../_io/transport.ts";
import type { ExtraInfo } from "../stream_writer.ts";
import { type InputPipe, type OutputPipe, unread } from "./child.ts";
import { HIGH_WATER, LOW_WATER } from "../_io/limits.ts";
import { InputQueue } from "./input_queue.ts";

/** An output of the process. */
export class DenoOutput implements OutputPipe {
  readonly ofHost = true;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #name: string;
  #buffer: ReceiveBuffer | undefined;
  #onOver: (() => void) | undefined;
  #reading = false;
  #paused = false;
  #collecting = false;
  #over = false;

  constructor(stream: ReadableStream<Uint8Array>, name: string) {
    this.#reader = stream.getReader();
    this.#name = name;
  }

  start(buffer: ReceiveBuffer, onOver: () => void): void {
    this.#buffer = buffer;
    this.#onOver = onOver;
    buffer.attach(this);
    this.#read();
  }

  // It reads ahead by itself: a child that writes must not wait for a reader.
  pull(): void {}

  pauseReading(): void {
    this.#paused = true;
  }

  resumeReading(): void {
    this.#paused = false;
    this.#read();
  }

  collect(): void {
    this.#collecting = true;
    this.#read();
  }

  close(): void {
    if (this.#over) return;
    // Not awaited: with a read under way it may take for ever.
    this.#reader.cancel().catch(() => {});
    this.#end();
  }

  toString(): string {
    return this.#name;
  }

  #read(): void {
    if (this.#reading || this.#over) return;
    if (this.#paused && !this.#collecting) return;
    this.#reading = true;
    this.#reader.read().then(({ value }) => {
      this.#reading = false;
      if (this.#over) return;
      if (value === undefined) return this.#end();
      this.#buffer!.feed(value);
      this.#read();
    }, (error) => {
      this.#reading = false;
      if (this.#over) return;
      this.#buffer!.fail(error);
      this.#end();
    });
  }

  #end(): void {
    this.#over = true;
    this.#buffer?.feedEof();
    this.#onOver?.();
  }
}

/** The input of the process. What is written while a write is under way goes out as one. */
export class DenoInput implements InputPipe {
  readonly ofHost = true;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #pid: number;
  #owner: TransportOwner | undefined;
  readonly #queue = new InputQueue();
  #size = 0;
  #sending = false;
  #backlogged = false;
  #closing = false;
  #lost = false;

  constructor(stream: WritableStream<Uint8Array>, pid: number) {
    this.#writer = stream.getWriter();
    this.#pid = pid;
    // Each write tells it too.
    this.#writer.closed.catch(() => {});
  }

  own(owner: TransportOwner): void {
    this.#owner = owner;
  }

  write(bytes: Uint8Array): boolean {
    this.#queue.push(bytes);
    this.#size += bytes.length;
    if (!this.#sending) this.#send();
    if (this.#size > HIGH_WATER) this.#backlogged = true;
    return !this.#backlogged;
  }

  isBacklogged(): boolean {
    return this.#backlogged;
  }

  writeEof(): void {
    this.close();
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (!this.#sending) this.#finish();
  }

  abort(): void {
    this.#discard(undefined);
  }

  readerEnded(): void {
    this.#discard(this.#backlogged ? unread(this) : undefined);
  }

  extraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined {
    return name === "transport"
      ? this.#writer as ExtraInfo["transport"] as ExtraInfo[K]
      : undefined;
  }

  toString(): string {
    return `<stdin of process ${this.#pid}>`;
  }

  #send(): void {
    const bytes = this.#takePiece();
    this.#sending = true;
    this.#writer.write(bytes).then(
      () => this.#sent(bytes.length),
      (error) => this.#lose(error),
    );
  }

  // As many as go into one.
  #takePiece(): Uint8Array {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const piece = this.#queue.take(size);
      if (piece === undefined) return concat(pieces);
      pieces.push(piece);
      size += piece.length;
    }
  }

  #sent(count: number): void {
    this.#sending = false;
    if (this.#lost) return;
    this.#size -= count;
    if (!this.#queue.isEmpty) this.#send();
    else if (this.#closing) this.#finish();
    if (this.#backlogged && this.#size <= LOW_WATER) {
      this.#backlogged = false;
      this.#owner?.resumeWriting();
    }
  }

  #finish(): void {
    this.#writer.close().then(
      () => this.#lose(undefined),
      (error) => this.#lose(error),
    );
  }

  #discard(error: unknown): void {
    if (this.#lost) return;
    this.#queue.clear();
    this.#writer.abort().catch(() => {});
    this.#lose(error);
  }

  #lose(error: unknown): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#owner?.connectionLost(error);
    // The host has closed it by itself after an error.
    if (error !== undefined) this.#writer.abort().catch(() => {});
  }
}
