import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  ContextVar,
  copyContext,
  createTask,
  currentTask,
  Event,
  RuntimeError,
  sleep,
  TaskGroup,
  taskGroup,
} from "../../mod.ts";
import { caseTest } from "./_both.ts";
import {
  CustomError,
  errorTypes,
  failAfter,
  GroupCases,
  pause,
  ZeroDivisionError,
} from "./_groups.ts";
import {
  failureOf,
  type Program,
  type Style,
  type StyledFunction,
  wait,
} from "./_program.ts";

const cases = new GroupCases();

function emptyBody(style: Style): StyledFunction<[TaskGroup], void> {
  return style.fn(function* (): Program<void> {});
}

/** How many tasks a group holds, as it tells itself. */
function tasksOf(group: TaskGroup): number {
  return Number(/tasks=(\d+)/.exec(String(group))?.[1] ?? 0);
}

cases.add("taskgroup_23", function* (style) {
  yield* wait(taskGroup(style.fn(function* (group) {
    for (let count = 0; count < 10; count++) {
      yield* wait(sleep(0.1));
      group.createTask(pause(style, 0.3, undefined));
      if (count === 5) assert(tasksOf(group) < 5);
    }
    yield* wait(sleep(1.35));
    assertEquals(tasksOf(group), 0);
  })));
});

cases.add("taskgroup_25", function* (style) {
  let heads = 0;
  const hydra: StyledFunction<[TaskGroup], void> = style.fn(
    function* (group: TaskGroup) {
      heads++;
      yield* wait(sleep(0.01));
      group.createTask(() => hydra(group));
      group.createTask(() => hydra(group));
    },
  );
  const hercules = style.fn(function* () {
    while (heads < 10) yield* wait(sleep(0.015));
    throw new ZeroDivisionError();
  });
  const error = yield* failureOf(taskGroup(style.fn(function* (group) {
    group.createTask(() => hydra(group));
    group.createTask(hercules);
  })));
  assertEquals(errorTypes(error), new Set([ZeroDivisionError]));
  assert(heads >= 10);
  const seen = heads;
  yield* wait(sleep(1));
  assertEquals(heads, seen);
});

cases.add("taskgroup_task_name", function* (style) {
  yield* wait(taskGroup(style.fn(function* (group) {
    const task = group.createTask(sleep(0), { name: "yolo" });
    assertEquals(task.getName(), "yolo");
  })));
});

cases.add("taskgroup_task_context", function* (style) {
  const variable = new ContextVar<number>("variable");
  const set = (value: number) =>
    style.fn(function* () {
      yield* wait(sleep(0));
      variable.set(value);
    });
  yield* wait(taskGroup(style.fn(function* (group) {
    const context = copyContext();
    assertEquals(context.get(variable), undefined);
    yield* wait(group.createTask(set(1), { context }));
    assertEquals(context.get(variable), 1);
    yield* wait(group.createTask(set(2), { context }));
    assertEquals(context.get(variable), 2);
  })));
});

cases.add("taskgroup_no_create_task_after_failure", function* (style) {
  let refusal: unknown;
  const error = yield* failureOf(taskGroup(style.fn(function* (group) {
    group.createTask(failAfter(style, 0.001));
    group.createTask(style.fn(function* () {
      assertInstanceOf(yield* failureOf(sleep(1)), CancelledError);
      refusal = assertThrows(
        () => group.createTask(failAfter(style, 0.001)),
        RuntimeError,
        "is shutting down",
      );
    }));
  })));
  assertEquals(errorTypes(error), new Set([ZeroDivisionError]));
  assertInstanceOf(refusal, RuntimeError);
});

cases.add("taskgroup_context_manager_exit_raises", function* (style) {
  const main = style.fn(function* () {
    const error = yield* failureOf(taskGroup(style.fn(function* (group) {
      try {
        group.createTask(style.fn(function* (): Program<void> {
          throw new CustomError();
        }));
        yield* wait(sleep(1));
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new CustomError();
      }
    })));
    assertEquals(currentTask()!.cancelling(), 0);
    assertEquals((error as AggregateError).errors.length, 2);
    assertEquals(errorTypes(error), new Set([CustomError]));
  });
  yield* wait(createTask(main));
});

cases.add("taskgroup_already_entered", function* (style) {
  let error: unknown;
  yield* wait(taskGroup(style.fn(function* (group) {
    error = yield* failureOf(group.run(emptyBody(style)));
  })));
  assertInstanceOf(error, RuntimeError);
  assert(error.message.includes("has already been entered"));
});

cases.add("taskgroup_double_enter", function* (style) {
  const group = new TaskGroup();
  yield* wait(group.run(emptyBody(style)));
  const error = yield* failureOf(group.run(emptyBody(style)));
  assertInstanceOf(error, RuntimeError);
  assert(error.message.includes("has already been entered"));
});

/** A group that has ended refuses a coroutine, and closes it. */
function* refuseAtEnd(style: Style): Program<void> {
  const group = new TaskGroup();
  yield* wait(group.run(emptyBody(style)));
  const coro = sleep(0);
  assertThrows(() => group.createTask(coro), RuntimeError, "is finished");
  assertInstanceOf(yield* failureOf(coro), RuntimeError);
}

cases.add("taskgroup_finished", refuseAtEnd);

cases.add("taskgroup_not_entered", function* () {
  const group = new TaskGroup();
  const create = () => group.createTask(sleep(0));
  assertThrows(create, RuntimeError, "has not been entered");
});

caseTest(
  "taskgroups.BaseTestTaskGroup.taskgroup_without_parent_task",
  async () => {
    const group = new TaskGroup();
    // Outside of a task there is nothing that could run the body.
    const entered = async () => await group.run(async () => {});
    await assertRejects(entered, RuntimeError, "outside a task");
    const create = () => group.createTask(sleep(0));
    assertThrows(create, RuntimeError, "has not been entered");
  },
);

cases.add("coro_closed_when_tg_closed", refuseAtEnd);

cases.add("cancelling_level_preserved", function* (style) {
  const error = yield* failureOf(taskGroup(style.fn(function* (group) {
    group.createTask(failAfter(style, 0, RuntimeError));
  })));
  assertEquals(errorTypes(error), new Set([RuntimeError]));
  assertEquals(currentTask()!.cancelling(), 0);
});

cases.add("nested_groups_both_cancelled", function* (style) {
  const error = yield* failureOf(taskGroup(style.fn(function* (outer) {
    const inner = yield* failureOf(taskGroup(style.fn(function* (inner) {
      inner.createTask(failAfter(style, 0, RuntimeError));
      outer.createTask(failAfter(style, 0, RangeError));
    })));
    assertEquals(errorTypes(inner), new Set([RuntimeError]));
    assertEquals(currentTask()!.cancelling(), 1);
  })));
  assertEquals(errorTypes(error), new Set([RangeError]));
  assertEquals(currentTask()!.cancelling(), 0);
});

cases.add("error_and_cancel", function* (style) {
  const event = new Event();
  const raiseError = style.fn(function* () {
    event.set();
    yield* wait(sleep(0));
    throw new RuntimeError();
  });
  let wentOn = false;
  const inner = createTask(style.fn(function* () {
    const error = yield* failureOf(taskGroup(style.fn(function* (group) {
      group.createTask(raiseError);
      yield* wait(sleep(1));
    })));
    assertEquals(errorTypes(error), new Set([RuntimeError]));
    assertEquals(currentTask()!.cancelling(), 1);
    yield* wait(sleep(1));
    wentOn = true;
  }));
  yield* wait(event.wait());
  assertEquals(inner.cancelling(), 0);
  inner.cancel();
  assertEquals(inner.cancelling(), 1);
  assertInstanceOf(yield* failureOf(inner), CancelledError);
  assert(inner.cancelled() && !wentOn);
});

cases.add("name", function* (style) {
  let name: string | undefined;
  const child = style.fn(function* (): Program<void> {
    name = currentTask()!.getName();
  });
  yield* wait(taskGroup(style.fn(function* (group) {
    group.createTask(child, { name: "fine name" });
  })));
  assertEquals(name, "fine name");
});

cases.add("cancels_task_if_created_during_creation", function* (style) {
  let ran = false;
  const later = (seconds: number) =>
    function* (): Program<void> {
      let group: TaskGroup | undefined;
      const fail = style.fn(function* (): Program<void> {
        if (seconds > 0) yield* wait(sleep(0));
        throw new CustomError();
      });
      const creator = style.fn(function* () {
        group!.createTask(fail);
        yield* wait(sleep(0));
        yield* wait(sleep(0));
        yield* wait(sleep(0));
        yield* wait(sleep(60));
        ran = true;
      });
      const error = yield* failureOf(taskGroup(style.fn(function* (entered) {
        group = entered;
        entered.createTask(creator);
      })));
      assertEquals(errorTypes(error), new Set([CustomError]));
      assert(!ran);
    };
  yield* later(0)();
  yield* later(1)();
});

cases.add("cancellation_does_not_leak_out_of_tg", function* (style) {
  const fail = style.fn(function* (): Program<void> {
    throw new CustomError();
  });
  const error = yield* failureOf(taskGroup(style.fn(function* (group) {
    group.createTask(fail);
  })));
  assertEquals(errorTypes(error), new Set([CustomError]));
  yield* wait(sleep(0));
});

cases.addEager();
