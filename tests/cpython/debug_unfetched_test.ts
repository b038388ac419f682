import {
  assertEquals,
  assertFalse,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  type EventLoop,
  type ExceptionContext,
  type Future,
  sleep,
} from "../../mod.ts";
import { caseTest, recordReports, withLoop } from "./_both.ts";
import { collectGarbage } from "./_garbage.ts";

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

function firstFrame(stack: string | undefined): string {
  return stack?.split("\n")[0] ?? "";
}

caseTest(
  "futures.BaseFutureTests.future_source_traceback",
  async () => {
    const [report] = await reportsOfDropped(
      (future) => future.setException(error),
      { debug: true },
    );
    assertMatch(
      firstFrame(report!.sourceTraceback),
      /makeAndDrop .*debug_unfetched_test\.ts/,
    );
  },
);

caseTest(
  "tasks.BaseTaskTests.task_source_traceback",
  () =>
    withLoop((loop) => {
      const reports = recordReports(loop);
      function creator() {
        return loop.createTask(sleep(0));
      }
      const task = creator();
      loop.close();
      assertStrictEquals(reports[0]!.task, task);
      assertMatch(
        firstFrame(reports[0]!.sourceTraceback),
        /creator .*debug_unfetched_test\.ts/,
      );
    }, { debug: true }),
);

caseTest(
  "events.HandleTests.handle_source_traceback",
  () =>
    withLoop(async (loop) => {
      const reports = recordReports(loop);
      const callback = () => {
        throw error;
      };
      function creator() {
        return [
          loop.callSoon(callback),
          loop.callSoonThreadsafe(callback),
          loop.callLater(0, callback),
          loop.callAt(0, callback),
        ];
      }
      const handles = creator();
      await loop.runUntilComplete(sleep(1));
      assertEquals(reports.map(({ handle }) => handle), handles);
      for (const { sourceTraceback } of reports) {
        assertMatch(
          firstFrame(sourceTraceback),
          /creator .*debug_unfetched_test\.ts/,
        );
      }
    }, { debug: true }),
);
