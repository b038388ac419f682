/**
 * What readers and writers ask of a connection of the host, a pipe, or a connection in
 * memory. It is all that an adapter has to bring.
 *
 * @module
 */
import type { ExtraInfo } from "../stream_writer.ts";

/** What fills a reader's buffer. */
export interface ByteSource {
  /** Whether the host does it, without the loop's knowledge. */
  readonly ofHost: boolean;
  /** Asks for more: someone waits. May be called while the last request is under way. */
  pull(): void;
  /** Asks to hold back: more came than the reader wants to keep. */
  pauseReading?(): void;
  /** Takes {@linkcode ByteSource.pauseReading} back. */
  resumeReading?(): void;
  /**
   * Closes it, where it belongs to the reader alone; the end is told at once.
   *
   * @returns What waits for its clean-up, if that takes time.
   */
  cancel?(reason?: unknown): PromiseLike<void> | void;
  /** Whether it is a stream that had failed by itself before it was closed. */
  readonly hasFailed?: boolean;
  /** Names it, for reports. */
  toString(): string;
}

/** What takes a writer's bytes. It tells its {@linkcode TransportOwner} what happens. */
export interface Transport {
  /** Whether the host does it, without the loop's knowledge. */
  readonly ofHost: boolean;
  /**
   * Takes bytes, to send them as soon as it can.
   *
   * @returns Whether it wants more; if not, `resumeWriting()` follows, or the end.
   */
  write(bytes: Uint8Array): boolean;
  /** Whether it wants no more bytes for now. */
  isBacklogged(): boolean;
  /** Ends the sending half, after what it has taken. */
  writeEof(): void;
  /** Closes it, after what it has taken is sent; `connectionLost()` follows. */
  close(): void;
  /** Closes it now: what is not sent is lost. `connectionLost()` follows. */
  abort(): void;
  /** Tells about the connection. */
  extraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined;
  /** Names it, for reports. */
  toString(): string;
}

/** Whom a transport tells what happens: the writer. */
export interface TransportOwner {
  /** The transport wants more bytes again. */
  resumeWriting(): void;
  /**
   * The connection is over. Called once.
   *
   * @param error Why, if it was not closed by one of its ends.
   */
  connectionLost(error: unknown): void;
}
