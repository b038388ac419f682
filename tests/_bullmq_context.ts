/**
 * The Redis of a test's file, if there is one, and logs for its jobs: both go with its last test.
 *
 * @module
 */
import { Context } from "../executor_testing.ts";
import { InlineExecutor } from "../inline_executor.ts";
import * as jobs from "./_bullmq_jobs.ts";
import { findRedis, type Redis } from "./_redis.ts";

/** None where Redis is not installed. */
export const redis: Redis | undefined = await findRedis();
/** For the logs alone: its executor is not used. */
export const context: Context = new Context({
  make: () => new InlineExecutor(jobs),
  abilities: [],
});

Deno.test.afterAll(async () => {
  context[Symbol.dispose]();
  await redis?.[Symbol.asyncDispose]();
});
