/**
 * What concurrency gains: ten sleeps of 2 ms at once, against one after the other.
 *
 * @module
 */
import {
  type Coro,
  createTask,
  gather,
  run,
  sleep,
  taskGroup,
  wait,
} from "@asyncio/asyncio";
import { below, check, sum, sumBelow } from "./_workload.ts";

const COUNT = 10;
const INDEXES = [...below(COUNT)];

bench("async functions", {
  async "sequential await"() {
    let total = 0;
    for (const index of INDEXES) total += await napAsync(index);
    return total;
  },
  async "tasks, awaited one by one"() {
    const tasks = INDEXES.map((index) => createTask(() => napAsync(index)));
    let total = 0;
    for (const task of tasks) total += await task;
    return total;
  },
  async "gather()"() {
    return sum(await gather(INDEXES.map((index) => () => napAsync(index))));
  },
  async "wait()"() {
    const [done] = await wait(
      INDEXES.map((index) => createTask(() => napAsync(index))),
    );
    return sum([...done].map((task) => task.result()));
  },
  async "taskGroup()"() {
    const tasks = await taskGroup((group) =>
      Promise.resolve(
        INDEXES.map((index) => group.createTask(() => napAsync(index))),
      )
    );
    return sum(tasks.map((task) => task.result()));
  },
});

bench("generator functions", {
  *"sequential yield*"() {
    let total = 0;
    for (const index of INDEXES) total += yield* nap(index);
    return total;
  },
  *"tasks, awaited one by one"() {
    const tasks = INDEXES.map((index) => createTask(nap(index)));
    let total = 0;
    for (const task of tasks) total += yield* task;
    return total;
  },
  *"gather()"() {
    return sum(yield* gather(INDEXES.map(nap)));
  },
  *"wait()"() {
    const [done] = yield* wait(INDEXES.map((index) => createTask(nap(index))));
    return sum([...done].map((task) => task.result()));
  },
  *"taskGroup()"() {
    const tasks = yield* taskGroup(function* (group) {
      return INDEXES.map((index) => group.createTask(nap(index)));
    });
    return sum(tasks.map((task) => task.result()));
  },
});

async function napAsync(index: number): Promise<number> {
  await sleep({ milliseconds: 2 });
  return index;
}

function* nap(index: number) {
  yield* sleep({ milliseconds: 2 });
  return index;
}

function bench(
  style: string,
  mains: Readonly<Record<string, () => Coro<number> | Promise<number>>>,
): void {
  for (const [name, main] of Object.entries(mains)) {
    Deno.bench({
      name,
      group: `${COUNT} sleeps of 2 ms, ${style}`,
      baseline: name.startsWith("sequential"),
      // `deno bench` waits for async functions alone, not for any promise.
      fn: async () => check(await run(main), sumBelow(COUNT)),
    });
  }
}
