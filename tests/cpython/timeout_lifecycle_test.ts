import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  getRunningLoop,
  RuntimeError,
  sleep,
  Timeout,
  timeout,
  timeoutAt,
} from "../../mod.ts";
import { failureOf, inBoth, type Program, wait } from "./_program.ts";

inBoth("timeouts.TimeoutTests.reschedule", function* (style) {
  const loop = getRunningLoop();
  const entered = loop.createFuture<Timeout>();
  const first = loop.time() + 10;
  const body = style.fn(function* (scope: Timeout) {
    entered.setResult(scope);
    yield* wait(sleep(50));
  });
  const task = createTask(timeoutAt(first, body));
  const scope = yield* wait(entered);
  assertEquals(scope.when(), first);
  scope.reschedule(first + 20);
  assertEquals(scope.when(), first + 20);
  scope.reschedule(undefined);
  assertEquals(scope.when(), undefined);
  task.cancel();
  assertInstanceOf(yield* failureOf(task), CancelledError);
  assertFalse(scope.expired());
});

inBoth("timeouts.TimeoutTests.timeout_already_entered", function* (style) {
  const empty = style.fn(function* (): Program<void> {});
  let error: unknown;
  const body = style.fn(function* (scope: Timeout) {
    error = yield* failureOf(scope.run(empty));
  });
  yield* wait(timeout(0.01, body));
  assertInstanceOf(error, RuntimeError);
  assert(error.message.includes("has already been entered"));
});

inBoth("timeouts.TimeoutTests.timeout_double_enter", function* (style) {
  const empty = style.fn(function* (): Program<void> {});
  const scope = new Timeout(getRunningLoop().time() + 0.01);
  yield* wait(scope.run(empty));
  const error = yield* failureOf(scope.run(empty));
  assertInstanceOf(error, RuntimeError);
  assert(error.message.includes("has already been entered"));
});

inBoth("timeouts.TimeoutTests.timeout_finished", function* (style) {
  const scope = new Timeout(getRunningLoop().time() + 0.01);
  yield* wait(scope.run(style.fn(function* (): Program<void> {})));
  assertThrows(() => scope.reschedule(0.02), RuntimeError, "finished");
});

inBoth("timeouts.TimeoutTests.timeout_expiring", function* (style) {
  const body = style.fn(function* (scope: Timeout) {
    assertInstanceOf(yield* failureOf(sleep(1)), CancelledError);
    assertThrows(() => scope.reschedule(0.02), RuntimeError, "expiring");
  });
  yield* wait(timeout(0.01, body));
});

inBoth("timeouts.TimeoutTests.timeout_not_entered", function* () {
  const scope = new Timeout(0.01);
  const reschedule = () => scope.reschedule(0.02);
  assertThrows(reschedule, RuntimeError, "has not been entered");
});
