/** What holds when Redis does not answer, cuts connections off, or has other news of a key. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BrokenExecutor,
  CancelledError,
  createTask,
  gather,
  run,
  sleep,
  WorkerLostError,
} from "@asyncio/asyncio";
import { BullmqExecutor, serveBullmq } from "@asyncio/asyncio/bullmq";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import * as jobs from "./_bullmq_jobs.ts";
import { Setup } from "./_bullmq_setup.ts";
import { MAY_RUN, startRedis } from "./_redis.ts";

type Jobs = typeof jobs;

test("BullmqExecutor gives up a Redis that does not answer at the first job", async (setup) => {
  const executor = setup.executor({ grace: 0.1 });
  setup.signal("SIGSTOP");
  const job = executor.submit("double", [1]);
  await assertRejects(
    async () => await job,
    BrokenExecutor,
    "Redis has not answered for",
  );
  setup.signal("SIGCONT");
  const serving = setup.serve();
  assertEquals(await executor.submit("double", [2]), 4);
  await executor.shutdown();
  serving.cancel();
});

test("BullmqExecutor gives up a Redis that does not take jobs any more", async (setup) => {
  const serving = setup.serve();
  const executor = setup.executor({ grace: 0.1, pollInterval: 3600 });
  assertEquals(await executor.submit("double", [1]), 2);
  setup.signal("SIGSTOP");
  const lost = await gather(
    [1, 2].map((x) => executor.submit("double", [x])),
    { returnExceptions: true },
  );
  for (const error of lost) {
    assert(error instanceof WorkerLostError);
    assert(error.message.startsWith("Redis has not answered for"));
  }
  await executor.shutdown();
  setup.signal("SIGCONT");
  serving.cancel();
});

test("BullmqExecutor without a grace waits for jobs all the same, and tells of cancels", async (setup) => {
  const serving = setup.serve();
  const executor = setup.executor({ grace: 0, pollInterval: 0.01 });
  assertEquals(await executor.submit("slow", [0.3, 1]), 1);
  const job = executor.submit("slow", [3600, 1]);
  while (job.state() !== "running") await sleep(0.001);
  job.cancel();
  await assertRejects(async () => await job, CancelledError);
  await executor.shutdown();
  // It would wait for the job, if that had not been told.
  serving.cancel();
  await Promise.allSettled([serving]);
});

test("BullmqExecutor hears of an error also while a greeting is on its way", async (setup) => {
  const { bullmq, queue, connection } = setup;
  class Mute extends bullmq.QueueEventsProducer {
    override publishEvent(): Promise<void> {
      return new Promise(() => {});
    }
  }
  class Refused extends bullmq.QueueEvents {
    override async run(): Promise<void> {
      await this.waitUntilReady();
      throw new Error("NOPERM");
    }
  }
  const engine = { ...bullmq, QueueEventsProducer: Mute, QueueEvents: Refused };
  const executor = new BullmqExecutor<Jobs>(engine as typeof bullmq, {
    queue,
    connection,
  });
  const job = executor.submit("double", [1]);
  await assertRejects(async () => await job, BrokenExecutor, "NOPERM");
  await executor.shutdown();
});

test("a key can be used again at once when its job was taken out of the queue", async (setup) => {
  const { bullmq, queue: name, connection } = setup;
  const gate = Promise.withResolvers<void>();
  // News of what was taken out come late.
  class Late extends bullmq.QueueEvents {
    override emit(event: string, ...args: unknown[]): boolean {
      const emit = (): boolean => super.emit(event as never, ...args as never);
      if (event !== "removed") return emit();
      gate.promise.then(emit);
      return true;
    }
  }
  const engine = { ...bullmq, QueueEvents: Late } as typeof bullmq;
  const executor = new BullmqExecutor<Jobs>(engine, {
    queue: name,
    connection,
    pollInterval: 0.01,
  });
  const queue = new bullmq.Queue(name, { connection });
  const isThere = async () => await queue.getJob("key-k") !== undefined;
  const first = executor.submit("double", [1], { key: "k" });
  while (!await isThere()) await sleep(0.001);
  first.cancel();
  await Promise.allSettled([first]);
  const second = executor.submit("double", [2], { key: "k" });
  while (!await isThere()) await sleep(0.001);
  gate.resolve();
  await sleep(0.05);
  assertEquals(second.done(), false);
  const serving = setup.serve();
  assertEquals(await second, 4);
  await gather([executor.shutdown(), queue.close()]);
  serving.cancel();
});

for (const news of ["failed", "completed"]) {
  test(`an end that is told late, ${news}, is not that of the next job of its key`, async (setup) => {
    const { bullmq, queue: name, connection } = setup;
    const gate = Promise.withResolvers<void>();
    class Late extends bullmq.QueueEvents {
      override emit(event: string, ...args: unknown[]): boolean {
        const emit = (): boolean =>
          super.emit(event as never, ...args as never);
        if (event !== news) return emit();
        gate.promise.then(emit);
        return true;
      }
    }
    const engine = { ...bullmq, QueueEvents: Late } as typeof bullmq;
    const options = { queue: name, connection, pollInterval: 0.01 };
    const executor = new BullmqExecutor<Jobs>(engine, options);
    const queue = new bullmq.Queue(name, { connection });
    const serving = setup.serve();
    const first = news === "failed"
      ? executor.submit("throwIt", ["range"], { key: "k" })
      : executor.submit("double", [1], { key: "k" });
    const [{ status }] = await Promise.allSettled([first]);
    assertEquals(status, news === "failed" ? "rejected" : "fulfilled");
    serving.cancel();
    await assertRejects(async () => await serving, CancelledError);
    await queue.remove("key-k");
    const second = executor.submit("double", [2], { key: "k" });
    while (await queue.getJob("key-k") === undefined) await sleep(0.001);
    gate.resolve();
    await sleep(0.05);
    assertEquals(second.done(), false);
    const again = setup.serve();
    assertEquals(await second, 4);
    await gather([executor.shutdown(), queue.close()]);
    again.cancel();
  });
}

test("a cancel is for the job of its key that was there, and for none that comes later", async (setup) => {
  const options = { concurrency: 1 };
  const first = setup.serve(undefined, options);
  const jobOptions = { removeOnFail: true };
  await using executor = setup.executor({ jobOptions });
  const job = executor.submit("slow", [3600, 1], { key: "k" });
  while (job.state() === "pending") await sleep(0.001);
  // The other one has no part in it, and hears of the cancel.
  const other = setup.serve(undefined, options);
  assertEquals(await executor.submit("double", [1]), 2);
  job.cancel("enough");
  await assertRejects(async () => await job, CancelledError, "enough");
  first.cancel();
  await assertRejects(async () => await first, CancelledError);
  assertEquals(await executor.submit("double", [2], { key: "k" }), 4);
  other.cancel();
});

test("who reads the stream of a key too late is told, and disturbs nobody", async (setup) => {
  const serving = setup.serve();
  const one = setup.executor({ pollInterval: 0.05 });
  const other = setup.executor({ pollInterval: 0.05 });
  const options = { key: "k" };
  const first = one.stream("slowly", [20, 0.02], options);
  assertEquals((await first.next()).value, 0);
  const late = other.stream("slowly", [20, 0.02], options);
  await assertRejects(
    async () => {
      for await (const _ of late);
    },
    WorkerLostError,
    "the job of its key had begun before",
  );
  const got: unknown[] = [];
  for await (const value of first) got.push(value);
  assertEquals(got, Array.from({ length: 19 }, (_, i) => i + 1));
  assertEquals(await first.job, "end");
  await gather([one.shutdown(), other.shutdown()]);
  serving.cancel();
});

test("a stream of a key whose job was begun without a reader is lost, not empty", async (setup) => {
  const serving = setup.serve();
  const executor = setup.executor({ pollInterval: 0.05 });
  const options = { key: "k" };
  assertEquals(await executor.submit("slowly", [2, 0], options), "end");
  const stream = executor.stream("slowly", [2, 0], options);
  await assertRejects(
    async () => await stream.next(),
    WorkerLostError,
    "the job of its key had begun before",
  );
  await executor.shutdown();
  serving.cancel();
});

test("serveBullmq() takes any span of time for its locks", async (setup) => {
  const { bullmq, queue, connection } = setup;
  interface Spans {
    readonly lockDuration: number;
    readonly stalledInterval: number;
  }
  const seen: number[] = [];
  class Worker extends bullmq.Worker {
    constructor(name: string, process: never, options: Spans) {
      super(name, process, { ...options, connection });
      seen.push(options.lockDuration, options.stalledInterval);
    }
  }
  const engine = { ...bullmq, Worker };
  // A thousand times the first is no whole number, which Redis refuses; the other is more
  // than a timer of the host can wait.
  for (const span of [1.001, { days: 10_000 }]) {
    const serving = createTask(() =>
      serveBullmq(engine, new InlineExecutor(jobs), {
        queue,
        connection,
        lockDuration: span,
        stalledInterval: span,
      })
    );
    const executor = setup.executor();
    assertEquals(await executor.submit("double", [1]), 2);
    await executor.shutdown();
    serving.cancel();
    await Promise.allSettled([serving]);
  }
  const longest = 2 ** 31 - 1;
  assertEquals(seen, [1001, 1001, longest, longest]);
});

test("a client of the user's is left alone when Redis does not say goodbye", async (setup) => {
  const { bullmq, queue } = setup;
  const { Client } = await import("./_bullmq_engine.ts");
  const connection = new Client(setup.connection.port, {
    maxRetriesPerRequest: null,
  });
  const options = { queue, connection };
  const serving = createTask(() =>
    serveBullmq(bullmq, new InlineExecutor(jobs), options)
  );
  const executor = new BullmqExecutor<Jobs>(bullmq, options);
  assertEquals(await executor.submit("double", [1]), 2);
  setup.signal("SIGSTOP");
  serving.cancel();
  await Promise.allSettled([serving, executor.shutdown()]);
  setup.signal("SIGCONT");
  assertEquals(await connection.ping(), "PONG");
  await connection.quit();
});

test("nothing connects again when it was cut off just before it was closed", async (setup) => {
  const { bullmq, queue, connection } = setup;
  // It begins to listen when it is cut off already, and soon finds that it hears nothing.
  const cut = Promise.withResolvers<void>();
  class Late extends bullmq.QueueEvents {
    constructor(name: string, options: object) {
      super(name, { ...options, connection, blockingTimeout: 1 });
    }
    override async run(): Promise<void> {
      await this.waitUntilReady();
      await setup.cutAll();
      cut.resolve();
      await super.run();
    }
  }
  const engine = { ...bullmq, QueueEvents: Late };
  const executor = new BullmqExecutor<Jobs>(engine, { queue, connection });
  const job = executor.submit("double", [1]);
  await cut.promise;
  await sleep(0.02);
  job.cancel();
  await executor.shutdown();
  for (let i = 0; i < 30; i++) {
    await sleep(0.1);
    assertEquals(await setup.clients(), 1);
  }
});

/** A queue in a Redis of its own. */
class OwnSetup extends Setup {
  readonly pid: number;

  constructor(redis: ConstructorParameters<typeof Setup>[0], pid: number) {
    super(redis);
    this.pid = pid;
  }

  /** Sends Redis a signal. */
  signal(signal: Deno.Signal): void {
    Deno.kill(this.pid, signal);
  }

  /** Cuts all connections. */
  async cutAll(): Promise<void> {
    await this.#ask("CLIENT KILL TYPE normal");
  }

  /** How many clients Redis has, the one that asks included. */
  async clients(): Promise<number> {
    const text = await this.#ask("INFO clients");
    return Number(/connected_clients:(\d+)/.exec(text)![1]);
  }

  async #ask(command: string): Promise<string> {
    const { host: hostname, port } = this.connection;
    using socket = await Deno.connect({ hostname, port });
    await socket.write(new TextEncoder().encode(`${command}\r\n`));
    const bytes = new Uint8Array(4096);
    const length = await socket.read(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, length));
  }
}

/** Registers a test that has a Redis of its own. */
function test(name: string, body: (setup: OwnSetup) => Promise<void>): void {
  Deno.test({
    name,
    // Windows has no signals to send to a child.
    ignore: !MAY_RUN || Deno.build.os === "windows",
    // The client of Redis has timers of two seconds for connections that were cut.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using redis = await startRedis();
      if (redis === undefined) return;
      await run(() => body(new OwnSetup(redis, redis.pid!)));
    },
  });
}
