import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  CancelledError,
  type Coro,
  createTask,
  currentTask,
  Future,
  getRunningLoop,
  KeyboardInterrupt,
  sleep,
  Task,
} from "../../mod.ts";
import { both, caseTest, errorOf, rejectionOf, withLoop } from "./_both.ts";

function assertCancelled(error: unknown): void {
  assertInstanceOf(error, CancelledError);
  assertEquals(error.message, "");
  assertEquals(error.cause, undefined);
}

both("tasks.BaseTaskTests.cancel_inner_future", {
  *generator() {
    const future = new Future();
    const task = createTask(function* () {
      yield* future;
      return 12;
    });
    yield* sleep(0);
    future.cancel();
    assertCancelled(yield* errorOf(task));
    assert(future.cancelled());
    assert(task.cancelled());
  },
  async async() {
    const future = new Future();
    const task = createTask(async () => {
      await future;
      return 12;
    });
    await sleep(0);
    future.cancel();
    assertCancelled(await rejectionOf(task));
    assert(future.cancelled());
    assert(task.cancelled());
  },
});

both("tasks.BaseTaskTests.cancel_task_catching", {
  *generator() {
    const [one, two] = [new Future<void>(), new Future()];
    const task = createTask(function* (): Coro<number | undefined> {
      yield* one;
      assertCancelled(yield* errorOf(two));
      return 42;
    });
    one.setResult();
    yield* sleep(0);
    task.cancel();
    assert(two.cancelled());
    assertEquals(yield* task, 42);
    assertFalse(task.cancelled());
  },
  async async() {
    const [one, two] = [new Future<void>(), new Future()];
    const task = createTask(async () => {
      await one;
      assertCancelled(await rejectionOf(two));
      return 42;
    });
    one.setResult();
    await sleep(0.1);
    task.cancel();
    assert(two.cancelled());
    assertEquals(await task, 42);
    assertFalse(task.cancelled());
  },
});

both("tasks.BaseTaskTests.cancel_current_task", {
  *generator() {
    const loop = getRunningLoop();
    const task: Task<number> = createTask(function* (): Coro<number> {
      task.cancel();
      assertEquals(task.cancelling(), 1);
      yield* sleep(100);
      return 12;
    });
    assertCancelled(yield* errorOf(task));
    assertEquals(loop.time(), 0);
    assert(task.cancelled());
    assertFalse(task.cancel());
  },
  async async() {
    const loop = getRunningLoop();
    const task: Task<number> = createTask(async (): Promise<number> => {
      task.cancel();
      assertEquals(task.cancelling(), 1);
      await sleep(100);
      return 12;
    });
    assertCancelled(await rejectionOf(task));
    assertEquals(loop.time(), 0);
    assert(task.cancelled());
    assertFalse(task.cancel());
  },
});

both("tasks.BaseTaskTests.cancel_at_end", {
  *generator() {
    const task: Task<number> = createTask(function* (): Coro<number> {
      task.cancel();
      return 12;
    });
    assertCancelled(yield* errorOf(task));
    assert(task.cancelled());
    assertFalse(task.cancel());
  },
  async async() {
    const task: Task<number> = createTask(async (): Promise<number> => {
      await sleep(0);
      task.cancel();
      return 12;
    });
    assertCancelled(await rejectionOf(task));
    assert(task.cancelled());
    assertFalse(task.cancel());
  },
});

both("tasks.BaseTaskTests.cancel_awaited_task", {
  *generator() {
    const future = new Future();
    const nested = createTask(function* () {
      return yield* future;
    });
    const outer = createTask(function* () {
      yield* sleep(0);
      currentTask()!.cancel();
      return yield* nested;
    });
    assertCancelled(yield* errorOf(outer));
    assert(future.cancelled());
    assert(nested.cancelled());
    assert(outer.cancelled());
  },
  async async() {
    const future = new Future();
    const nested = createTask(async () => await future);
    const outer = createTask(async () => {
      await sleep(0);
      currentTask()!.cancel();
      return await nested;
    });
    assertCancelled(await rejectionOf(outer));
    assert(future.cancelled());
    assert(nested.cancelled());
    assert(outer.cancelled());
  },
});

both("tasks.BaseTaskTests.task_cancel_sleeping_task", {
  *generator() {
    const loop = getRunningLoop();
    const outer = createTask(function* () {
      const sleeper = createTask(sleep(5000));
      loop.callLater(0.1, () => sleeper.cancel());
      try {
        yield* sleeper;
      } catch (error) {
        assertCancelled(error);
        return "cancelled";
      }
    });
    assertEquals(yield* outer, "cancelled");
    assertEquals(loop.time(), 0.1);
    assertFalse(outer.cancelled());
  },
  async async() {
    const loop = getRunningLoop();
    const outer = createTask(async () => {
      const sleeper = createTask(async () => await sleep(5000));
      loop.callLater(0.1, () => sleeper.cancel());
      try {
        await sleeper;
      } catch (error) {
        assertCancelled(error);
        return "cancelled";
      }
    });
    assertEquals(await outer, "cancelled");
    assertEquals(loop.time(), 0.1);
    assertFalse(outer.cancelled());
  },
});

// Python's SystemExit; here an interrupt is the error that no task keeps for itself.
caseTest(
  "tasks.BaseTaskTests.baseexception_during_cancel",
  () =>
    withLoop(async (loop) => {
      const interrupt = new KeyboardInterrupt();
      const task = new Task(function* () {
        try {
          yield* sleep(1000);
        } catch {
          throw interrupt;
        }
      }, { loop });
      await loop.runUntilComplete(sleep(0));
      task.cancel();
      assertStrictEquals(
        await assertRejects(() => loop.runUntilComplete(task)),
        interrupt,
      );
      assert(task.done());
      assertFalse(task.cancelled());
      assertStrictEquals(task.exception(), interrupt);
    }),
);

both("tasks.BaseTaskTests.yield_future_passes_cancel", {
  *generator() {
    const waiter = new Future();
    let proof = 0;
    function* inner(): Coro<void> {
      try {
        yield* waiter;
      } catch (error) {
        assertCancelled(error);
        proof += 1;
        throw error;
      }
    }
    const outer = createTask(function* (): Coro<void> {
      assertCancelled(yield* errorOf(inner()));
      proof += 100;
    });
    yield* sleep(0);
    outer.cancel();
    yield* outer;
    assertEquals(proof, 101);
    assert(waiter.cancelled());
  },
  async async() {
    const waiter = new Future();
    let proof = 0;
    async function inner() {
      try {
        await waiter;
      } catch (error) {
        assertCancelled(error);
        proof += 1;
        throw error;
      }
    }
    const outer = createTask(async () => {
      assertCancelled(await rejectionOf(inner()));
      proof += 100;
    });
    await sleep(0);
    outer.cancel();
    await outer;
    assertEquals(proof, 101);
    assert(waiter.cancelled());
  },
});

// JavaScript chains no errors by itself: there is no circle to be made.
both(
  "tasks.BaseTaskTests.exception_chaining_after_await_with_context_cycle",
  {
    *generator() {
      const task = createTask(function* () {
        try {
          throw new RangeError("3");
        } catch (error) {
          yield* sleep(0);
          throw error;
        }
      });
      try {
        throw new RangeError("outer");
      } catch {
        const error = yield* errorOf(task);
        assertInstanceOf(error, RangeError);
        assertEquals(error.cause, undefined);
      }
    },
    async async() {
      const task = createTask(async () => {
        try {
          throw new RangeError("3");
        } catch (error) {
          await sleep(0);
          throw error;
        }
      });
      try {
        throw new RangeError("outer");
      } catch {
        const error = await rejectionOf(task);
        assertInstanceOf(error, RangeError);
        assertEquals(error.cause, undefined);
      }
    },
  },
);

caseTest(
  "tasks.BaseTaskTests.task_cancel_waiter_future",
  () =>
    withLoop(async (loop) => {
      const future = loop.createFuture();
      const task = loop.createTask(function* () {
        return yield* future;
      });
      await loop.runUntilComplete(sleep(0));
      assertStringIncludes(String(task), "wait_for=<Future pending");
      task.cancel();
      await assertRejects(() => loop.runUntilComplete(task));
      assertFalse(String(task).includes("wait_for"));
      assert(future.cancelled());
    }),
);
