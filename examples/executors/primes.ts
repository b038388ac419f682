/** Jobs in threads: at once, cancelled, as a stream. `primes.ts process` takes processes. */
// deno-lint-ignore-file no-console
import { gather } from "../../gather.ts";
import { ProcessExecutor } from "../../process_executor.ts";
import { run } from "../../runner.ts";
import { sleep } from "../../sleep.ts";
import { WorkerExecutor } from "../../worker_executor.ts";
import type * as jobs from "./jobs.ts";

const url = new URL("./jobs.ts", import.meta.url);

/** Runs the example in threads or processes. */
export async function main(kind: "thread" | "process"): Promise<void> {
  await using executor = kind === "thread"
    ? new WorkerExecutor<typeof jobs>(url, { maxWorkers: 2 })
    : new ProcessExecutor<typeof jobs>(url, {
      maxWorkers: 2,
      execArgv: ["--allow-read", "--allow-env"],
    });

  const counts = await gather(
    executor.submit("countPrimes", [10_000]),
    executor.submit("countPrimes", [100_000]),
  );
  console.log("primes:", ...counts);

  const slow = executor.submit("fetchName", [0]);
  while (slow.state() === "pending") await sleep(0.001);
  slow.cancel();
  await Promise.allSettled([slow]);
  console.log("cancelled:", slow.cancelled());

  const found: number[] = [];
  for await (const prime of executor.stream("listPrimes", [1_000_000])) {
    found.push(prime);
    // To leave the loop ends the job.
    if (found.length === 5) break;
  }
  console.log("found:", ...found);
}

if (import.meta.main) {
  await run(() => main(Deno.args[0] === "process" ? "process" : "thread"));
}
