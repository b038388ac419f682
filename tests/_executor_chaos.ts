/**
 * Jobs while workers are killed at random: `_executor_chaos.ts thread 10000` prints how
 * they ended, and fails if one ended wrongly or not at all. It runs on Deno, Node and Bun.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { createTask } from "../create_task.ts";
import { WorkerLostError } from "../errors.ts";
import type { Job } from "../executor.ts";
import { gather } from "../gather.ts";
import { ProcessExecutor } from "../process_executor.ts";
import { run } from "../runner.ts";
import { Semaphore } from "../semaphore.ts";
import type { Task } from "../task.ts";
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
  /** How many of the lost have not counted themselves as begun. */
  notBegun: number;
  cancelled: number;
  kills: number;
}

/**
 * Runs jobs on threads or processes that are killed.
 *
 * @param kind Which workers.
 * @param count How many jobs.
 * @param every How many jobs are between two kills, about.
 */
export async function chaos(
  kind: "thread" | "process",
  count: number,
  every: number,
): Promise<Ends> {
  const counts = kind === "thread"
    ? new SharedArrayBuffer(4 * count)
    : join(mkdtempSync(join(tmpdir(), "asyncio-chaos-")), "counts");
  if (typeof counts === "string") {
    writeFileSync(counts, new Uint8Array(count));
  }
  const ends: Ends = { ok: 0, lost: 0, notBegun: 0, cancelled: 0, kills: 0 };
  const ended = new Set<number>();
  await run(async () => {
    const executor = kind === "thread"
      ? new WorkerExecutor<typeof jobs>(MODULE, OPTIONS)
      : new ProcessExecutor<typeof jobs>(MODULE, {
        ...OPTIONS,
        execArgv: "Deno" in globalThis ? ["-A"] : [],
      });
    const kills: Task<void>[] = [];
    const room = new Semaphore(AT_ONCE);
    for (let k = 0; k < count; k++) {
      await room.acquire();
      if (Math.random() * every < 1) {
        kills.push(createTask(() => kill(executor, kind)));
      }
      const job = executor.submit("chaos", [counts, k]);
      if (k % 50 === 7) job.cancel();
      job.addDoneCallback(() => {
        room.release();
        assert.equal(ended.has(k), false);
        ended.add(k);
        const begun = typeof counts === "string"
          ? readFileSync(counts)[k]!
          : new Int32Array(counts)[k]!;
        const end = endOf(job as Job<number>, k, begun);
        ends[end]++;
        if (end === "lost" && begun === 0) ends.notBegun++;
      });
    }
    for (let i = 0; i < AT_ONCE; i++) await room.acquire();
    await gather(kills);
    ends.kills = kills.length;
    await executor.shutdown();
  });
  if (typeof counts === "string") rmSync(dirname(counts), { recursive: true });
  // A job counts itself just after it has begun: a kill may come in between, to one job.
  assert.equal(ends.notBegun <= (kind === "thread" ? 0 : ends.kills), true);
  assert.equal(ended.size, count);
  assert.equal(ends.ok + ends.lost + ends.cancelled, count);
  return ends;
}

// Says how a job ended, and checks that it began as often as that says.
function endOf(
  job: Job<number>,
  k: number,
  begun: number,
): "ok" | "lost" | "cancelled" {
  assert.equal(begun <= 1, true);
  if (job.cancelled()) return "cancelled";
  if (job.exception() instanceof WorkerLostError) return "lost";
  assert.equal(job.result(), 2 * k);
  assert.equal(begun, 1);
  return "ok";
}

async function kill(
  executor: WorkerExecutor<typeof jobs> | ProcessExecutor<typeof jobs>,
  kind: "thread" | "process",
): Promise<void> {
  try {
    if (kind === "thread") await executor.submit("exit", [7]);
    else process.kill(await executor.submit("pid", []), "SIGKILL");
  } catch (error) {
    if (error instanceof WorkerLostError) return;
    // It has died before.
    if ((error as { code?: unknown }).code !== "ESRCH") throw error;
  }
}

if (process.argv[1]?.endsWith("_executor_chaos.ts")) {
  const [kind = "thread", count = "10000", every = "50"] = process.argv.slice(
    2,
  );
  const ends = await chaos(
    kind as "thread" | "process",
    Number(count),
    Number(every),
  );
  console.log(JSON.stringify(ends));
}
