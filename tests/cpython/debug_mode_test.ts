import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { coroutine, type EventLoop, sleep } from "../../mod.ts";
import {
  captureErrors,
  caseTest,
  oneTurn,
  recordReports,
  withLoop,
} from "./_both.ts";
import { collectGarbage } from "./_garbage.ts";

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
});

caseTest("base_events.BaseEventLoopTests.env_var_debug", async () => {
  assertEquals(
    await debugOf([undefined, "--allow-env"], ["yes", "--allow-env"]),
    ["false", "true"],
  );
});
