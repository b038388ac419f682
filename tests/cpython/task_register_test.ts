import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  allTasks,
  type Coro,
  createTask,
  currentTask,
  type EventLoop,
  Future,
  getRunningLoop,
  RuntimeError,
  sleep,
  Task,
  type TaskClass,
} from "../../mod.ts";
import {
  both,
  caseTest,
  errorOf,
  recordReports,
  virtualLoop,
  withLoop,
} from "./_both.ts";

// A task registers itself when it is made, and goes when it ends.

class OwnTask<T> extends Task<T> {}

class LooplessTask<T> extends Task<T> {
  override getLoop(): never {
    throw new RuntimeError("No loop is known");
  }
}

class DoneTask<T> extends Task<T> {
  override done(): boolean {
    return true;
  }
}

/** How many tasks are listed after one of this class was made, which never runs. */
function registered(loop: EventLoop, taskClass: TaskClass): number {
  loop.setExceptionHandler(() => {});
  new taskClass(sleep(0), { loop });
  return allTasks(loop).size;
}

caseTest(
  "tasks.BaseTaskIntrospectionTests._register_task_1",
  () => withLoop((loop) => assertEquals(registered(loop, OwnTask), 1)),
);

caseTest(
  "tasks.BaseTaskIntrospectionTests._register_task_2",
  () => withLoop((loop) => assertEquals(registered(loop, LooplessTask), 1)),
);

caseTest(
  "tasks.BaseTaskIntrospectionTests._register_task_3",
  () => withLoop((loop) => assertEquals(registered(loop, DoneTask), 0)),
);

caseTest(
  "tasks.BaseTaskIntrospectionTests._unregister_task",
  () =>
    withLoop(async (loop) => {
      await loop.runUntilComplete(new OwnTask(sleep(0), { loop }));
      assertEquals(allTasks(loop).size, 0);
    }),
);

caseTest(
  "tasks.BaseTaskIntrospectionTests._unregister_task_not_registered",
  () =>
    withLoop(async (loop) => {
      const reports = recordReports(loop);
      const task = loop.createTask(sleep(10));
      const twice = loop.createTask(sleep(0));
      Future.prototype.cancel.call(twice);
      await loop.runUntilComplete(sleep(1));
      assertEquals(reports.length, 1);
      assertEquals([...allTasks(loop)], [task]);
    }),
);

// A step enters and leaves its task itself.

both("tasks.BaseTaskIntrospectionTests._enter_task", {
  *generator() {
    const task: Task<boolean> = createTask(function* (): Coro<boolean> {
      return currentTask(getRunningLoop()) === task;
    });
    assert(yield* task);
  },
  async async() {
    const task: Task<boolean> = createTask(async (): Promise<boolean> => {
      await sleep(0);
      return currentTask(getRunningLoop()) === task;
    });
    assert(await task);
  },
});

both("tasks.BaseTaskIntrospectionTests._enter_task_failure", {
  *generator() {
    using other = virtualLoop();
    const own = currentTask();
    const refused = other.runUntilComplete(sleep(0));
    assertEquals(currentTask(), own);
    assertInstanceOf(yield* errorOf(createTask(() => refused)), RuntimeError);
  },
  async async() {
    using other = virtualLoop();
    const own = currentTask();
    await assertRejects(() => other.runUntilComplete(sleep(0)), RuntimeError);
    assertEquals(currentTask(), own);
  },
});

both("tasks.BaseTaskIntrospectionTests._leave_task", {
  *generator() {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const loop = getRunningLoop();
    createTask(sleep(0));
    loop.callSoon(() => resolve(currentTask(loop)));
    assertEquals(yield* createTask(() => promise), undefined);
  },
  async async() {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const loop = getRunningLoop();
    createTask(async () => await sleep(0));
    loop.callSoon(() => resolve(currentTask(loop)));
    assertEquals(await promise, undefined);
  },
});

caseTest("tasks.BaseTaskTests.error_in_call_soon", () => {
  const loop = virtualLoop();
  loop.close();
  assertThrows(
    () => new Task(sleep(0), { loop }),
    RuntimeError,
    "Cannot schedule: the event loop is closed",
  );
  assertEquals(allTasks(loop).size, 0);
});
