/**
 * Cancels process trees at random moments, some while they start and some twice, and looks
 * for what is left of them: nothing may be.
 *
 * ```sh
 * deno run -A bench/process_trees.ts 500
 * deno run -A bench/process_trees.ts 20000 soak
 * ```
 *
 * @module
 */
import * as fs from "node:fs";
import process from "node:process";
import {
  CancelledError,
  createTask,
  mapConcurrent,
  run,
  runProcess,
  sleep,
} from "../mod.ts";

/** What was found. */
export interface TreeCounts {
  /** How many trees were cancelled. */
  readonly tries: number;
  /** The processes that were left, each with its shape and command. */
  readonly left: readonly string[];
  /** Seconds from the cancel until all was dead, the shortest first. */
  readonly seconds: readonly number[];
}

/** The shapes of trees; each process in them has the mark in its command line. */
export const SHAPES: Readonly<Record<string, (mark: string) => string>> = {
  plain: (mark) =>
    `sleep ${mark}.1 & (sleep ${mark}.2 & sleep ${mark}.3) & (sh -c 'sleep ${mark}.4 & wait' & wait) & wait`,
  "ignores SIGTERM": (mark) =>
    `trap '' TERM; (trap '' TERM; sleep ${mark}.5 & sleep ${mark}.6; sleep ${mark}.7) & sleep ${mark}.8; sleep ${mark}.9`,
  "leader dies first": (mark) =>
    `(trap '' TERM; sleep ${mark}.1; sleep ${mark}.2) & sleep ${mark}.3 & exec sleep ${mark}.4`,
  "forks on": (mark) =>
    `while :; do sleep ${mark}.1 & (sleep ${mark}.2 & wait) & sleep 0.005; done`,
  pipes: (mark) => `yes ${mark} | cat | cat > /dev/null & sleep ${mark}.1`,
};

// Between SIGTERM and SIGKILL.
const GRACE = 0.15;
const LATEST_CANCEL = 0.06;

/** The living processes with a text in their command lines, as `pid: command`. */
export function survivors(mark: string): string[] {
  return fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap(
    (pid) => {
      let command: string;
      let stat: string;
      try {
        command = fs.readFileSync(`/proc/${pid}/cmdline`, "latin1");
        if (!command.includes(mark)) return [];
        stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
      } catch {
        // It has ended meanwhile.
        return [];
      }
      const state = stat[stat.lastIndexOf(")") + 2];
      return state === "Z" || state === "X"
        ? []
        : [`${pid}: ${command.replaceAll("\0", " ").trim()}`];
    },
  );
}

/** A text that stands in no other command line: a number of seconds for `sleep`. */
export function uniqueMark(): string {
  return `77${process.pid}${String(Math.random()).slice(2, 9)}`;
}

/** Cancels so many trees, of all shapes in turn; ends what is left by its pid. */
export async function cancelTrees(tries: number): Promise<TreeCounts> {
  const left: string[] = [];
  const seconds: number[] = [];
  const shapes = Object.entries(SHAPES);
  await run(async () => {
    for (let i = 0; i < tries; i++) {
      const [name, script] = shapes[i % shapes.length]!;
      const mark = uniqueMark();
      seconds.push(await cancelOne(script(mark), i));
      for (const survivor of survivors(mark)) {
        left.push(`${name}: ${survivor}`);
        process.kill(Number.parseInt(survivor), "SIGKILL");
      }
    }
  });
  return { tries, left, seconds: seconds.sort((a, b) => a - b) };
}

async function cancelOne(script: string, i: number): Promise<number> {
  const task = createTask(async () =>
    await runProcess("sh", ["-c", script], { grace: GRACE })
  );
  // Every fifth round of shapes is cancelled while the trees start.
  const round = Math.floor(i / Object.keys(SHAPES).length);
  await sleep(round % 5 === 0 ? 0 : Math.random() * LATEST_CANCEL);
  const start = performance.now();
  task.cancel();
  if (round % 7 === 0) {
    await sleep(0.01);
    task.cancel();
  }
  try {
    await task;
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
  }
  if (!task.cancelled()) throw new Error(`It was not cancelled: ${task}`);
  return (performance.now() - start) / 1000;
}

/** What the process itself has open: files, pipes and sockets. */
export function openFiles(): number {
  return fs.readdirSync("/proc/self/fd").length;
}

/** Runs so many processes, eight at once, each with its three pipes. */
export async function soak(processes: number): Promise<void> {
  await run(async () => {
    const numbers = Array.from({ length: processes }, (_, i) => i);
    const job = async (i: number) => {
      const { stdout } = await runProcess("cat", [], { input: String(i) });
      const text = new TextDecoder().decode(stdout);
      if (text !== String(i)) throw new Error(`${i} was ${text}`);
    };
    for await (const _ of mapConcurrent(numbers, job, { limit: 8 }));
  });
}

if (import.meta.main) {
  const count = Number(process.argv[2] ?? 500);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  if (process.argv[3] === "soak") {
    await soak(100);
    const files = openFiles();
    const memory = process.memoryUsage().heapUsed;
    await soak(count);
    const grown = (process.memoryUsage().heapUsed - memory) / 2 ** 20;
    print(`${count} processes: ${openFiles() - files} files more`);
    print(`${grown.toFixed(1)} MiB of heap more, before a collection`);
  } else {
    const { tries, left, seconds } = await cancelTrees(count);
    const at = (share: number): string =>
      (seconds[Math.floor(share * (seconds.length - 1))]! * 1000).toFixed(0);
    print(`${tries} trees cancelled, ${left.length} processes left`);
    print(`cancel to all dead: p50 ${at(0.5)} ms, max ${at(1)} ms`);
    for (const line of left) print(line);
    if (left.length > 0) process.exitCode = 1;
  }
}
