/**
 * What the kit of executors asks of BullMQ: an executor, and who serves its queue.
 *
 * @module
 */
import { type Bullmq, BullmqExecutor, serveBullmq } from "../bullmq.ts";
import { createTask } from "../create_task.ts";
import type { Executor } from "../executor.ts";
import { type Ability, Context, jobs, jobsUrl } from "../executor_testing.ts";
import { InlineExecutor } from "../inline_executor.ts";
import { WorkerExecutor } from "../worker_executor.ts";

type Jobs = typeof jobs;

/** What runs the jobs, where they are served. */
const RUNNERS = {
  inline: (): Executor<Jobs> =>
    new InlineExecutor(jobs, { maxWorkers: 1, concurrency: 20 }),
  threads: (): Executor<Jobs> =>
    new WorkerExecutor<Jobs>(jobsUrl, { maxWorkers: 2, concurrency: 10 }),
};

/** What may run the jobs of a queue. */
export type Kind = keyof typeof RUNNERS;
/** All of them. */
export const KINDS = Object.keys(RUNNERS) as Kind[];

const ABILITIES: readonly Ability[] = [
  "back-pressure",
  "deadline",
  "async context",
  "durable",
];

/**
 * Returns the context of executors over a Redis.
 *
 * @param kind What runs the jobs.
 * @param bullmq The engine.
 * @param connection Where the Redis is.
 * @param reuse Whether checks share an executor, in one run.
 */
export function contextOf(
  kind: Kind,
  bullmq: Bullmq,
  connection: object,
  reuse = false,
): Context {
  return new Context({
    make: () => makeExecutor(RUNNERS[kind](), bullmq, connection),
    reuse,
    abilities: kind === "threads" ? [...ABILITIES, "check"] : ABILITIES,
  });
}

/** An executor, and who serves its queue for as long as it lives. */
function makeExecutor(
  runner: Executor<Jobs>,
  bullmq: Bullmq,
  connection: object,
): Executor<Jobs> {
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
