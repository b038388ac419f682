import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertStrictEquals,
} from "@std/assert";
import {
  coroutine,
  type EventLoop,
  type ExceptionContext,
  type Future,
  sleep,
} from "../../mod.ts";
import { lacks } from "../_permissions.ts";
import {
  captureErrors,
  caseTest,
  oneTurn,
  recordReports,
  withLoop,
} from "./_both.ts";
import { collectGarbage } from "./_garbage.ts";

const CANNOT_RUN = lacks("read", "run", "write");

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

function firstFrame(stack: string | undefined): string {
  return stack?.split("\n")[0] ?? "";
}

caseTest("base_events.BaseEventLoopTests.set_debug", () =>
  withLoop((loop) => {
    loop.setDebug(true);
    assert(loop.getDebug());
    loop.setDebug(false);
    assertFalse(loop.getDebug());
  }));

caseTest(
  "base_events.BaseEventLoopWithSelectorTests.log_slow_callbacks",
  () =>
    withLoop(async (loop) => {
      loop.slowCallbackDuration = 0;
      const [callback] = await captureErrors(async () => {
        loop.callSoon(function slowCallback() {});
        await oneTurn(loop);
      });
      assertMatch(callback!, /<Handle slowCallback.* took .* seconds/);

      const work = coroutine(function* slowTask() {});
      const [step] = await captureErrors(async () => {
        await loop.runUntilComplete(work());
      });
      assertMatch(step!, /<Task .*slowTask.* took .* seconds/);
    }, { debug: true }),
);

caseTest(
  "pep492.CoroutineTests.debug_mode_manages_coroutine_origin_tracking",
  async () => {
    const messages: string[][] = [];
    for (const debug of [true, false]) {
      await withLoop(async (loop) => {
        const reports = recordReports(loop);
        await loop.runUntilComplete(async () => {
          forgetCoroutine();
          await sleep(0);
        });
        for (let i = 0; i < 5; i++) await collectGarbage();
        messages.push(reports.map((report) => report.message));
      }, { debug });
    }
    const [on, off] = messages;
    assertEquals(on!.length, 1);
    assertMatch(on![0]!, /sleep.* never awaited/);
    assertEquals(off, []);
  },
);

function forgetCoroutine(): void {
  sleep(10);
}

/** Runs a program that tells whether a new loop is in debug mode. */
async function debugOf(...variants: [env: string | undefined, flag: string][]) {
  const code = `import { EventLoop } from ${
    JSON.stringify(new URL("../../loop.ts", import.meta.url).href)
  }; console.log(new EventLoop().getDebug());`;
  const answers = variants.map(async ([value, flag]) => {
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    await Deno.writeTextFile(file, code);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-config", "--no-prompt", flag, file],
      env: value === undefined ? {} : { ASYNCIO_DEBUG: value },
    }).output();
    await Deno.remove(file);
    return new TextDecoder().decode(stdout).trim();
  });
  return await Promise.all(answers);
}

caseTest("tasks.GatherTestsBase.env_var_debug", async () => {
  assertEquals(
    // Without the permission the environment is ignored.
    await debugOf(
      ["", "--allow-env"],
      ["1", "--allow-env"],
      ["1", "--deny-env"],
    ),
    ["false", "true", "false"],
  );
}, { ignore: CANNOT_RUN });

caseTest("base_events.BaseEventLoopTests.env_var_debug", async () => {
  assertEquals(
    await debugOf([undefined, "--allow-env"], ["yes", "--allow-env"]),
    ["false", "true"],
  );
}, { ignore: CANNOT_RUN });

caseTest(
  "futures.BaseFutureTests.future_source_traceback",
  async () => {
    const [report] = await reportsOfDropped(
      (future) => future.setException(error),
      { debug: true },
    );
    assertMatch(
      firstFrame(report!.sourceTraceback),
      /makeAndDrop .*debug_mode_test\.ts/,
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
        /creator .*debug_mode_test\.ts/,
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
          /creator .*debug_mode_test\.ts/,
        );
      }
    }, { debug: true }),
);
