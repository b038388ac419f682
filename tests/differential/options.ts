/**
 * What the command line of differential.ts means.
 *
 * @module
 */
import { type Feature, FEATURES } from "./features.ts";
import { type Style, STYLES } from "./interpret.ts";

/** What `--help` prints. */
export const USAGE: string = `Usage: deno task differential [options]

  --seeds A..B      the seeds from A up to but not including B, or one seed (0..2000)
  --style STYLE     generator, async or both (both)
  --without A,B     leave features out: ${FEATURES.join(", ")}
  --show N          how many differences to shrink and print (3)
  --first           stop at the first difference
  --stats           also count what happened
  --verbose         also print each program and its trace
  --help            print this`;

/** What the command line says. */
export interface Options {
  readonly first: number;
  readonly end: number;
  readonly styles: readonly Style[];
  readonly without: ReadonlySet<Feature>;
  readonly show: number;
  readonly stopAtFirst: boolean;
  readonly stats: boolean;
  readonly verbose: boolean;
}

/** Says what is wrong with the command line. */
export class UsageError extends Error {}

/**
 * Reads the command line.
 *
 * @throws {UsageError} If it makes no sense.
 */
export function parseOptions(args: readonly string[]): Options {
  let [first, end] = [0, 2000];
  let styles = STYLES;
  let without: ReadonlySet<Feature> = new Set();
  let show = 3;
  const flags = { "--first": false, "--stats": false, "--verbose": false };
  for (let index = 0; index < args.length; index++) {
    const name = args[index]!;
    if (name in flags) {
      flags[name as keyof typeof flags] = true;
      continue;
    }
    const value = args[++index];
    if (!["--seeds", "--style", "--without", "--show"].includes(name)) {
      throw new UsageError(`Unknown option: ${name}`);
    }
    if (value === undefined) {
      throw new UsageError(`Option ${name} needs a value`);
    }
    if (name === "--seeds") [first, end] = parseSeeds(value);
    else if (name === "--style") styles = parseStyles(value);
    else if (name === "--without") without = parseFeatures(value);
    else show = parseCount(value, name);
  }
  return {
    first,
    end,
    styles,
    without,
    show,
    stopAtFirst: flags["--first"],
    stats: flags["--stats"],
    verbose: flags["--verbose"],
  };
}

function parseSeeds(text: string): [first: number, end: number] {
  const [, first, end] = /^(\d+)(?:\.\.(\d+))?$/.exec(text) ?? [];
  if (first === undefined) {
    throw new UsageError(`Seeds must look like 0..2000 or 7, got ${text}`);
  }
  const range: [number, number] = [
    Number(first),
    end === undefined ? Number(first) + 1 : Number(end),
  ];
  if (range[1] <= range[0]) {
    throw new UsageError(`Seeds must be at least one, got ${text}`);
  }
  return range;
}

function parseStyles(text: string): readonly Style[] {
  if (text === "both") return STYLES;
  const style = STYLES.find((style) => style === text);
  if (style === undefined) {
    throw new UsageError(`Style must be generator, async or both, got ${text}`);
  }
  return [style];
}

function parseFeatures(text: string): ReadonlySet<Feature> {
  const names = text.split(",");
  for (const name of names) {
    if (!(FEATURES as readonly string[]).includes(name)) {
      throw new UsageError(`Unknown feature: ${name}`);
    }
  }
  return new Set(names as Feature[]);
}

function parseCount(text: string, name: string): number {
  if (!/^\d+$/.test(text)) {
    throw new UsageError(`Option ${name} needs a number, got ${text}`);
  }
  return Number(text);
}
