/**
 * Writes what was found as Markdown.
 *
 * @module
 */
import { cpus } from "node:os";
import type { Contender } from "./_contenders.ts";
import { median } from "./_measure.ts";
import {
  judged,
  medians,
  type Result,
  type WorkloadResults,
} from "./_rounds.ts";
import type { Target, Workload } from "./_workload.ts";

/** A line on when and where something was measured, and with which versions. */
export function provenance(contenders: readonly Contender[]): string {
  const versions = contenders.flatMap(({ label, version }) =>
    version === undefined
      ? []
      : label.startsWith("CPython")
      ? `CPython ${version}`
      : `${label} ${version}`
  );
  const [load] = Deno.loadavg();
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${
    cpus()[0]!.model
  }, ` +
    `${Deno.build.os} ${Deno.build.arch}, Deno ${Deno.version.deno} (V8 ${Deno.version.v8}); ` +
    `load before the run ${load!.toFixed(1)}` +
    versions.map((version) => `, ${version}`).join("") + ".";
}

/** The ratios to native, a row a workload. */
export function ratioTable(all: readonly WorkloadResults[]): string {
  const contenders = columns(all);
  const rows = all.map(({ workload, results }) => [
    workload.name,
    ...contenders.map((contender) => {
      const result = results.find((result) => result.contender === contender);
      if (result === undefined) return "";
      if (result.failure !== undefined) return result.failure;
      if (contender.name === "native") return absolute(workload, result);
      if (workload.judgedBy !== "cpu") return ratio(median(result.ratios));
      return `${ratio(median(result.ratios))}; ${
        ratio(median(result.peakRatios))
      }`;
    }),
  ]);
  return table(["workload", ...contenders.map(({ label }) => label)], rows);
}

// What the README shows: enough to see where this library stands.
const SUMMARY = [
  "spawn-wait",
  "switch",
  "ping-pong",
  "queue-stream",
  "limit",
  "cancel-storm",
  "timers",
  "timeout-guard",
];
const SUMMARY_PEERS = ["native", "generator", "async", "effection", "effect"];

/** The ratios to native of some workloads and peers, and of the newest CPython. */
export function summaryTable(all: readonly WorkloadResults[]): string {
  const python = columns(all).findLast(({ name }) =>
    name.startsWith("cpython")
  );
  return ratioTable(
    all.filter(({ workload }) => SUMMARY.includes(workload.name)).map((
      { workload, results },
    ) => ({
      workload,
      results: results.filter(({ contender }) =>
        SUMMARY_PEERS.includes(contender.name) || contender === python
      ),
    })),
  );
}

/** The medians, a row a workload: cost, and bytes allocated where they are counted. */
export function medianTable(all: readonly WorkloadResults[]): string {
  const contenders = columns(all);
  const rows = all.map(({ workload, results }) => [
    workload.name,
    ...contenders.map((contender) => {
      const result = results.find((result) => result.contender === contender);
      if (result === undefined || result.failure !== undefined) return "";
      const { bytes } = medians(result.measurements);
      const allocated = bytes === undefined || workload.judgedBy !== undefined
        ? ""
        : `; ${bytes.toFixed(0)} B`;
      return absolute(workload, result) + allocated;
    }),
  ]);
  return table(["workload", ...contenders.map(({ label }) => label)], rows);
}

/** The figures to reach, and whether each is. */
export function targetTable(all: readonly WorkloadResults[]): string {
  const rows: string[][] = [];
  for (const { workload, results } of all) {
    for (const target of workload.targets) {
      const barest = boundOf(target, results);
      for (const [figure, found] of figures(target, workload, results)) {
        rows.push([
          workload.name,
          target.style === "async" ? "`async`" : "`function*`",
          figure,
          bound(target, target.must),
          target.aim === undefined ? "" : bound(target, target.aim),
          found === undefined
            ? "not measured"
            : figureText(target, found, barest),
          found === undefined ? "" : verdict(target, found, barest),
        ]);
      }
    }
  }
  return table(
    [
      "workload",
      "style",
      "figure",
      "must",
      "aim",
      "measured",
      "met",
    ],
    rows,
    3,
  );
}

/** What each workload does and what bounds it. */
export function workloadList(workloads: readonly Workload[]): string {
  return workloads.map(({ name, count, operation, bound }) =>
    `- **${name}** (${
      count.toLocaleString("en")
    } a run). One operation: ${operation}. ` +
    `_Bound by_ ${bound}.`
  ).join("\n");
}

/** Cost per task by number of tasks. */
export interface ScaleRow {
  readonly workload: Workload;
  readonly label: string;
  /** Nanoseconds a task, size by size, or why there are none. */
  readonly costs: readonly (number | string)[];
  /** The same with a young generation that holds all tasks: 10,000 and 1,000,000. */
  readonly roomy: readonly (number | string)[];
}

/** Cost per task by number of tasks, and how it grows. */
export function scaleTable(
  sizes: readonly number[],
  rows: readonly ScaleRow[],
): string {
  const growth = (ten: number | string, million: number | string) =>
    typeof ten === "number" && typeof million === "number"
      ? ratio(million / ten)
      : "";
  const cells = rows.map(({ workload, label, costs, roomy }) => [
    workload.name,
    label,
    ...costs.map((cost) => typeof cost === "string" ? cost : nanoseconds(cost)),
    growth(costs[sizes.indexOf(10_000)]!, costs[sizes.indexOf(1_000_000)]!),
    growth(roomy[0]!, roomy[1]!),
  ]);
  return table(
    [
      "workload",
      "peer",
      ...sizes.map((size) => size.toLocaleString("en")),
      "1,000,000 to 10,000",
      "the same, roomy",
    ],
    cells,
    2,
  );
}

/** Puts text between `<!-- bench:name -->` and `<!-- /bench:name -->`. */
export function refresh(document: string, name: string, text: string): string {
  const open = `<!-- bench:${name} -->`;
  const close = `<!-- /bench:${name} -->`;
  const start = document.indexOf(open);
  const end = document.indexOf(close);
  if (start < 0 || end < start) {
    throw new Error(`Cannot write: no "${open}" … "${close}"`);
  }
  return `${document.slice(0, start + open.length)}\n\n${text}\n\n${
    document.slice(end)
  }`;
}

function columns(all: readonly WorkloadResults[]): Contender[] {
  const contenders = new Map<string, Contender>();
  for (const { results } of all) {
    for (const { contender } of results) {
      contenders.set(contender.name, contender);
    }
  }
  return [...contenders.values()];
}

function figures(
  target: Target,
  workload: Workload,
  results: readonly Result[],
): [figure: string, found: number | undefined][] {
  const ours = results.find(({ contender }) => contender.name === target.style);
  const measured = ours !== undefined && ours.failure === undefined &&
    ours.ratios.length > 0;
  const found = measured ? ours : undefined;
  switch (target.measure) {
    case "ratio":
      return [[
        "time to native's".replace("time", unit(workload)),
        found && median(found.ratios),
      ]];
    case "peak":
      return [["peak memory to native's", found && median(found.peakRatios)]];
    case "bytes":
      return [["bytes allocated", found && medians(found.measurements).bytes]];
    case "heap":
      return [["bytes of heap", found && medians(found.measurements).heap]];
    case "growth":
      return [[
        "cost at 100,000 to cost at 1,000",
        found && median(found.growths),
      ]];
    default: {
      const rivals = results.filter(({ contender, failure }) =>
        failure === undefined && (contender.name.startsWith(target.measure) ||
          (target.measure === "cpython" && contender.name.startsWith("uvloop")))
      );
      if (rivals.length === 0) {
        return [[`times faster than ${target.measure}`, undefined]];
      }
      return rivals.map(({ contender, measurements }) => [
        `times faster than ${contender.label}`,
        found && judged(workload, medians(measurements)) /
          judged(workload, medians(found.measurements)),
      ]);
    }
  }
}

function unit({ judgedBy }: Workload): string {
  return judgedBy === "cpu" ? "CPU time" : "time";
}

function isAtLeast({ measure }: Target): boolean {
  return measure === "p-map" || measure === "p-limit" || measure === "cpython";
}

function bound(target: Target, limit: number): string {
  return isAtLeast(target) ? `≥ ${limit}` : `≤ ${limit}`;
}

/** How far the peer got that shows how far one gets at all. */
function boundOf(
  { bound }: Target,
  results: readonly Result[],
): number | undefined {
  const peer = results.find(({ contender }) => contender.name === bound);
  return peer === undefined || peer.growths.length === 0
    ? undefined
    : median(peer.growths);
}

function figureText(
  { measure }: Target,
  found: number,
  barest: number | undefined,
): string {
  if (measure === "bytes" || measure === "heap") return found.toFixed(0);
  return barest === undefined
    ? ratio(found)
    : `${ratio(found)}; bound ${ratio(barest)}`;
}

function verdict(
  target: Target,
  found: number,
  barest: number | undefined,
): string {
  const meets = (limit: number, value = found) =>
    isAtLeast(target) ? value >= limit : value <= limit;
  if (!meets(target.must)) {
    return barest === undefined || meets(target.must, barest)
      ? "**no**"
      : "**no**, nor the bound";
  }
  return target.aim !== undefined && meets(target.aim) ? "yes, aim too" : "yes";
}

function absolute(workload: Workload, { measurements }: Result): string {
  const { time, cpu, peak, heap } = medians(measurements);
  if (workload.judgedBy === "heap") return `${heap!.toFixed(0)} B`;
  if (workload.judgedBy === "cpu") {
    return `${cpu.toFixed(2)} s; ${(peak / 1e6).toFixed(0)} MB`;
  }
  return nanoseconds(time);
}

function nanoseconds(time: number): string {
  if (time < 100) return `${time.toFixed(1)} ns`;
  return `${Math.round(time).toLocaleString("en")} ns`;
}

function ratio(value: number): string {
  if (value < 10) return value.toFixed(2);
  return value < 100
    ? value.toFixed(1)
    : Math.round(value).toLocaleString("en");
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = 1,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_cell, index) => index < textColumns ? "---" : "---:");
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
