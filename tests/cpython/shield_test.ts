import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  gather,
  getRunningLoop,
  RuntimeError,
  setEventLoop,
  shield,
  sleep,
} from "../../mod.ts";
import { caseTest, oneTurn, recordReports, withLoop } from "./_both.ts";
import { failureOf, inBoth, wait } from "./_program.ts";

caseTest("tasks.BaseTaskTests.shield_result", () =>
  withLoop(async (loop) => {
    const inner = loop.createFuture<number>();
    const outer = shield(inner);
    inner.setResult(42);
    assertEquals(await loop.runUntilComplete(outer), 42);
  }));

caseTest(
  "tasks.BaseTaskTests.shield_exception",
  () =>
    withLoop(async (loop) => {
      const inner = loop.createFuture<number>();
      const outer = shield(inner);
      await oneTurn(loop);
      const error = new Error("expected");
      inner.setException(error);
      await oneTurn(loop);
      assertStrictEquals(outer.exception(), error);
    }),
);

caseTest(
  "tasks.BaseTaskTests.shield_cancel_inner",
  () =>
    withLoop(async (loop) => {
      const inner = loop.createFuture<number>();
      const outer = shield(inner);
      await oneTurn(loop);
      inner.cancel();
      await oneTurn(loop);
      assert(outer.cancelled());
    }),
);

caseTest(
  "tasks.BaseTaskTests.shield_cancel_outer",
  () =>
    withLoop(async (loop) => {
      const inner = loop.createFuture<number>();
      const outer = shield(inner);
      await oneTurn(loop);
      outer.cancel();
      await oneTurn(loop);
      assert(outer.cancelled());
      assertFalse(inner.done());
      assertFalse(String(outer).includes("cb="));
    }),
);

caseTest(
  "tasks.BaseTaskTests.shield_cancel_outer_exception",
  () =>
    withLoop(async (loop) => {
      const reports = recordReports(loop);
      const inner = loop.createFuture<number>();
      const outer = shield(inner);
      await oneTurn(loop);
      outer.cancel();
      await oneTurn(loop);
      const error = new Error("foo");
      inner.setException(error);
      await oneTurn(loop);
      assertEquals(reports.map((report) => report.exception), [error]);
    }),
);

caseTest(
  "tasks.BaseTaskTests.shield_duplicate_log_once",
  () =>
    withLoop(async (loop) => {
      const reports = recordReports(loop);
      const inner = loop.createFuture<number>();
      for (let i = 0; i < 2; i++) {
        const outer = shield(inner);
        await oneTurn(loop);
        outer.cancel();
        await oneTurn(loop);
      }
      inner.setException(new Error("foo"));
      await oneTurn(loop);
      assertEquals(reports.length, 1);
    }),
);

caseTest("tasks.BaseTaskTests.shield_shortcut", () =>
  withLoop(async (loop) => {
    const done = loop.createFuture<number>();
    done.setResult(42);
    assertStrictEquals(shield(done), done);
    assertEquals(await loop.runUntilComplete(shield(done)), 42);
  }));

inBoth("tasks.BaseTaskTests.shield_effect", function* (style) {
  const waiter = getRunningLoop().createFuture<void>();
  let proof = 0;
  const inner = style.fn(function* () {
    yield* wait(waiter);
    proof += 1;
  });
  const outer = style.fn(function* () {
    yield* wait(shield(createTask(inner)));
    proof += 100;
  });
  const task = createTask(outer);
  yield* wait(sleep(0.1));
  task.cancel();
  assertInstanceOf(yield* failureOf(task), CancelledError);
  waiter.setResult(undefined);
  yield* wait(sleep(0.1));
  assertEquals(proof, 1);
});

inBoth("tasks.BaseTaskTests.shield_gather", function* () {
  const loop = getRunningLoop();
  const [one, two] = [loop.createFuture<number>(), loop.createFuture<number>()];
  const parent = gather(one, two);
  const outer = shield(parent);
  yield* wait(sleep(0));
  outer.cancel();
  yield* wait(sleep(0));
  assert(outer.cancelled());
  assertFalse(parent.done());
  one.setResult(1);
  two.setResult(2);
  assertEquals(yield* wait(parent), [1, 2]);
});

caseTest("tasks.BaseTaskTests.shield_coroutine_without_loop", () => {
  const inner = sleep(0, 42);
  let error: unknown;
  try {
    shield(inner);
  } catch (thrown) {
    error = thrown;
  }
  assertInstanceOf(error, RuntimeError);
  assertEquals(error.message.includes("loop"), true);
});

inBoth(
  "tasks.BaseTaskTests.shield_coroutine_use_running_loop",
  function* (style) {
    const coro = style.fn(function* () {
      yield* wait(sleep(0));
      return 42;
    });
    const outer = shield(coro);
    assertStrictEquals(outer.getLoop(), getRunningLoop());
    assertEquals(yield* wait(outer), 42);
  },
);

caseTest(
  "tasks.BaseTaskTests.shield_coroutine_use_global_loop",
  () =>
    withLoop(async (loop) => {
      setEventLoop(loop);
      const outer = shield(async () => {
        await sleep(0);
        return 42;
      });
      assertStrictEquals(outer.getLoop(), loop);
      assertEquals(await loop.runUntilComplete(outer), 42);
    }),
);
