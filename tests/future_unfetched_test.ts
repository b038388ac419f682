/**
 * Errors that nobody catches: reported when the future is collected, or at once.
 *
 * @module
 */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { createTask, getRunningLoop, sleep } from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { collectGarbage } from "./cpython/_garbage.ts";

const CANNOT_RUN =
  Deno.permissions.querySync({ name: "run" }).state !== "granted" ||
  Deno.permissions.querySync({ name: "read" }).state !== "granted";
const NO_GC = !("gc" in globalThis);

async function collectTwice() {
  await collectGarbage();
  await collectGarbage();
}

const KINDS = {
  "a generator task": () =>
    createTask(function* fails() {
      yield* sleep(0);
      throw new RangeError("lost");
    }),
  "an async-function task": () =>
    createTask(async function fails() {
      await sleep(0);
      throw new RangeError("lost");
    }),
  "a future": () => {
    const future = getRunningLoop().createFuture<void>();
    future.setException(new RangeError("lost"));
    return future;
  },
};

for (const [kind, make] of Object.entries(KINDS)) {
  Deno.test({
    name:
      `the error of ${kind} that nobody fetched is reported at its collection`,
    ignore: NO_GC,
    async fn() {
      using loop = new TestLoop();
      loop.callSoon(() => {
        make();
      });
      await loop.runUntilComplete(sleep(1));
      // Not before: somebody might still fetch it.
      await collectTwice();
      const [report, ...others] = loop.reports;
      assertEquals(others, []);
      assertEquals(String(report?.exception), "RangeError: lost");
      const word = kind === "a future" ? "Future" : "Task";
      assertEquals(report?.message, `${word} exception was never retrieved`);
      assert(String(report?.future).startsWith(`<${word}`));
    },
  });

  Deno.test({
    name: `the error of ${kind} that was fetched is not reported`,
    ignore: NO_GC,
    async fn() {
      using loop = new TestLoop();
      await loop.runUntilComplete(async () => {
        const future = make();
        await sleep(1);
        assertEquals(String(future.exception()), "RangeError: lost");
      });
      await collectTwice();
      assertEquals(loop.reports, []);
    },
  });
}

Deno.test({
  name: "the error of a future that is still held is not reported",
  ignore: NO_GC,
  async fn() {
    using loop = new TestLoop();
    const future = loop.createFuture<void>();
    future.setException(new RangeError("held"));
    await collectTwice();
    assertEquals(loop.reports, []);
    future.exception();
  },
});

Deno.test("a callback that fails is reported at once, with its handle", async () => {
  using loop = new TestLoop();
  const error = new RangeError("broken");
  let reportsNextTurn = -1;
  loop.callSoon(function explode() {
    loop.callSoon(() => reportsNextTurn = loop.reports.length);
    throw error;
  });
  await loop.runUntilComplete(sleep(1));
  assertEquals(reportsNextTurn, 1);
  const [report] = loop.reports;
  assertStrictEquals(report?.exception, error);
  assertEquals(report?.message, "Exception in callback explode");
  assert(String(report?.handle).startsWith("<Handle explode()"));
});

Deno.test("an exception handler that fails is reported by the default one", async () => {
  const reports: string[] = [];
  class QuietLoop extends TestLoop {
    override defaultExceptionHandler({ message }: { message: string }) {
      reports.push(message);
    }
  }
  using loop = new QuietLoop();
  loop.setExceptionHandler(() => {
    throw new Error("broken handler");
  });
  loop.callSoon(() => {
    throw new Error("broken callback");
  });
  await loop.runUntilComplete(sleep(1));
  assertEquals(reports, ["Unhandled error in exception handler"]);
});

Deno.test({
  name: "the default handler writes one readable report to stderr",
  ignore: CANNOT_RUN,
  async fn() {
    const program = new URL("./_report_program.ts", import.meta.url);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--quiet", fileURLToPath(program)],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
    assertEquals(lines.slice(0, 3), [
      "asyncio: Exception in callback explode",
      "  handle: <Handle explode()>",
      "  RangeError: broken callback",
    ]);
    // Then the stack, of the user's code.
    assert(lines[3]!.includes("_report_program.ts"), lines[3]);
    assertEquals(lines.filter((line) => line.startsWith("asyncio:")).length, 1);
    assertEquals(stdout.length, 0);
    assertEquals(code, 0);
  },
});
