/** Starts processes that never hear anything, and asks to be killed. */
// deno-lint-ignore-file no-console
import { ProcessExecutor } from "../process_executor.ts";
import { run } from "../runner.ts";
import { sleep } from "../sleep.ts";
import type * as jobs from "./_executor_jobs.ts";

const url = new URL("./_executor_jobs.ts", import.meta.url);
const executor = new ProcessExecutor<typeof jobs>(url, {
  maxWorkers: 2,
  execArgv: "Deno" in globalThis ? ["-A"] : [],
});
await run(async () => {
  const lost = [1, 2].map(() => executor.submit("outlive", []));
  while (lost.some((job) => job.state() !== "running")) await sleep(0.01);
  console.log("kill SIGKILL");
  await lost[0];
});
