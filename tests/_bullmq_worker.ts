/**
 * A worker of a queue that may be killed: `_bullmq_worker.ts port queue concurrency`. It
 * prints a line when it has begun to take jobs.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { BullmqExecutor, serveBullmq } from "../bullmq.ts";
import { createTask } from "../create_task.ts";
import { InlineExecutor } from "../inline_executor.ts";
import { run } from "../runner.ts";
import { bullmq } from "./_bullmq_engine.ts";
import * as jobs from "./_bullmq_jobs.ts";

const [port, queue, concurrency] = Deno.args;
const options = {
  queue: queue!,
  connection: { host: "127.0.0.1", port: Number(port) },
};

await run(async () => {
  const runner = new InlineExecutor(jobs, {
    maxWorkers: 1,
    concurrency: Number(concurrency),
  });
  const serving = createTask(() =>
    serveBullmq(bullmq, runner, {
      ...options,
      concurrency: Number(concurrency),
      lockDuration: 1,
      stalledInterval: 0.5,
      maxStalledCount: 20,
    })
  );
  {
    // Its own job may be taken by another worker as well: then there is one, too.
    await using executor = new BullmqExecutor<typeof jobs>(bullmq, options);
    await executor.submit("double", [1]);
  }
  console.log("up");
  await serving;
});
