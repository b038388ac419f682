/** Uses an executor and never shuts it down: `_idle_program.ts WorkerExecutor idle`. */
// deno-lint-ignore-file no-console
import { newEventLoop } from "../mod.ts";
import { ProcessExecutor } from "../process_executor.ts";
import { WorkerExecutor } from "../worker_executor.ts";
import type * as jobs from "./_executor_jobs.ts";

const [kind, what] = Deno.args;
const url = new URL("./_executor_jobs.ts", import.meta.url);
const executor = kind === "WorkerExecutor"
  ? new WorkerExecutor<typeof jobs>(url)
  : new ProcessExecutor<typeof jobs>(url, { execArgv: ["-A"] });
const loop = newEventLoop();
await loop.runUntilComplete(async () => {
  console.log(await executor.submit("double", [1]));
  if (what === "idle") return;
  // The program may end in the middle of a job.
  executor.submit("slow", [3600, "x"]);
  setTimeout(() => Deno.exit(0), 50);
});
