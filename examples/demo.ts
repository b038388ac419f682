/**
 * Concurrency at a glance: the three ways of `three_ways.ts`, and when each task ran.
 *
 * `deno task demo`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { createTask, gather, getRunningLoop, run } from "@asyncio/asyncio";
import { do1, do3 } from "./three_ways.ts";

/** How a chart is drawn. */
export interface Style {
  /** Columns a second. */
  readonly scale: number;
  /** Whether to colour. */
  readonly color: boolean;
}

/** When one task ran, in seconds since its way began. */
interface Bar {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface Way {
  readonly name: string;
  readonly code: string;
  run(first: () => Promise<string>, second: () => Promise<string>): unknown;
}

const WAYS: readonly Way[] = [
  {
    name: "gather",
    code: "await gather(do1, do3)",
    run: (do1, do3) => gather(do1, do3),
  },
  {
    name: "tasks",
    code: "createTask(do1), createTask(do3), then await both",
    async run(do1, do3) {
      const task1 = createTask(do1);
      const task3 = createTask(do3);
      await task1;
      await task3;
    },
  },
  {
    name: "await",
    code: "await do1(); await do3()",
    async run(do1, do3) {
      await do1();
      await do3();
    },
  },
];

const COLORS = [36, 35];
const GREEN = 32;
const BOLD = 1;
const DIM = 2;

/** Runs the three ways, draws each, and gives their times in seconds. */
export async function main(style: Style): Promise<number[]> {
  const loop = getRunningLoop();
  const times: number[] = [];
  console.log("do1 takes 1 second, do3 takes 3. How long do both take?\n");
  for (const [index, way] of WAYS.entries()) {
    console.log(paint(`${index + 1}. ${way.code}`, BOLD, style));
    console.log();
    const bars: Bar[] = [];
    const start = loop.time();
    const traced = (work: () => Promise<string>) => async () => {
      const begin = loop.time() - start;
      const name = await work();
      bars.push({ name, start: begin, end: loop.time() - start });
      return name;
    };
    await way.run(traced(do1), traced(do3));
    const time = loop.time() - start;
    times.push(time);
    console.log(`\n${chart(bars, style)}\n`);
    console.log(paint(`   ${time.toFixed(1)} seconds\n`, BOLD, style));
  }
  console.log(summary(times, style));
  return times;
}

function summary(times: readonly number[], style: Style): string {
  const lines = WAYS.map(({ name }, index) => {
    const time = times[index]!;
    const bar = "█".repeat(Math.round(time * style.scale));
    return `   ${name.padEnd(6)} ${paint(bar, GREEN, style)} ${
      time.toFixed(1)
    } s`;
  });
  const [together, , inTurn] = times as [number, number, number];
  const ratio = (inTurn / together).toFixed(1);
  return [
    ...lines,
    `\nOne after the other takes ${ratio} times as long as at the same time.`,
  ].join("\n");
}

function chart(bars: readonly Bar[], style: Style): string {
  const columns = (seconds: number) => Math.round(seconds * style.scale);
  const lines = bars.map(({ name, start, end }, index) => {
    const before = " ".repeat(columns(start));
    const bar = "█".repeat(columns(end) - columns(start));
    const color = COLORS[index % COLORS.length]!;
    return `   ${name} ${before}${paint(bar, color, style)}`;
  });
  const seconds = Math.ceil(Math.max(...bars.map(({ end }) => end)) - 0.1);
  const ticks = Array.from(
    { length: seconds },
    (_, second) => `${second}`.padEnd(style.scale),
  );
  const axis = `       ${ticks.join("")}${seconds} s`;
  return [...lines, paint(axis, DIM, style)].join("\n");
}

function paint(text: string, code: number, style: Style): string {
  return style.color ? `\x1b[${code}m${text}\x1b[0m` : text;
}

if (import.meta.main) {
  const color = Deno.stdout.isTerminal() && !Deno.noColor;
  await run(() => main({ scale: 12, color }));
}
