/**
 * Checks all that can be checked without running the library.
 *
 * Besides its own steps it runs every `_tools/check_*.ts`.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  captureDeno,
  type DenoRun,
  exportedFiles,
  ROOT,
  standInFlags,
} from "./_deno.ts";

interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

if (import.meta.main) Deno.exitCode = await main() ? 0 : 1;

async function main(): Promise<boolean> {
  const waiting = await allSteps();
  const total = waiting.length;
  let failed = 0;
  async function work(): Promise<void> {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const start = performance.now();
      const run = await captureDeno(step.args);
      const seconds = (performance.now() - start) / 1000;
      if (run.code !== 0) failed++;
      report(step, run, seconds);
    }
  }
  await Promise.all(
    Array.from({ length: Math.min(4, navigator.hardwareConcurrency) }, work),
  );
  console.log(`\n${total - failed} checks passed, ${failed} failed`);
  return failed === 0;
}

async function allSteps(): Promise<Step[]> {
  const exported = await exportedFiles();
  return [
    { name: "type check", args: ["check", ...await standInFlags(), "--doc"] },
    {
      name: "type check for browsers",
      args: ["check", "--config", "browser.tsconfig.json", ...exported],
    },
    {
      name: "deno publish --dry-run",
      args: ["publish", "--dry-run", "--allow-dirty"],
    },
    { name: "deno doc --lint", args: ["doc", "--lint", ...exported] },
    { name: "deno lint", args: ["lint"] },
    { name: "deno fmt --check", args: ["fmt", "--check"] },
    ...ownScripts().map((name) => ({
      name,
      args: ["run", "--allow-read", "--allow-run", name],
    })),
  ];
}

function ownScripts(): string[] {
  return [...Deno.readDirSync(`${ROOT}_tools`)]
    .map(({ name }) => `_tools/${name}`)
    .filter((path) => /\/check_\w+\.ts$/.test(path) && !/_test\.ts$/.test(path))
    .sort();
}

function report({ name, args }: Step, run: DenoRun, seconds: number): void {
  const ok = run.code === 0;
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${seconds.toFixed(1)} s)`);
  if (!ok) console.log(`\n> deno ${args.join(" ")}\n${run.output}`);
}
