/**
 * The error of a job that nobody takes any more, since whoever took the results has left or
 * was cancelled when it had failed: it is reported, once.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type ConcurrentMap,
  type Coro,
  type CoroutineFunction,
  createTask,
  getRunningLoop,
  mapConcurrent,
  run,
  sleep,
  type Task,
  wait,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";

const GIVEN_UP = "of mapConcurrent() that was given up";

const ONE = { limit: 1 };

/** The two ways to take all results. */
const TAKES: ((jobs: ConcurrentMap<number>) => Promise<void>)[] = [
  async (jobs) => {
    for await (const _ of jobs);
  },
  async (jobs) => void await jobs.collect(),
];

async function failingJob(n: number): Promise<number> {
  await sleep(1);
  throw new Error(`job ${n}`);
}

function* brokenSource(): Generator<number> {
  try {
    yield 1;
    yield 2;
  } finally {
    // deno-lint-ignore no-unsafe-finally
    throw new Error("clean-up");
  }
}

function linesOf(loop: TestLoop): string[] {
  return loop.reports.map(({ message, exception }) =>
    `${message}: ${(exception as Error).message}`
  );
}

/** The second job fails; then, in the same turn, it calls what is to come at once. */
async function job(index: number, onFailure: () => void): Promise<number> {
  await sleep(index);
  if (index === 0) return index;
  onFailure();
  throw new Error("broken");
}

async function reportsOf(main: () => Promise<unknown>): Promise<string[]> {
  const loop = new TestLoop();
  await run(main, { loopFactory: () => loop });
  return loop.reports.map(({ message, exception }) =>
    `${message}: ${(exception as Error).message}`
  );
}

/** Who takes the results. */
const TAKERS: Readonly<
  Record<string, (onFailure: () => void) => CoroutineFunction<unknown>>
> = {
  "collect()": (onFailure) => async () =>
    await mapConcurrent([0, 1], (n) => job(n, onFailure), { limit: 2 })
      .collect(),
  "collect() of a generator": (onFailure) =>
    function* (): Coro<unknown> {
      return yield* mapConcurrent([0, 1], (n) => job(n, onFailure), {
        limit: 2,
      }).collect();
    },
  "a loop": (onFailure) => async () => {
    const jobs = mapConcurrent([0, 1], (n) => job(n, onFailure), { limit: 2 });
    for await (const _ of jobs);
  },
};

for (const [name, take] of Object.entries(TAKERS)) {
  Deno.test(`mapConcurrent() reports the error of a job when ${name} is cancelled in that turn`, async () => {
    const reports = await reportsOf(async () => {
      // When the job has failed, and before who takes its results goes on.
      const cancel = () => getRunningLoop().callSoon(() => task.cancel());
      const task: Task<unknown> = createTask(take(cancel));
      await wait([task]);
      assertEquals(task.cancelled(), true);
    });
    assertEquals(reports, [`Exception in a job ${GIVEN_UP}: broken`]);
  });
}

Deno.test("mapConcurrent() reports the error of a job that whoever leaves the loop has not seen", async () => {
  const reports = await reportsOf(async () => {
    const jobs = mapConcurrent([0, 1], (n) => job(n, () => {}), { limit: 2 });
    for await (const _ of jobs) {
      await sleep(2);
      break;
    }
  });
  assertEquals(reports, [`Exception in a job ${GIVEN_UP}: broken`]);
});

Deno.test("mapConcurrent() reports the error of its source as that when nobody takes it", async () => {
  async function* source() {
    yield 0;
    await sleep(1);
    throw new Error("dry");
  }
  const reports = await reportsOf(async () => {
    const jobs = mapConcurrent(source(), (n) => sleep(0, n), { limit: 2 });
    for await (const _ of jobs) {
      await sleep(2);
      break;
    }
  });
  assertEquals(reports, [`Exception in the source ${GIVEN_UP}: dry`]);
});

Deno.test("mapConcurrent() throws the error of a job, and reports it not", async () => {
  const caught: string[] = [];
  const reports = await reportsOf(async () => {
    const jobs = mapConcurrent([0, 1], (n) => job(n, () => {}), { limit: 2 });
    try {
      for await (const _ of jobs) await sleep(2);
    } catch (error) {
      caught.push((error as Error).message);
    }
  });
  assertEquals([caught, reports], [["broken"], []]);
});

Deno.test("mapConcurrent() throws the error of a job, and reports that of the clean-up of its source as the source's", async () => {
  for (const take of TAKES) {
    const loop = new TestLoop();
    const main = () => take(mapConcurrent(brokenSource(), failingJob, ONE));
    await assertRejects(() => loop.runUntilComplete(main), Error, "job 1");
    assertEquals(linesOf(loop), [
      "Exception in the source of mapConcurrent() that was given up: clean-up",
    ]);
  }
});

Deno.test("mapConcurrent() that is cancelled in the clean-up after a failed job throws the cancel, and reports the job", async () => {
  async function* source(): AsyncGenerator<number> {
    try {
      yield 1;
      yield 2;
    } finally {
      await sleep(60);
    }
  }
  for (const take of TAKES) {
    const loop = new TestLoop();
    await loop.runUntilComplete(async () => {
      const main = () => take(mapConcurrent(source(), failingJob, ONE));
      const task = createTask(main);
      await sleep(30);
      task.cancel();
      await wait([task]);
      assert(task.cancelled());
    });
    assertEquals(loop.time(), 30);
    assertEquals(linesOf(loop), [
      "Exception in a job of mapConcurrent() that was given up: job 1",
    ]);
  }
});

Deno.test("mapConcurrent() whose loop is cancelled reports the error of the clean-up of its source as the source's", async () => {
  const loop = new TestLoop();
  await loop.runUntilComplete(async () => {
    const task = createTask(async () => {
      const jobs = mapConcurrent(brokenSource(), (n) => sleep(1, n), ONE);
      for await (const _ of jobs) await sleep(60);
    });
    await sleep(30);
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
  });
  assertEquals(linesOf(loop), [
    "Exception in the source of mapConcurrent() that was given up: clean-up",
  ]);
});
