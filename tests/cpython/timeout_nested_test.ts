import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelledError,
  currentTask,
  getRunningLoop,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { failureOf, inBoth, type Program, wait } from "./_program.ts";
import { causeOf, sleeper, ZeroDivisionError } from "./_timeouts.ts";

inBoth("timeouts.TimeoutTests.nested_timeouts_concurrent", function* (style) {
  let seenInside: unknown;
  const error = yield* failureOf(timeout(
    0.002,
    style.fn(function* () {
      const inner = style.fn(function* () {
        style.busy(0.01);
        yield* wait(sleep(1));
      });
      try {
        yield* wait(timeout(0.1, inner));
      } catch (error) {
        seenInside = error;
        throw error;
      }
    }),
  ));
  assertInstanceOf(seenInside, CancelledError);
  assertInstanceOf(error, TimeoutError);
});

inBoth("timeouts.TimeoutTests.nested_timeouts_loop_busy", function* (style) {
  const loop = getRunningLoop();
  const start = loop.time();
  let seenInside: unknown;
  const error = yield* failureOf(timeout(
    0.1,
    style.fn(function* () {
      const inner = style.fn(function* () {
        // Less than in CPython's test, where both may be due in one turn, which
        // its assertions let pass.
        style.busy(0.09);
        yield* wait(sleep(1));
      });
      seenInside = yield* failureOf(timeout(0.01, inner));
      yield* wait(sleep(10));
    }),
  ));
  assertInstanceOf(seenInside, TimeoutError);
  assertInstanceOf(error, TimeoutError);
  assert(loop.time() <= start + 1);
});

inBoth("timeouts.TimeoutTests.nested_timeout_in_finally", function* (style) {
  const [body] = sleeper(style, 10);
  let inner: unknown;
  const outer = yield* failureOf(timeout(
    0.01,
    style.fn(function* () {
      try {
        yield* wait(sleep(1));
      } finally {
        inner = yield* failureOf(timeout(0.01, body));
      }
    }),
  ));
  assertInstanceOf(outer, TimeoutError);
  assertInstanceOf(inner, TimeoutError);
  assertInstanceOf(causeOf(outer), CancelledError);
  assertInstanceOf(causeOf(inner), CancelledError);
  assert(causeOf(inner) !== causeOf(outer));
});

/** Swallows a cancel of the current task, whose count stays. */
function* swallowCancel(): Program<void> {
  currentTask()!.cancel();
  assertInstanceOf(yield* failureOf(sleep(1)), CancelledError);
}

inBoth("timeouts.TimeoutTests.timeout_after_cancellation", function* (style) {
  yield* swallowCancel();
  const [body] = sleeper(style, 1);
  assertInstanceOf(yield* failureOf(timeout(0, body)), TimeoutError);
});

inBoth(
  "timeouts.TimeoutTests.cancel_in_timeout_after_cancellation",
  function* (style) {
    yield* swallowCancel();
    const body = style.fn(function* () {
      currentTask()!.cancel();
      yield* wait(sleep(2));
    });
    assertInstanceOf(yield* failureOf(timeout(1, body)), CancelledError);
  },
);

inBoth("timeouts.TimeoutTests.timeout_exception_cause", function* (style) {
  const [body] = sleeper(style, 1);
  const error = yield* failureOf(timeout(0, body));
  assertInstanceOf(causeOf(error), CancelledError);
});

inBoth("timeouts.TimeoutTests.timeout_taskgroup", function* (style) {
  const crash = style.fn(function* () {
    try {
      yield* wait(sleep(2));
    } finally {
      // deno-lint-ignore no-unsafe-finally
      throw new ZeroDivisionError();
    }
  });
  const body = style.fn(function* () {
    yield* wait(taskGroup(style.fn(function* (group) {
      group.createTask(crash);
      try {
        throw new RangeError();
      } finally {
        yield* wait(sleep(1));
      }
    })));
  });
  const error = yield* failureOf(timeout(0.01, body));
  assertInstanceOf(error, AggregateError);
  assertEquals(error.errors.length, 1);
  assertInstanceOf(error.errors[0], ZeroDivisionError);
});
