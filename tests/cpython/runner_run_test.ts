import {
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  coroutine,
  createTask,
  EventLoop,
  type ExceptionContext,
  getRunningLoop,
  run,
  RuntimeError,
  sleep,
} from "../../mod.ts";
import {
  both,
  caseTest,
  errorOf,
  recordReports,
  virtualLoop,
} from "./_both.ts";

const virtual = { loopFactory: () => virtualLoop() };

caseTest("runners.RunTests.asyncio_run_return", async () => {
  assertEquals(
    await run(async () => {
      await sleep(0);
      return 42;
    }),
    42,
  );
  assertEquals(
    await run(function* () {
      yield* sleep(0);
      return 42;
    }),
    42,
  );
});

caseTest("runners.RunTests.asyncio_run_raises", async () => {
  await assertRejects(
    () =>
      run(async () => {
        await sleep(0);
        throw new RangeError("spam");
      }),
    RangeError,
    "spam",
  );
  await assertRejects(
    () =>
      run(function* () {
        yield* sleep(0);
        throw new RangeError("spam");
      }),
    RangeError,
    "spam",
  );
});

caseTest("runners.RunTests.asyncio_run_only_coro", async () => {
  for (const junk of [1, () => {}, "coroutine", undefined]) {
    await assertRejects(() => run(junk as never), TypeError);
  }
});

caseTest("runners.RunTests.asyncio_run_debug", async () => {
  const debug = async () => {
    await sleep(0);
    return getRunningLoop().getDebug();
  };
  assertEquals(await run(debug, { debug: false }), false);
  assertEquals(await run(debug, { debug: true }), true);
  assertEquals(await run(debug), new EventLoop().getDebug());
});

both("runners.RunTests.asyncio_run_from_running_loop", {
  *generator() {
    let started = false;
    function* other() {
      started = true;
    }
    const refused = run(other());
    const error = yield* errorOf(createTask(() => refused));
    assertInstanceOf(error, RuntimeError);
    assertFalse(started);
  },
  async async() {
    let started = false;
    const other = coroutine(async () => {
      await sleep(0);
      started = true;
    });
    await assertRejects(() => run(other()), RuntimeError, "running event loop");
    assertFalse(started);
  },
});

caseTest(
  "runners.RunTests.asyncio_run_reports_hanging_tasks_errors",
  async () => {
    let reports: ExceptionContext[] = [];
    let leftOver: unknown;
    const main = async () => {
      reports = recordReports();
      leftOver = createTask(async () => {
        try {
          await sleep(1000);
        } finally {
          // deno-lint-ignore no-unsafe-finally
          throw new Error("in the clean-up");
        }
      });
      await sleep(0);
      return 123;
    };
    assertEquals(await run(main, virtual), 123);
    assertEquals(reports.length, 1);
    const [{ message, exception, task }] = reports as [ExceptionContext];
    assertEquals(message, "Unhandled exception during run() shutdown");
    assertStrictEquals(task, leftOver);
    assertInstanceOf(exception, Error);
    assertEquals(exception.message, "in the clean-up");
  },
);

caseTest(
  "runners.RunTests.asyncio_run_closes_gens_after_hanging_tasks_errors",
  async () => {
    class FancyExit extends Error {}
    const steps: string[] = [];
    async function* ticks() {
      try {
        for (;;) {
          await sleep(0);
          yield 1;
        }
      } finally {
        steps.push("generator closed");
      }
    }
    const generator = ticks();
    const main = async () => {
      recordReports();
      getRunningLoop().trackAsyncgen(generator);
      createTask(async () => {
        const iterator = generator[Symbol.asyncIterator]();
        await iterator.next();
        try {
          await sleep(1000);
        } catch {
          steps.push("task cleaned up");
          throw new Error("in the clean-up");
        }
      });
      await sleep(1);
      throw new FancyExit();
    };
    await assertRejects(() => run(main, virtual), FancyExit);
    assertEquals(steps, ["task cleaned up", "generator closed"]);
  },
);

caseTest("runners.RunTests.asyncio_run_loop_factory", async () => {
  const calls: unknown[][] = [];
  const loop = virtualLoop();
  const loopFactory = (...args: unknown[]) => {
    calls.push(args);
    return loop;
  };
  const main = coroutine(function* () {
    assertStrictEquals(getRunningLoop(), loop);
  });
  await run(main(), { loopFactory });
  assertEquals(calls, [[]]);
});

caseTest("runners.RunTests.loop_factory_default_event_loop", async () => {
  await run(
    coroutine(function* () {
      assertStrictEquals(getRunningLoop().constructor, EventLoop);
    })(),
    { loopFactory: () => new EventLoop() },
  );
});
