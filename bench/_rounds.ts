/**
 * Measures workloads in processes of their own, round by round, each beside native.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program tells how far it is
import { fileURLToPath } from "node:url";
import type { Measurement, Order } from "./_measure.ts";
import { labelOf, type PeerName } from "./peers/mod.ts";
import { OURS, type Workload } from "./_workload.ts";

const MEASURE = fileURLToPath(import.meta.resolve("./_measure.ts"));
const CPYTHON = fileURLToPath(import.meta.resolve("./peers/cpython.py"));
const TIME_LIMIT_S = 60;
const MIXED_TIME_LIMIT_S = 900;

/** What was found of one workload in one style, round by round. */
interface Row {
  /** What is judged. */
  readonly found: number[];
  /** The same as a ratio to native's. */
  readonly ratios: number[];
  /** The same in one process that has first run all workloads. */
  readonly mixed: number[];
  /** Why there is nothing. */
  failure?: string;
}

/** What was found of one workload, by style or peer. */
export type Rows = Map<PeerName, Row>;

/** Measures some at a workload, native before and after each. */
export async function measureRounds(
  workload: Workload,
  names: readonly PeerName[],
  rounds: number,
  byCpu: boolean,
): Promise<Rows> {
  const rows: Rows = new Map(
    (["native", ...names] as const).map((name) => [
      name,
      { found: [], ratios: [], mixed: [] },
    ]),
  );
  const native = rows.get("native")!;
  for (let round = 1; round <= rounds; round++) {
    let before = await measureAlone(workload, "native", byCpu);
    native.found.push(before!);
    for (const name of names) {
      const row = rows.get(name)!;
      if (row.failure !== undefined) continue;
      try {
        const alone = await measureAlone(workload, name, byCpu);
        // It can't do the workload, or is out of reach.
        if (alone === undefined) {
          row.failure = "";
          continue;
        }
        const after = await measureAlone(workload, "native", byCpu);
        native.found.push(after!);
        row.found.push(alone);
        row.ratios.push(alone / ((before! + after!) / 2));
        before = after;
      } catch (error) {
        row.failure = (error as Error).message;
      }
    }
  }
  return rows;
}

/** Measures all in one process, from another workload on in each round. */
export async function measureMixed(
  all: ReadonlyMap<Workload, Rows>,
  round: number,
  byCpu: boolean,
): Promise<void> {
  const workloads = [...all.keys()];
  const first = Math.floor(workloads.length * (round - 1) / 3) %
    workloads.length;
  const turned = [...workloads.slice(first), ...workloads.slice(0, first)];
  const orders = turned.flatMap((workload) => {
    const ours = OURS.filter((style) => workload.runs[style] !== undefined);
    return (["native", ...ours] as const).map((peer) => ({ workload, peer }));
  });
  const found = await measureIn(
    MIXED_TIME_LIMIT_S,
    "deno",
    orders.map(({ workload, peer }) => orderOf(workload, peer)),
  );
  const base = new Map<Workload, number>();
  for (const [index, { workload, peer }] of orders.entries()) {
    const result = tell(workload, peer, found![index]!, byCpu, ", mixed");
    if (peer === "native") base.set(workload, result);
    else all.get(workload)!.get(peer)!.mixed.push(result / base.get(workload)!);
  }
}

/** What is judged of a workload, found in a process of its own. */
async function measureAlone(
  workload: Workload,
  peer: PeerName,
  byCpu: boolean,
): Promise<number | undefined> {
  const found = await measureIn(
    TIME_LIMIT_S,
    peer === "cpython" ? "cpython" : "deno",
    orderOf(workload, peer),
  );
  return found && tell(workload, peer, found[0]!, byCpu);
}

function orderOf({ name, count }: Workload, peer: PeerName): Order {
  return { workload: name, peer, count };
}

/** What a process finds; `undefined` if it can't. */
async function measureIn(
  seconds: number,
  host: "deno" | "cpython",
  order: Order | readonly Order[],
): Promise<Measurement[] | undefined> {
  const text = JSON.stringify(order);
  const [command, args] = host === "cpython" ? ["python3", [CPYTHON, text]] : [
    Deno.execPath(),
    ["run", "-A", "--no-check", "--v8-flags=--expose-gc", MEASURE, text],
  ];
  const deadline = AbortSignal.timeout(1000 * seconds);
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    signal: deadline,
  }).output();
  if (deadline.aborted) throw new Error(`over ${seconds} s`);
  const decoder = new TextDecoder();
  if (!success) {
    const text = decoder.decode(stderr);
    if (text.includes("Cannot measure") || text.includes("not found")) return;
    console.error(text);
    throw new Error("fails");
  }
  return decoder.decode(stdout).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
}

/** Tells what was found, and gives what is judged of it. */
function tell(
  workload: Workload,
  peer: PeerName,
  found: Measurement,
  byCpu: boolean,
  where = "",
): number {
  const result = judged(workload, found, byCpu);
  const bytes = found.bytes === undefined
    ? ""
    : `, ${found.bytes.toFixed(0)} B`;
  console.error(
    `${workload.name}: ${labelOf(peer)}${where}: ${
      absolute(workload, result)
    }${bytes}`,
  );
  return result;
}

/** What a workload is judged by: seconds a run, bytes of heap or nanoseconds. */
function judged(
  { judgedBy, count }: Workload,
  found: Measurement,
  byCpu: boolean,
): number {
  if (judgedBy === "cpu") return found.cpu;
  if (judgedBy === "heap") return found.heap!;
  return byCpu ? found.cpu * 1e9 / count : found.time;
}

/** A measurement with its unit. */
export function absolute({ judgedBy }: Workload, value: number): string {
  if (judgedBy === "cpu") return `${value.toFixed(2)} s`;
  if (judgedBy === "heap") return `${value.toFixed(0)} B`;
  if (value < 100) return `${value.toFixed(1)} ns`;
  return `${Math.round(value).toLocaleString("en")} ns`;
}
