/**
 * Measures this library against what one would use instead, side by side.
 *
 * `deno task bench:table` runs each peer in a process of its own, in turn with
 * native promises, and prints Markdown; a run over everything also refreshes
 * `docs/performance.md` and the table in `README.md`.
 *
 * - `--smoke`: every workload once and small, in this process; checks results, not times;
 * - `--again`: a second run, of those alone that the figures to reach speak of;
 * - `--scale`: cost per task from 1,000 to 1,000,000 tasks;
 * - `--only spawn,switch`: these workloads;
 * - `--peers generator,cpython`: these peers (and native);
 * - `--rounds 5`: so many rounds.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Contender, contenders } from "./_contenders.ts";
import { median } from "./_measure.ts";
import {
  medianTable,
  provenance,
  ratioTable,
  refresh,
  scaleTable,
  summaryTable,
  targetTable,
  workloadList,
} from "./_report.ts";
import {
  judged,
  measureAlone,
  measureRounds,
  type WorkloadResults,
} from "./_rounds.ts";
import { noop, type Workload } from "./_workload.ts";
import { scaleWorkloads, workloads } from "./workloads/mod.ts";

const DOCUMENT = fileURLToPath(import.meta.resolve("../docs/performance.md"));
const README = fileURLToPath(import.meta.resolve("../README.md"));
const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const OURS = ["native", "context", "generator", "async"] as const;
const SCALE_ROUNDS = 3;
const ROOMY = ["--min-semi-space-size=8192", "--max-semi-space-size=8192"];

const { values: options } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    again: { type: "boolean", default: false },
    scale: { type: "boolean", default: false },
    only: { type: "string" },
    peers: { type: "string" },
    rounds: { type: "string" },
  },
});
const isWhole = options.only === undefined && options.peers === undefined;

if (options.smoke) await smoke();
else if (options.scale) await scale();
else if (options.again) await compareAgain();
else await compare();

async function compare(): Promise<void> {
  const taking = chosenContenders(await contenders());
  const origin = provenance(taking);
  const all = await measureAll(taking);
  const report = [
    `Measured ${origin}`,
    "Ratios to native (native: its own median; sleepers: CPU time, then peak memory):",
    ratioTable(all),
    "Figures to reach:",
    targetTable(all),
    "Medians (time and bytes allocated an operation):",
    medianTable(all),
    "What each workload does, and what bounds it:",
    workloadList(chosen(workloads)),
  ].join("\n\n");
  console.log(report);
  if (!isWhole) return;
  await write(DOCUMENT, "table", report);
  await write(README, "summary", summaryTable(all));
}

async function compareAgain(): Promise<void> {
  const taking = chosenContenders(await contenders()).map((contender) => ({
    ...contender,
    can: (workload: Workload) =>
      contender.can(workload) && isJudged(contender, workload),
  }));
  const origin = provenance(taking);
  const all = await measureAll(taking);
  const report = [`Measured ${origin}`, targetTable(all)].join("\n\n");
  console.log(report);
  if (isWhole) await write(DOCUMENT, "again", report);
}

/** Whether a figure to reach speaks of the contender. */
function isJudged({ name }: Contender, { targets }: Workload): boolean {
  return name === "native" ||
    targets.some(({ style, measure, bound }) =>
      style === name || bound === name || name.startsWith(measure) ||
      (measure === "cpython" && name.startsWith("uvloop"))
    );
}

async function measureAll(
  taking: readonly Contender[],
): Promise<WorkloadResults[]> {
  const rounds = Number(options.rounds ?? 5);
  const all: WorkloadResults[] = [];
  for (const workload of chosen(workloads)) {
    all.push(await measureRounds(workload, taking, rounds));
  }
  return all;
}

async function scale(): Promise<void> {
  const known = await contenders();
  const taking = options.peers === undefined
    ? known.filter(({ name }) => OURS.some((ours) => ours === name))
    : chosenContenders(known);
  const rounds = Number(options.rounds ?? SCALE_ROUNDS);
  const origin = provenance(taking);
  const rows = [];
  for (const workload of chosen(scaleWorkloads)) {
    for (
      const contender of taking.filter((contender) => contender.can(workload))
    ) {
      const costs = [];
      for (const size of SIZES) {
        console.error(`${workload.name}: ${contender.label}, ${size} tasks`);
        costs.push(await costPerTask(contender, workload, size, rounds));
      }
      const roomy = [];
      for (const size of [10_000, 1_000_000]) {
        roomy.push(
          await costPerTask(contender, workload, size, rounds, ROOMY),
        );
      }
      rows.push({ workload, label: contender.label, costs, roomy });
    }
  }
  const report = [
    `Measured ${origin}`,
    "Cost per task by number of tasks (sleepers: CPU time). *Roomy* is with a " +
    "young generation of 8 GB, which holds all that a run allocates: what grows without " +
    "it and not with it is the collector, which copies whatever is alive.",
    scaleTable(SIZES, rows),
  ].join("\n\n");
  console.log(report);
  if (isWhole) await write(DOCUMENT, "scale", report);
}

/** The median cost of a task in nanoseconds, or why there is none. */
async function costPerTask(
  contender: Contender,
  workload: Workload,
  size: number,
  rounds: number,
  v8Flags: readonly string[] = [],
): Promise<number | string> {
  const costs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    try {
      // A million native sleepers need more heap than V8 gives by default.
      const found = await measureAlone(contender, workload, size, [
        "--max-old-space-size=12288",
        ...v8Flags,
      ]);
      costs.push(
        judged(workload, found) *
          (workload.judgedBy === "cpu" ? 1e9 / size : 1),
      );
    } catch (error) {
      return (error as Error).message;
    }
  }
  return median(costs);
}

async function smoke(): Promise<void> {
  const start = performance.now();
  let runs = 0;
  for (const workload of new Set(chosen([...workloads, ...scaleWorkloads]))) {
    for (const name of OURS) {
      const prepare = workload.peers[name];
      if (prepare === undefined) continue;
      try {
        // A hundredth of the work; the workload checks its result.
        await (await prepare())(workload.count / 100, noop);
      } catch (error) {
        throw new Error(`${workload.name} fails with ${name}`, {
          cause: error,
        });
      }
      runs++;
    }
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${runs} workloads ran in ${
      seconds.toFixed(1)
    } s, and their results are right`,
  );
}

function chosen(all: readonly Workload[]): Workload[] {
  const names = options.only?.split(",");
  const unknown = names?.filter((name) =>
    !all.some((workload) => workload.name === name)
  );
  if (unknown !== undefined && unknown.length > 0) {
    throw new RangeError(
      `Cannot measure ${unknown}: the workloads are ${
        all.map(({ name }) => name).join(", ")
      }`,
    );
  }
  return all.filter(({ name }) => names === undefined || names.includes(name));
}

function chosenContenders(all: readonly Contender[]): Contender[] {
  const names = options.peers?.split(",");
  return all.filter(({ name }) =>
    names === undefined || name === "native" ||
    names.some((prefix) => name.startsWith(prefix))
  );
}

async function write(
  path: string,
  marker: string,
  report: string,
): Promise<void> {
  const document = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, refresh(document, marker, report));
  // Tables are padded by the formatter alone.
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", path],
  }).output();
}
