/**
 * Runs the tests and gates the line coverage of the root modules.
 *
 * The threshold stands in `deno.json`. Tests, tools and stand-ins do not count:
 * only what is published does.
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
  const root = pathToFileURL(ROOT).href.replace(/[.+*?^$()[\]{}|\\]/g, "\\$&");
  return await runDeno([
    "coverage",
    `--include=^${root}(_(?!tools)[a-z]+/)?[^/]+\\.ts$`,
    RESULTS,
  ]);
}
