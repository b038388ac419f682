/**
 * Draws readers, what they are fed, and who reads.
 *
 * @module
 */
import type { Drawer, Rule } from "./drawer.ts";
import type { Json } from "./program.ts";

const PIECES = ["", "a", "b", "\n", "ab", "a\n", "aab", "b\n\na", "abab\nb"];
const SEPARATORS = ["\n", "a", "b", "ab", "aa", "ba", "\n\n", "aab"];
const COUNTS = [0, 1, 1, 2, 3, 5];
const LIMITS = [1, 2, 3, 5, 65_536];

/** The arguments of a reader. */
export function drawReader(draw: Drawer): Json[] {
  return [draw.random.pick(LIMITS)];
}

/** The rules of one. */
export function readerRules(draw: Drawer, name: string): Rule[] {
  const { random } = draw;
  const separators = (): string[] =>
    Array.from(
      { length: random.pick([1, 1, 2, 3]) },
      () => random.pick(SEPARATORS),
    );
  return [
    {
      weight: 3,
      waits: true,
      make: () => ["reader.read", name, random.pick([...COUNTS, -1, -1, -1])],
    },
    {
      weight: 2,
      waits: true,
      make: () => ["reader.exactly", name, random.pick(COUNTS)],
    },
    { weight: 2.5, waits: true, make: () => ["reader.line", name] },
    {
      weight: 2.5,
      waits: true,
      make: () => ["reader.until", name, separators()],
    },
    { weight: 7, make: () => ["reader.feed", name, random.pick(PIECES)] },
    { weight: 0.8, make: () => ["reader.eof", name] },
    {
      weight: 0.4,
      make: () => ["reader.fail", name, `X${random.between(1, 3)}`],
    },
    { weight: 0.7, make: () => ["reader.state", name] },
  ];
}
