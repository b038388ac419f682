/** What holds for jobs in a queue of BullMQ, beside the kit, with a real Redis. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  BrokenExecutor,
  CancelledError,
  createTask,
  Event,
  gather,
  run,
  RuntimeError,
  sleep,
  TimeoutError,
  WorkerLostError,
} from "@asyncio/asyncio";
import { BullmqExecutor, serveBullmq } from "@asyncio/asyncio/bullmq";
import type { Job } from "@asyncio/asyncio/executor";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
import { context, redis } from "./_bullmq_context.ts";
import * as jobs from "./_bullmq_jobs.ts";
import { Setup } from "./_bullmq_setup.ts";
import { checkLibraryErrors } from "./_library_errors.ts";
import { freePort, startRedis } from "./_redis.ts";
import { OWN_HOST } from "./_stream_checks.ts";

type Jobs = typeof jobs;

test("BullmqExecutor is typed by its module", async (setup) => {
  const serving = setup.serve();
  await using executor = setup.executor();
  const job: Job<number> = executor.submit("double", [1]);
  assertEquals(await job, 2);
  // @ts-expect-error The module has no such function.
  const unknown = executor.submit("nope", []);
  await assertRejects(async () => await unknown, RuntimeError, "nope");
  const inherited = executor.submit("__proto__" as "nothing", []);
  await assertRejects(async () => await inherited, RuntimeError, "__proto__");
  serving.cancel();
});

test("BullmqExecutor brings every error of the library back as itself", async (setup) => {
  const serving = setup.serve();
  await using executor = setup.executor();
  await checkLibraryErrors((name) =>
    executor.submit("throwLibraryError", [name])
  );
  serving.cancel();
});

test("BullmqExecutor says what it can do", (setup) => {
  assertEquals(setup.executor().capabilities, {
    data: "json",
    kill: false,
    durable: true,
    backPressure: true,
  });
  return Promise.resolve();
});

test("BullmqExecutor and serveBullmq() refuse what is wrong, at once", (setup) => {
  const { bullmq, queue, connection } = setup;
  const make = BullmqExecutor as unknown as new (...args: unknown[]) => unknown;
  const serve = serveBullmq as (...args: unknown[]) => unknown;
  const runner = new InlineExecutor(jobs);
  const wrong: readonly (readonly [object | null, string])[] = [
    [{ connection }, "queue must be a text"],
    [{ queue: "", connection }, "queue must be a text"],
    [{ queue: "a:b", connection }, '"a:b"'],
    [{ queue }, "connection must be an object, got undefined"],
    [{ queue, connection: "redis://here" }, "connection must be an object"],
    [{ queue, connection, prefix: 1 }, "prefix must be a string, got 1"],
    [{ queue, connection, nope: 1 }, 'unknown option "nope"'],
    [null, "options must be an object"],
  ];
  for (const [options, text] of wrong) {
    for (
      const call of [
        () => new make(bullmq, options),
        () => serve(bullmq, runner, options),
      ]
    ) assertStringIncludes(String(assertThrows(call)), text);
  }
  const options = { queue, connection };
  for (const no of [undefined, null, {}, { Queue: bullmq.Queue }, "bullmq"]) {
    assertThrows(() => new make(no, options), TypeError, "BullMQ itself");
    assertThrows(() => serve(no, runner, options), TypeError, "BullMQ itself");
  }
  for (const no of [undefined, {}, jobs]) {
    assertThrows(() => serve(bullmq, no, options), TypeError, "an executor");
  }
  for (const grace of [-1, NaN]) {
    assertThrows(() => setup.executor({ grace }), RangeError, "grace");
  }
  for (const pollInterval of [0, -1, Infinity]) {
    assertThrows(
      () => setup.executor({ pollInterval }),
      RangeError,
      "pollInterval",
    );
  }
  for (
    const [name, value] of [
      ["concurrency", 0],
      ["concurrency", 1.5],
      ["lockDuration", 0],
      ["stalledInterval", Infinity],
      ["maxStalledCount", -1],
    ] as const
  ) {
    assertThrows(
      () => serve(bullmq, runner, { ...options, [name]: value }),
      RangeError,
      name,
    );
  }
  return Promise.resolve();
});

test("BullmqExecutor.submit() refuses what is no job, at once", async (setup) => {
  await using executor = setup.executor();
  const submit = executor.submit.bind(executor) as (
    ...args: unknown[]
  ) => unknown;
  assertThrows(() => submit(1, []), TypeError, "the name of");
  assertThrows(() => submit("double", 1), TypeError, "an array of arguments");
  for (const key of ["", 1, null, "\uD800"]) {
    assertThrows(() => submit("double", [1], { key }), TypeError, "key must");
  }
  for (const highWaterMark of [0, 1.5]) {
    assertThrows(
      () => executor.stream("count", [1], { highWaterMark }),
      RangeError,
      "highWaterMark",
    );
  }
});

test("BullmqExecutor names the value that JSON cannot carry", async (setup) => {
  await using executor = setup.executor();
  const circle: unknown[] = [];
  circle.push(circle);
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const wrong: readonly (readonly [unknown, string])[] = [
    [1n, "argument 1 is 1n"],
    [NaN, "argument 1 is NaN"],
    [[1, -Infinity], "argument 1[1] is -Infinity"],
    [Symbol("x"), "argument 1 is Symbol(x)"],
    [{ a: [{ f() {} }] }, "argument 1.a[0].f is the function f"],
    [new Date(0), "argument 1 is an instance of Date"],
    [new Map(), "argument 1 is an instance of Map"],
    [
      { bytes: new Uint8Array(1) },
      "argument 1.bytes is an instance of Uint8Array",
    ],
    [[undefined], "argument 1[0] is undefined"],
    [circle, "argument 1[0] contains itself"],
    [deep, "argument 1 is nested too deeply"],
    [
      {
        get x() {
          throw new Error("No");
        },
      },
      "argument 1 cannot be read",
    ],
  ];
  for (const [value, text] of wrong) {
    await assertRejects(
      async () => await executor.submit("echo", [value]),
      TypeError,
      text,
    );
  }
});

test("BullmqExecutor carries what JSON can, and leaves out what is undefined", async (setup) => {
  const serving = setup.serve();
  await using executor = setup.executor();
  const value = { a: [1, "x", null, true], b: { "": -1.5 }, "__proto__x": "é" };
  assertEquals(await executor.submit("echo", [value]), value);
  const partial: { a: number; b?: undefined } = { a: 1, b: undefined };
  assertEquals(await executor.submit("echo", [partial]), { a: 1 });
  assertEquals(await executor.submit("echo", [undefined]), undefined);
  assertEquals(await executor.submit("echo", [null]), null);
  await assertRejects(
    async () => await executor.submit("date", []),
    TypeError,
    'result of the job "date": it is an instance of Date',
  );
  serving.cancel();
});

test("a value that JSON cannot carry ends its stream, with its finally, and so does a result", async (setup) => {
  const serving = setup.serve();
  await using executor = setup.executor();
  const log = context.newLog();
  const stream = executor.stream("dates", [log]);
  assertEquals((await stream.next()).value, 1);
  await assertRejects(
    async () => await stream.next(),
    TypeError,
    'value of the job "dates": it is an instance of Date',
  );
  // It ran once.
  assertEquals(await context.lines(log), ["finally"]);
  const both = await gather(
    [executor.submit("date", []), executor.submit("double", [1])],
    { returnExceptions: true },
  );
  assertInstanceOf(both[0], TypeError);
  assertEquals(both[1], 2);
  serving.cancel();
});

test("BullmqExecutor fails at once where Redis is out of reach, and tries again", async (setup) => {
  const connection = { host: OWN_HOST, port: freePort() };
  const { bullmq, queue } = setup;
  const executor = new BullmqExecutor<Jobs>(bullmq, { queue, connection });
  for (let i = 0; i < 2; i++) {
    const both = await gather(
      [1, 2].map((x) => executor.submit("double", [x])),
      { returnExceptions: true },
    );
    for (const error of both) {
      assertInstanceOf(error, BrokenExecutor);
      assertStringIncludes(
        error.message,
        `Redis is out of reach for the queue`,
      );
      assertStringIncludes(error.message, String(connection.port));
      assertInstanceOf(error.cause, Error);
    }
  }
  const cancelled = executor.submit("double", [1]);
  cancelled.cancel();
  await assertRejects(async () => await cancelled, CancelledError);
  await assertRejects(
    async () =>
      await serveBullmq(bullmq, new InlineExecutor(jobs), {
        queue,
        connection,
      }),
    BrokenExecutor,
    "Redis is out of reach",
  );
  await executor.shutdown();
});

test("a job that nobody serves is taken out of the queue by its cancel", async (setup) => {
  const log = context.newLog();
  await using executor = setup.executor();
  const job = executor.submit("logged", [log, 0, "x"]);
  await untilKnown(setup, job);
  assertEquals(job.state(), "pending");
  job.cancel("not needed");
  await assertRejects(async () => await job, CancelledError, "not needed");
  const serving = setup.serve();
  assertEquals(await executor.submit("double", [1]), 2);
  assertEquals(await context.lines(log), []);
  serving.cancel();
});

test("a timeout passes in the queue: the job never runs", async (setup) => {
  const log = context.newLog();
  await using executor = setup.executor();
  await assertRejects(
    async () =>
      await executor.submit("logged", [log, 0, "x"], { timeout: 0.2 }),
    TimeoutError,
  );
  const serving = setup.serve();
  assertEquals(await executor.submit("double", [1]), 2);
  assertEquals(await context.lines(log), []);
  serving.cancel();
});

test("a worker keeps the deadline of a job whose program is gone", async (setup) => {
  const log = context.newLog();
  const serving = setup.serve();
  const { bullmq, queue: name, connection } = setup;
  const queue = new bullmq.Queue(name, { connection });
  const added = await queue.add("cleanup", {
    args: [log, 0],
    deadline: Date.now() + 300,
  });
  const late = await queue.add("logged", {
    args: [log, 0, "late"],
    deadline: Date.now() - 1,
  });
  await context.until(log, "clean");
  while (await queue.getJobState(added.id!) !== "failed") await sleep(0.01);
  while (await queue.getJobState(late.id!) !== "failed") await sleep(0.01);
  assertEquals(
    (await queue.getJob(added.id!))!.failedReason,
    "asyncio: expired",
  );
  assertEquals(await context.lines(log), ["start", "cleaning", "clean"]);
  await queue.close();
  serving.cancel();
});

test("jobOptions say how often a job is tried; the job knows", async (setup) => {
  const serving = setup.serve();
  await using executor = setup.executor({ jobOptions: { attempts: 3 } });
  assertEquals(await executor.submit("failTwice", []), 3);
  const job = executor.submit("whoAmI", []);
  assertEquals(await job, { id: job.id, attempt: 1 });
  await assertRejects(
    async () => await executor.submit("throwIt", ["range"]),
    RangeError,
    "No such row",
  );
  serving.cancel();
});

test("a cancelled job is not tried again", async (setup) => {
  const serving = setup.serve();
  await using executor = setup.executor({ jobOptions: { attempts: 3 } });
  for (const name of ["cleanup", "failingCleanup"] as const) {
    const log = context.newLog();
    const job = executor.submit(name, [log, 0] as never);
    await context.until(log, "start");
    job.cancel();
    await assertRejects(async () => await job);
    assertEquals(await executor.submit("double", [1]), 2);
    assertEquals((await context.lines(log))[0], "start");
    assertEquals(
      (await context.lines(log)).filter((line) => line === "start").length,
      1,
    );
  }
  serving.cancel();
});

test("a key finds its job again, also from another executor", async (setup) => {
  const log = context.newLog();
  const serving = setup.serve();
  const key = "a:b/ü %";
  for (const name of ["first", "second"]) {
    await using executor = setup.executor();
    const job = executor.submit("logged", [log, 0, name], { key });
    assertEquals(await job, "first");
  }
  assertEquals(await context.lines(log), ["start first", "end first"]);
  serving.cancel();
});

test("who cancels a job of a key cancels it for all", async (setup) => {
  const log = context.newLog();
  const serving = setup.serve();
  await using one = setup.executor();
  await using other = setup.executor();
  const first = one.submit("cleanup", [log, 0], { key: "k" });
  await context.until(log, "start");
  const second = other.submit("cleanup", [log, 0], { key: "k" });
  while (second.state() !== "running") await sleep(0.01);
  second.cancel("no more");
  await assertRejects(async () => await second, CancelledError, "no more");
  await assertRejects(async () => await first, CancelledError, "elsewhere");
  assertEquals(await context.lines(log), ["start", "cleaning", "clean"]);
  serving.cancel();
});

test("the failure of a job of a key is found again, too", async (setup) => {
  const serving = setup.serve();
  for (let i = 0; i < 2; i++) {
    await using executor = setup.executor();
    const job = executor.submit("throwIt", ["range"], { key: "k" });
    await assertRejects(async () => await job, RangeError, "No such row");
  }
  serving.cancel();
});

test("a job that loses its worker too often is lost", async (setup) => {
  const { bullmq, queue, connection } = setup;
  // It takes a job, and is as good as dead.
  const dead = new bullmq.Worker(queue, null, {
    connection,
    lockDuration: 100,
    skipStalledCheck: true,
  });
  await using executor = setup.executor();
  const job = executor.submit("double", [1]);
  while (await dead.getNextJob("token") === undefined) await sleep(0.01);
  const options = { maxStalledCount: 0, stalledInterval: 0.1 };
  const serving = setup.serve(new InlineExecutor(jobs), options);
  await assertRejects(async () => await job, WorkerLostError, "too often");
  serving.cancel();
  await dead.close();
});

test("a job whose end is told in words of another version fails with what BullMQ tells", async (setup) => {
  const { bullmq, queue, connection } = setup;
  await using executor = setup.executor();
  const ends: unknown[] = [
    { kind: "failed" },
    { kind: "failed", error: { isError: true, name: "E", message: "old" } },
    { kind: "failed", error: { errors: 5 } },
    { kind: "cancelled", error: 5 },
    { kind: "cancelled", error: { errors: [] } },
    { kind: "unknown" },
    5,
    null,
  ];
  const worker = new bullmq.Worker(queue, async (job) => {
    await job.updateProgress({ end: ends[job.data.args[0]] as object });
    throw new Error("as BullMQ tells");
  }, { connection });
  for (const i of ends.keys()) {
    const job = executor.submit("double", [i]);
    await assertRejects(async () => await job, Error, "as BullMQ tells");
  }
  await worker.close();
});

test("a job that is taken out of the queue by hand is cancelled", async (setup) => {
  await using executor = setup.executor();
  const job = executor.submit("double", [1]);
  const there = await untilKnown(setup, job);
  await there.remove();
  await assertRejects(
    async () => await job,
    CancelledError,
    "out of the queue",
  );
});

test("news that are lost are found by looking", async (setup) => {
  const serving = setup.serve();
  class Deaf extends setup.bullmq.QueueEvents {
    override emit(event: never, ...args: never): boolean {
      const [{ jobId }] = args as [{ readonly jobId?: string }];
      return jobId === undefined && super.emit(event, ...args);
    }
  }
  const { queue, connection } = setup;
  await using executor = new BullmqExecutor<Jobs>(
    { ...setup.bullmq, QueueEvents: Deaf },
    { queue, connection, pollInterval: 0.1 },
  );
  assertEquals(await executor.submit("double", [1]), 2);
  await assertRejects(
    async () => await executor.submit("throwIt", ["range"]),
    RangeError,
  );
  // Its values come by news only.
  const stream = executor.stream("count", [3]);
  await assertRejects(
    async () => {
      for await (const _ of stream);
    },
    Error,
    "Values of the stream were lost",
  );
  serving.cancel();
});

test("news are heard from the first job on, however late the engine begins to listen", async (setup) => {
  const serving = setup.serve();
  const { queue, connection } = setup;
  await using executor = new BullmqExecutor<Jobs>(
    listeningLate(setup),
    // What is not heard is not found by looking.
    { queue, connection, pollInterval: 3600 },
  );
  const got: number[] = [];
  for await (const value of executor.stream("count", [3])) got.push(value);
  assertEquals(got, [0, 1, 2]);
  serving.cancel();
});

test("a cancel reaches a worker that has just begun to take jobs", async (setup) => {
  const { queue, connection } = setup;
  const runner = new InlineExecutor(jobs);
  await using executor = setup.executor({ pollInterval: 3600 });
  const log = context.newLog();
  const job = executor.submit("cleanup", [log, 0]);
  const serving = createTask(() =>
    serveBullmq(
      listeningLate(setup),
      runner,
      { queue, connection },
    )
  );
  await context.until(log, "start");
  job.cancel();
  await assertRejects(async () => await job, CancelledError);
  assertEquals(await context.lines(log), ["start", "cleaning", "clean"]);
  serving.cancel();
});

test("a cancel after the result goes to who waits, and a result after the cancel is kept", async (setup) => {
  const serving = setup.serve();
  const { queue: name, connection, bullmq } = setup;
  const gate = new Event();
  // News do not come, and looks only when the test wants it.
  class Deaf extends bullmq.QueueEvents {
    override emit(event: never, ...args: never): boolean {
      const [{ jobId }] = args as [{ readonly jobId?: string }];
      return jobId === undefined && super.emit(event, ...args);
    }
  }
  class Slow extends bullmq.Queue {
    override async getJob(id: string) {
      while (!gate.isSet()) await new Promise((done) => setTimeout(done, 5));
      return await super.getJob(id);
    }
  }
  const engine = { ...bullmq, QueueEvents: Deaf, Queue: Slow };
  await using executor = new BullmqExecutor<Jobs>(engine as typeof bullmq, {
    queue: name,
    connection,
    pollInterval: 0.1,
  });
  const queue = new bullmq.Queue(name, { connection });
  const waiting = createTask(async () => {
    for (;;) await executor.submit("double", [1], { key: "k" });
  });
  const values = executor.stream("count", [3]);
  const timed = executor.submit("double", [1], { timeout: 2 });
  for (const { id } of [values.job, timed]) {
    while (await queue.getJobState(`${id}`) !== "completed") await sleep(0.01);
  }
  while (await queue.getJobState("key-k") !== "completed") await sleep(0.01);
  while (timed.state() !== "cancelling") await sleep(0.01);
  waiting.cancel("too late");
  const left = values.return();
  gate.set();
  await assertRejects(async () => await waiting, CancelledError, "too late");
  await left;
  assertEquals(values.job.cancelled(), true);
  await assertRejects(async () => await timed, TimeoutError);
  // Who has not asked for its end gets the result.
  assertEquals(await executor.submit("double", [1], { key: "k" }), 2);
  const log = context.newLog();
  const swallowing = executor.submit("swallow", [log]);
  await context.until(log, "start");
  swallowing.cancel();
  assertEquals(await swallowing, "all the same");
  await queue.close();
  serving.cancel();
});

test("serveBullmq() ends when its executor was shut down, and its jobs go back", async (setup) => {
  const runner = new InlineExecutor(jobs);
  await runner.shutdown();
  const serving = setup.serve(runner);
  await using executor = setup.executor();
  const all = [
    executor.submit("double", [2]),
    executor.stream("count", [2]).job,
  ];
  await assertRejects(async () => await serving, BrokenExecutor, "shut down");
  const other = setup.serve();
  assertEquals(await gather(all), [4, "end"]);
  other.cancel();
});

test("a job that computes for longer than its lock runs once, in a thread", async (setup) => {
  const module = new URL("./_bullmq_jobs.ts", import.meta.url);
  await using threads = new WorkerExecutor<Jobs>(module, { maxWorkers: 1 });
  // The start of a thread may hold this program up.
  assertEquals(await threads.submit("double", [1]), 2);
  const options = { concurrency: 1, lockDuration: 1.5, stalledInterval: 0.2 };
  const servings = [
    setup.serve(threads, options),
    setup.serve(threads, options),
  ];
  await using executor = setup.executor();
  const job = executor.submit("busy", [4]);
  assertEquals(await job, "done");
  const there = await untilKnown(setup, job);
  assertEquals(there.attemptsStarted, 1);
  for (const serving of servings) serving.cancel();
  await Promise.allSettled(servings);
});

test("serveBullmq() lets its jobs end when it is cancelled, and takes no more", async (setup) => {
  const log = context.newLog();
  const serving = setup.serve();
  await using executor = setup.executor();
  const job = executor.submit("logged", [log, 0.2, "x"]);
  await context.until(log, "start x");
  serving.cancel("enough");
  const later = executor.submit("double", [1]);
  await assertRejects(async () => await serving, CancelledError, "enough");
  assertEquals([await job, later.done()], ["x", false]);
  later.cancel();
  await Promise.allSettled([later]);
});

test("a second cancel of serveBullmq() gives its jobs back, and another worker runs them", async (setup) => {
  const log = context.newLog();
  const serving = setup.serve();
  await using executor = setup.executor();
  const job = executor.submit("logged", [log, 0.5, "x"]);
  await context.until(log, "start x");
  serving.cancel("first");
  await sleep(0);
  serving.cancel("second");
  await assertRejects(async () => await serving, CancelledError, "first");
  assertEquals(await context.lines(log), [
    "start x",
    "CancelledError x",
    "end x",
  ]);
  const other = setup.serve();
  assertEquals(await job, "x");
  other.cancel();
});

test("serveBullmq() ends with a BrokenExecutor, and its jobs go back", async (setup) => {
  const missing = new URL("./no_such_module.ts", import.meta.url);
  await using broken = new WorkerExecutor<Jobs>(missing);
  const serving = setup.serve(broken);
  await using executor = setup.executor();
  const job = executor.submit("double", [2]);
  await assertRejects(async () => await serving, BrokenExecutor);
  const other = setup.serve();
  assertEquals(await job, 4);
  other.cancel();
});

test("the reader of a stream grants; one that reads no more is noticed", async (setup) => {
  const serving = setup.serve();
  const { bullmq, queue: name, connection } = setup;
  const queue = new bullmq.Queue(name, { connection });
  // As from a program that has ended.
  const added = await queue.add("count", {
    args: [100],
    stream: { credit: 2, patience: 0.2 },
  });
  while (await queue.getJobState(added.id!) !== "failed") await sleep(0.01);
  assertEquals(
    (await queue.getJob(added.id!))!.failedReason,
    "asyncio: cancelled",
  );
  await queue.close();
  serving.cancel();
});

aloneTest(
  "nothing is connected after shutdown(), nor after the end of the loop",
  async (setup) => {
    const before = await clients(setup);
    await run(async () => {
      const serving = setup.serve();
      const executor = setup.executor();
      assertEquals(await executor.submit("double", [1]), 2);
      assert(await clients(setup) > before);
      await executor.shutdown();
      serving.cancel();
      await Promise.allSettled([serving]);
      await untilClients(setup, before);
    });
    const log = context.newLog();
    let left: Job<string> | undefined;
    const executor = setup.executor();
    await run(async () => {
      setup.serve();
      left = executor.submit("cleanup", [log, 0]);
      await context.until(log, "start");
    });
    assertEquals([left!.cancelled(), await context.lines(log)], [
      true,
      ["start", "cleaning", "clean"],
    ]);
    await untilClients(setup, before);
    // It connects again.
    await run(async () => {
      const serving = setup.serve();
      assertEquals(await executor.submit("double", [2]), 4);
      serving.cancel();
    });
    await untilClients(setup, before);
  },
);

aloneTest("an executor that nobody uses opens nothing", async (setup) => {
  const before = await clients(setup);
  const executor = setup.executor();
  assertEquals(await clients(setup), before);
  await run(async () => {
    await executor.shutdown();
    await executor.shutdown();
    assertThrows(
      () => executor.submit("double", [1]),
      RuntimeError,
      "was shut down",
    );
  });
});

/** Registers a test that has a queue of its own. */
function test(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: redis === undefined,
    fn: () => run(() => body(new Setup(redis!))),
  });
}

/** Registers a test that has a Redis of its own, and makes its own loops. */
function aloneTest(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: redis === undefined,
    async fn() {
      await using own = await startRedis();
      // A `REDIS_URL` is of no use here: others talk to it.
      if (own !== undefined) await body(new Setup(own));
    },
  });
}

/** BullMQ that begins to listen long after it has its connection. */
function listeningLate({ bullmq }: Setup): Setup["bullmq"] {
  class Late extends bullmq.QueueEvents {
    override async run(): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await super.run();
    }
  }
  return { ...bullmq, QueueEvents: Late };
}

/** Waits until a job is in the queue, and returns what BullMQ has of it. */
async function untilKnown(
  { bullmq, queue: name, connection }: Setup,
  job: Job<unknown>,
) {
  const queue = new bullmq.Queue(name, { connection });
  let there = await queue.getJob(String(job.id));
  while (there === undefined) {
    await sleep(0.01);
    there = await queue.getJob(String(job.id));
  }
  // It needs its connection.
  const remove = there.remove.bind(there);
  const { attemptsStarted } = there;
  if (job.done()) await queue.close();
  else job.addDoneCallback(() => void queue.close());
  return { remove, attemptsStarted };
}

/** How many clients Redis has. */
async function clients({ connection }: Setup): Promise<number> {
  using socket = await Deno.connect({
    hostname: connection.host,
    port: connection.port,
  });
  await socket.write(new TextEncoder().encode("INFO clients\r\n"));
  const bytes = new Uint8Array(4096);
  const length = await socket.read(bytes) ?? 0;
  const text = new TextDecoder().decode(bytes.subarray(0, length));
  return Number(/connected_clients:(\d+)/.exec(text)![1]);
}

/** Waits until Redis has noticed that clients are gone. */
async function untilClients(setup: Setup, count: number): Promise<void> {
  while (await clients(setup) > count) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
