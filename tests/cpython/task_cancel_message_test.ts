import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  getRunningLoop,
  sleep,
  wait,
} from "../../mod.ts";
import { both, errorOf, rejectionOf } from "./_both.ts";

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
