// deno-lint-ignore-file no-console -- a command for the terminal
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
import { generate } from "./generate.ts";
import { interpret, type Style } from "./interpret.ts";
import { parseOptions, USAGE, UsageError } from "./options.ts";
import {
  formatProgram,
  formatTrace,
  hasAsyncgens,
  isEager,
  type Program,
  type Trace,
} from "./program.ts";
import { type Judge, loadJudge } from "./python.ts";
import { shrink } from "./shrink.ts";

// So many programs go to Python at once.
const BATCH = 200;
// A program waits for no real time; one that takes so many turns of the host hangs. They
// are as long as the machine is slow.
const PATIENCE_TURNS = 3_000;

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args) ? 0 : 1;
  } catch (error) {
    // Thrown on, it would be taken for a rejection of a program.
    Deno.exitCode = 2;
    console.error(
      error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error,
    );
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
  const options = parseOptions(args);
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
      const found = await findDifference(
        program,
        python,
        options.styles,
        rejections,
      );
      if (found === undefined) {
        passed++;
        continue;
      }
      failed++;
      if (failed <= options.show) {
        await report(program, found, judge, rejections);
      }
      if (options.stopAtFirst) return summarize(passed, failed, started);
    }
  }
  for (const what of [...counts.keys()].sort()) {
    console.log(`${counts.get(what)} ${what}`);
  }
  return summarize(passed, failed, started);
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

/** A style whose trace is not Python's, and where they part. */
interface Found {
  readonly style: Style;
  readonly difference: [python: string, typescript: string];
}

async function findDifference(
  program: Program,
  python: Trace,
  styles: readonly Style[],
  rejections: unknown[],
): Promise<Found | undefined> {
  for (const style of styles) {
    // Eager async functions run on in another order: see departures.md.
    if (style === "async" && isEager(program)) continue;
    if (style === "generator" && hasAsyncgens(program)) continue;
    const typescript = await runSafely(program, style, rejections);
    const difference = firstDifference(python, typescript, style);
    if (difference !== undefined) return { style, difference };
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
    let left = PATIENCE_TURNS;
    const turn = (): void => {
      if (left-- > 0) timer = setTimeout(turn, 1);
      else reject(new Error("the program hangs"));
    };
    turn();
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
  { style, difference }: Found,
  judge: Judge,
  rejections: unknown[],
): Promise<void> {
  const differs = async (smaller: Program): Promise<boolean> =>
    await findDifference(smaller, judge([smaller])[0]!, [style], rejections) !==
      undefined;
  const smallest = await shrink(program, differs);
  const python = judge([smallest])[0]!;
  const typescript = await runSafely(smallest, style, rejections);
  const again = firstDifference(python, typescript, style);
  // One that does not show again was the machine's: what it was is told all the same.
  const [pythons, typescripts] = again ?? difference;
  console.log(`
A difference in ${style} style, ${formatProgram(smallest)}

Python:
${formatTrace(python)}

TypeScript:
${formatTrace(typescript)}

First difference${again === undefined ? ", which did not show again" : ""}:
  Python      ${pythons}
  TypeScript  ${typescripts}`);
}

/** Counts events by kind, without names and values. */
function count(trace: Trace, counts: Map<string, number>): void {
  for (const [, , , what] of trace) {
    const kind = what
      .replace(/(ended|failed|->) .*/, "$1")
      .replace(/(Cancelled|Group)\(.*/, "$1")
      .replace(/\bX\d\b/, "UserError")
      .replace(/ [a-zA-Z]+\d+\b/g, "")
      .replace(/\[.*/, "[…]");
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
