/**
 * The error of a job that nobody takes any more, since whoever took the results has left or
 * was cancelled when it had failed: it is reported, once.
 */
import { assertEquals } from "@std/assert";
import {
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
