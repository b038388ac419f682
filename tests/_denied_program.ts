/** Runs a job without permissions, and prints how it ends. */
// deno-lint-ignore-file no-console
import { run } from "../mod.ts";
import { ProcessExecutor } from "../process_executor.ts";
import { WorkerExecutor } from "../worker_executor.ts";

const url = new URL("./_executor_jobs.ts", import.meta.url);
await run(async () => {
  await using executor = Deno.args[0] === "WorkerExecutor"
    ? new WorkerExecutor<Jobs>(url)
    : new ProcessExecutor<Jobs>(url);
  try {
    await executor.submit("double", [1]);
  } catch (error) {
    console.log((error as Error).name);
  }
});

interface Jobs {
  double(x: number): number;
}
