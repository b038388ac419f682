import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  getRunningLoop,
  RuntimeError,
  sleep,
  TaskGroup,
  taskGroup,
  timeout,
  TimeoutError,
} from "../mod.ts";
import {
  failureOf,
  inBoth,
  type Program,
  type StyledFunction,
  wait,
} from "./cpython/_program.ts";
import { slow } from "./_slow_child.ts";

inBoth("taskGroup() gives the result of its body", function* (style) {
  const body = style.fn(function* (): Program<string> {
    return "result";
  });
  assertEquals(yield* wait(taskGroup(body)), "result");
});

inBoth("taskGroup() takes a body that gives a coroutine", function* () {
  assertEquals(yield* wait(taskGroup(() => sleep(1, "result"))), "result");
});

inBoth(
  "taskGroup() counts its errors in the message, and says whose they are",
  function* (style) {
    currentTask()!.setName("parent");
    const fail = style.fn(function* (): Program<void> {
      throw new Error("expected");
    });
    const error = yield* failureOf(taskGroup(style.fn(function* (group) {
      group.createTask(fail, { name: "one" });
      group.createTask(fail, { name: "two" });
      yield* wait(sleep(0));
    })));
    assertInstanceOf(error, AggregateError);
    assertEquals(
      error.message,
      'Unhandled errors in a TaskGroup (2 errors) of parent: one failed with Error("expected"), two failed with Error("expected")',
    );
  },
);

inBoth(
  "taskGroup() tells of the errors of a group in it, and not of its message",
  function* (style) {
    currentTask()!.setName("parent");
    const fail = style.fn(function* (): Program<void> {
      throw new Error("expected");
    });
    const nest = (body: StyledFunction<[TaskGroup], void>) =>
      style.fn(function* () {
        yield* wait(taskGroup(body));
      });
    const innermost = style.fn(function* (group: TaskGroup): Program<void> {
      group.createTask(fail);
      group.createTask(fail);
    });
    const error = yield* failureOf(nest(nest(innermost))());
    assertInstanceOf(error, AggregateError);
    assertEquals(
      error.message,
      'Unhandled errors in a TaskGroup (1 error) of parent: the body failed with AggregateError [Error("expected"), Error("expected")]',
    );
  },
);

inBoth(
  "taskGroup() tells of errors that hold others, themselves, or many",
  function* (style) {
    currentTask()!.setName("parent");
    const circle = new AggregateError([]);
    circle.errors = [circle, ...new Array(9).fill("no")];
    const long = new AggregateError(
      new Array(3).fill(new AggregateError(new Array(3).fill("x".repeat(999)))),
    );
    for (
      const [thrown, words] of [
        [circle, 'AggregateError [..., "no", "no", 7 more]'],
        [long, "AggregateError [AggregateError ["],
        [new AggregateError([], "none"), 'AggregateError("none")'],
        [new AggregateError([1], "one"), 'AggregateError("one") [1]'],
      ] as const
    ) {
      const error = yield* failureOf(taskGroup(style.fn(function* () {
        throw thrown;
      })));
      assertInstanceOf(error, AggregateError);
      assertStringIncludes(error.message, `the body failed with ${words}`);
      assertLess(error.message.length, 400);
    }
  },
);

Deno.test("taskGroup() refuses a body that is no function", () => {
  assertThrows(() => taskGroup(5 as never), TypeError, "5");
  assertThrows(() => new TaskGroup().run(sleep(1) as never), TypeError);
});

inBoth(
  "TaskGroup.cancel() ends the body and the tasks without an error",
  function* (style) {
    const log: string[] = [];
    const result = yield* wait(taskGroup(style.fn(function* (group) {
      group.createTask(slow(style, log));
      getRunningLoop().callLater(1, () => group.cancel());
      yield* wait(slow(style, log, "body")());
      return "not reached";
    })));
    assertEquals(result as unknown, undefined);
    assertEquals(log.toSorted(), ["body cleaned up", "child cleaned up"]);
    assertEquals(currentTask()!.cancelling(), 0);
    yield* wait(sleep(1));
  },
);

inBoth(
  "TaskGroup.cancel() ends the wait at the end of the group",
  function* (style) {
    const log: string[] = [];
    const result = yield* wait(taskGroup(style.fn(function* (group) {
      group.createTask(slow(style, log));
      getRunningLoop().callLater(1, () => group.cancel());
      return "result";
    })));
    assertEquals([result, log], ["result", ["child cleaned up"]]);
    assertEquals(currentTask()!.cancelling(), 0);
  },
);

inBoth(
  "TaskGroup.cancel() may be called twice, early, and late",
  function* (style) {
    const group = new TaskGroup();
    group.cancel();
    group.cancel();
    let begun = false;
    let reached = false;
    yield* wait(group.run(style.fn(function* () {
      begun = true;
      const create = () => group.createTask(sleep(1));
      assertThrows(create, RuntimeError, "shutting down");
      yield* wait(sleep(1));
      reached = true;
    })));
    group.cancel();
    assert(begun && !reached);
    assertEquals(currentTask()!.cancelling(), 0);
  },
);

inBoth("TaskGroup.cancel() lets errors of the clean-up out", function* (style) {
  const error = yield* failureOf(taskGroup(style.fn(function* (group) {
    group.createTask(style.fn(function* () {
      try {
        yield* wait(sleep(9));
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new RangeError("in the clean-up");
      }
    }));
    yield* wait(sleep(1));
    group.cancel();
  })));
  assertInstanceOf(error, AggregateError);
  assertInstanceOf(error.errors[0], RangeError);
});

for (const inBody of [true, false]) {
  const where = inBody ? "in the body" : "at the end";
  inBoth(
    `TaskGroup.cancel() lets a cancel from outside out, ${where}`,
    function* (style) {
      const log: string[] = [];
      let group: TaskGroup | undefined;
      const task = createTask(taskGroup(style.fn(function* (entered) {
        group = entered;
        entered.createTask(slow(style, log));
        if (inBody) yield* wait(sleep(3600));
      })));
      yield* wait(sleep(1));
      group!.cancel();
      task.cancel();
      assertInstanceOf(yield* failureOf(task), CancelledError);
      assertEquals(log, ["child cleaned up"]);
    },
  );
}

inBoth(
  "TaskGroup.cancel() lets a cancel out that comes while it ends",
  function* (style) {
    const log: string[] = [];
    let group: TaskGroup | undefined;
    const task = createTask(taskGroup(style.fn(function* (entered) {
      group = entered;
      entered.createTask(slow(style, log));
      yield* wait(sleep(3600));
    })));
    yield* wait(sleep(1));
    group!.cancel();
    yield* wait(sleep(0.5));
    task.cancel();
    assertInstanceOf(yield* failureOf(task), CancelledError);
    assertEquals(log, ["child cleaned up"]);
  },
);

inBoth(
  "TaskGroup.cancel() swallows its own request alone after an old one",
  function* (style) {
    currentTask()!.cancel();
    assertInstanceOf(yield* failureOf(sleep(1)), CancelledError);
    yield* wait(taskGroup(style.fn(function* (group) {
      group.cancel();
      yield* wait(sleep(1));
    })));
    assertEquals(currentTask()!.cancelling(), 1);
  },
);

inBoth("TaskGroup.cancel() ends a group within a timeout", function* (style) {
  const body = style.fn(function* (group: TaskGroup) {
    group.cancel();
    yield* wait(sleep(9));
  });
  yield* wait(timeout(5, () => taskGroup(body)));
  const slowBody = style.fn(function* (group: TaskGroup) {
    group.createTask(sleep(9));
  });
  const error = yield* failureOf(timeout(5, () => taskGroup(slowBody)));
  assertInstanceOf(error, TimeoutError);
});

inBoth(
  "TaskGroup.cancel() in an eager first step ends that task too",
  function* (style) {
    const group = new TaskGroup();
    let cancelled = false;
    yield* wait(group.run(style.fn(function* () {
      const eager = style.fn(function* () {
        group.cancel();
        cancelled = (yield* failureOf(sleep(3600))) instanceof CancelledError;
      });
      group.createTask(eager, { eagerStart: true });
    })));
    assert(cancelled);
  },
);
