/**
 * The programs of the differential test: JSON lists that two interpreters run,
 * one in Python on CPython's asyncio and one in TypeScript on this library.
 *
 * A statement is `[op, ...arguments]`. Where an argument is a block, it is
 * `["do", ...statements]`, so that the shrinker finds blocks without knowing the
 * statements. Times are counted in eighths of a second: sums of them are exact.
 *
 * @module
 */

/** What programs are made of. */
export type Json = null | boolean | number | string | readonly Json[];

/** One statement. */
export type Statement = readonly [op: string, ...args: Json[]];

/** A list of statements, headed by `"do"`. */
export type Block = readonly ["do", ...Statement[]];

/** A program. */
export interface Program {
  readonly seed: number;
  /** Whether all tasks start eagerly. */
  readonly eager: boolean;
  /** Whether events also carry the loop turn in which they happen. */
  readonly turns: boolean;
  /** The shared objects: kind and arguments by name. */
  readonly objects: Readonly<
    Record<string, readonly [kind: string, ...args: Json[]]>
  >;
  /** The body of the main task. */
  readonly main: Block;
  /** Main tasks that follow in the same Runner; without one, `null`. */
  readonly runs: readonly Block[] | null;
}

/**
 * Something that happened. The time is in eighths of a second; the turn counts
 * loop turns within a burst of events, and is 0 in programs that count none.
 */
export type Event = readonly [
  time: number,
  turn: number,
  task: string,
  what: string,
];

/** Everything that happened. */
export type Trace = readonly Event[];

/** Tells a block from other arguments. */
export function isBlock(value: Json | undefined): value is Block {
  return Array.isArray(value) && value[0] === "do";
}

/** Gives the statements of a block. */
export function statementsOf(block: Block): Statement[] {
  return block.slice(1) as unknown as Statement[];
}

/** Counts the statements of a program. */
export function sizeOf(value: Json): number {
  if (!Array.isArray(value)) return 0;
  const own = isBlock(value) ? value.length - 1 : 0;
  return value.reduce((sum: number, part: Json) => sum + sizeOf(part), own);
}

/** Says whether a program starts tasks eagerly. */
export function isEager(program: Program): boolean {
  return program.eager ||
    [program.main, ...program.runs ?? []].some(startsEagerly);
}

function startsEagerly(value: Json): boolean {
  if (!Array.isArray(value)) return false;
  const [op, , second, third] = value;
  return op === "task" && second === true || op === "spawn" && third === true ||
    op === "setFactory" && value[1] === "eager" || value.some(startsEagerly);
}

/** Says whether a program has async generators. */
export function hasAsyncgens(program: Program): boolean {
  return /\["(agen|forEach|all")/.test(
    JSON.stringify([program.main, program.runs]),
  );
}

/** Writes a program as an indented listing. */
export function formatProgram(program: Program): string {
  const lines = [
    `seed ${program.seed}${program.eager ? ", eager tasks" : ""}${
      program.turns ? ", counting turns" : ""
    }`,
  ];
  for (const [name, [kind, ...args]] of Object.entries(program.objects)) {
    lines.push(
      `${name} = ${kind}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`,
    );
  }
  formatBlock(program.main, "", lines);
  for (const main of program.runs ?? []) {
    lines.push("then");
    formatBlock(main, "", lines);
  }
  if (program.runs !== null) lines.push("in a Runner");
  return lines.join("\n");
}

function formatBlock(block: Block, indent: string, lines: string[]): void {
  for (const statement of statementsOf(block)) {
    const blocks: Block[] = [];
    const words = statement.map((part) => formatPart(part, blocks));
    lines.push(indent + words.join(" "));
    for (const [index, nested] of blocks.entries()) {
      if (index > 0) lines.push(`${indent} /`);
      formatBlock(nested, `${indent}  `, lines);
    }
  }
}

function formatPart(part: Json, blocks: Block[]): string {
  if (isBlock(part)) {
    blocks.push(part);
    return "{…}";
  }
  if (Array.isArray(part)) {
    return `[${part.map((item) => formatPart(item, blocks)).join(" ")}]`;
  }
  return String(part);
}

/** Writes a trace, one event a line. */
export function formatTrace(trace: Trace): string {
  return trace.map(formatEvent).join("\n");
}

/** Writes an event. */
export function formatEvent([time, turn, task, what]: Event): string {
  return `${(time / 8).toFixed(3)}+${turn} ${task.padEnd(5)} ${what}`;
}
