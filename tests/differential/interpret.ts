/**
 * Runs programs on this library.
 *
 * @module
 */
import { AsyncInterpreter } from "./async_style.ts";
import { GeneratorInterpreter } from "./generator_style.ts";
import type { Program, Trace } from "./program.ts";

/** How the coroutines of a program are written. */
export type Style = "generator" | "async";

/** The styles. */
export const STYLES: readonly Style[] = ["generator", "async"];

/** Runs a program and gives its trace. */
export function interpret(program: Program, style: Style): Promise<Trace> {
  if (style === "generator") return new GeneratorInterpreter(program).run();
  // Within an instant async functions may be slower: they count no turns.
  return new AsyncInterpreter({ ...program, turns: false }).run();
}
