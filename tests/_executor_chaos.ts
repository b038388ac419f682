/**
 * Jobs while workers are killed at random: `_executor_chaos.ts thread 10000` prints how
 * they ended, and fails if one ended wrongly or not at all.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { assertEquals } from "@std/assert";
import { createTask } from "../create_task.ts";
import { WorkerLostError } from "../errors.ts";
import type { Job } from "../executor.ts";
import { ProcessExecutor } from "../process_executor.ts";
import { run } from "../runner.ts";
import { Semaphore } from "../semaphore.ts";
import { sleep } from "../sleep.ts";
import { WorkerExecutor } from "../worker_executor.ts";
import type * as jobs from "./_executor_jobs.ts";

const MODULE = new URL("./_executor_jobs.ts", import.meta.url);
const OPTIONS = { maxWorkers: 3, concurrency: 4, grace: 1 };
// How many jobs are under way at once.
const AT_ONCE = 300;

/** How jobs ended. */
export interface Ends {
  ok: number;
  lost: number;
  cancelled: number;
  kills: number;
}

/**
 * Runs jobs on threads or processes that are killed.
 *
 * @param kind Which workers.
 * @param count How many jobs.
 * @param seconds How long between two kills, about.
 */
export async function chaos(
  kind: "thread" | "process",
  count: number,
  seconds: number,
): Promise<Ends> {
  // Memory cannot be shared with processes.
  const counts = kind === "thread"
    ? new SharedArrayBuffer(4 * count)
    : undefined;
  const ends: Ends = { ok: 0, lost: 0, cancelled: 0, kills: 0 };
  const ended = new Set<number>();
  await run(async () => {
    const executor = kind === "thread"
      ? new WorkerExecutor<typeof jobs>(MODULE, OPTIONS)
      : new ProcessExecutor<typeof jobs>(MODULE, {
        ...OPTIONS,
        execArgv: ["-A"],
      });
    const killer = createTask(async () => {
      for (;;) {
        await sleep(seconds * (0.5 + Math.random()));
        await kill(executor, kind);
        ends.kills++;
      }
    });
    const room = new Semaphore(AT_ONCE);
    for (let k = 0; k < count; k++) {
      await room.acquire();
      const job = executor.submit("chaos", [counts, k]);
      if (k % 50 === 7) job.cancel();
      job.addDoneCallback(() => {
        room.release();
        assertEquals(ended.has(k), false);
        ended.add(k);
        const begun = counts && new Int32Array(counts)[k]!;
        ends[endOf(job as Job<number>, k, begun)]++;
      });
    }
    for (let i = 0; i < AT_ONCE; i++) await room.acquire();
    killer.cancel();
    await executor.shutdown();
  });
  assertEquals(ended.size, count);
  assertEquals(ends.ok + ends.lost + ends.cancelled, count);
  return ends;
}

// Says how a job ended, and checks that it began as often as that says.
function endOf(
  job: Job<number>,
  k: number,
  begun: number | undefined,
): "ok" | "lost" | "cancelled" {
  if (job.cancelled()) {
    if (begun !== undefined) assertEquals(begun <= 1, true);
    return "cancelled";
  }
  const error = job.exception();
  if (begun !== undefined) assertEquals(begun, 1);
  if (error instanceof WorkerLostError) return "lost";
  assertEquals(job.result(), 2 * k);
  return "ok";
}

async function kill(
  executor: WorkerExecutor<typeof jobs> | ProcessExecutor<typeof jobs>,
  kind: "thread" | "process",
): Promise<void> {
  try {
    if (kind === "thread") await executor.submit("exit", [7]);
    else Deno.kill(await executor.submit("pid", []), "SIGKILL");
  } catch (error) {
    if (error instanceof WorkerLostError) return;
    // It has died before.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

if (import.meta.main) {
  const [kind = "thread", count = "10000", seconds = "0.1"] = Deno.args;
  const ends = await chaos(
    kind as "thread" | "process",
    Number(count),
    Number(seconds),
  );
  console.log(JSON.stringify(ends));
}
