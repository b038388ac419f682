/**
 * Ends an executor whose jobs have left something behind, or asks to be killed before.
 * Arguments: `thread` or `process`, the job, and `killed` perhaps.
 */
// deno-lint-ignore-file no-console
import process from "node:process";
import { run, sleep } from "../mod.ts";
import { ProcessExecutor } from "../process_executor.ts";
import { WorkerExecutor } from "../worker_executor.ts";
import type * as jobs from "./_leaving_jobs.ts";

const [kind, job, isKilled] = process.argv.slice(2);
const url = new URL("./_leaving_jobs.ts", import.meta.url);
const grace = job === "leaveStubborn" ? 0.1 : 60;

const executor = kind === "thread"
  ? new WorkerExecutor<typeof jobs>(url, { maxWorkers: 1, grace })
  : new ProcessExecutor<typeof jobs>(url, {
    maxWorkers: 1,
    grace,
    execArgv: "Deno" in globalThis ? ["-A", "--no-check"] : [],
  });

await run(async () => {
  await executor.submit(job as keyof typeof jobs, []);
  if (isKilled !== undefined) {
    console.log("kill SIGKILL");
    await sleep(3600);
  }
  await executor.shutdown();
});
