import {
  assertEquals,
  assertFalse,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  type EventLoop,
  type ExceptionContext,
  type Future,
  sleep,
} from "../../mod.ts";
import { captureErrors, caseTest, recordReports, withLoop } from "./_both.ts";
import { collectGarbage } from "./_garbage.ts";

/** Runs a task that fails, and forgets it. */
async function failAndForget(
  loop: EventLoop,
  cancel: boolean,
): Promise<void> {
  const task = loop.createTask(async () => {
    await sleep(0);
    throw new TypeError("failed task");
  });
  await loop.runUntilComplete(sleep(1));
  if (cancel) assertFalse(task.cancel());
}

const error = new RangeError("unseen");

/** What is reported after the future that `use` was given is gone. */
async function reportsOfDropped(
  use: (future: Future<number>) => void,
  options: { readonly debug?: boolean } = {},
): Promise<ExceptionContext[]> {
  let reports: ExceptionContext[] = [];
  await withLoop(async (loop) => {
    reports = recordReports(loop);
    const dropped = makeAndDrop(loop, use);
    // The host forgets a turn later what it has run.
    for (let i = 0; i < 20 && dropped.deref() !== undefined; i++) {
      await collectGarbage();
    }
    assertEquals(dropped.deref(), undefined);
    await collectGarbage();
  }, options);
  return reports;
}

function makeAndDrop(
  loop: EventLoop,
  use: (future: Future<number>) => void,
): WeakRef<object> {
  const future = loop.createFuture<number>();
  use(future);
  return new WeakRef(future);
}

caseTest("futures.BaseFutureTests.tb_logger_abandoned", async () => {
  assertEquals(await reportsOfDropped(() => {}), []);
});

caseTest(
  "futures.BaseFutureTests.tb_logger_not_called_after_cancel",
  async () => {
    const reports = await reportsOfDropped((future) => {
      future.setException(error);
      assertFalse(future.cancel());
    });
    assertEquals(reports, []);
  },
);

caseTest("futures.BaseFutureTests.tb_logger_result_unretrieved", async () => {
  assertEquals(await reportsOfDropped((future) => future.setResult(42)), []);
});

caseTest("futures.BaseFutureTests.tb_logger_result_retrieved", async () => {
  const reports = await reportsOfDropped((future) => {
    future.setResult(42);
    future.result();
  });
  assertEquals(reports, []);
});

caseTest(
  "futures.BaseFutureTests.tb_logger_exception_unretrieved",
  async () => {
    const reports = await reportsOfDropped((future) =>
      future.setException(error)
    );
    assertEquals(reports.length, 1);
  },
);

caseTest("futures.BaseFutureTests.tb_logger_exception_retrieved", async () => {
  const reports = await reportsOfDropped((future) => {
    future.setException(error);
    future.exception();
  });
  assertEquals(reports, []);
});

caseTest(
  "futures.BaseFutureTests.tb_logger_exception_result_retrieved",
  async () => {
    const reports = await reportsOfDropped((future) => {
      future.setException(error);
      try {
        future.result();
      } catch (thrown) {
        assertStrictEquals(thrown, error);
      }
    });
    assertEquals(reports, []);
  },
);

caseTest(
  "futures.BaseFutureTests.future_exception_never_retrieved",
  async () => {
    const reports = await reportsOfDropped((future) =>
      future.setException(error)
    );
    const [report] = reports;
    assertEquals(reports.length, 1);
    assertEquals(report!.message, "Future exception was never retrieved");
    assertStrictEquals(report!.exception, error);
    assertEquals(report!.sourceTraceback, undefined);
  },
);

caseTest(
  "futures.BaseFutureTests.future_exception_never_retrieved_debug",
  async () => {
    const reports = await reportsOfDropped(
      (future) => future.setException(error),
      { debug: true },
    );
    assertEquals(reports.length, 1);
    assertStrictEquals(reports[0]!.exception, error);
    assertStringIncludes(reports[0]!.sourceTraceback!, "makeAndDrop");
  },
);

caseTest("tasks.BaseTaskTests.log_destroyed_pending_task", async () => {
  for (const debug of [false, true]) {
    await withLoop(async (loop) => {
      const reports = recordReports(loop);
      const task = loop.createTask(async () => await loop.createFuture());
      await loop.runUntilComplete(sleep(0));
      loop.close();
      assertEquals(reports.length, 1);
      const [report] = reports;
      assertEquals(report!.message, "Task was destroyed but it is pending");
      assertStrictEquals(report!.task, task);
      assertEquals(report!.sourceTraceback !== undefined, debug);
    }, { debug });
  }
});

caseTest(
  "tasks.BaseTaskTests.tb_logger_not_called_after_cancel",
  () =>
    withLoop(async (loop) => {
      const reports = recordReports(loop);
      await failAndForget(loop, true);
      for (let i = 0; i < 5; i++) await collectGarbage();
      assertEquals(reports, []);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.default_exc_handler_coro",
  () =>
    withLoop(async (loop) => {
      const lines = await captureErrors(async () => {
        await failAndForget(loop, false);
        for (let i = 0; i < 5; i++) await collectGarbage();
      });
      assertEquals(lines.length, 1);
      assertStringIncludes(lines[0]!, "Task exception was never retrieved");
      assertStringIncludes(lines[0]!, "failed task");
    }),
);
