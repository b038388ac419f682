import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
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
  wait,
} from "../../mod.ts";
import { both, caseTest, errorOf, rejectionOf, withLoop } from "./_both.ts";

function assertCancelled(error: unknown, message = ""): void {
  assertInstanceOf(error, CancelledError);
  assertEquals(error.message, message);
  assertEquals(error.cause, undefined);
}

both("tasks.BaseTaskTests.task_cancel_message_getter", {
  *generator() {
    const task = createTask(sleep(10));
    task.cancel("my message");
    assertCancelled(yield* errorOf(task), "my message");
  },
  async async() {
    const task = createTask(async () => await sleep(10));
    task.cancel("my message");
    assertCancelled(await rejectionOf(task), "my message");
  },
});

both("tasks.BaseTaskTests.cancel", {
  *generator() {
    const task = createTask(function* () {
      yield* sleep(10);
      return 12;
    });
    getRunningLoop().callSoon(() => task.cancel());
    assertCancelled(yield* errorOf(task));
    assert(task.done() && task.cancelled());
    assertFalse(task.cancel());
  },
  async async() {
    const task = createTask(async () => {
      await sleep(10);
      return 12;
    });
    getRunningLoop().callSoon(() => task.cancel());
    assertCancelled(await rejectionOf(task));
    assert(task.done() && task.cancelled());
    assertFalse(task.cancel());
  },
});

// What cancel() is given, and the message that comes out.
const MESSAGES: [given: [unknown?], message: string][] = [
  [[], ""],
  [[undefined], ""],
  [[null], ""],
  [["my message"], "my message"],
  [[5], "5"],
];

both("tasks.BaseTaskTests.cancel_with_message_then_future_result", {
  *generator() {
    for (const [given, message] of MESSAGES) {
      const task = createTask(sleep(10));
      yield* sleep(0);
      task.cancel(...given as [string?]);
      yield* wait([task]);
      const reader = createTask(function* () {
        return task.result();
      });
      assertCancelled(yield* errorOf(reader), message);
    }
  },
  async async() {
    for (const [given, message] of MESSAGES) {
      const task = createTask(async () => await sleep(10));
      await sleep(0);
      task.cancel(...given as [string?]);
      await wait([task]);
      // deno-lint-ignore require-await
      const reader = createTask(async () => task.result());
      assertCancelled(await rejectionOf(reader), message);
    }
  },
});

both("tasks.BaseTaskTests.cancel_with_message_then_future_exception", {
  *generator() {
    for (const [given, message] of MESSAGES) {
      const task = createTask(sleep(10));
      yield* sleep(0);
      task.cancel(...given as [string?]);
      yield* wait([task]);
      const reader = createTask(function* () {
        return task.exception();
      });
      assertCancelled(yield* errorOf(reader), message);
    }
  },
  async async() {
    for (const [given, message] of MESSAGES) {
      const task = createTask(async () => await sleep(10));
      await sleep(0);
      task.cancel(...given as [string?]);
      await wait([task]);
      // deno-lint-ignore require-await
      const reader = createTask(async () => task.exception());
      assertCancelled(await rejectionOf(reader), message);
    }
  },
});

both("tasks.BaseTaskTests.cancellation_exception_context", {
  *generator() {
    const inner = createTask(sleep(10));
    yield* sleep(0);
    inner.cancel("msg");
    const outer = createTask(function* () {
      try {
        yield* inner;
      } catch (cause) {
        throw new RangeError("outer", { cause });
      }
    });
    const error = yield* errorOf(outer);
    assertInstanceOf(error, RangeError);
    assertCancelled(error.cause, "msg");
  },
  async async() {
    const inner = createTask(async () => await sleep(10));
    await sleep(0);
    inner.cancel("msg");
    const outer = createTask(async () => {
      try {
        await inner;
      } catch (cause) {
        throw new RangeError("outer", { cause });
      }
    });
    const error = await rejectionOf(outer);
    assertInstanceOf(error, RangeError);
    assertCancelled(error.cause, "msg");
  },
});

both("tasks.BaseTaskTests.cancel_with_message_before_starting_task", {
  *generator() {
    let ran = false;
    const task = createTask(function* () {
      ran = true;
    });
    task.cancel("my message");
    yield* wait([task]);
    const reader = createTask(function* () {
      return task.exception();
    });
    assertCancelled(yield* errorOf(reader), "my message");
    assertFalse(ran);
  },
  async async() {
    let ran = false;
    const task = createTask(async () => {
      await sleep(0);
      ran = true;
    });
    task.cancel("my message");
    await wait([task]);
    // deno-lint-ignore require-await
    const reader = createTask(async () => task.exception());
    assertCancelled(await rejectionOf(reader), "my message");
    assertFalse(ran);
  },
});

both("tasks.BaseTaskTests.cancel_yield", {
  *generator() {
    const task = createTask(function* () {
      yield* sleep(0);
      yield* sleep(0);
      return 12;
    });
    yield* sleep(0);
    task.cancel();
    assertCancelled(yield* errorOf(task));
    assert(task.cancelled());
    assertFalse(task.cancel());
  },
  async async() {
    const task = createTask(async () => {
      await sleep(0);
      await sleep(0);
      return 12;
    });
    await sleep(0);
    task.cancel();
    assertCancelled(await rejectionOf(task));
    assert(task.cancelled());
    assertFalse(task.cancel());
  },
});

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
