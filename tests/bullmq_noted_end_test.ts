/** How jobs of a queue end that give no result: who has submitted them learns all of it. */
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  CancelledError,
  run,
  sleep,
  TimeoutError,
  WorkerLostError,
} from "@asyncio/asyncio";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { ProcessExecutor } from "@asyncio/asyncio/process-executor";
import { context, redis } from "./_bullmq_context.ts";
import * as jobs from "./_bullmq_jobs.ts";
import { Setup } from "./_bullmq_setup.ts";
import type { Redis } from "./_redis.ts";

type Bullmq = Redis["bullmq"];

/** BullMQ whose queues write the cancel of a job when the test says so. */
function writingCancels(
  bullmq: Bullmq,
  write: (really: () => Promise<void>) => Promise<void>,
): Bullmq {
  class Queue extends bullmq.Queue {
    constructor(...args: ConstructorParameters<typeof bullmq.Queue>) {
      super(...args);
      const getJob = this.getJob.bind(this);
      this.getJob = async (id) => {
        const job = await getJob(id);
        if (job === undefined) return job;
        const updateData = job.updateData.bind(job);
        job.updateData = (data) => write(() => updateData(data));
        return job;
      };
    }
  }
  return { ...bullmq, Queue } as Bullmq;
}

/** BullMQ whose workers tell it of the end of a job when the test says so. */
function tellingEnds(bullmq: Bullmq, noted: () => Promise<void>): Bullmq {
  type Processor = (job: unknown, token?: string) => Promise<unknown>;
  class Worker extends bullmq.Worker {
    constructor(name: string, processor: Processor, options: never) {
      const late: Processor = async (job, token) => {
        try {
          return await processor(job, token);
        } finally {
          await noted();
        }
      };
      super(name, late, options);
    }
  }
  return { ...bullmq, Worker } as unknown as Bullmq;
}

/** An error of a job's own. */
class QuotaError extends RangeError {
  readonly left = 7;
}

test("a job that fails in the moment of its cancel ends with its own error", async (given) => {
  const asked = Promise.withResolvers<void>();
  const noted = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const submits = new Setup({
    ...given,
    bullmq: writingCancels(given.bullmq, async (really) => {
      asked.resolve();
      await noted.promise;
      await really();
      written.resolve();
    }),
  });
  const bullmq = tellingEnds(given.bullmq, async () => {
    noted.resolve();
    await written.promise;
  });
  const serves = new Setup({ ...given, bullmq }, submits.queue);
  const serving = serves.serve(
    new InlineExecutor(
      {
        ...jobs,
        slow: async () => {
          await asked.promise;
          throw new QuotaError("No room");
        },
      } as typeof jobs,
    ),
  );
  await using executor = submits.executor();
  const job = executor.submit("slow", [1, 1]);
  while (job.state() === "pending") await sleep(0.001);
  job.cancel();
  const error = await assertRejects(async () => await job, RangeError);
  assertEquals([error.message, (error as QuotaError).left], ["No room", 7]);
  serving.cancel();
});

test("a job that fails in the moment of its cancel is not tried again", async (given) => {
  const asked = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const setup = new Setup({
    ...given,
    bullmq: writingCancels(given.bullmq, async (really) => {
      await really();
      asked.resolve();
      // No worker is told of it but by the data.
      await over.promise;
    }),
  });
  let calls = 0;
  const serving = setup.serve(
    new InlineExecutor(
      {
        ...jobs,
        slow: async () => {
          if (++calls > 1) return 2;
          await asked.promise;
          throw new RangeError("Try again");
        },
      } as typeof jobs,
    ),
  );
  await using executor = setup.executor({ jobOptions: { attempts: 2 } });
  const job = executor.submit("slow", [1, 1]);
  while (job.state() === "pending") await sleep(0.001);
  job.cancel("enough");
  await assertRejects(async () => await job, CancelledError, "enough");
  assertEquals(calls, 1);
  over.resolve();
  serving.cancel();
});

test("a job whose worker ends in its clean-up says how that ended", async (setup) => {
  const module = new URL("./_bullmq_jobs.ts", import.meta.url);
  const execArgv = ["-A"];
  await using processes = new ProcessExecutor<typeof jobs>(module, {
    maxWorkers: 1,
    execArgv,
  });
  const serving = setup.serve(processes);
  const log = context.newLog();
  await using executor = setup.executor();
  const job = executor.submit("exitAtEnd", [log, 3]);
  await context.until(log, "start");
  job.cancel("enough");
  const { cause } = await assertRejects(async () => await job, CancelledError);
  assertInstanceOf(cause, WorkerLostError);
  assertInstanceOf(cause.cause, Error);
  assertEquals(cause.cause.message, "Exit code 3");
  serving.cancel();
  await Promise.allSettled([serving]);
});

test("a job that is given up after its timeout says so", async (setup) => {
  const runner = new InlineExecutor(
    {
      ...jobs,
      slow: async () => {
        try {
          await sleep(3600);
        } finally {
          await sleep(3600);
        }
      },
    } as unknown as typeof jobs,
    { grace: 0 },
  );
  const serving = setup.serve(runner);
  await using executor = setup.executor();
  const job = executor.submit("slow", [1, 1], { timeout: 1 });
  const error = await assertRejects(async () => await job, TimeoutError);
  assertInstanceOf(error.cause, CancelledError);
  assertInstanceOf(error.cause.cause, WorkerLostError);
  serving.cancel();
});

test("an error of the clean-up after a timeout comes out, and the job is not tried again", async (setup) => {
  let calls = 0;
  const serving = setup.serve(
    new InlineExecutor(
      {
        ...jobs,
        slow: async () => {
          calls++;
          await sleep(3600).catch(() => {});
          throw new QuotaError("No room");
        },
      } as unknown as typeof jobs,
    ),
  );
  await using executor = setup.executor({ jobOptions: { attempts: 2 } });
  const job = executor.submit("slow", [1, 1], { timeout: 1 });
  const error = await assertRejects(async () => await job, RangeError);
  assertEquals([error.message, calls], ["No room", 1]);
  serving.cancel();
});

/** Registers a test that has a queue of its own. */
function test(name: string, body: (setup: Setup) => Promise<void>): void {
  Deno.test({
    name,
    ignore: redis === undefined,
    fn: () => run(() => body(new Setup(redis!))),
  });
}
