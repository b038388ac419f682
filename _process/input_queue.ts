/**
 * What was written to a process, and is not with the host yet.
 *
 * @module
 */
import { RingBuffer } from "../_base/ring_buffer.ts";
import { HIGH_WATER } from "../_io/limits.ts";

// Pieces for which room is kept after a burst.
const MOST_KEPT = 1024;

/** Bytes that abort() can take back: the host gets no more of them than a pipe holds. */
export class InputQueue {
  readonly #pieces = new RingBuffer<Uint8Array>(8);

  get isEmpty(): boolean {
    return this.#pieces.size === 0;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += HIGH_WATER) {
      this.#pieces.push(bytes.subarray(at, at + HIGH_WATER));
    }
  }

  /**
   * Takes the next piece.
   *
   * @param beside How many bytes the host has: it has to go with them into a pipe.
   * @returns The piece; `undefined` if there is none, or no room for it.
   */
  take(beside: number): Uint8Array | undefined {
    const pieces = this.#pieces;
    const hasRoom = pieces.size > 0 &&
      (beside === 0 || beside + pieces.at(0).length <= HIGH_WATER);
    if (hasRoom) return pieces.shift();
    pieces.trim(MOST_KEPT);
    return undefined;
  }

  clear(): void {
    this.#pieces.clear();
  }
}
