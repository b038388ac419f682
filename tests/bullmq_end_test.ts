/** What is left of BullMQ's two sides when jobs, loops and programs end: nothing. */
import { fileURLToPath } from "node:url";
import { assertEquals, assertRejects } from "@std/assert";
import {
  CancelledError,
  createTask,
  Event,
  EventLoop,
  run,
  sleep,
  wait,
} from "@asyncio/asyncio";
import type { Job } from "@asyncio/asyncio/executor";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { BullmqFolder } from "./_bullmq_folder.ts";
import * as jobs from "./_bullmq_jobs.ts";
import { Setup } from "./_bullmq_setup.ts";
import { type Ended, endOf, type Host, hostTest } from "./_hosts.ts";
import { findRedis, type Redis, startRedis } from "./_redis.ts";

const PROGRAM = new URL("./_bullmq_end_program.ts", import.meta.url);

const redis = await findRedis();
const folder = new BullmqFolder();
Deno.test.afterAll(async () => {
  await redis?.[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** What a test changes of BullMQ's queue. */
interface QueueMethods {
  add(...args: unknown[]): Promise<unknown>;
  addBulk(...args: unknown[]): Promise<unknown>;
  getJob(id: string): Promise<unknown>;
}

/** BullMQ, but for some methods of its queues. */
function changed(
  bullmq: Redis["bullmq"],
  change: (queue: QueueMethods) => Partial<QueueMethods>,
): Redis["bullmq"] {
  class Queue extends bullmq.Queue {
    constructor(...args: ConstructorParameters<typeof bullmq.Queue>) {
      super(...args);
      const own = {
        add: this.add.bind(this),
        addBulk: this.addBulk.bind(this),
        getJob: this.getJob.bind(this),
      } as unknown as QueueMethods;
      Object.assign(this, change(own));
    }
  }
  return { ...bullmq, Queue } as Redis["bullmq"];
}

// Redis tells that jobs were added when the test says so: they may have ended by then.
function answeringLate(
  bullmq: Redis["bullmq"],
  answer: () => Promise<void>,
): Redis["bullmq"] {
  return changed(bullmq, ({ add, addBulk }) => {
    const late = (call: typeof add): typeof add => async (...args) => {
      const added = await call(...args);
      await answer();
      return added;
    };
    return { add: late(add), addBulk: late(addBulk) };
  });
}

test("BullmqExecutor leaves no timer of jobs whose end was known before the answer that they were added", async (given) => {
  let { promise: answer, resolve } = Promise.withResolvers<void>();
  const bullmq = answeringLate(given.bullmq, () => answer);
  const setup = new Setup({ ...given, bullmq });
  const serving = setup.serve();
  await using executor = setup.executor();
  for (const count of [1, 3]) {
    const doubles = Array.from(
      { length: count },
      (_, i) => executor.submit("double", [i], i === 0 ? { key: "same" } : {}),
    );
    assertEquals(await Promise.all(doubles), doubles.map((_, i) => 2 * i));
    resolve();
    await sleep(0.01);
    ({ promise: answer, resolve } = Promise.withResolvers<void>());
  }
  serving.cancel();
});

test("BullmqExecutor leaves no timer of a job that is cancelled before the answer that it was added", async (given) => {
  const added = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<number>();
  const bullmq = answeringLate(given.bullmq, () => added.promise);
  const setup = new Setup({ ...given, bullmq });
  const held = { ...jobs, slow: () => ended.promise } as typeof jobs;
  const serving = setup.serve(new InlineExecutor(held));
  await using executor = setup.executor();
  const job = executor.submit("slow", [1, 1]);
  while (job.state() === "pending") await sleep(0.001);
  job.cancel("enough");
  ended.resolve(1);
  await assertRejects(async () => await job, CancelledError, "enough");
  added.resolve();
  await sleep(0.01);
  serving.cancel();
});

test("BullmqExecutor leaves no timer of a look at a job that nobody has answered", async (given) => {
  const asked = new Event();
  const setup = new Setup({
    ...given,
    bullmq: changed(given.bullmq, () => ({
      getJob() {
        asked.set();
        return new Promise(() => {});
      },
    })),
  });
  await using executor = setup.executor({ pollInterval: 0.001 });
  const job = executor.submit("double", [2]);
  await asked.wait();
  const serving = setup.serve();
  assertEquals(await job, 4);
  serving.cancel();
});

test("BullmqExecutor opens no connection for jobs that were cancelled at once", async (setup) => {
  let made = 0;
  const { Queue } = setup.bullmq;
  const counted = new Setup({
    ...setup,
    bullmq: {
      ...setup.bullmq,
      Queue: class extends Queue {
        constructor(...args: ConstructorParameters<typeof Queue>) {
          super(...args);
          made++;
        }
      } as typeof Queue,
    },
  });
  const executor = counted.executor();
  const job = executor.submit("double", [1]);
  job.cancel();
  const end = executor.shutdown();
  await assertRejects(async () => await job, CancelledError);
  await end;
  await sleep(0.01);
  assertEquals(made, 0);
});

test("serveBullmq() leaves no timer when the engine's worker never ends", async (setup) => {
  const { Worker } = setup.bullmq;
  class Stuck extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      // As when its connection has forgotten what it asked for.
      const whenCurrentJobsFinished = () => new Promise(() => {});
      Object.assign(this, { whenCurrentJobsFinished });
    }
  }
  const bullmq = { ...setup.bullmq, Worker: Stuck as typeof Worker };
  const stuck = new Setup({ ...setup, bullmq });
  const serving = stuck.serve();
  await using executor = stuck.executor();
  assertEquals(await executor.submit("double", [1]), 2);
  serving.cancel();
  await assertRejects(async () => await serving, CancelledError);
});

loopTest(
  "BullmqExecutor adds jobs of the next loop when one was closed with a job that was to be added",
  async (setup) => {
    const executor = setup.executor();
    const loop = new EventLoop();
    let job: Job<number> | undefined;
    loop.callSoon(() => {
      job = executor.submit("double", [1]);
      loop.stop();
    });
    await loop.runForever();
    loop.close();
    assertEquals(job!.cancelled(), true);
    await run(async () => {
      const serving = setup.serve();
      assertEquals(await executor.submit("double", [2]), 4);
      await executor.shutdown();
      serving.cancel();
    });
  },
);

loopTest(
  "BullmqExecutor cancels a job whose loop is closed while it runs",
  async (setup) => {
    const executor = setup.executor();
    const loop = new EventLoop();
    let job: Job<number> | undefined;
    await loop.runUntilComplete(async () => {
      job = executor.submit("double", [1]);
      await untilKnown(setup, String(job.id));
    });
    loop.close();
    assertEquals(job!.cancelled(), true);
    await run(() => executor.shutdown());
  },
);

hostTest(
  "a program with an executor or a server ends by itself though its Redis came back and is gone again",
  async (host) => {
    // One Node is as good as the other, and a Redis of others cannot be ended.
    if (redis?.pid === undefined || host.name.startsWith("node@22")) return;
    const more = await folder.args(host);
    const own = (await startRedis())!;
    const programs = await Promise.all(
      ["executor", "server"].map((side) => start(host, side, own, more)),
    );
    await own[Symbol.asyncDispose]();
    const again = await startRedis(own.connection.port);
    await again![Symbol.asyncDispose]();
    await Promise.all(programs.map(({ goOn }) => goOn()));
    for (const { ended } of programs) {
      const { lines, code, errors } = await ended;
      assertEquals([lines, code], [["run() has ended"], 0], errors);
    }
  },
);

Deno.test({
  name:
    "serveBullmq() ends though Redis is gone and never hears how its last jobs have ended",
  ignore: redis?.pid === undefined,
  // ioredis has a timer of two seconds for each connection that is cut.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const own = (await startRedis())!;
    const setup = new Setup(own);
    await run(async () => {
      const begun: string[] = [];
      const isGone = new Event();
      const runner = new InlineExecutor({
        ...jobs,
        async slow<T>(seconds: number, value: T): Promise<T> {
          begun.push("slow");
          await sleep(seconds);
          return value;
        },
        async work(): Promise<number> {
          begun.push("work");
          await isGone.wait();
          throw new RangeError("It fails");
        },
        async *slowly(): AsyncGenerator<number, string> {
          for (let i = 0;; i++) {
            yield i;
            if (i === 0) begun.push("slowly");
            else await sleep(0.001);
          }
        },
      }, { concurrency: 3 });
      const executor = setup.executor({ grace: 0.1 });
      const serving = setup.serve(runner);
      const lost = [
        executor.submit("slow", [3600, 1]),
        executor.submit("work", [1]),
        createTask(async () => {
          for await (const _ of executor.stream("slowly", [1, 1]));
        }),
      ];
      while (begun.length < lost.length) await sleep(0.01);
      await own[Symbol.asyncDispose]();
      isGone.set();
      serving.cancel();
      await sleep(0.01);
      // It gives back what runs.
      serving.cancel();
      const [done] = await wait([serving], { timeout: 30 });
      // Else it would wait here for ever.
      const again = done.size === 0
        ? await startRedis(own.connection.port)
        : undefined;
      await Promise.allSettled([serving, ...lost]);
      await again?.[Symbol.asyncDispose]();
      assertEquals([done.size, serving.cancelled()], [1, true]);
      await executor.shutdown();
    });
  },
});

interface Program {
  /** Lets it come to its end. */
  goOn(): Promise<void>;
  readonly ended: Promise<Ended>;
}

/** Starts a program with one side of a queue; it is up when this is done. */
async function start(
  host: Host,
  side: string,
  { connection }: Redis,
  more: readonly string[],
): Promise<Program> {
  const port = String(connection.port);
  const args = [fileURLToPath(PROGRAM), side, port, ...more];
  const [command, ...flags] = host.command;
  const child = new Deno.Command(command!, {
    args: [...flags, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let ended: Promise<Ended>;
  await new Promise<void>((resolve) => {
    ended = endOf(child, (line) => {
      if (line === "up") resolve();
      return line !== "up";
    });
    // It may end before.
    ended.then(() => resolve());
  });
  return { goOn: () => child.stdin.close(), ended: ended! };
}

/** Waits until a job is in the queue. */
async function untilKnown(
  { bullmq, queue: name, connection }: Setup,
  id: string,
): Promise<void> {
  const queue = new bullmq.Queue(name, { connection });
  while (await queue.getJob(id) === undefined) await sleep(0.01);
  await queue.close();
}

/** Registers a test that has a queue of its own. */
function test(name: string, body: (setup: Setup) => Promise<void>): void {
  loopTest(name, (setup) => run(() => body(setup)));
}

/** Registers a test that has a queue of its own, and makes its own loops. */
function loopTest(name: string, body: (setup: Setup) => Promise<void>): void {
  Deno.test({
    name,
    ignore: redis === undefined,
    fn: () => body(new Setup(redis!)),
  });
}
