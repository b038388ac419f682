/**
 * What concurrency gains: ten sleeps of 2 ms at once, against one after the other.
 *
 * @module
 */
import {
  type CoroutineFunction,
  createTask,
  gather,
  run,
  sleep,
  taskGroup,
  wait,
} from "../mod.ts";
import { check, sum, sumBelow } from "./_workload.ts";

const COUNT = 10;
const DELAY = { milliseconds: 2 };

bench("async functions", "sequential await", async () => {
  let total = 0;
  for (const index of indexes()) total += await napAsync(index);
  return total;
});

bench("async functions", "tasks, awaited one by one", async () => {
  const tasks = indexes().map((index) => createTask(() => napAsync(index)));
  let total = 0;
  for (const task of tasks) total += await task;
  return total;
});

bench("async functions", "gather()", async () => {
  return sum(await gather(indexes().map((index) => () => napAsync(index))));
});

bench("async functions", "wait()", async () => {
  const tasks = indexes().map((index) => createTask(() => napAsync(index)));
  const [done] = await wait(tasks);
  return sum([...done].map((task) => task.result()));
});

bench("async functions", "taskGroup()", async () => {
  const tasks = await taskGroup((group) =>
    Promise.resolve(
      indexes().map((index) => group.createTask(() => napAsync(index))),
    )
  );
  return sum(tasks.map((task) => task.result()));
});

bench("generator functions", "sequential yield*", function* () {
  let total = 0;
  for (const index of indexes()) total += yield* nap(index);
  return total;
});

bench("generator functions", "tasks, awaited one by one", function* () {
  const tasks = indexes().map((index) => createTask(nap(index)));
  let total = 0;
  for (const task of tasks) total += yield* task;
  return total;
});

bench("generator functions", "gather()", function* () {
  return sum(yield* gather(indexes().map(nap)));
});

bench("generator functions", "wait()", function* () {
  const tasks = indexes().map((index) => createTask(nap(index)));
  const [done] = yield* wait(tasks);
  return sum([...done].map((task) => task.result()));
});

bench("generator functions", "taskGroup()", function* () {
  const tasks = yield* taskGroup(function* (group) {
    return indexes().map((index) => group.createTask(nap(index)));
  });
  return sum(tasks.map((task) => task.result()));
});

async function napAsync(index: number): Promise<number> {
  await sleep(DELAY);
  return index;
}

function* nap(index: number) {
  yield* sleep(DELAY);
  return index;
}

function indexes(): number[] {
  return Array.from({ length: COUNT }, (_, index) => index);
}

function bench(
  group: string,
  name: string,
  main: CoroutineFunction<number>,
): void {
  Deno.bench({
    name,
    group: `${COUNT} sleeps of 2 ms, ${group}`,
    baseline: name.startsWith("sequential"),
    // `deno bench` waits for async functions alone, not for any promise.
    fn: async () => check(await run(main), sumBelow(COUNT)),
  });
}
