/** The grace of a job that was cancelled, where the program itself is held up meanwhile. */
import { assertEquals } from "@std/assert";
import {
  type Coro,
  createTask,
  run,
  sleep,
  wait,
  WorkerLostError,
} from "@asyncio/asyncio";
import type { Executor } from "@asyncio/asyncio/executor";
import { ProcessExecutor } from "@asyncio/asyncio/process-executor";
import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
import type * as jobs from "./_executor_jobs.ts";
import { BLIND } from "./_modules.ts";

const MODULE = new URL("./_executor_jobs.ts", import.meta.url);
const GRACE = 1;
const OPTIONS = { maxWorkers: 1, concurrency: 2 };

type Jobs = Executor<typeof jobs>;

const KINDS: Record<string, (grace: number) => Jobs> = {
  WorkerExecutor: (grace) =>
    new WorkerExecutor<typeof jobs>(MODULE, { ...OPTIONS, grace }),
  ProcessExecutor: (grace) =>
    new ProcessExecutor<typeof jobs>(MODULE, {
      ...OPTIONS,
      grace,
      execArgv: ["-A"],
    }),
};

/** Holds the thread of the program up for longer than the grace. */
function holdUp(): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(never, 0, 0, 1_500 * GRACE);
}

// The worker is there, and takes both jobs.
const STYLES: Record<string, (executor: Jobs) => Promise<void> | Coro<void>> = {
  async async(executor) {
    await executor.submit("double", [1]);
    const job = executor.submit("slow", [3600, 1]);
    const beside = executor.submit("slow", [3600, 2]);
    await sleep(0.1);
    job.cancel();
    holdUp();
    await wait([job]);
    assertEquals([job.cancelled(), beside.done()], [true, false]);
    beside.cancel();
    assertEquals(await executor.submit("double", [2]), 4);
  },
  *generator(executor) {
    yield* executor.submit("double", [1]);
    const job = executor.submit("slow", [3600, 1]);
    const beside = executor.submit("slow", [3600, 2]);
    yield* sleep(0.1);
    job.cancel();
    holdUp();
    yield* wait([job]);
    assertEquals([job.cancelled(), beside.done()], [true, false]);
    beside.cancel();
    assertEquals(yield* executor.submit("double", [2]), 4);
  },
};

for (const [name, make] of Object.entries(KINDS)) {
  for (const [style, use] of Object.entries(STYLES)) {
    Deno.test({
      name:
        `${name} keeps a worker that has answered a cancel while the program was held up (${style})`,
      ignore: BLIND,
      fn: () =>
        run(async () => {
          await using executor = make(GRACE);
          await createTask(() => use(executor));
        }),
    });
  }
}

/** How many quick jobs stand before the one that never ends, and behind it. */
const MANY = 500;

for (const name of Object.keys(KINDS)) {
  Deno.test({
    name:
      `${name} settles once what has ended before a job whose worker is ended by force, and what stands behind it`,
    ignore: BLIND,
    fn: () =>
      run(async () => {
        await using executor = KINDS[name]!(0.2);
        // It is known as quick: what has ended is not sent before each of the next.
        await executor.submit("busy", [0]);
        const settled: number[] = [];
        const submit = (milliseconds: number, i: number) => {
          const job = executor.submit("busy", [milliseconds]);
          job.addDoneCallback(() => settled.push(i));
          return job;
        };
        const times = Array.from(
          { length: 2 * MANY + 1 },
          (_, i) => i === MANY ? 5_000 : 0,
        );
        const jobs = times.map(submit);
        await sleep(0.2);
        jobs[MANY]!.cancel();
        await wait(jobs);
        await sleep(0);
        assertEquals(settled.toSorted((a, b) => a - b), [...times.keys()]);
        assertEquals(jobs[MANY]!.cancelled(), true);
        for (const [i, job] of jobs.entries()) {
          if (i === MANY) continue;
          const error = job.exception();
          // What had ended may be lost with its worker; what had not begun is not.
          if (i < MANY && error instanceof WorkerLostError) continue;
          assertEquals([i, error], [i, undefined]);
        }
      }),
  });
}
