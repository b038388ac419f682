/** InlineExecutor in several loops, one after the other and at once, and in their time. */
import { assertEquals, assertRejects } from "@std/assert";
import {
  CancelledError,
  EventLoop,
  run,
  sleep,
  TimeoutError,
  VirtualClock,
} from "@asyncio/asyncio";
import type { Job } from "@asyncio/asyncio/executor";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { runTest } from "@asyncio/asyncio/testing";

const log: string[] = [];
const JOBS = {
  double: (x: number) => 2 * x,
  async slow(seconds: number, name: string) {
    try {
      await sleep(seconds);
      return name;
    } finally {
      log.push(name);
    }
  },
};

Deno.test("InlineExecutor serves the next run(), whatever the one before has left in the turn of its end", async () => {
  const executor = new InlineExecutor(JOBS);
  const leaveBehind: Record<string, () => unknown> = {
    "a job that has not begun": () => executor.submit("double", [1]),
    "a job that was cancelled": () => executor.submit("double", [1]).cancel(),
    "a job that waits": async () => {
      executor.submit("slow", [3600, "left"]);
      await sleep(0);
      await sleep(0);
    },
    "a stream": () => executor.stream("double", [1] as never),
  };
  for (const [what, leave] of Object.entries(leaveBehind)) {
    for (const turns of [0, 1, 2, 3, 4]) {
      await run(async () => {
        for (let i = 0; i < turns; i++) await sleep(0);
        await leave();
      });
      const x = await run(async () => await executor.submit("double", [2]));
      assertEquals([what, turns, x], [what, turns, 4]);
    }
  }
  await run(() => executor.shutdown());
});

Deno.test("InlineExecutor runs the jobs of two loops each in its own: the end of one ends none of the other", async () => {
  const executor = new InlineExecutor(JOBS);
  const one = async (seconds: number, name: string) =>
    await run(async () => await executor.submit("slow", [seconds, name]));
  assertEquals(
    await Promise.all([one(0.01, "a"), one(0.1, "b"), one(0.05, "c")]),
    ["a", "b", "c"],
  );
  await run(() => executor.shutdown());
});

Deno.test("InlineExecutor.shutdown() waits for the jobs of another loop, and cancels them if it shall", async () => {
  for (const cancelFutures of [false, true]) {
    log.length = 0;
    const executor = new InlineExecutor(JOBS);
    let job: Job<string>;
    const other = run(async () => {
      job = executor.submit("slow", [cancelFutures ? 3600 : 0.05, "other"]);
      return await job.then((x) => x, (error) => error);
    });
    await run(async () => {
      await executor.submit("double", [1]);
      await executor.shutdown({ cancelFutures });
      assertEquals([job.done(), log], [true, ["other"]]);
    });
    const end = await other;
    assertEquals(end instanceof CancelledError, cancelFutures);
  }
});

Deno.test("InlineExecutor.shutdown() waits for no job of a loop that was closed, or that stands still with none", async () => {
  for (const isClosed of [true, false]) {
    const executor = new InlineExecutor(JOBS);
    const loop = new EventLoop({ clock: new VirtualClock() });
    loop.setExceptionHandler(() => {});
    await loop.runUntilComplete(async () => {
      await executor.submit("double", [1]);
      if (!isClosed) return;
      executor.submit("slow", [3600, "lost"]);
      await sleep(1);
    });
    if (isClosed) loop.close();
    await run(() => executor.shutdown());
    if (!isClosed) loop.close();
  }
});

Deno.test("InlineExecutor under a virtual clock: real time takes nothing from the timeout of a job", () =>
  runTest(async (loop) => {
    await using executor = new InlineExecutor(JOBS);
    const job = executor.submit("double", [1], { timeout: 0.001 });
    // As a slow machine would.
    const end = Date.now() + 10;
    while (Date.now() < end);
    assertEquals(await job, 2);
    // Of virtual time it is all the same: this waits for the worker for an hour.
    executor.submit("slow", [7200, "first"]);
    const late = executor.submit("double", [1], { timeout: 3600 });
    await assertRejects(async () => await late, TimeoutError);
    assertEquals(loop.time(), 3600);
  }));
