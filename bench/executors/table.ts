/**
 * Executors against their peers, on Deno and Node: `deno run -A bench/executors/table.ts`.
 *
 * The peers come from npm into a temporary folder; where npm does not answer it says so and
 * ends. It prints its tables and writes them into `docs/performance.md`.
 *
 * - `--smoke`: shows that all of it runs, and checks the results;
 * - `--rounds 6`, `--jobs 10000`: what the targets are for; with others it writes nothing.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { DOCUMENT, provenance, table, write } from "../_report.ts";

type Figures = Record<string, Record<string, number>>;

const PEERS = ["piscina", "tinypool", "workerpool", "poolifier"];
const VERSIONS = ["5.3.2", "2.2.0", "10.0.3", "5.3.2"];
const NODE = "node@24.21.0";

/** What is to be reached: the figure, what of it, and how. */
const TARGETS = [
  { what: "jobs/s 1", to: "best peer", Node: [">=", 3], Deno: [">=", 5] },
  { what: "jobs/s 2", to: "best peer", Node: [">=", 3], Deno: [">=", 5] },
  { what: "latency", to: "best peer", Node: ["<=", 1.8], Deno: ["<=", 1.2] },
  { what: "share", to: "best peer", Node: [">=", 1], Deno: [">=", 1] },
  { what: "cancel wait p99", to: "ms", Node: ["<=", 10], Deno: ["<=", 10] },
  { what: "cancel spin p99", to: "ms", Node: ["<=", 10], Deno: ["<=", 10] },
] as const;

const ROUNDS = "6";
const JOBS = "10000";

const { values: options } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    rounds: { type: "string", default: ROUNDS },
    jobs: { type: "string", default: JOBS },
  },
});

const folder = await Deno.makeTempDir();
try {
  const node = await prepare();
  if (node === undefined) {
    console.log("Skipped: npm does not answer, so there are no peers.");
  } else await compare(node);
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Brings Node and the peers into the folder; gives the path of Node. */
async function prepare(): Promise<string | undefined> {
  const here = fileURLToPath(new URL(".", import.meta.url));
  for await (const { name } of Deno.readDir(here)) {
    if (name.endsWith(".mjs")) {
      await Deno.copyFile(here + name, `${folder}/${name}`);
    }
  }
  await Deno.writeTextFile(`${folder}/package.json`, '{ "type": "module" }');
  const packages = PEERS.map((name, i) => `${name}@${VERSIONS[i]}`);
  const installed = await output("npm", [
    "install",
    "--silent",
    NODE,
    ...packages,
  ]);
  return installed === undefined
    ? undefined
    : `${folder}/node_modules/node/bin/node`;
}

async function compare(node: string): Promise<void> {
  const args = options.smoke ? ["50", "1"] : [options.jobs, options.rounds];
  const hosts = {
    Node: [node],
    Deno: [
      Deno.execPath(),
      "run",
      "-A",
      "--no-check",
      "--node-modules-dir=manual",
    ],
  };
  const parts = [`Measured ${provenance(options.rounds, "time")}`];
  for (const [host, [command, ...flags]] of Object.entries(hosts)) {
    const text = await output(command!, [...flags, "measure.mjs", ...args]);
    if (text === undefined) {
      throw new Error(`The measurement failed on ${host}`);
    }
    const figures = JSON.parse(text) as Figures;
    // So few jobs say nothing of times and targets.
    if (options.smoke) {
      const names = Object.keys(figures).join(", ");
      console.log(`${host}: all results are right of ${names}`);
    } else parts.push(...tablesOf(host as keyof typeof hosts, figures));
  }
  if (options.smoke) return;
  const report = parts.join("\n\n");
  console.log(report);
  const isWhole = options.rounds === ROUNDS && options.jobs === JOBS;
  if (isWhole) await write(DOCUMENT, "executors", report);
}

function tablesOf(host: "Node" | "Deno", figures: Figures): string[] {
  const times = table(
    [host, "latency, µs", "jobs/s, 1 worker", "2 workers", "share"],
    Object.entries(figures).map(([name, row]) => [
      name,
      row["latency"]!.toFixed(1),
      Math.round(row["jobs/s 1"]!).toLocaleString("en"),
      Math.round(row["jobs/s 2"]!).toLocaleString("en"),
      `${Math.round(100 * row["share"]!)} %`,
    ]),
  );
  const targets = table(
    [`${host}: asyncio`, "is", "must", "missed"],
    TARGETS.map(({ what, to, [host]: [sign, wanted] }) => {
      const own = figures.asyncio![what]!;
      const value = to === "ms" ? own : own / bestPeer(figures, what);
      const isMet = sign === ">=" ? value >= wanted : value <= wanted;
      return [
        to === "ms" ? `${what}, ms` : `${what}, to the best peer`,
        value.toFixed(2),
        `${sign === ">=" ? "≥" : "≤"} ${wanted}`,
        isMet ? "" : "**missed**",
      ];
    }),
  );
  return [times, targets];
}

function bestPeer(figures: Figures, what: string): number {
  const values = PEERS.flatMap((name) => figures[name]?.[what] ?? []);
  return what === "latency" ? Math.min(...values) : Math.max(...values);
}

async function output(
  command: string,
  args: string[],
): Promise<string | undefined> {
  const { code, stdout } = await new Deno.Command(command, {
    args,
    cwd: folder,
    env: { ASYNCIO_ROOT: new URL("../../", import.meta.url).href },
    stderr: command === "npm" ? "null" : "inherit",
  }).output();
  return code === 0 ? new TextDecoder().decode(stdout) : undefined;
}
