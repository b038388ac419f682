import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  allTasks,
  type Coro,
  ensureFuture,
  FUTURE_MARKER,
  getRunningLoop,
  isCoroutine,
  RuntimeError,
  setEventLoop,
  sleep,
  Task,
} from "../../mod.ts";
import { both, caseTest, virtualLoop, withLoop } from "./_both.ts";

caseTest("futures.DuckTests.ensure_future", () =>
  withLoop((loop) => {
    class Duck {
      get [FUTURE_MARKER](): true {
        return true;
      }
      getLoop() {
        return loop;
      }
    }
    const duck = new Duck();
    assertStrictEquals(ensureFuture(duck as never) as unknown, duck);
    assertStrictEquals(ensureFuture(duck as never, { loop }) as unknown, duck);
    assertEquals(allTasks(loop).size, 0);
  }));

caseTest(
  "tasks.BaseTaskTests.ensure_future_coroutine",
  () =>
    withLoop(async (loop) => {
      const given = ensureFuture(sleep(0, "ok"), { loop });
      assertInstanceOf(given, Task);
      assertStrictEquals(given.getLoop(), loop);
      assertEquals(await loop.runUntilComplete(given), "ok");

      await loop.runUntilComplete(async () => {
        const inside = ensureFuture(sleep(0));
        assertStrictEquals(inside.getLoop(), loop);
        await inside;
      });

      let started = false;
      function* notStarted(): Coro<void> {
        started = true;
      }
      assertThrows(() => ensureFuture(notStarted()), RuntimeError, "loop");

      setEventLoop(loop);
      const outside = ensureFuture(sleep(0, "ok"));
      assertStrictEquals(outside.getLoop(), loop);
      assertEquals(await loop.runUntilComplete(outside), "ok");
      assertEquals(started, false);
    }),
);

caseTest("tasks.BaseTaskTests.ensure_future_future", () =>
  withLoop((loop) => {
    using other = virtualLoop();
    const future = loop.createFuture();
    assertStrictEquals(ensureFuture(future), future);
    assertStrictEquals(ensureFuture(future, { loop }), future);
    assertThrows(() => ensureFuture(future, { loop: other }), RangeError);
  }));

caseTest(
  "tasks.BaseTaskTests.ensure_future_task",
  () =>
    withLoop(async (loop) => {
      using other = virtualLoop();
      const task = loop.createTask(sleep(0));
      assertStrictEquals(ensureFuture(task), task);
      assertStrictEquals(ensureFuture(task, { loop }), task);
      assertThrows(() => ensureFuture(task, { loop: other }), RangeError);
      await loop.runUntilComplete(task);
    }),
);

/** Python's `__await__`, here: it can be waited for with `await`. */
class Thenable<T> implements PromiseLike<T> {
  readonly #promise: Promise<T>;

  constructor(promise: Promise<T>) {
    this.#promise = promise;
  }

  then: PromiseLike<T>["then"] = (...callbacks) =>
    this.#promise.then(...callbacks);
}

caseTest(
  "tasks.BaseTaskTests.ensure_future_awaitable",
  () =>
    withLoop(async (loop) => {
      const future = ensureFuture(new Thenable(Promise.resolve("ok")), {
        loop,
      });
      await loop.runUntilComplete(future);
      assert(future.done());
      assertEquals(future.result(), "ok");
    }),
);

both("tasks.BaseTaskTests.ensure_future_task_awaitable", {
  *generator() {
    const task = ensureFuture(new Thenable(Promise.resolve("ok")));
    assertInstanceOf(task, Task);
    assertEquals(yield* task, "ok");
    assert(isCoroutine(task.getCoro()));
    assertStrictEquals(task.getLoop(), getRunningLoop());
  },
  async async() {
    const task = ensureFuture(new Thenable(Promise.resolve("ok")));
    assertInstanceOf(task, Task);
    assertEquals(await task, "ok");
    assert(isCoroutine(task.getCoro()));
    assertStrictEquals(task.getLoop(), getRunningLoop());
  },
});

caseTest("tasks.BaseTaskTests.ensure_future_neither", () =>
  withLoop((loop) => {
    setEventLoop(loop);
    assertThrows(() => ensureFuture("ok" as never), TypeError, "ok");
  }));

caseTest(
  "tasks.BaseTaskTests.ensure_future_error_msg",
  () =>
    withLoop((loop) => {
      using other = virtualLoop();
      assertThrows(
        () => ensureFuture(loop.createFuture(), { loop: other }),
        RangeError,
        "belongs to another loop",
      );
    }),
);
