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
  currentTask,
  getRunningLoop,
  sleep,
  type Task,
  type Timeout,
  timeout,
  timeoutAt,
  TimeoutError,
} from "../../mod.ts";
import { failureOf, inBoth, type Program, wait } from "./_program.ts";
import { causeOf, sleeper, ZeroDivisionError } from "./_timeouts.ts";

const KeyError = class extends Error {};

inBoth("timeouts.TimeoutTests.timeout_basic", function* (style) {
  const [body, scope] = sleeper(style, 10);
  assertInstanceOf(yield* failureOf(timeout(0.01, body)), TimeoutError);
  assert(scope().expired());
});

inBoth("timeouts.TimeoutTests.timeout_at_basic", function* (style) {
  const [body, scope] = sleeper(style, 10);
  const deadline = getRunningLoop().time() + 0.01;
  assertInstanceOf(yield* failureOf(timeoutAt(deadline, body)), TimeoutError);
  assert(scope().expired());
  assertEquals(scope().when(), deadline);
});

inBoth("timeouts.TimeoutTests.nested_timeouts", function* (style) {
  const loop = getRunningLoop();
  let cancelled = false;
  const deadline = loop.time() + 0.01;
  const [body, inner] = sleeper(style, 10);
  let outer: Timeout | undefined;
  const error = yield* failureOf(timeoutAt(
    deadline,
    style.fn(function* (scope) {
      outer = scope;
      try {
        yield* wait(timeoutAt(deadline, body));
      } catch (error) {
        cancelled = error instanceof CancelledError;
        throw error;
      }
    }),
  ));
  assert(cancelled);
  assertInstanceOf(error, TimeoutError);
  assert(outer!.expired());
  assert(inner().expired());
});

inBoth("timeouts.TimeoutTests.waiter_cancelled", function* (style) {
  let cancelled = false;
  const body = style.fn(function* () {
    cancelled = (yield* failureOf(sleep(10))) instanceof CancelledError;
    throw new CancelledError();
  });
  assertInstanceOf(yield* failureOf(timeout(0.01, body)), TimeoutError);
  assert(cancelled);
});

inBoth("timeouts.TimeoutTests.timeout_not_called", function* (style) {
  const loop = getRunningLoop();
  const [body, scope] = sleeper(style, 0.01);
  yield* wait(timeout(10, body));
  assertFalse(scope().expired());
  assert(scope().when()! > loop.time());
});

inBoth("timeouts.TimeoutTests.timeout_disabled", function* (style) {
  const [body, scope] = sleeper(style, 0.01);
  yield* wait(timeout(undefined, body));
  assertFalse(scope().expired());
  assertEquals(scope().when(), undefined);
});

inBoth("timeouts.TimeoutTests.timeout_at_disabled", function* (style) {
  const [body, scope] = sleeper(style, 0.01);
  yield* wait(timeoutAt(undefined, body));
  assertFalse(scope().expired());
  assertEquals(scope().when(), undefined);
});

inBoth("timeouts.TimeoutTests.timeout_zero", function* (style) {
  const loop = getRunningLoop();
  const start = loop.time();
  const [body, scope] = sleeper(style, 10);
  assertInstanceOf(yield* failureOf(timeout(0, body)), TimeoutError);
  assert(scope().expired());
  assert(start <= scope().when()! && scope().when()! <= loop.time());
});

inBoth("timeouts.TimeoutTests.timeout_zero_sleep_zero", function* (style) {
  const [body, scope] = sleeper(style, 0);
  assertInstanceOf(yield* failureOf(timeout(0, body)), TimeoutError);
  assert(scope().expired());
});

inBoth(
  "timeouts.TimeoutTests.timeout_in_the_past_sleep_zero",
  function* (style) {
    const start = getRunningLoop().time();
    const [body, scope] = sleeper(style, 0);
    assertInstanceOf(yield* failureOf(timeout(-11, body)), TimeoutError);
    assert(scope().expired());
    assert(scope().when()! < start);
  },
);

inBoth("timeouts.TimeoutTests.foreign_exception_passed", function* (style) {
  let scope: Timeout | undefined;
  const error = new KeyError();
  const body = style.fn(function* (entered: Timeout): Program<void> {
    scope = entered;
    throw error;
  });
  assertStrictEquals(yield* failureOf(timeout(0.01, body)), error);
  assertFalse(scope!.expired());
});

inBoth("timeouts.TimeoutTests.timeout_exception_context", function* (style) {
  const body = style.fn(function* () {
    try {
      throw new ZeroDivisionError();
    } finally {
      yield* wait(sleep(1));
    }
  });
  const error = yield* failureOf(timeout(0.01, body));
  assertInstanceOf(error, TimeoutError);
  assertInstanceOf(causeOf(error), CancelledError);
});

inBoth("timeouts.TimeoutTests.foreign_exception_on_timeout", function* (style) {
  const body = style.fn(function* () {
    try {
      yield* wait(sleep(1));
    } finally {
      // deno-lint-ignore no-unsafe-finally
      throw new ZeroDivisionError();
    }
  });
  const error = yield* failureOf(timeout(0.01, body));
  assertInstanceOf(error, ZeroDivisionError);
});

inBoth(
  "timeouts.TimeoutTests.foreign_exception_on_timeout_2",
  function* (style) {
    const body = style.fn(function* () {
      try {
        try {
          throw new RangeError();
        } finally {
          yield* wait(sleep(1));
        }
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new ZeroDivisionError();
      }
    });
    const error = yield* failureOf(timeout(0.01, body));
    assertInstanceOf(error, ZeroDivisionError);
  },
);

inBoth(
  "timeouts.TimeoutTests.foreign_cancel_doesnt_timeout_if_not_expired",
  function* (style) {
    let scope: Timeout | undefined;
    const body = style.fn(function* (entered: Timeout) {
      scope = entered;
      currentTask()!.cancel();
      yield* wait(sleep(10));
    });
    assertInstanceOf(yield* failureOf(timeout(10, body)), CancelledError);
    assertFalse(scope!.expired());
  },
);

inBoth("timeouts.TimeoutTests.outer_task_is_not_cancelled", function* (style) {
  const [body] = sleeper(style, 10);
  const task: Task<void> = createTask(style.fn(function* () {
    assertInstanceOf(yield* failureOf(timeout(0.001, body)), TimeoutError);
  }));
  yield* wait(task);
  assertFalse(task.cancelled());
  assert(task.done());
});
