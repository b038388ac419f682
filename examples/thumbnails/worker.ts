/**
 * A worker of the thumbnail service. Start as many as you like, on as many machines as can
 * read the folder: `deno run -A examples/thumbnails/worker.ts redis://127.0.0.1:6379`.
 */
// deno-lint-ignore-file no-console no-import-prefix
import * as bullmq from "npm:bullmq@6.7.0";
// BullMQ looks for it.
import "npm:ioredis@6.0.0";
import { serveBullmq } from "../../bullmq.ts";
import { race } from "../../race.ts";
import { run } from "../../runner.ts";
import { closing } from "../../shutdown.ts";
import { WorkerExecutor } from "../../worker_executor.ts";
import type * as jobs from "./jobs.ts";

const THREADS = 2;

/** Makes thumbnails until a signal comes; then it ends those that it has begun. */
export async function main(redis: string): Promise<void> {
  await using threads = new WorkerExecutor<typeof jobs>(
    new URL("./jobs.ts", import.meta.url),
    { maxWorkers: THREADS },
  );
  console.log("worker begins");
  const serving = serveBullmq(bullmq, threads, {
    queue: "thumbnails",
    connection: { url: redis },
    concurrency: THREADS,
    lockDuration: 5,
    stalledInterval: 5,
  });
  await race<PromiseLike<unknown>>([serving, closing()]);
}

if (import.meta.main) {
  const [redis = "redis://127.0.0.1:6379"] = Deno.args;
  await run(() => main(redis), {
    signals: ["SIGINT", "SIGTERM"],
    grace: 10,
    onShutdown: (report) => console.error(`${report}`),
  });
}
