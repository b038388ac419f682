/**
 * Runs the tests and gates the coverage of what is published.
 *
 * The thresholds stand in `deno.json`. Tests, tools and stand-ins do not count.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { ROOT, runDeno } from "./_deno.ts";

const RESULTS = "coverage";

if (import.meta.main) Deno.exitCode = await main(Deno.args);

async function main(args: string[]): Promise<number> {
  const tests = await runDeno([
    "task",
    "test",
    "--clean",
    `--coverage=${RESULTS}`,
    "--coverage-raw-data-only",
    ...args,
  ]);
  if (tests !== 0) return tests;
  return await runDeno([
    "coverage",
    ...whatCounts(pathToFileURL(ROOT).href),
    RESULTS,
  ]);
}

/**
 * The flags by which `deno coverage` reports what is published alone. Its patterns are those
 * of Rust: it panics at a look-ahead.
 *
 * @param root The URL of the project's folder, with a slash at its end.
 */
export function whatCounts(root: string): string[] {
  const place = root.replace(/[.+*?^$()[\]{}|\\]/g, "\\$&");
  return [
    `--include=^${place}(_[a-z]+/)?[^/]+\\.ts$`,
    `--exclude=^${place}_tools/`,
  ];
}
