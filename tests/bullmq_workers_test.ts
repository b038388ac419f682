/** What holds when programs that serve a queue are killed or stopped, and when Redis is. */
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  CancelledError,
  createTask,
  run,
  sleep,
  TimeoutError,
  WorkerLostError,
} from "@asyncio/asyncio";
import { BullmqExecutor, serveBullmq } from "@asyncio/asyncio/bullmq";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { chaos } from "../bench/executors/chaos.ts";
import { context, redis } from "./_bullmq_context.ts";
import * as jobs from "./_bullmq_jobs.ts";
import { WorkerProcess } from "./_bullmq_process.ts";
import { MAY_RUN, startRedis } from "./_redis.ts";

type Jobs = typeof jobs;

test(
  "a job whose worker is killed runs again, and its result arrives",
  async (queue, executor) => {
    const log = context.newLog();
    await using killed = await WorkerProcess.start(redis!, queue);
    const job = executor.submit("logged", [log, 0.5, "x"]);
    await context.until(log, "start x");
    killed.signal("SIGKILL");
    await using _other = await WorkerProcess.start(redis!, queue);
    assertEquals(await job, "x");
    assertEquals(await context.lines(log), ["start x", "start x", "end x"]);
  },
);

test(
  "a cancel while nobody runs a job reaches who takes it over",
  async (queue, executor) => {
    const log = context.newLog();
    const killed = await WorkerProcess.start(redis!, queue);
    const job = executor.submit("logged", [log, 3600, "x"]);
    await context.until(log, "start x");
    await killed[Symbol.asyncDispose]();
    job.cancel("too late");
    await using _other = await WorkerProcess.start(redis!, queue);
    await assertRejects(async () => await job, CancelledError, "too late");
    assertEquals(await context.lines(log), ["start x"]);
  },
);

test(
  "a stopped worker loses its job, and cleans up when it goes on",
  async (queue, executor) => {
    const log = context.newLog();
    await using stopped = await WorkerProcess.start(redis!, queue);
    // It never ends by itself, however long the other takes to start.
    const job = executor.submit("logged", [log, 3600, "x"]);
    await context.until(log, "start x");
    stopped.signal("SIGSTOP");
    await using _other = await WorkerProcess.start(redis!, queue);
    await context.until(log, "start x", 2);
    stopped.signal("SIGCONT");
    await context.until(log, "CancelledError x");
    await context.until(log, "end x");
    // Its end counts for nothing: the other one has the job.
    assertEquals(job.state(), "running");
    job.cancel("enough");
    await assertRejects(async () => await job, CancelledError, "enough");
    const ends = ["CancelledError x", "end x"];
    assertEquals(
      await context.lines(log),
      ["start x", "start x", ...ends, ...ends],
    );
  },
);

test(
  "a stream goes on where it was when its worker is killed",
  async (queue, executor) => {
    const killed = await WorkerProcess.start(redis!, queue);
    const got: number[] = [];
    const stream = executor.stream("slowly", [30, 0.02], { highWaterMark: 4 });
    let other: WorkerProcess | undefined;
    for await (const value of stream) {
      got.push(value);
      if (value !== 10) continue;
      await killed[Symbol.asyncDispose]();
      other = await WorkerProcess.start(redis!, queue);
    }
    assertEquals(got, Array.from({ length: 30 }, (_, i) => i));
    assertEquals(await stream.job, "end");
    await other![Symbol.asyncDispose]();
  },
);

Deno.test({
  name: "all jobs come right while workers are killed",
  ignore: redis === undefined,
  async fn() {
    // The long form: `deno run -A bench/executors/chaos.ts 10000`.
    const { right, wrong } = await chaos(redis!, 400, 100);
    assertEquals([right, wrong], [400, []]);
  },
});

Deno.test({
  name:
    "a Redis that is killed: a timeout still ends a job, and one that is forgotten is lost",
  ignore: !MAY_RUN || redis === undefined,
  async fn() {
    const own = await startRedis();
    // A `REDIS_URL` is of no use here.
    if (own === undefined) return;
    const { bullmq, connection } = own;
    const queue = "lost";
    await run(async () => {
      const runner = new InlineExecutor(jobs, { concurrency: 4 });
      const serve = () =>
        createTask(() =>
          serveBullmq(bullmq, runner, {
            queue,
            connection,
            concurrency: 4,
            lockDuration: 2,
          })
        );
      const serving = [serve()];
      const executor = new BullmqExecutor<Jobs>(bullmq, {
        queue,
        connection,
        grace: 2,
        pollInterval: 0.3,
      });
      assertEquals(await executor.submit("double", [1]), 2);
      const timed = executor.submit("slow", [3600, 1], { timeout: 0.5 });
      const forgotten = executor.submit("slow", [3600, 1]);
      while (forgotten.state() !== "running") await sleep(0.01);
      await own[Symbol.asyncDispose]();
      const late = await assertRejects(async () => await timed, TimeoutError);
      assertInstanceOf(late.cause, CancelledError);
      await assertRejects(async () => await forgotten, WorkerLostError);
      // It is back, and empty.
      await using _again = await startRedis(connection.port);
      // The first waits for 15 s until it asks for jobs again.
      serving.push(serve());
      assertEquals(await executor.submit("double", [2]), 4);
      await executor.shutdown();
      for (const task of serving) task.cancel();
      await Promise.allSettled(serving);
    });
  },
});

/** Registers a test that has a queue of its own. */
function test(
  name: string,
  body: (queue: string, executor: BullmqExecutor<Jobs>) => Promise<void>,
): void {
  Deno.test({
    name,
    // Windows has no signals to send to a child.
    ignore: redis === undefined || Deno.build.os === "windows",
    fn: () =>
      run(async () => {
        const { bullmq, connection } = redis!;
        const queue = `test-${crypto.randomUUID()}`;
        await using executor = new BullmqExecutor<Jobs>(bullmq, {
          queue,
          connection,
          pollInterval: 1,
        });
        await body(queue, executor);
      }),
  });
}
