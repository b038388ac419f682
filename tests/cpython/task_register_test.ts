import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  allTasks,
  type Coro,
  createTask,
  currentTask,
  type EventLoop,
  getRunningLoop,
  RuntimeError,
  sleep,
  type Task,
} from "../../mod.ts";
import { both, caseTest, errorOf, virtualLoop, withLoop } from "./_both.ts";

// The registry of a loop, which is a list through the tasks themselves.

class TaskLike {
  done(): boolean {
    return false;
  }
}

class LoopedTaskLike extends TaskLike {
  getLoop(): EventLoop | undefined {
    return undefined;
  }
}

class DoneTaskLike extends TaskLike {
  override done(): boolean {
    return true;
  }
}

function registered(loop: EventLoop, task: TaskLike): number {
  loop._tasks.add(task as Task<unknown>);
  const { size } = allTasks(loop);
  loop._tasks.delete(task as Task<unknown>);
  return size;
}

caseTest(
  "tasks.BaseTaskIntrospectionTests._register_task_1",
  () => withLoop((loop) => assertEquals(registered(loop, new TaskLike()), 1)),
);

caseTest(
  "tasks.BaseTaskIntrospectionTests._register_task_2",
  () =>
    withLoop((loop) => assertEquals(registered(loop, new LoopedTaskLike()), 1)),
);

caseTest(
  "tasks.BaseTaskIntrospectionTests._register_task_3",
  () =>
    withLoop((loop) => assertEquals(registered(loop, new DoneTaskLike()), 0)),
);

caseTest(
  "tasks.BaseTaskIntrospectionTests._unregister_task",
  () =>
    withLoop((loop) => {
      registered(loop, new TaskLike());
      assertEquals(allTasks(loop).size, 0);
    }),
);

caseTest(
  "tasks.BaseTaskIntrospectionTests._unregister_task_not_registered",
  () =>
    withLoop((loop) => {
      const task = loop.createTask(sleep(0));
      loop._tasks.delete(new TaskLike() as Task<unknown>);
      assertEquals([...allTasks(loop)], [task]);
      return loop.runUntilComplete(task);
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
