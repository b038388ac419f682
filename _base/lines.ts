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
  #leftOut = 0;
  #cutLines = 0;

  /** Whether there is room for no more lines. */
  get isFull(): boolean {
    return this.#lines.length >= MOST_LINES;
  }

  /**
   * Adds the lines of a text, as far as there is room, and counts the others.
   *
   * @param text The text.
   * @param margin Stands before each line.
   * @param longest How much of the text may be shown.
   */
  add(text: string, margin = "", longest = text.length): void {
    const before = this.#lines.length;
    // Only what can be shown is taken apart.
    const lines = shorten(text, longest).split("\n", MOST_LINES + 1);
    for (const line of lines) {
      if (this.isFull) break;
      this.#lines.push(shorten(margin + line, LONGEST_LINE));
    }
    this.#cutLines += countLines(text) - (this.#lines.length - before);
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
    const lines = this.#lines.slice();
    if (this.#leftOut > 0) lines.push(moreText(this.#leftOut, what));
    else if (this.#cutLines > 0) lines.push(moreText(this.#cutLines, "lines"));
    return lines.join("\n");
  }
}

function countLines(text: string): number {
  let count = 1;
  let at = text.indexOf("\n");
  for (; at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
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
