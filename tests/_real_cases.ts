/**
 * Programs that start real processes: the same on Deno, Node and Bun, in both styles.
 *
 * @module
 */
import * as fs from "node:fs";
import process from "node:process";
import { createSubprocessExec, run, type SubprocessOptions } from "../mod.ts";
import {
  asyncFunction,
  generatorFunction,
  type Program,
  type StyledFunction,
} from "./cpython/_program.ts";

/** Makes functions of one style. */
export type StyleFunction = <A extends unknown[], T>(
  program: (...args: A) => Generator<unknown, T, never>,
) => StyledFunction<A, T>;

/** A program that checks something, and throws if it does not hold. */
export type RealProgram = (fn: StyleFunction) => Program<void>;

/** The programs by name. */
export type RealCases = Readonly<Record<string, RealProgram>>;

/** The styles by name. */
export const STYLE_FUNCTIONS: Readonly<Record<string, StyleFunction>> = {
  generator: generatorFunction,
  async: asyncFunction,
};

/** Runs a program in one style, in real time. */
export async function runReal(
  program: RealProgram,
  style: string,
): Promise<void> {
  const fn = STYLE_FUNCTIONS[style]!;
  await run(fn(() => program(fn) as Generator<unknown, void, never>));
}

/** Runs all programs in both styles, and prints what became of each. */
export async function runAllReal(cases: RealCases): Promise<void> {
  for (const [name, program] of Object.entries(cases)) {
    for (const style of Object.keys(STYLE_FUNCTIONS)) {
      try {
        await runReal(program, style);
        process.stdout.write(`ok ${name} (${style})\n`);
      } catch (error) {
        const text = (error as Error).stack ?? String(error);
        process.stdout.write(
          `FAILED ${name} (${style}): ${text.replaceAll("\n", "\\n")}\n`,
        );
      }
    }
  }
}

/** Starts `sh -c script`; what is in it can be found by `survivors()`. */
export function sh(
  script: string,
  options: SubprocessOptions = {},
): ReturnType<typeof createSubprocessExec> {
  return createSubprocessExec("sh", ["-c", script], options);
}

/** Bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of bytes. */
export function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/** The state of a process: `R`, `S`, `Z` and so on; `undefined` if there is none. */
export function stateOf(pid: number | string): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2)[0];
  } catch {
    return undefined;
  }
}

/** Blocks the thread until a process is dead, though its end was not told yet. */
export function blockUntilDead(pid: number): void {
  const end = Date.now() + 30_000;
  while (![undefined, "Z", "X"].includes(stateOf(pid))) {
    if (Date.now() > end) throw new Error(`Process ${pid} does not end`);
  }
}
