/**
 * What concurrency gains: ten sleeps of 2 ms at once, against one after the other.
 *
 * @module
 */
import { createTask, gather, run, sleep, taskGroup, wait } from "../mod.ts";
import { check, sum, sumBelow } from "./_workload.ts";

const COUNT = 10;
const DELAY = { milliseconds: 2 };

Deno.bench({
  name: "sequential await",
  group: "async functions",
  baseline: true,
  fn: () =>
    run(async () => {
      let total = 0;
      for (let index = 0; index < COUNT; index++) {
        total += await napAsync(index);
      }
      check(total, sumBelow(COUNT));
    }),
});

Deno.bench({
  name: "tasks, awaited one by one",
  group: "async functions",
  fn: () =>
    run(async () => {
      const tasks = indexes().map((index) => createTask(() => napAsync(index)));
      let total = 0;
      for (const task of tasks) total += await task;
      check(total, sumBelow(COUNT));
    }),
});

Deno.bench({
  name: "gather()",
  group: "async functions",
  fn: () =>
    run(async () => {
      check(
        sum(await gather(indexes().map((index) => () => napAsync(index)))),
        sumBelow(COUNT),
      );
    }),
});

Deno.bench({
  name: "wait()",
  group: "async functions",
  fn: () =>
    run(async () => {
      const [done] = await wait(
        indexes().map((index) => createTask(() => napAsync(index))),
      );
      check(sum([...done].map((task) => task.result())), sumBelow(COUNT));
    }),
});

Deno.bench({
  name: "taskGroup()",
  group: "async functions",
  fn: () =>
    run(async () => {
      const total = await taskGroup(async (group) => {
        const tasks = indexes().map((index) =>
          group.createTask(() => napAsync(index))
        );
        return sum(await gather(tasks));
      });
      check(total, sumBelow(COUNT));
    }),
});

Deno.bench({
  name: "sequential yield*",
  group: "generator functions",
  baseline: true,
  fn: () =>
    run(function* () {
      let total = 0;
      for (let index = 0; index < COUNT; index++) total += yield* nap(index);
      check(total, sumBelow(COUNT));
    }),
});

Deno.bench({
  name: "tasks, awaited one by one",
  group: "generator functions",
  fn: () =>
    run(function* () {
      const tasks = indexes().map((index) => createTask(nap(index)));
      let total = 0;
      for (const task of tasks) total += yield* task;
      check(total, sumBelow(COUNT));
    }),
});

Deno.bench({
  name: "gather()",
  group: "generator functions",
  fn: () =>
    run(function* () {
      check(sum(yield* gather(indexes().map(nap))), sumBelow(COUNT));
    }),
});

Deno.bench({
  name: "wait()",
  group: "generator functions",
  fn: () =>
    run(function* () {
      const [done] = yield* wait(
        indexes().map((index) => createTask(nap(index))),
      );
      check(sum([...done].map((task) => task.result())), sumBelow(COUNT));
    }),
});

Deno.bench({
  name: "taskGroup()",
  group: "generator functions",
  fn: () =>
    run(function* () {
      const total = yield* taskGroup(function* (group) {
        const tasks = indexes().map((index) => group.createTask(nap(index)));
        return sum(yield* gather(tasks));
      });
      check(total, sumBelow(COUNT));
    }),
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
