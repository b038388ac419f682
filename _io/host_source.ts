/**
 * Fills a reader's buffer from a stream or an async iterable of the host.
 *
 * @module
 */
import { describeKind } from "../_base/repr.ts";
import type { Resource, Resources } from "../_loop/resources.ts";
import { HostItems, type HostIterable } from "./host_items.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";
import type { ByteSource } from "./transport.ts";

/** Asks for the next piece when someone waits. The loop closes it at the end. */
export class HostSource implements ByteSource, Resource {
  readonly ofHost = true;
  readonly _isClosing = false;
  readonly #items: HostItems<Uint8Array>;
  readonly #buffer: ReceiveBuffer;
  readonly #resources: Resources | undefined;
  #isAsking = false;

  /**
   * Opens a source.
   *
   * @param source The source.
   * @param buffer The buffer to fill.
   * @param resources What is open in the loop.
   * @throws {TypeError} If it is none, or in use already.
   */
  constructor(
    source: HostIterable<Uint8Array>,
    buffer: ReceiveBuffer,
    resources: Resources | undefined,
  ) {
    this.#items = new HostItems(source, "read");
    this.#buffer = buffer;
    this.#resources = resources;
    resources?.add(this);
    buffer.attach(this);
  }

  pull(): void {
    if (this.#isAsking || this.#items.isOver) return;
    this.#isAsking = true;
    this.#items.next().then(
      (item) => {
        this.#isAsking = false;
        // Closed meanwhile.
        if (this.#buffer.eof) return;
        if (item.done) this.#end();
        else this.#take(item.value);
      },
      (error) => {
        this.#isAsking = false;
        this.#fail(error);
      },
    );
  }

  /** Closes the source; what is there can still be read. */
  cancel(reason?: unknown): void {
    // Not waited for: an async generator may never come to it.
    this.#items.close(reason).catch(() => {});
    this.#end();
  }

  _endWithLoop(): void {
    this.cancel();
  }

  _abandon(): void {
    this.cancel();
  }

  toString(): string {
    return "source of a StreamReader";
  }

  #take(piece: unknown): void {
    if (piece instanceof Uint8Array) {
      // An empty piece is not the end: whoever waits needs more.
      if (piece.length === 0) this.pull();
      else this.#buffer.feed(piece);
      return;
    }
    const error = new TypeError(
      `Cannot read: the source must give Uint8Arrays, gave ${
        describeKind(piece)
      }, encode text with a TextEncoderStream`,
    );
    this.#items.close(error).catch(() => {});
    this.#fail(error);
  }

  #end(): void {
    this.#resources?.delete(this);
    this.#buffer.feedEof();
  }

  #fail(error: unknown): void {
    this.#resources?.delete(this);
    this.#buffer.fail(error ?? new Error(`Rejected with ${error}`));
  }
}
