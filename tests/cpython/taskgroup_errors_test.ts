import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelledError,
  createTask,
  KeyboardInterrupt,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
} from "../../mod.ts";
import {
  CustomError,
  errorTypes,
  failAfter,
  failInCleanup,
  GroupCases,
  pause,
  tellOfCancel,
  ZeroDivisionError,
} from "./_groups.ts";
import { failureOf, type Program, type Style, wait } from "./_program.ts";

const cases = new GroupCases();

/** Runs a group in a task of its own, which is cancelled after some time. */
function* cancelledRun(
  style: Style,
  seconds: number,
  body: (group: TaskGroup) => Program<void>,
): Program<unknown> {
  const runner = createTask(taskGroup(style.fn(body)));
  yield* wait(sleep(seconds));
  assert(!runner.done());
  runner.cancel();
  return yield* failureOf(runner);
}

cases.add("taskgroup_01", function* (style) {
  const [one, two] = yield* wait(taskGroup(style.fn(function* (group) {
    return [
      group.createTask(pause(style, 0.1, 42)),
      group.createTask(pause(style, 0.2, 11)),
    ] as const;
  })));
  assertEquals([one.result(), two.result()], [42, 11]);
});

cases.add("taskgroup_02", function* (style) {
  const [one, two] = yield* wait(taskGroup(style.fn(function* (group) {
    const one = group.createTask(pause(style, 0.1, 42));
    yield* wait(sleep(0.15));
    return [one, group.createTask(pause(style, 0.2, 11))] as const;
  })));
  assertEquals([one.result(), two.result()], [42, 11]);
});

cases.add("taskgroup_03", function* (style) {
  const [one, two] = yield* wait(taskGroup(style.fn(function* (group) {
    const one = group.createTask(pause(style, 1, 42));
    yield* wait(sleep(0.15));
    one.cancel();
    return [one, group.createTask(pause(style, 0.2, 11))] as const;
  })));
  assert(one.cancelled());
  assertEquals(two.result(), 11);
});

cases.add("taskgroup_04", function* (style) {
  let cancelled = false;
  let wentOn = false;
  let sibling: Task<void> | undefined;
  const runner = createTask(style.fn(function* () {
    yield* wait(taskGroup(style.fn(function* (group) {
      group.createTask(failAfter(style, 0.1));
      sibling = group.createTask(
        tellOfCancel(style, 1, () => cancelled = true),
      );
    })));
    wentOn = true;
  }));
  const error = yield* failureOf(runner);
  assertEquals(errorTypes(error), new Set([ZeroDivisionError]));
  assert(cancelled && !wentOn);
  assert(sibling!.cancelled());
});

cases.add("cancel_children_on_child_error", function* (style) {
  const cancelled: string[] = [];
  const error = yield* failureOf(
    createTask(taskGroup(style.fn(function* (group) {
      for (let i = 0; i < 3; i++) group.createTask(failAfter(style, 0.1));
      group.createTask(tellOfCancel(style, 5, () => cancelled.push("child")));
      try {
        yield* wait(sleep(10));
      } catch (error) {
        cancelled.push("body");
        throw error;
      }
    }))),
  );
  assertEquals(errorTypes(error), new Set([ZeroDivisionError]));
  assertEquals(new Set(cancelled), new Set(["child", "body"]));
});

cases.add("cancellation", function* (style) {
  let count = 0;
  const error = yield* cancelledRun(style, 0.1, function* (group) {
    for (let i = 0; i < 5; i++) {
      group.createTask(tellOfCancel(style, 5, () => count++));
    }
  });
  assertInstanceOf(error, CancelledError);
  assertEquals(count, 5);
});

cases.add("taskgroup_07", function* (style) {
  let count = 0;
  const error = yield* cancelledRun(style, 0.1, function* (group) {
    for (let i = 0; i < 5; i++) {
      group.createTask(tellOfCancel(style, 5, () => count++));
    }
    try {
      yield* wait(sleep(10));
    } catch (error) {
      count += 10;
      throw error;
    }
  });
  assertInstanceOf(error, CancelledError);
  assertEquals(count, 15);
});

/** A body that fails after some time cancels its children. */
function* failingBody(style: Style, seconds: number): Program<void> {
  const tasks: Task<unknown>[] = [];
  const error = yield* failureOf(taskGroup(style.fn(function* (group) {
    tasks.push(group.createTask(pause(style, 1, 42)) as Task<unknown>);
    tasks.push(group.createTask(pause(style, 2, 11)) as Task<unknown>);
    if (seconds > 0) yield* wait(sleep(seconds));
    throw new ZeroDivisionError();
  })));
  assertEquals(errorTypes(error), new Set([ZeroDivisionError]));
  assertEquals(tasks.map((task) => task.cancelled()), [true, true]);
}

cases.add("taskgroup_09", (style) => failingBody(style, 0.1));

cases.add("taskgroup_10", (style) => failingBody(style, 0));

/** Children of an inner group fail when the outer task is cancelled. */
function* failInInnerGroup(
  style: Style,
  inOuter: (group: TaskGroup) => void,
): Program<void> {
  const error = yield* cancelledRun(style, 0.1, function* (outer) {
    inOuter(outer);
    yield* wait(taskGroup(style.fn(function* (inner) {
      for (let i = 0; i < 5; i++) inner.createTask(failInCleanup(style));
      yield* wait(sleep(10));
    })));
  });
  assertEquals(errorTypes(error), new Set([AggregateError]));
  const [part] = (error as AggregateError).errors;
  assertEquals(errorTypes(part), new Set([ZeroDivisionError]));
}

cases.add("taskgroup_11", (style) => failInInnerGroup(style, () => {}));

cases.add(
  "taskgroup_12",
  (style) =>
    failInInnerGroup(style, (outer) => {
      outer.createTask(pause(style, 10, undefined));
    }),
);

/** One child of the outer group and one of the inner group fail, the first of them first. */
function crashing(
  style: Style,
  outerDelay: number,
  innerDelay: number,
): Program<unknown> {
  return failureOf(createTask(taskGroup(style.fn(function* (outer) {
    outer.createTask(failAfter(style, outerDelay, RangeError));
    yield* wait(taskGroup(style.fn(function* (inner) {
      inner.createTask(failAfter(style, innerDelay, RangeError));
    })));
  }))));
}

cases.add("taskgroup_13", function* (style) {
  const error = yield* crashing(style, 0.1, 10);
  assertEquals(errorTypes(error), new Set([RangeError]));
});

cases.add("taskgroup_14", function* (style) {
  const error = yield* crashing(style, 10, 0.1);
  assertEquals(errorTypes(error), new Set([AggregateError]));
  const [part] = (error as AggregateError).errors;
  assertEquals(errorTypes(part), new Set([RangeError]));
});

/** A body that delays its CancelledError while a child fails. */
function* delayCancel(style: Style, group: TaskGroup): Program<void> {
  group.createTask(failAfter(style, 0.3));
  try {
    yield* wait(sleep(10));
  } catch (error) {
    yield* wait(sleep(0.5));
    throw error;
  }
}

cases.add("taskgroup_15", function* (style) {
  const error = yield* cancelledRun(
    style,
    0.1,
    (group) => delayCancel(style, group),
  );
  assertEquals(errorTypes(error), new Set([ZeroDivisionError]));
});

cases.add("taskgroup_16", function* (style) {
  const runner = createTask(style.fn(function* () {
    const body = style.fn((group: TaskGroup) => delayCancel(style, group));
    yield* wait(createTask(taskGroup(body)));
  }));
  yield* wait(sleep(0.1));
  assert(!runner.done());
  runner.cancel();
  const error = yield* failureOf(runner);
  assertEquals(errorTypes(error), new Set([ZeroDivisionError]));
});

/** A child fails with one error, and the body's clean-up with another. */
function* failTwice(
  style: Style,
  InChild: new () => Error,
  InBody: new () => Error,
): Program<unknown> {
  return yield* failureOf(taskGroup(style.fn(function* (group) {
    group.createTask(failAfter(style, 0.1, InChild));
    yield* wait(failInCleanup(style, InBody)());
  })));
}

cases.add("taskgroup_19", function* (style) {
  const error = yield* failTwice(style, ZeroDivisionError, CustomError);
  assertEquals(errorTypes(error), new Set([ZeroDivisionError, CustomError]));
});

cases.add("taskgroup_20", function* (style) {
  const error = yield* failTwice(style, ZeroDivisionError, KeyboardInterrupt);
  assertInstanceOf(error, KeyboardInterrupt);
});

cases.add("taskgroup_20a", function* (style) {
  // JavaScript has one hierarchy: an error that is no interrupt is in the group.
  const error = yield* failTwice(style, ZeroDivisionError, EvalError);
  assertEquals(errorTypes(error), new Set([ZeroDivisionError, EvalError]));
});

cases.add("taskgroup_21a", function* (style) {
  const error = yield* failTwice(style, EvalError, TypeError);
  assertEquals(errorTypes(error), new Set([EvalError, TypeError]));
});

cases.add("taskgroup_22", function* (style) {
  const error = yield* cancelledRun(style, 0.05, function* (group) {
    group.createTask(pause(style, 1, 42));
    group.createTask(pause(style, 2, 11));
  });
  assertInstanceOf(error, CancelledError);
});

cases.addEager();
