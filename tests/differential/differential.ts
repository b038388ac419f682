/**
 * Runs random programs on CPython and on this library and compares their traces.
 *
 * ```sh
 * deno task differential --seeds 0..2000
 * ```
 *
 * @module
 */
import { firstDifference } from "./compare.ts";
import { type Feature, FEATURES, generate } from "./generate.ts";
import { interpret, type Style, STYLES } from "./interpret.ts";
import {
  formatProgram,
  formatTrace,
  type Program,
  type Trace,
} from "./program.ts";
import { type Judge, loadJudge } from "./python.ts";
import { shrink } from "./shrink.ts";

const USAGE = `Usage: deno task differential [options]

  --seeds A..B      the seeds from A up to but not including B, or one seed (0..2000)
  --style STYLE     generator, async or both (both)
  --without A,B     leave features out: ${FEATURES.join(", ")}
  --show N          how many differences to shrink and print (3)
  --first           stop at the first difference
  --stats           also count what happened
  --verbose         also print each program and its trace
  --help            print this`;

interface Options {
  readonly first: number;
  readonly end: number;
  readonly styles: readonly Style[];
  readonly without: ReadonlySet<Feature>;
  readonly show: number;
  readonly stopAtFirst: boolean;
  readonly stats: boolean;
  readonly verbose: boolean;
}

// So many programs go to Python at once.
const BATCH = 200;
// A program takes some milliseconds; one that takes so long hangs.
const PATIENCE_MS = 5_000;

class UsageError extends Error {}

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    Deno.exitCode = 2;
  }
  // A program that hangs must not keep the process.
  Deno.exit();
}

/** Runs the command; says whether all programs passed. */
async function main(args: readonly string[]): Promise<boolean> {
  if (args.includes("--help")) {
    console.log(USAGE);
    return true;
  }
  const options = parse(args);
  const rejections = watchRejections();
  const judge = await loadJudge();
  const started = performance.now();
  const counts = new Map<string, number>();
  let passed = 0;
  let failed = 0;
  for (let seed = options.first; seed < options.end; seed += BATCH) {
    const length = Math.min(BATCH, options.end - seed);
    const programs = Array.from(
      { length },
      (_, i) => generate(seed + i, options.without),
    );
    const traces = judge(programs);
    for (const [index, program] of programs.entries()) {
      const python = traces[index]!;
      if (options.stats) count(python, counts);
      if (options.verbose) print(program, python);
      const style = await differingStyle(
        program,
        python,
        options.styles,
        rejections,
      );
      if (style === undefined) {
        passed++;
        continue;
      }
      failed++;
      if (failed <= options.show) {
        await report(program, style, judge, rejections);
      }
      if (options.stopAtFirst) return summarize(passed, failed, started);
    }
  }
  for (const what of [...counts.keys()].sort()) {
    console.log(`${counts.get(what)} ${what}`);
  }
  return summarize(passed, failed, started);
}

function parse(args: readonly string[]): Options {
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

/** Collects promise rejections that nobody handles: they are differences too. */
function watchRejections(): unknown[] {
  const rejections: unknown[] = [];
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    rejections.push(event.reason);
  });
  return rejections;
}

async function differingStyle(
  program: Program,
  python: Trace,
  styles: readonly Style[],
  rejections: unknown[],
): Promise<Style | undefined> {
  for (const style of styles) {
    const typescript = await runSafely(program, style, rejections);
    if (firstDifference(python, typescript, style) !== undefined) return style;
  }
  return undefined;
}

/** Runs a program; what the interpreter itself dies of becomes the trace. */
async function runSafely(
  program: Program,
  style: Style,
  rejections: unknown[],
): Promise<Trace> {
  rejections.length = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error("the program hangs")),
      PATIENCE_MS,
    );
  });
  try {
    const trace = await Promise.race([interpret(program, style), patience]);
    if (rejections.length === 0) return trace;
    return [
      ...trace,
      ...rejections.map((reason) => crash("unhandled rejection", reason)),
    ];
  } catch (error) {
    return [crash("TypeScript interpreter crashed", error)];
  } finally {
    clearTimeout(timer);
  }
}

function crash(what: string, error: unknown): Trace[number] {
  return [
    0,
    0,
    "!",
    `${what}: ${error instanceof Error ? error.stack : error}`,
  ];
}

function print(program: Program, python: Trace): void {
  console.log(`${formatProgram(program)}\n\n${formatTrace(python)}\n`);
}

/** Shrinks a program that differs and prints it with both traces. */
async function report(
  program: Program,
  style: Style,
  judge: Judge,
  rejections: unknown[],
): Promise<void> {
  const differs = async (smaller: Program): Promise<boolean> =>
    await differingStyle(smaller, judge([smaller])[0]!, [style], rejections) !==
      undefined;
  const smallest = await shrink(program, differs);
  const python = judge([smallest])[0]!;
  const typescript = await runSafely(smallest, style, rejections);
  const [pythons, typescripts] = firstDifference(python, typescript, style) ??
    [];
  console.log(`
A difference in ${style} style, ${formatProgram(smallest)}

Python:
${formatTrace(python)}

TypeScript:
${formatTrace(typescript)}

First difference:
  Python      ${pythons}
  TypeScript  ${typescripts}`);
}

/** Counts events by kind, without names and values. */
function count(trace: Trace, counts: Map<string, number>): void {
  for (const [, , , what] of trace) {
    const kind = what
      .replace(/(ended|failed|->) .*/, "$1")
      .replace(/(Cancelled|Group)\(.*/, "$1")
      .replace(/\bE\d\b/, "UserError")
      .replace(/ [a-zA-Z]+\d+\b/g, "");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
}

function summarize(passed: number, failed: number, started: number): boolean {
  const seconds = (performance.now() - started) / 1000;
  const rate = (passed + failed) / seconds;
  console.log(
    `\n${seconds.toFixed(1)} s, ${rate.toFixed(0)} programs a second`,
  );
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}
