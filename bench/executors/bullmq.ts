/**
 * Jobs through BullMQ, by hand and by the executor: `deno run -A bench/executors/bullmq.ts`.
 *
 * Both in one process, round by round, with a Redis of this machine; without a Redis it
 * says so and ends. It prints its table and writes it into `docs/performance.md`.
 *
 * - `--smoke`: shows that both give the right results;
 * - `--rounds 9`, `--jobs 2000`: how much is measured; with others it writes nothing.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { parseArgs } from "node:util";
import { BullmqExecutor, serveBullmq } from "../../bullmq.ts";
import { createTask } from "../../create_task.ts";
import { gather } from "../../gather.ts";
import { InlineExecutor } from "../../inline_executor.ts";
import { run } from "../../runner.ts";
import { findRedis, type Redis } from "../../tests/_redis.ts";
import { DOCUMENT, median, provenance, table, write } from "../_report.ts";

/** One way to have jobs run. */
interface Contender {
  one(x: number): PromiseLike<number>;
  all(xs: readonly number[]): PromiseLike<readonly number[]>;
  close(): Promise<void>;
}

const ROUNDS = "9";
const JOBS = "2000";
const CONCURRENCY = 50;
const KEPT = { count: 1000 };
const JOB_OPTIONS = { removeOnComplete: KEPT, removeOnFail: KEPT };

const { values: options } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    rounds: { type: "string", default: ROUNDS },
    jobs: { type: "string", default: JOBS },
  },
});
const rounds = options.smoke ? 1 : Number(options.rounds);
const count = options.smoke ? 50 : Number(options.jobs);

await using redis = await findRedis();
if (redis !== undefined) await run(() => compare(redis));

async function compare(redis: Redis): Promise<void> {
  const contenders = {
    "by hand": byHand(redis),
    asyncio: byExecutor(redis),
  };
  const origin = provenance(options.rounds, "time");
  const latencies: Record<string, number[]> = {};
  const rates: Record<string, number[]> = {};
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      const times: number[] = [];
      for (let x = 0; x < count / 10; x++) {
        const start = performance.now();
        expect(await contender.one(x), 2 * x);
        times.push(performance.now() - start);
      }
      const xs = Array.from({ length: count }, (_, x) => x);
      const start = performance.now();
      const results = await contender.all(xs);
      const seconds = (performance.now() - start) / 1000;
      for (const x of xs) expect(results[x], 2 * x);
      if (round === 0) continue;
      (latencies[name] ??= []).push(median(times));
      (rates[name] ??= []).push(count / seconds);
    }
  }
  for (const contender of Object.values(contenders)) await contender.close();
  if (options.smoke) return console.log("BullMQ: all results are right");
  const report = `Measured ${origin}\n\n${tableOf(latencies, rates)}`;
  console.log(report);
  const isWhole = options.rounds === ROUNDS && options.jobs === JOBS;
  if (isWhole) await write(DOCUMENT, "bullmq", report);
}

function tableOf(
  latencies: Record<string, number[]>,
  rates: Record<string, number[]>,
): string {
  // Of each round by itself: what else the machine does then meets both.
  const ratio = ({ asyncio, "by hand": hand }: Record<string, number[]>) =>
    median(asyncio!.map((value, round) => value / hand![round]!)).toFixed(2);
  return table(["", "latency, ms", "jobs/s"], [
    ...Object.keys(rates).map((name) => [
      name,
      median(latencies[name]!).toFixed(2),
      Math.round(median(rates[name]!)).toLocaleString("en"),
    ]),
    ["ratio", ratio(latencies), ratio(rates)],
    ["must", "≤ 1.30", "≥ 0.90"],
  ]);
}

function byExecutor({ bullmq, connection }: Redis): Contender {
  const queue = `bench-${crypto.randomUUID()}`;
  const jobs = { double: (x: number) => 2 * x };
  // What comes out of a queue is a copy already.
  const runner = new InlineExecutor(jobs, {
    concurrency: CONCURRENCY,
    copy: false,
  });
  const serving = createTask(() =>
    serveBullmq(bullmq, runner, { queue, connection, concurrency: CONCURRENCY })
  );
  const executor = new BullmqExecutor<typeof jobs>(bullmq, {
    queue,
    connection,
    jobOptions: JOB_OPTIONS,
  });
  return {
    one: (x) => executor.submit("double", [x]),
    all: (xs) => gather(xs.map((x) => executor.submit("double", [x]))),
    async close() {
      await executor.shutdown();
      serving.cancel();
      await Promise.allSettled([serving]);
    },
  };
}

function byHand({ bullmq, connection }: Redis): Contender {
  const name = `bench-${crypto.randomUUID()}`;
  const queue = new bullmq.Queue<number, number>(name, {
    connection,
    defaultJobOptions: JOB_OPTIONS,
  });
  const events = new bullmq.QueueEvents(name, { connection });
  const worker = new bullmq.Worker<number, number>(
    name,
    ({ data }) => Promise.resolve(2 * data),
    { connection, concurrency: CONCURRENCY },
  );
  // As fast as it goes: one listener, and jobs that are named here.
  const waiting = new Map<string, (result: number) => void>();
  events.on("completed", ({ jobId, returnvalue }) => {
    waiting.get(jobId)?.(Number(returnvalue));
    waiting.delete(jobId);
  });
  const one = (x: number) =>
    new Promise<number>((resolve, reject) => {
      const jobId = crypto.randomUUID();
      waiting.set(jobId, resolve);
      queue.add("double", x, { jobId }).catch(reject);
    });
  return {
    one,
    all: (xs) => Promise.all(xs.map(one)),
    async close() {
      await worker.close();
      await events.close();
      await queue.close();
    },
  };
}

function expect(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${actual} is not ${expected}`);
}
