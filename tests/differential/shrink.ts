/**
 * Makes programs smaller.
 *
 * @module
 */
import {
  type Block,
  isBlock,
  type Json,
  type Program,
  statementsOf,
} from "./program.ts";

/**
 * Drops parts of a program as long as what was found of it stays true.
 *
 * @param program What to shrink.
 * @param stays Whether a smaller program still shows it.
 * @returns A program of which no part can be dropped.
 */
export async function shrink(
  program: Program,
  stays: (program: Program) => Promise<boolean>,
): Promise<Program> {
  let current = program;
  for (;;) {
    const smaller = await firstThat(smallerPrograms(current), stays);
    if (smaller === undefined) return current;
    current = smaller;
  }
}

async function firstThat(
  programs: Iterable<Program>,
  stays: (program: Program) => Promise<boolean>,
): Promise<Program | undefined> {
  for (const program of programs) if (await stays(program)) return program;
  return undefined;
}

function* smallerPrograms(program: Program): Generator<Program> {
  if (program.turns) yield { ...program, turns: false };
  if (program.eager) yield { ...program, eager: false };
  if (program.runs !== null) {
    yield { ...program, runs: null };
    for (const runs of smallerLists(program.runs)) yield { ...program, runs };
  }
  for (const main of smallerValues(program.main)) {
    yield { ...program, main: main as Block };
  }
  const text = JSON.stringify([
    program.main,
    program.runs,
    Object.values(program.objects),
  ]);
  for (const name of Object.keys(program.objects)) {
    if (text.includes(`"${name}"`)) continue;
    const { [name]: _dropped, ...objects } = program.objects;
    yield { ...program, objects };
  }
}

function* smallerLists(blocks: readonly Block[]): Generator<Block[]> {
  for (const [index, block] of blocks.entries()) {
    yield blocks.toSpliced(index, 1);
    for (const smaller of smallerValues(block)) {
      yield blocks.with(index, smaller as Block);
    }
  }
}

/** Gives all values that are one step smaller, those with much less first. */
function* smallerValues(value: Json): Generator<Json> {
  if (!Array.isArray(value)) return;
  const parts: readonly Json[] = value;
  if (isBlock(value)) yield* smallerBlocks(value);
  else if (isOperands(parts)) {
    yield* parts.map((_, index) => parts.toSpliced(index, 1));
  } else if (parts[0] === "try" && parts[4] !== null) yield parts.with(4, null);
  for (const [index, part] of parts.entries()) {
    for (const smaller of smallerValues(part)) yield parts.with(index, smaller);
  }
}

/** Drops a statement, or puts what stands inside it in its place. */
function* smallerBlocks(block: Block): Generator<Json> {
  const statements = statementsOf(block);
  for (const index of statements.keys()) {
    yield ["do", ...statements.toSpliced(index, 1)];
  }
  for (const [index, statement] of statements.entries()) {
    for (const inner of blocksIn(statement)) {
      yield ["do", ...statements.toSpliced(index, 1, ...statementsOf(inner))];
    }
  }
}

function* blocksIn(value: Json): Generator<Block> {
  if (!Array.isArray(value)) return;
  if (isBlock(value)) yield value;
  else for (const part of value) yield* blocksIn(part);
}

function isOperands(parts: readonly Json[]): boolean {
  return parts.length > 1 &&
    parts.every((part) => Array.isArray(part) && !isBlock(part));
}
