/** Runs everything about processes on any host, or the one that is named, and prints what became of each. */
import process from "node:process";
import { PROCESS_CASES, RUN_PROCESS_CASES } from "./_process_cases.ts";
import { PROCESS_RUNS } from "./_process_runs.ts";
import { runAllReal } from "./_real_cases.ts";
import { SUBPROCESS_CASES } from "./_subprocess_cases.ts";

const [, , only] = process.argv;

if (only === undefined) {
  await runAllReal({
    ...SUBPROCESS_CASES,
    ...PROCESS_CASES,
    ...RUN_PROCESS_CASES,
  });
}
for (const [name, test] of Object.entries(PROCESS_RUNS)) {
  if (only !== undefined && name !== only) continue;
  try {
    await test();
    process.stdout.write(`ok ${name}\n`);
  } catch (error) {
    const text = (error as Error).stack ?? String(error);
    process.stdout.write(`FAILED ${name}: ${text.replaceAll("\n", "\\n")}\n`);
  }
}
