/** Ends workers by force whose jobs have started processes, and says whether those end. */
// deno-lint-ignore-file no-console
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ProcessExecutor } from "../process_executor.ts";
import { run } from "../runner.ts";
import { sleep } from "../sleep.ts";
import { WorkerExecutor } from "../worker_executor.ts";
import type * as jobs from "./_executor_jobs.ts";

const url = new URL("./_executor_jobs.ts", import.meta.url);
const execArgv = "Deno" in globalThis ? ["-A"] : [];
const EXECUTORS = {
  "a thread": () => new WorkerExecutor<typeof jobs>(url, { grace: 0.1 }),
  "a process": () =>
    new ProcessExecutor<typeof jobs>(url, { grace: 0.1, execArgv }),
};
const WAYS = ["by the cancel of the job", "by the shutdown"];
// In tenths of a second.
const LONGEST = 100;
const LONGEST_SILENCE = 5;

const folder = mkdtempSync(join(tmpdir(), "asyncio-"));
let files = 0;
for (const [name, make] of Object.entries(EXECUTORS)) {
  for (const way of WAYS) {
    const path = join(folder, `${files++}`);
    await run(async () => {
      const executor = make();
      const job = executor.submit("loopBeside", [path]);
      while (!existsSync(path)) await sleep(0.01);
      if (way === WAYS[0]) {
        job.cancel();
        await job.catch(() => {});
        console.log(`${name}, ${way}: ${await isStill(path)}`);
      }
      await executor.shutdown({ cancelFutures: true });
      await job.catch(() => {});
      if (way === WAYS[1]) {
        console.log(`${name}, ${way}: ${await isStill(path)}`);
      }
    });
  }
}
rmSync(folder, { recursive: true });
// Deno never ends a thread in a loop.
process.exit(0);

/** Waits until a file grows no more. */
async function isStill(path: string): Promise<boolean> {
  let size = -1;
  let silence = 0;
  for (let i = 0; i < LONGEST && silence < LONGEST_SILENCE; i++) {
    await sleep(0.1);
    const now = statSync(path).size;
    silence = now === size ? silence + 1 : 0;
    size = now;
  }
  return silence === LONGEST_SILENCE;
}
