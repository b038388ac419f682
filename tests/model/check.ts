// deno-lint-ignore-file no-console -- a command for the terminal
/**
 * Runs random programs of every primitive against the models.
 *
 * ```sh
 * deno task model --seeds 0..100000
 * ```
 *
 * @module
 */
import { formatProgram, type Program } from "../differential/program.ts";
import { shrink } from "../differential/shrink.ts";
import { generate } from "./generate.ts";
import { interpret } from "./interpret.ts";
import type { Kit } from "./objects.ts";
import type { Style } from "./script.ts";

/** The styles of programs. */
export const STYLES: readonly Style[] = ["generator", "async"];

/**
 * Runs programs in both styles until one fails.
 *
 * @param first The first seed.
 * @param end The seed after the last.
 * @param kit What makes the primitives, if not the library.
 * @returns The first failure, with the smallest program that shows it, if there is one.
 */
export async function check(
  first: number,
  end: number,
  kit?: Kit,
): Promise<string | undefined> {
  for (let seed = first; seed < end; seed++) {
    const program = generate(seed);
    for (const style of STYLES) {
      if (await interpret(program, style, kit) === undefined) continue;
      return await describe(program, style, kit);
    }
  }
  return undefined;
}

async function describe(
  program: Program,
  style: Style,
  kit?: Kit,
): Promise<string> {
  const small = await shrink(
    program,
    async (other) => await interpret(other, style, kit) !== undefined,
  );
  const violation = await interpret(small, style, kit);
  return `${violation?.message} (${style})\n${formatProgram(small)}`;
}

if (import.meta.main) {
  const [option = "--seeds", seeds = "0..10000"] = Deno.args;
  const [, first, end] = /^(\d+)\.\.(\d+)$/.exec(seeds) ?? [];
  if (option !== "--seeds" || end === undefined) {
    console.error("Usage: deno task model --seeds 0..10000");
    Deno.exit(2);
  }
  const failure = await check(Number(first), Number(end));
  console.log(failure ?? `Seeds ${seeds}: no failure in either style`);
  Deno.exit(failure === undefined ? 0 : 1);
}
