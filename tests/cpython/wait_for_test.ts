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
  shield,
  sleep,
  TimeoutError,
  wait as waitForAll,
  waitFor,
} from "../../mod.ts";
import {
  failureOf,
  inBoth,
  type Program,
  type Style,
  type StyledFunction,
  wait,
} from "./_program.ts";

const TASK_TIMEOUT = 0.2;

class FooError extends Error {}

/** Runs for its whole time, however often it is cancelled. */
function slowTask(style: Style): [StyledFunction<[], void>, () => boolean] {
  let exited = false;
  const loop = getRunningLoop();
  const run = style.fn(function* () {
    const end = loop.time() + TASK_TIMEOUT;
    for (;;) {
      const left = end - loop.time();
      if (left <= 0) break;
      try {
        yield* wait(sleep(left));
      } catch (error) {
        assertInstanceOf(error, CancelledError);
      }
    }
    exited = true;
  });
  return [run, () => exited];
}

inBoth(
  "waitfor.AsyncioWaitForTest.asyncio_wait_for_cancelled",
  function* (style) {
    const [run, exited] = slowTask(style);
    const task = createTask(waitFor(run, 2 * TASK_TIMEOUT));
    yield* wait(sleep(0));
    task.cancel();
    yield* wait(waitForAll([task]));
    assert(exited());
  },
);

inBoth(
  "waitfor.AsyncioWaitForTest.asyncio_wait_for_timeout",
  function* (style) {
    const [run, exited] = slowTask(style);
    yield* wait(waitFor(run, TASK_TIMEOUT / 2));
    assert(exited());
  },
);

inBoth(
  "waitfor.AsyncioWaitForTest.wait_for_timeout_less_then_0_or_0_future_done",
  function* () {
    const future = getRunningLoop().createFuture<string>();
    future.setResult("done");
    let others = 0;
    getRunningLoop().callSoon(() => others++);
    assertEquals(yield* wait(waitFor(future, 0)), "done");
    assert(future.done());
  },
);

inBoth(
  "waitfor.AsyncioWaitForTest.wait_for_timeout_less_then_0_or_0_coroutine_do_not_started",
  function* (style) {
    let started = false;
    const foo = style.fn(function* (): Program<void> {
      started = true;
    });
    assertInstanceOf(yield* failureOf(waitFor(foo, 0)), TimeoutError);
    assertFalse(started);
  },
);

/** A coroutine that is slow, and tells whether it runs. */
function tellsRunning(style: Style) {
  let running: boolean | undefined;
  const started = getRunningLoop().createFuture<void>();
  const foo = style.fn(function* () {
    running = true;
    started.setResult(undefined);
    try {
      yield* wait(sleep(10));
    } finally {
      running = false;
    }
    return "done";
  });
  return { foo, started, isRunning: () => running };
}

inBoth(
  "waitfor.AsyncioWaitForTest.wait_for_timeout_less_then_0_or_0",
  function* (style) {
    for (const limit of [0, -1]) {
      const { foo, started, isRunning } = tellsRunning(style);
      const task = createTask(foo);
      yield* wait(started);
      assertInstanceOf(yield* failureOf(waitFor(task, limit)), TimeoutError);
      assert(task.done());
      assert(task.cancelled());
      assertEquals(isRunning(), false);
    }
  },
);

inBoth("waitfor.AsyncioWaitForTest.wait_for", function* (style) {
  const { foo, isRunning } = tellsRunning(style);
  const task = createTask(foo);
  assertInstanceOf(yield* failureOf(waitFor(task, 0.1)), TimeoutError);
  assert(task.done());
  assert(task.cancelled());
  assertEquals(isRunning(), false);
});

inBoth("waitfor.AsyncioWaitForTest.wait_for_blocking", function* (style) {
  const coro = style.fn(function* (): Program<string> {
    return "done";
  });
  assertEquals(yield* wait(waitFor(coro, undefined)), "done");
});

inBoth(
  "waitfor.AsyncioWaitForTest.wait_for_cancellation_race_condition",
  function* (style) {
    const inner = style.fn(function* () {
      assertInstanceOf(yield* failureOf(sleep(1)), CancelledError);
      return 1;
    });
    assertEquals(yield* wait(waitFor(inner, 0.01)), 1);
  },
);

/** A task that needs a moment to end when it is cancelled. */
function slowToEnd(style: Style): [StyledFunction<[], void>, () => boolean] {
  let ended = false;
  const inner = style.fn(function* () {
    try {
      yield* wait(sleep(10));
    } catch (error) {
      assertInstanceOf(error, CancelledError);
      yield* wait(sleep(0.1));
      throw error;
    } finally {
      ended = true;
    }
  });
  return [inner, () => ended];
}

inBoth(
  "waitfor.AsyncioWaitForTest.wait_for_waits_for_task_cancellation",
  function* (style) {
    const [inner, ended] = slowToEnd(style);
    const task = createTask(inner);
    const error = yield* failureOf(waitFor(task, 0.1));
    assertInstanceOf(error, TimeoutError);
    assert(ended());
    assertInstanceOf(error.cause, CancelledError);
  },
);

inBoth(
  "waitfor.AsyncioWaitForTest.wait_for_waits_for_task_cancellation_w_timeout_0",
  function* (style) {
    const [inner, ended] = slowToEnd(style);
    const foo = style.fn(function* () {
      const task = createTask(inner);
      yield* wait(sleep(0.1));
      yield* wait(waitFor(task, 0));
    });
    const error = yield* failureOf(foo());
    assertInstanceOf(error, TimeoutError);
    assert(ended());
    assertInstanceOf(error.cause, CancelledError);
  },
);

inBoth(
  "waitfor.AsyncioWaitForTest.wait_for_reraises_exception_during_cancellation",
  function* (style) {
    const inner = style.fn(function* () {
      try {
        yield* wait(sleep(0.2));
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new FooError();
      }
    });
    const error = yield* failureOf(waitFor(createTask(inner), 0.1));
    assertInstanceOf(error, FooError);
  },
);

inBoth("waitfor.AsyncioWaitForTest.cancel_wait_for", function* (style) {
  const loop = getRunningLoop();
  const task = createTask(style.fn(function* () {
    yield* wait(loop.createFuture<void>());
  }));
  const waiting = createTask(waitFor(task, 60));
  loop.callSoon(() => waiting.cancel());
  assertInstanceOf(yield* failureOf(waiting), CancelledError);
  assert(task.cancelled());
});

inBoth(
  "waitfor.AsyncioWaitForTest.wait_for_cancel_suppressed",
  function* (style) {
    const return42 = style.fn(function* () {
      assertInstanceOf(yield* failureOf(sleep(10)), CancelledError);
      return 42;
    });
    assertEquals(yield* wait(waitFor(return42, 0.1)), 42);
  },
);

inBoth("waitfor.AsyncioWaitForTest.wait_for_issue86296", function* (style) {
  const inner = createTask(style.fn(function* (): Program<string> {
    return "done";
  }));
  let reachedEnd = false;
  const task = createTask(style.fn(function* () {
    yield* wait(waitFor(inner, 100));
    yield* wait(sleep(1));
    reachedEnd = true;
  }));
  assertFalse(task.done());
  yield* wait(sleep(0));
  task.cancel();
  assertInstanceOf(yield* failureOf(task), CancelledError);
  assert(inner.done());
  assertEquals(yield* wait(inner), "done");
  assertFalse(reachedEnd);
});

inBoth(
  "waitfor.AsyncioWaitForTest.wait_for_self_cancellation",
  function* (style) {
    const inner = createTask(style.fn(function* () {
      yield* wait(sleep(0.3));
      return 42;
    }));
    yield* wait(sleep(0));
    const waiting = createTask(waitFor(inner, 0.1));
    waiting.cancel();
    assertInstanceOf(yield* failureOf(waiting), CancelledError);
    assertEquals(yield* wait(inner), 42);
  },
);

inBoth("waitfor.WaitForShieldTests.zero_timeout", function* (style) {
  const task = createTask(style.fn(function* () {
    yield* wait(sleep(0.01));
    return "done";
  }));
  const shielded = shield(task);
  assertInstanceOf(yield* failureOf(waitFor(shielded, 0)), TimeoutError);
  assertFalse(task.done());
  assertFalse(task.cancelled());
  assert(shielded.cancelled());
  yield* wait(sleep(0.1));
  assert(task.done());
});

inBoth("waitfor.WaitForShieldTests.none_timeout", function* (style) {
  const task = createTask(style.fn(function* () {
    yield* wait(sleep(0.1));
    return "done";
  }));
  yield* wait(waitFor(shield(task), undefined));
  assert(task.done());
  assertEquals(yield* wait(task), "done");
});
