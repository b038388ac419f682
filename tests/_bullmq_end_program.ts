/**
 * Ends one side of a queue when its input ends, and prints "up" before:
 * `_bullmq_end_program.ts executor 6379 folder`, where the folder has BullMQ in its
 * `node_modules`; Deno needs none.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { createRequire } from "node:module";
import process from "node:process";
import { type Bullmq, BullmqExecutor, serveBullmq } from "../bullmq.ts";
import { createTask } from "../create_task.ts";
import { InlineExecutor } from "../inline_executor.ts";
import { run } from "../runner.ts";

const jobs = { double: (x: number): number => 2 * x };
const [side, port, folder] = process.argv.slice(2);
const bullmq = folder === undefined
  ? (await import("./_bullmq_engine.ts")).bullmq
  : createRequire(`${folder}/program.js`)("bullmq") as Bullmq;
const options = {
  queue: `ends-${side}`,
  connection: { host: "127.0.0.1", port: Number(port) },
};

await run(async () => {
  const serving = createTask(() =>
    serveBullmq(bullmq, new InlineExecutor(jobs), options)
  );
  const executor = new BullmqExecutor<typeof jobs>(bullmq, options);
  await executor.submit("double", [1]);
  const isExecutor = side === "executor";
  if (isExecutor) {
    serving.cancel();
    await Promise.allSettled([serving]);
  } else await executor.shutdown();
  console.log("up");
  for await (const _ of process.stdin) {
    // Nothing comes but the end.
  }
  if (isExecutor) await executor.shutdown();
  else {
    serving.cancel();
    await Promise.allSettled([serving]);
  }
});
console.log("run() has ended");
