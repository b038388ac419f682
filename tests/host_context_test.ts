// deno-lint-ignore-file require-await -- async functions that do not wait are what is tested
/**
 * The host's async context (of OpenTelemetry, of loggers, of web frameworks) follows tasks
 * of async functions: each has that of the place where it was made.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { hostTest, runOn } from "./_hosts.ts";
import {
  createTask,
  getRunningLoop,
  run,
  RuntimeError,
  sleep,
} from "@asyncio/asyncio";

hostTest("the host's async context follows tasks", async (host) => {
  const { lines, errors } = await runOn(
    host,
    new URL("_host_context_program.ts", import.meta.url),
  );
  assertEquals(lines, ["end"], errors);
});

Deno.test("createTask() outside of a run() says how a callback of the host begins a task", async () => {
  const started = Promise.withResolvers<ReturnType<typeof getRunningLoop>>();
  const ended = Promise.withResolvers<void>();
  const main = run(async () => {
    started.resolve(getRunningLoop());
    await ended.promise;
  });
  const loop = await started.promise;
  assertThrows(() => createTask(sleep(0)), RuntimeError, "loop.createTask()");
  const task = loop.createTask(async () => {
    await sleep(0.001);
    return "done";
  });
  assertEquals(await task, "done");
  ended.resolve();
  await main;
});

Deno.test("tasks of async functions begin in the order in which they were made", async () => {
  const log: string[] = [];
  await run(async () => {
    createTask(async () => {
      log.push("a");
      createTask(function* () {
        log.push("later");
      });
    });
    createTask(function* () {
      log.push("b");
    });
    createTask(async () => {
      log.push("c");
    });
    createTask(async () => {
      log.push("d");
    });
    createTask(function* () {
      log.push("e");
    });
    await sleep(0.001);
  });
  assertEquals(log, ["a", "b", "c", "d", "e", "later"]);
});

Deno.test("a generator task runs in the context of run()", async () => {
  const request = new AsyncLocalStorage<string>();
  const seen = await request.run(
    "outer",
    () =>
      run(async () =>
        await request.run("inner", () =>
          createTask(function* () {
            return request.getStore();
          }))
      ),
  );
  assertEquals(seen, "outer");
});

Deno.test("a callback of the loop runs in the context of run(), or in the one it is bound to", async () => {
  const request = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  await request.run("outer", () =>
    run(async () => {
      const loop = getRunningLoop();
      const future = loop.createFuture<void>();
      const look = () => seen.push(request.getStore());
      request.run("inner", () => {
        loop.callSoon(look);
        loop.callSoon(AsyncLocalStorage.bind(look));
        loop.callLater(0, look);
        future.addDoneCallback(look);
      });
      future.setResult();
      await sleep(0.001);
    }));
  assertEquals(seen, ["outer", "inner", "outer", "outer"]);
});
