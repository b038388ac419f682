/**
 * Compares CPython's behaviours, `tests/cpython/cases.tsv`, with the names of the tests
 * there, and writes `tests/cpython/STATUS.md`. A row without a test needs a reason.
 *
 * ```sh
 * deno run --allow-read --allow-run --allow-write=tests/cpython _tools/cases_status.ts
 * deno run --allow-read --allow-run _tools/cases_status.ts --check
 * ```
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { pathToFileURL } from "node:url";
import { captureDeno, ROOT } from "./_deno.ts";

const FOLDER_PATH = `${ROOT}tests/cpython/`;
const FOLDER = pathToFileURL(FOLDER_PATH);
const STATUS = new URL("STATUS.md", FOLDER);

/** The areas of asyncio that do not exist here, and what does their work. */
const OUT_OF_SCOPE: Readonly<Record<string, string>> = {
  thread: "JavaScript has no threads that share objects, only workers",
  transport:
    "hosts give no descriptors, so streams are the lowest that there is",
};

/** One behaviour. */
interface Case {
  readonly id: string;
  readonly area: string;
  readonly applies: string;
}

/** What became of a behaviour. */
type Outcome = "holds" | "differs" | "does not apply" | "out of scope";

/** The table, the tests and the reasons, compared. */
interface Comparison {
  readonly status: string;
  readonly problems: string[];
}

if (import.meta.main) {
  const ok = await compareAll(Deno.args.includes("--check"));
  Deno.exitCode = ok ? 0 : 1;
}

/**
 * Compares the table with the tests, and says what is wrong.
 *
 * @param onlyCheck Whether STATUS.md must be up to date already, and is not written.
 * @returns Whether all is right.
 */
export async function compareAll(onlyCheck: boolean): Promise<boolean> {
  const { status, problems } = await compare();
  if (!onlyCheck) {
    await Deno.writeTextFile(STATUS, status);
  } else if (await readIfThere(STATUS) !== status) {
    problems.push(
      "STATUS.md is out of date: run deno run -A _tools/cases_status.ts",
    );
  }
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}

async function compare(): Promise<Comparison> {
  const cases = (await readTable("cases.tsv")).map(([id, area, applies]) => ({
    id: id!,
    area: area!,
    applies: applies!,
  }));
  const reasons = new Map(
    (await readTable("reasons.tsv")).map(([id, reason]) => [id!, reason!]),
  );
  const tested = await testedIds();
  const outcomes = new Map<Case, Outcome>();
  const problems: string[] = [];
  for (const row of cases) {
    const outcome = outcomeOf(row, tested, reasons);
    if (outcome === undefined) {
      problems.push(`${row.id} has neither a test nor a reason`);
    } else outcomes.set(row, outcome);
    if (tested.has(row.id) && reasons.has(row.id)) {
      problems.push(`${row.id} has a test and a reason why it has none`);
    }
  }
  const known = new Set(cases.map(({ id }) => id));
  for (const id of [...tested, ...reasons.keys()]) {
    if (!known.has(id)) problems.push(`${id} does not stand in cases.tsv`);
  }
  return { status: await formatted(describe(outcomes, reasons)), problems };
}

function outcomeOf(
  { id, area, applies }: Case,
  tested: ReadonlySet<string>,
  reasons: ReadonlyMap<string, string>,
): Outcome | undefined {
  if (tested.has(id)) return "holds";
  if (area in OUT_OF_SCOPE) return "out of scope";
  if (applies.startsWith("no")) return "does not apply";
  return reasons.has(id) ? "differs" : undefined;
}

function describe(
  outcomes: ReadonlyMap<Case, Outcome>,
  reasons: ReadonlyMap<string, string>,
): string {
  const rows = [...outcomes];
  const areas = [...new Set(rows.map(([{ area }]) => area))].sort();
  const count = (area: string | undefined, outcome: Outcome): number =>
    rows.filter(([row, own]) =>
      own === outcome && (area === undefined || row.area === area)
    ).length;
  const counts = (title: string, area?: string): string =>
    `| ${
      [
        title,
        count(area, "holds"),
        count(area, "differs"),
        count(area, "does not apply"),
        count(area, "out of scope"),
      ].join(" | ")
    } |`;
  const listed = (outcome: Outcome, why: (row: Case) => string): string[] =>
    rows.filter(([, own]) => own === outcome)
      .map(([row]) => `- \`${row.id}\`: ${why(row)}`);
  return [
    "# CPython's behaviours",
    "",
    "What of CPython's test suite holds here. Written by `_tools/cases_status.ts` from",
    "`cases.tsv`, the names of the tests and `reasons.tsv`; see `NOTICE`.",
    "",
    "| area | holds | differs | does not apply | out of scope |",
    "| --- | --: | --: | --: | --: |",
    ...areas.map((area) => counts(area, area)),
    counts("**all**"),
    "",
    "## What differs, and why",
    "",
    ...listed("differs", ({ id }) => reasons.get(id)!),
    "",
    "## What does not apply",
    "",
    ...listed(
      "does not apply",
      ({ applies }) => applies.replace(/^no:?\s*/, ""),
    ),
    "",
    "## What is out of scope",
    "",
    ...Object.entries(OUT_OF_SCOPE).map(([area, reason]) =>
      `- ${area}: ${reason}`
    ),
    "",
  ].join("\n");
}

async function readTable(name: string): Promise<string[][]> {
  const text = await Deno.readTextFile(new URL(name, FOLDER));
  return text.trimEnd().split("\n").slice(1).map((line) => line.split("\t"));
}

/** The ids that name tests, without the style. */
async function testedIds(): Promise<Set<string>> {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (name.endsWith("_test.ts")) files.push(`${FOLDER_PATH}${name}`);
  }
  const { code, output } = await captureDeno([
    "run",
    "--quiet",
    "--allow-all",
    "--no-check",
    // Nothing is asserted while tests are only named, so the stand-ins always do.
    "--import-map=tests/offline/import_map.json",
    "_tools/test_names.ts",
    ...files,
  ]);
  if (code !== 0) throw new Error(`Cannot read the tests' names: ${output}`);
  const names: string[] = JSON.parse(output);
  const ids = names.map((name) => name.replace(/ \((generator|async)\)$/, ""));
  return new Set(ids.filter((id) => /^\w+\.\w+\.\w+$/.test(id)));
}

/** As `deno fmt` wants it, so that its check holds. */
async function formatted(markdown: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=md", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  return new TextDecoder().decode((await process.output()).stdout);
}

async function readIfThere(url: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
