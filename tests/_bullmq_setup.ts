/**
 * A queue of a test's own: who submits, and who serves.
 *
 * @module
 */
import {
  BullmqExecutor,
  type BullmqExecutorOptions,
  serveBullmq,
  type ServeBullmqOptions,
} from "../bullmq.ts";
import { createTask } from "../create_task.ts";
import type { Executor } from "../executor.ts";
import { InlineExecutor } from "../inline_executor.ts";
import type { Task } from "../task.ts";
import * as jobs from "./_bullmq_jobs.ts";
import type { Redis } from "./_redis.ts";

type Jobs = typeof jobs;
type Extra<O> = Partial<Omit<O, "queue" | "connection">>;

/** A queue of a test's own. */
export class Setup {
  readonly queue: string;
  readonly connection: Redis["connection"];
  readonly bullmq: Redis["bullmq"];

  constructor(
    { connection, bullmq }: Pick<Redis, "connection" | "bullmq">,
    queue = `test-${crypto.randomUUID()}`,
  ) {
    this.queue = queue;
    this.connection = connection;
    this.bullmq = bullmq;
  }

  /** Who submits jobs. */
  executor(options: Extra<BullmqExecutorOptions> = {}): BullmqExecutor<Jobs> {
    const { bullmq, queue, connection } = this;
    return new BullmqExecutor<Jobs>(bullmq, { queue, connection, ...options });
  }

  /** Begins to serve the queue. */
  serve(
    runner: Executor<Jobs> = new InlineExecutor(jobs, { concurrency: 8 }),
    options: Extra<ServeBullmqOptions> = {},
  ): Task<void> {
    const { bullmq, queue, connection } = this;
    const all = { queue, connection, concurrency: 8, ...options };
    return createTask(() => serveBullmq(bullmq, runner, all));
  }
}
