/** The kit over BullMQ and a real Redis: jobs in the loop of the worker, and in threads. */
import { createTask, run } from "@asyncio/asyncio";
import { BullmqExecutor, serveBullmq } from "@asyncio/asyncio/bullmq";
import type { Executor } from "@asyncio/asyncio/executor";
import {
  type Ability,
  checks,
  Context,
  jobs,
  jobsUrl,
} from "@asyncio/asyncio/executor-testing";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
import { findRedis } from "./_redis.ts";

type Jobs = typeof jobs;

const redis = await findRedis();
Deno.test.afterAll(async () => await redis?.[Symbol.asyncDispose]());

/** What runs the jobs, where they are served. */
const KINDS = {
  inline: (): Executor<Jobs> =>
    new InlineExecutor(jobs, { maxWorkers: 1, concurrency: 20 }),
  threads: (): Executor<Jobs> =>
    new WorkerExecutor<Jobs>(jobsUrl, { maxWorkers: 2, concurrency: 10 }),
};

const ABILITIES: readonly Ability[] = [
  "back-pressure",
  "deadline",
  "async context",
  "durable",
];

for (const [kind, makeRunner] of Object.entries(KINDS)) {
  const context = new Context({
    make: () => makeExecutor(makeRunner()),
    abilities: kind === "threads" ? [...ABILITIES, "check"] : ABILITIES,
  });
  for (const check of checks) {
    if (!context.can(check)) continue;
    Deno.test({
      name: `BullmqExecutor over ${kind} keeps: ${check.name}`,
      ignore: redis === undefined,
      fn: () => run(() => check.run(context)),
    });
  }
  Deno.test.afterAll(() => context[Symbol.dispose]());
}

/** An executor, and who serves its queue for as long as it lives. */
function makeExecutor(runner: Executor<Jobs>): Executor<Jobs> {
  const { bullmq, connection } = redis!;
  const queue = `kit-${crypto.randomUUID()}`;
  const serving = createTask(() =>
    serveBullmq(bullmq, runner, { queue, connection, concurrency: 20 })
  );
  const executor = new BullmqExecutor<Jobs>(bullmq, { queue, connection });
  const shutdown = executor.shutdown.bind(executor);
  return Object.assign(executor, {
    shutdown: (options?: Parameters<typeof shutdown>[0]) =>
      createTask(async () => {
        await shutdown(options);
        serving.cancel();
        await Promise.allSettled([serving]);
        await runner.shutdown({ cancelFutures: true });
      }),
  });
}
