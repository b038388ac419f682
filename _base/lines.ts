/**
 * Texts of many lines that stay readable: at most 200, and what was left out is counted.
 *
 * @module
 */
import { shorten } from "./repr.ts";

/** How many lines a text has at most. */
export const MOST_LINES = 200;
// A message may hold a whole document.
const LONGEST_LINE = 2_000;

/** Collects the lines of a text, and counts what has no room. */
export class Lines {
  readonly #lines: string[] = [];
  readonly #most: number;
  #leftOut = 0;

  /**
   * Begins a text.
   *
   * @param most How many lines it has at most.
   */
  constructor(most: number = MOST_LINES) {
    this.#most = most;
  }

  /** Whether there is room for no more lines. */
  get isFull(): boolean {
    return this.#lines.length >= this.#most;
  }

  /** Adds the lines of a text, as far as there is room. */
  add(text: string, margin = ""): void {
    // Only what can be shown is taken apart.
    const lines = text.split("\n", this.#most + 1);
    for (const line of lines) {
      if (this.isFull) return;
      this.#lines.push(shorten(margin + line, LONGEST_LINE));
    }
  }

  /** Notes that something has no room. */
  leaveOut(count = 1): void {
    this.#leftOut += count;
  }

  /**
   * Returns the text.
   *
   * @param what What was left out, in the plural.
   */
  text(what: string): string {
    if (this.#leftOut === 0) return this.#lines.join("\n");
    return [...this.#lines, moreText(this.#leftOut, what)].join("\n");
  }
}

/**
 * Says how much was left out.
 *
 * @param count How many.
 * @param what What, in the plural.
 */
export function moreText(count: number, what: string): string {
  return `… and ${count.toLocaleString("en-US")} more ${what}`;
}
