/** What becomes of callbacks that are no plain functions: the types take them all. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  coroutine,
  createTask,
  type EventLoop,
  Future,
  getRunningLoop,
  run,
  sleep,
} from "@asyncio/asyncio";
import { runTest, TestLoop } from "@asyncio/asyncio/testing";

const fail = () => Promise.reject(new RangeError("failed"));

/** How a callback gets into the loop. */
const PLACES: Readonly<
  Record<string, (loop: EventLoop, callback: () => void) => void>
> = {
  "callSoon()": (loop, callback) => void loop.callSoon(callback),
  "callSoonThreadsafe()": (loop, callback) =>
    void loop.callSoonThreadsafe(callback),
  "callLater()": (loop, callback) => void loop.callLater(1, callback),
  "callAt()": (loop, callback) => void loop.callAt(loop.time(), callback),
  "addDoneCallback() of a future": (_, callback) => {
    const future = new Future<void>();
    future.addDoneCallback(callback);
    future.setResult();
  },
  "addDoneCallback() of a task": (_, callback) =>
    createTask(sleep(0)).addDoneCallback(callback),
};

/** Callbacks whose call does not do their work. */
const IDLE: Readonly<Record<string, () => void>> = {
  "a generator function": function* idle() {},
  "an async generator function": async function* idle() {},
  "a coroutine()": coroutine(async function idle() {}),
};

for (const [place, schedule] of Object.entries(PLACES)) {
  Deno.test(`the error of an async callback of ${place} is reported, and ends no program`, async () => {
    const loop = new TestLoop();
    await run(async () => {
      schedule(getRunningLoop(), async function load() {
        await fail();
      });
      await sleep(2);
    }, { loopFactory: () => loop });
    assertEquals(
      loop.reports.map(({ message, exception }) => [message, `${exception}`]),
      [["Exception in callback load", "RangeError: failed"]],
    );
  });

  for (const [kind, callback] of Object.entries(IDLE)) {
    Deno.test(`${kind} as the callback of ${place} is reported: nothing runs what it gives`, async () => {
      const loop = new TestLoop();
      await run(async () => {
        schedule(getRunningLoop(), callback);
        await sleep(2);
      }, { loopFactory: () => loop });
      assertEquals(loop.reports.length, 1);
      const text = `${loop.reports[0]!.exception}`;
      assertStringIncludes(text, "TypeError: A callback must be");
      assertStringIncludes(text, "createTask()");
    });
  }
}

Deno.test("an async callback that ends well, and a plain one that gives anything, are not reported", () =>
  runTest(async (loop) => {
    const seen: string[] = [];
    loop.callSoon(async () => {
      await null;
      seen.push("async");
    });
    loop.callSoon(() => seen.push("plain"));
    loop.callSoon(() => createTask(sleep(0)));
    await sleep(1);
    assertEquals(seen, ["plain", "async"]);
  }));

Deno.test("an async callback that awaits the loop is told to be a task", async () => {
  const error = await assertRejects(() =>
    runTest(async (loop) => {
      loop.callSoon(async () => await sleep(1));
      await sleep(2);
    }), AggregateError);
  assertStringIncludes(`${error.errors[0]}`, "createTask()");
});

Deno.test("the error of an async exception handler goes to the default one", async () => {
  class Loop extends TestLoop {
    readonly told: string[] = [];
    override defaultExceptionHandler(
      { message, exception }: { message: string; exception?: unknown },
    ): void {
      this.told.push(`${message}: ${exception}`);
    }
  }
  const loop = new Loop();
  loop.setExceptionHandler(async () => {
    await fail();
  });
  await run(async () => {
    getRunningLoop().callSoon(() => {
      throw new Error("first");
    });
    await sleep(1);
  }, { loopFactory: () => loop });
  assertEquals(loop.told, [
    "Unhandled error in exception handler: RangeError: failed",
  ]);
});

Deno.test("the error of an async onShutdown() goes to the exception handler", async () => {
  const loop = new TestLoop();
  await run(async () => {
    createTask(async () => {
      try {
        await sleep(3600);
      } finally {
        await sleep(3600);
      }
    });
    await sleep(1);
  }, {
    loopFactory: () => loop,
    cleanup: 1,
    onShutdown: async () => {
      await fail();
    },
  });
  await null;
  assertEquals(
    loop.reports.at(-1)?.message,
    "Unhandled exception in onShutdown()",
  );
});
