/**
 * Many tasks: a million one after the other, a hundred thousand at once.
 *
 * @module
 */
import { assertEquals, assertLess } from "@std/assert";
import {
  allTasks,
  createTask,
  gather,
  getRunningLoop,
  newEventLoop,
  sleep,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { collectGarbage } from "./cpython/_garbage.ts";

const MEGABYTE = 2 ** 20;

/** The heap in use after a collection. */
async function heapInUse() {
  await collectGarbage();
  await collectGarbage();
  return Deno.memoryUsage().heapUsed;
}

Deno.test("EventLoop.createTask() leaves nothing behind after 1,000,000 tasks", async () => {
  using loop = newEventLoop();
  let ended = 0;
  function* one() {
    yield* sleep(0);
    ended++;
  }
  function* batches(count: number) {
    for (let i = 0; i < count; i++) {
      yield* gather(Array.from({ length: 1_000 }, one));
    }
  }
  // What V8 and the loop keep for good is made before the first look.
  await loop.runUntilComplete(batches(100));
  const before = await heapInUse();
  await loop.runUntilComplete(batches(900));
  const after = await heapInUse();
  assertEquals(ended, 1_000_000);
  assertEquals(allTasks(loop).size, 0);
  // Were one word kept of each task, it would be 7 MB.
  assertLess(after - before, 3 * MEGABYTE);
});

Deno.test("Task.cancel() ends each of 100,000 parked tasks", async () => {
  using loop = new TestLoop();
  let cleanedUp = 0;
  function* parked() {
    try {
      yield* getRunningLoop().createFuture<void>();
    } finally {
      yield* sleep(0);
      cleanedUp++;
    }
  }
  await loop.runUntilComplete(function* () {
    const tasks = Array.from({ length: 100_000 }, () => createTask(parked));
    yield* sleep(1);
    for (const task of tasks) task.cancel();
    yield* gather(tasks, { returnExceptions: true });
    assertEquals(tasks.filter((task) => task.cancelled()).length, 100_000);
  });
  assertEquals(cleanedUp, 100_000);
  assertEquals(allTasks(loop).size, 0);
  assertEquals(loop.reports, []);
});

Deno.test("Task.cancel() ends each of 20,000 parked async functions", async () => {
  using loop = new TestLoop();
  let cleanedUp = 0;
  async function parked() {
    try {
      await getRunningLoop().createFuture<void>();
    } finally {
      await sleep(0);
      cleanedUp++;
    }
  }
  await loop.runUntilComplete(async () => {
    const tasks = Array.from({ length: 20_000 }, () => createTask(parked));
    await sleep(1);
    for (const task of tasks) task.cancel();
    await gather(tasks, { returnExceptions: true });
    assertEquals(tasks.filter((task) => task.cancelled()).length, 20_000);
  });
  assertEquals(cleanedUp, 20_000);
  assertEquals(allTasks(loop).size, 0);
  assertEquals(loop.reports, []);
});
