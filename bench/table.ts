/**
 * Measures this library against native promises, alone and mixed, and beside its peers.
 *
 * Every figure alone comes from a process of its own, in turn with native; those mixed
 * from one process a round that runs all workloads first. A whole run prints two tables
 * and writes them into `docs/performance.md`, and a part of the second into `README.md`.
 *
 * - `--smoke`: every workload small, in one process, so mixed; checks results, not times;
 * - `--ours`, `--peers`: the first or the second table alone, which is then not written;
 * - `--only spawn,switch`: these workloads;
 * - `--rounds 5`: so many rounds;
 * - `--cpu`: judges by CPU time, for a machine that does other work too.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mix, workloads } from "./_measure.ts";
import { labelOf, type PeerName, peers } from "./peers/mod.ts";
import {
  DOCUMENT,
  median,
  provenance,
  ratio,
  table,
  write,
} from "./_report.ts";
import { absolute, measureMixed, measureRounds, type Rows } from "./_rounds.ts";
import { noop, OURS, type Workload } from "./_workload.ts";

const README = fileURLToPath(import.meta.resolve("../README.md"));
// They stand for orientation.
const PEER_ROUNDS = 3;
// What the README shows: enough to see where this library stands.
const SUMMARY = ["spawn-wait", "switch", "ping-pong", "queue-stream", "limit"]
  .concat(["cancel-storm", "timers", "timeout-guard"]);

const { values: options } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    ours: { type: "boolean", default: false },
    peers: { type: "boolean", default: false },
    cpu: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
  },
});

if (import.meta.main) {
  if (options.smoke) await smoke();
  else {
    const both = options.ours === options.peers;
    const isWhole = both && options.only === undefined;
    if (both || options.ours) await compareOurs(isWhole);
    if (both || options.peers) await comparePeers(isWhole);
  }
}

async function smoke(): Promise<void> {
  const start = performance.now();
  let runs = 0;
  for (const { count, runs: { native, least } } of chosen()) {
    for (const run of [native, least]) {
      if (run === undefined) continue;
      await run(count / 100, noop);
      runs++;
    }
  }
  runs += await mix(2);
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${runs} workloads ran in ${
      seconds.toFixed(1)
    } s in one process, and their results are right`,
  );
}

async function compareOurs(isWhole: boolean): Promise<void> {
  const origin = provenance(
    options.rounds,
    options.cpu ? "CPU time" : "time",
  );
  const styles = ["least", ...OURS] as const;
  const rounds = Number(options.rounds);
  const all = new Map<Workload, Rows>();
  for (const workload of chosen()) {
    const found = workload.runs;
    const names = styles.filter((style) => found[style] !== undefined);
    all.set(
      workload,
      await measureRounds(workload, names, rounds, options.cpu),
    );
  }
  for (let round = 1; round <= rounds; round++) {
    await measureMixed(all, round, options.cpu);
  }
  const cell = (values: readonly number[] | undefined): string =>
    values === undefined || values.length === 0 ? "" : ratio(median(values));
  const lines = [...all].map(([workload, rows]) => [
    workload.name,
    absolute(workload, median(rows.get("native")!.found)),
    ...OURS.flatMap((style) => [
      ...style === "async" ? [cell(rows.get("least")?.ratios)] : [],
      cell(rows.get(style)?.ratios),
      cell(rows.get(style)?.mixed),
    ]),
    mustOf(workload),
    missed(workload, rows),
  ]);
  const report = [
    `Measured ${origin}`,
    table([
      "workload",
      "native",
      "`function*`",
      "mixed",
      "inline",
      "mixed",
      "`async` at least",
      "`async`",
      "mixed",
      "must",
      "missed",
    ], lines),
    mixedSummary([...all.values()]),
    chosen().map(({ name, count, operation }) =>
      `- **${name}** (${
        count.toLocaleString("en")
      } a run). One operation: ${operation}.`
    ).join("\n"),
  ].join("\n\n");
  console.log(report);
  if (isWhole) await write(DOCUMENT, "ours", report);
}

async function comparePeers(isWhole: boolean): Promise<void> {
  const origin = provenance(
    options.rounds,
    options.cpu ? "CPU time" : "time",
  );
  const names = ["generator", "async", ...Object.keys(peers)] as PeerName[];
  const rounds = Math.min(Number(options.rounds), PEER_ROUNDS);
  const all = new Map<Workload, Rows>();
  for (const workload of chosen()) {
    all.set(
      workload,
      await measureRounds(workload, names, rounds, options.cpu),
    );
  }
  const versions = [...await versionsOf(names)].join(", ");
  const tableOf = (only: (workload: Workload) => boolean): string => {
    const shown = [...all].filter(([workload]) => only(workload));
    const columns = names.filter((name) =>
      shown.some(([, rows]) => rows.get(name)?.ratios.length)
    );
    return table(
      ["workload", "native", ...columns.map(labelOf)],
      shown.map(([workload, rows]) => [
        workload.name,
        absolute(workload, median(rows.get("native")!.found)),
        ...columns.map((name) => {
          const row = rows.get(name);
          if (row === undefined) return "";
          return row.failure ??
            (row.ratios.length === 0 ? "" : ratio(median(row.ratios)));
        }),
      ]),
    );
  };
  const report = `Measured ${origin} ${versions}.\n\n${tableOf(() => true)}`;
  console.log(report);
  if (!isWhole) return;
  await write(DOCUMENT, "peers", report);
  await write(
    README,
    "summary",
    tableOf(({ name }) => SUMMARY.includes(name)),
  );
}

function mustOf({ must: { generator, async } }: Workload): string {
  return [generator, async].filter((limit) => limit !== undefined)
    .map((limit) => `≤ ${limit}`).join("; ");
}

/** The styles that are over what they must not exceed, alone or mixed. */
function missed({ must }: Workload, rows: Rows): string {
  return (["generator", "async"] as const).flatMap((style) => {
    const { ratios = [], mixed = [] } = rows.get(style) ?? {};
    const limit = must[style] ?? Infinity;
    return [[ratios, style], [mixed, `${style}, mixed`] as const]
      .filter(([values]) => values.length > 0 && median(values as []) > limit)
      .map(([, name]) => `**${name}**`);
  }).join("; ");
}

/** How much dearer mixed is than alone. */
function mixedSummary(all: readonly Rows[]): string {
  const ratios = all.flatMap((rows) =>
    OURS.flatMap((style) => {
      const row = rows.get(style);
      if (row === undefined || row.mixed.length === 0) return [];
      return [median(row.mixed.map((value, i) => value / row.ratios[i]!))];
    })
  );
  const mean = Math.exp(
    ratios.reduce((total, value) => total + Math.log(value), 0) / ratios.length,
  );
  return `Mixed to alone: ${ratio(mean)} at the geometric mean, ${
    ratio(Math.max(...ratios))
  } at the worst.`;
}

/** The versions of the peers that are packages, and of Python. */
async function versionsOf(names: readonly PeerName[]): Promise<string[]> {
  const versions: string[] = [];
  for (const name of names) {
    const [command, args] = name === "cpython"
      ? ["python3", ["--version"]]
      : [Deno.execPath(), ["info", "--json", `npm:${name}`]];
    if (peers[name] === undefined || name === "std") continue;
    try {
      const { stdout } = await new Deno.Command(command, { args }).output();
      const text = new TextDecoder().decode(stdout);
      const version = text.match(/(?:Python |@)(\d+\.\d+\.\d+)/)?.[1];
      if (version !== undefined) versions.push(`${peers[name]} ${version}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return versions;
}

function chosen(): Workload[] {
  const names = options.only?.split(",");
  const known = workloads.map(({ name }) => name);
  const unknown = names?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0) {
    throw new RangeError(
      `Cannot measure ${unknown}: the workloads are ${known.join(", ")}`,
    );
  }
  return workloads.filter(({ name }) => names?.includes(name) ?? true);
}
