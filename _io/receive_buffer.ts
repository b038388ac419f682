/**
 * What came and was not read: the middle between a source of bytes and a StreamReader.
 *
 * @module
 */
import { unplacedAtAwait } from "../_coroutine/refusals.ts";
import { RuntimeError } from "../errors.ts";
import type { Scheduler } from "../handle.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import { IoWait } from "./io_wait.ts";
import type { ByteSource } from "./transport.ts";

/** The bytes, the end, the error, and who waits for more. */
export class ReceiveBuffer {
  /** How many bytes a line may have; above twice as many the source is paused. */
  readonly limit: number;
  /** The bytes. */
  readonly bytes: ByteBuffer = new ByteBuffer();
  /** The loop of whoever reads. */
  readonly loop: Scheduler;
  #source: ByteSource | undefined;
  #eof = false;
  #isCutOff = false;
  #error: unknown;
  #waiter: IoWait<undefined> | undefined;
  #paused = false;

  /**
   * Makes an empty one.
   *
   * @param limit How many bytes a line may have.
   * @param loop The loop of whoever reads.
   */
  constructor(limit: number, loop: Scheduler) {
    this.limit = limit;
    this.loop = loop;
  }

  /** What fills it, if it is known. */
  get source(): ByteSource | undefined {
    return this.#source;
  }

  /** Whether nothing more comes. */
  get eof(): boolean {
    return this.#eof;
  }

  /** Whether there may have been more than what comes before the end. */
  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  /** The error that ends all reading. */
  get error(): unknown {
    return this.#error;
  }

  /** The wait of whoever reads, if somebody waits. */
  get waiter(): IoWait<undefined> | undefined {
    return this.#waiter;
  }

  /** Whether the source was asked to hold back. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Says what fills it. */
  attach(source: ByteSource): void {
    this.#source = source;
  }

  /**
   * Adds bytes, if the end was not told: a user may do that while a host still sends.
   *
   * @param bytes The bytes, which nobody may change any more.
   */
  feed(bytes: Uint8Array): void {
    if (this.#eof || bytes.length === 0) return;
    this.bytes.append(bytes);
    this.#received();
  }

  /** Returns room to read into. */
  room(): Uint8Array {
    return this.bytes.room();
  }

  /** Adds what was read into {@linkcode ReceiveBuffer.room}. */
  commit(room: Uint8Array, count: number): void {
    this.bytes.commit(room, this.#eof ? 0 : count);
    this.#received();
  }

  /** Tells the end: nothing more comes. */
  feedEof(): void {
    this.#eof = true;
    this.#wake();
  }

  /** Notes that more may have come, if the source has not told its end before. */
  noteCutOff(): void {
    if (!this.#eof) this.#isCutOff = true;
  }

  /** Tells the error that ends all reading. */
  fail(error: unknown): void {
    this.noteCutOff();
    this.#error = error;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.fail(error);
  }

  /**
   * Makes the wait for more.
   *
   * @param name Who reads, for the error.
   * @throws {RuntimeError} If somebody else waits.
   * @throws The error that ends all reading.
   */
  wait(name: string): IoWait<undefined> {
    if (this.#waiter !== undefined) {
      throw unplacedAtAwait(
        new RuntimeError(
          `Cannot read: ${name}() was called while another coroutine is already waiting for incoming data, let one task read`,
        ),
      );
    }
    if (this.#error !== undefined) throw this.#error;
    const source = this.#source;
    const waiter = new IoWait<undefined>(
      this.loop,
      "data of a StreamReader",
      source?.ofHost ?? false,
    );
    this.#waiter = waiter;
    // Whoever waits wants more than is there, so the limit must not hold it back.
    this.#resume();
    source?.pull();
    return waiter;
  }

  /** Takes the wait back, if it is still there. What was asked for comes all the same. */
  giveUp(waiter: unknown): void {
    if (this.#waiter === waiter) this.#waiter = undefined;
  }

  /** Lets the source go on, once few enough bytes are left. */
  taken(): void {
    if (this.#paused && this.bytes.size <= this.limit) this.#resume();
  }

  #received(): void {
    this.#wake();
    if (
      this.#paused || this.#source?.pauseReading === undefined ||
      this.bytes.size <= 2 * this.limit
    ) return;
    this.#paused = true;
    this.#source.pauseReading();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source?.resumeReading?.();
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.release(undefined);
  }
}
