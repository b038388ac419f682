/**
 * What a job's function gave, run to its end.
 *
 * @module
 */
import { getRunningLoop } from "../running_loop.ts";
import { sleep } from "../sleep.ts";
import { isGenerator } from "../_coroutine/generators.ts";
import { isThenable } from "../_coroutine/thenable.ts";
import { OwnedFuture } from "../_task/owned_future.ts";
import type { ResultBatch } from "./result_batch.ts";
import type { RunningJob } from "./running_job.ts";

/** A function of a module of jobs. */
export type JobFunction = (...args: unknown[]) => unknown;

// How many values a generator yields before others have their turn.
const STEPS_A_TURN = 64;

/** Waits for what a job's function gave, and returns its result. */
export async function runBody(
  job: RunningJob,
  value: unknown,
  results: ResultBatch,
): Promise<unknown> {
  if (isThenable(value)) return await value;
  if (isAsyncGenerator(value)) return await drain(job, value, results);
  if (!isGenerator(value)) return value;
  return await getRunningLoop().createTask(
    value as Generator<never, unknown, never>,
    { name: job.name },
  );
}

// Sends what it yields to whoever reads it; drops it if nobody does.
async function drain(
  job: RunningJob,
  generator: AsyncGenerator<unknown>,
  results: ResultBatch,
): Promise<unknown> {
  let step = await generator.next();
  for (let count = 1; !step.done; count++) {
    try {
      if (job.credit !== undefined) {
        results.yield(job.slot, step.value);
        job.credit--;
        await untilCredited(job);
      }
      // A generator that never waits would let no message in.
      if (count % STEPS_A_TURN === 0) await sleep(0);
      const cancelled = job.takeCancel();
      if (cancelled !== undefined) throw cancelled;
    } catch (error) {
      // At its `yield`, so that it cleans up.
      step = await generator.throw(error);
      continue;
    }
    step = await generator.next();
  }
  return step.value;
}

async function untilCredited(job: RunningJob): Promise<void> {
  while (job.credit! <= 0) {
    job.credited = new OwnedFuture(getRunningLoop(), {
      describeWait: () => "room in its stream",
    });
    try {
      await job.credited;
    } finally {
      job.credited = undefined;
    }
  }
}

function isAsyncGenerator(value: unknown): value is AsyncGenerator<unknown> {
  const like = value as Partial<AsyncGenerator> | undefined;
  return typeof like?.next === "function" &&
    typeof like[Symbol.asyncIterator] === "function";
}
