/**
 * CPython as the judge: loads it into this process and runs programs on it.
 *
 * @module
 */
// A tool of the repository alone: the package itself must not depend on it.
// deno-lint-ignore no-import-prefix
import { loadPyodide } from "npm:pyodide@314.0.7";
import type { Program, Trace } from "./program.ts";

/** Runs programs on CPython's asyncio. */
export type Judge = (programs: readonly Program[]) => Trace[];

/** Loads CPython 3.14, which takes some seconds. */
export async function loadJudge(): Promise<Judge> {
  // CPython grumbles there about unfinished coroutines of bygone programs. What
  // matters comes out as a trace.
  const python = await loadPyodide({ stderr: () => {} });
  for await (const { name } of Deno.readDir(new URL(".", import.meta.url))) {
    if (!name.endsWith(".py")) continue;
    const text = await Deno.readTextFile(new URL(name, import.meta.url));
    python.FS.writeFile(name, text);
  }
  python.runPython("import sys; sys.path.insert(0, '')");
  const runBatch = python.pyimport("interpreter").run_batch;
  return (programs) => JSON.parse(runBatch(JSON.stringify(programs)));
}
