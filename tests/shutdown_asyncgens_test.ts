/** The end of async generators that were left open, at the end of a run. */
import { assertEquals } from "@std/assert";
import {
  createTask,
  currentTask,
  getRunningLoop,
  run,
  sleep,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";

/** Runs `leave`, which leaves generators open, and gives the messages of the reports. */
async function reportsOf(leave: () => Promise<void>): Promise<unknown[]> {
  const loop = new TestLoop();
  await run(leave, { loopFactory: () => loop });
  return loop.reports.map((report) => report.message);
}

Deno.test("shutdownAsyncgens() reports no clean-up that waits for a task which was cancelled", async () => {
  const reports = await reportsOf(async () => {
    const source = getRunningLoop().trackAsyncgen(async function* () {
      const reader = createTask(async () => await sleep(3600));
      try {
        yield 1;
      } finally {
        reader.cancel();
        await reader;
      }
    }());
    await source.next();
  });
  assertEquals(reports, []);
});

Deno.test("shutdownAsyncgens() still reports a clean-up that fails", async () => {
  const reports = await reportsOf(async () => {
    const source = getRunningLoop().trackAsyncgen(async function* () {
      try {
        yield 1;
      } finally {
        await sleep(1);
        // deno-lint-ignore no-unsafe-finally
        throw new Error("no");
      }
    }());
    await source.next();
  });
  assertEquals(reports, ["An error occurred while closing an async generator"]);
});

Deno.test("a clean-up that cancels its task ends neither the run nor the clean-up of other generators", async () => {
  const log: string[] = [];
  const reports = await reportsOf(async () => {
    const loop = getRunningLoop();
    const first = loop.trackAsyncgen(async function* () {
      try {
        yield 1;
      } finally {
        currentTask()!.cancel();
        await sleep(1).catch(() => log.push("cancelled itself"));
      }
    }());
    const second = loop.trackAsyncgen(async function* () {
      try {
        yield 1;
      } finally {
        await sleep(2);
        log.push("cleaned up");
      }
    }());
    await first.next();
    await second.next();
  });
  assertEquals(log, ["cancelled itself", "cleaned up"]);
  assertEquals(reports, []);
});
