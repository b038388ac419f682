/**
 * Jobs in a queue of BullMQ while its workers are killed:
 * `deno run -A bench/executors/chaos.ts 10000`. It needs a redis-server, or a `REDIS_URL`.
 *
 * Three processes serve the queue; one after the other is killed by SIGKILL and replaced.
 * All jobs must end with their result.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { BullmqExecutor } from "../../bullmq.ts";
import { run } from "../../runner.ts";
import { Semaphore } from "../../semaphore.ts";
import type * as jobs from "../../tests/_bullmq_jobs.ts";
import { WorkerProcess } from "../../tests/_bullmq_process.ts";
import { findRedis, type Redis } from "../../tests/_redis.ts";

const WORKERS = 3;
// How many jobs are under way at once.
const AT_ONCE = 300;

/** How the jobs ended. */
export interface Ends {
  readonly right: number;
  readonly wrong: readonly string[];
  readonly kills: number;
}

/**
 * Runs jobs while workers are killed.
 *
 * @param redis Where the queue is.
 * @param count How many jobs.
 * @param every How many jobs are between two kills.
 */
export async function chaos(
  redis: Redis,
  count: number,
  every: number,
): Promise<Ends> {
  const { bullmq, connection } = redis;
  const queue = `chaos-${crypto.randomUUID()}`;
  const wrong: string[] = [];
  let right = 0;
  let kills = 0;
  await run(async () => {
    const workers = await Promise.all(
      Array.from({ length: WORKERS }, () => WorkerProcess.start(redis, queue)),
    );
    const executor = new BullmqExecutor<typeof jobs>(bullmq, {
      queue,
      connection,
      pollInterval: 1,
    });
    const replace = async (at: number): Promise<void> => {
      kills++;
      await workers[at]![Symbol.asyncDispose]();
      workers[at] = await WorkerProcess.start(redis, queue);
    };
    const room = new Semaphore(AT_ONCE);
    for (let k = 0; k < count; k++) {
      await room.acquire();
      // The others go on with what was submitted before.
      if (k % every === every - 1) {
        await replace(Math.floor(Math.random() * WORKERS));
      }
      const job = executor.submit("work", [k]);
      job.addDoneCallback(() => {
        room.release();
        const error = job.exception();
        if (error === undefined && job.result() === 2 * k) right++;
        else wrong.push(`${k}: ${error ?? job.result()}`);
      });
    }
    for (let i = 0; i < AT_ONCE; i++) await room.acquire();
    await executor.shutdown();
    for (const worker of workers) await worker[Symbol.asyncDispose]();
  });
  return { right, wrong, kills };
}

if (import.meta.main) {
  const [count = "10000", every = "200"] = Deno.args;
  await using redis = await findRedis();
  if (redis !== undefined) {
    const { right, wrong, kills } = await chaos(
      redis,
      Number(count),
      Number(every),
    );
    console.log(`${right} of ${count} right, ${kills} workers killed`);
    for (const line of wrong) console.log(line);
    Deno.exitCode = right === Number(count) ? 0 : 1;
  }
}
