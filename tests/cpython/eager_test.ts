import {
  assert,
  assertEquals,
  assertFalse,
  assertGreater,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import {
  allTasks,
  CancelledError,
  ContextVar,
  copyContext,
  type Coro,
  coroutine,
  createEagerTaskFactory,
  createTask,
  currentTask,
  eagerTaskFactory,
  type EventLoop,
  Future,
  getRunningLoop,
  sleep,
  Task,
} from "../../mod.ts";
import { both, caseTest, errorOf, rejectionOf, withLoop } from "./_both.ts";

function eagerly(): EventLoop {
  const loop = getRunningLoop();
  loop.setTaskFactory(eagerTaskFactory);
  return loop;
}

/** Gives the name of the task that runs it. */
const ownName = coroutine(function* () {
  return currentTask()!.getName();
});

// Its body runs in the call, up to its first wait.
async function ownNameAsync(): Promise<string> {
  const name = currentTask()!.getName();
  await Promise.resolve();
  return name;
}

both("tasks.BaseTaskTests.eager_start_true", {
  *generator() {
    const loop = getRunningLoop();
    const options = { loop, eagerStart: true, name: "example" };
    const task = new Task(ownName(), options);
    assert(task.done());
    assertEquals(yield* task, "example");
  },
  async async() {
    const loop = getRunningLoop();
    let name: string | undefined;
    const options = { loop, eagerStart: true, name: "example" };
    const task = new Task(async () => {
      name = currentTask()!.getName();
      await sleep(0);
    }, options);
    assertEquals(name, "example");
    await task;
  },
});

both("tasks.BaseTaskTests.eager_start_false", {
  *generator() {
    const loop = getRunningLoop();
    const options = { loop, eagerStart: false, name: "example" };
    const task = new Task(ownName(), options);
    assertFalse(task.done());
    assertEquals(yield* task, "example");
  },
  async async() {
    const loop = getRunningLoop();
    let started = false;
    const options = { loop, eagerStart: false, name: "example" };
    const task = new Task(() => {
      started = true;
      return ownNameAsync();
    }, options);
    assertFalse(started);
    assertEquals(await task, "example");
  },
});

caseTest("tasks.BaseTaskTests.get_context", () =>
  withLoop(async (loop) => {
    const context = copyContext();
    const task = loop.createTask(sleep(0), { context });
    assertStrictEquals(task.getContext(), context);
    await loop.runUntilComplete(task);
  }));

class MyTask<T> extends Task<T> {}

caseTest(
  "eager_task_factory.EagerTaskFactoryLoopTests.eager_task_factory_set",
  () =>
    withLoop(async (loop) => {
      const factory = createEagerTaskFactory(MyTask);
      loop.setTaskFactory(factory);
      assertStrictEquals(loop.getTaskFactory(), factory);
      await loop.runUntilComplete(function* () {
        const task = createTask(function* () {
          return 1;
        });
        assertInstanceOf(task, MyTask);
        assert(task.done());
        assertEquals(yield* task, 1);
      });
    }),
);

both(
  "eager_task_factory.EagerTaskFactoryLoopTests.await_future_during_eager_step",
  {
    *generator() {
      eagerly();
      const future = new Future<string>();
      const task = createTask(function* () {
        future.setResult("my message");
      });
      assert(task.done());
      assertEquals(yield* future, "my message");
    },
    async async() {
      eagerly();
      const future = new Future<string>();
      // deno-lint-ignore require-await
      createTask(async () => future.setResult("my message"));
      assert(future.done());
      assertEquals(await future, "my message");
    },
  },
);

// An async function's own task is done one microtask later: its promise settles then.
both("eager_task_factory.EagerTaskFactoryLoopTests.eager_completion", {
  *generator() {
    eagerly();
    const task = createTask(function* () {
      return "hello";
    });
    assert(task.done());
    assertEquals(yield* task, "hello");
  },
  async async() {
    eagerly();
    // deno-lint-ignore require-await
    const task = createTask(async () => "hello");
    await Promise.resolve();
    assert(task.done());
    assertEquals(await task, "hello");
  },
});

both("eager_task_factory.EagerTaskFactoryLoopTests.block_after_eager_step", {
  *generator() {
    eagerly();
    const task = createTask(sleep(0.1, "finished"));
    assertFalse(task.done());
    assertEquals(yield* task, "finished");
  },
  async async() {
    eagerly();
    const task = createTask(async () => await sleep(0.1, "finished"));
    assertFalse(task.done());
    assertEquals(await task, "finished");
  },
});

both(
  "eager_task_factory.EagerTaskFactoryLoopTests.cancellation_after_eager_completion",
  {
    *generator() {
      eagerly();
      const task = createTask(function* () {
        return "finished";
      });
      assertFalse(task.cancel());
      assertEquals(yield* task, "finished");
      assertFalse(task.cancelled());
    },
    async async() {
      eagerly();
      // deno-lint-ignore require-await
      const task = createTask(async () => "finished");
      await Promise.resolve();
      assertFalse(task.cancel());
      assertEquals(await task, "finished");
      assertFalse(task.cancelled());
    },
  },
);

both(
  "eager_task_factory.EagerTaskFactoryLoopTests.cancellation_after_eager_step_blocks",
  {
    *generator() {
      eagerly();
      const task = createTask(sleep(0.1));
      task.cancel("cancellation message");
      assertGreater(task.cancelling(), 0);
      const error = yield* errorOf(task);
      assertInstanceOf(error, CancelledError);
      assertEquals(error.message, "cancellation message");
    },
    async async() {
      eagerly();
      const task = createTask(async () => await sleep(0.1));
      task.cancel("cancellation message");
      assertGreater(task.cancelling(), 0);
      const error = await rejectionOf(task);
      assertInstanceOf(error, CancelledError);
      assertEquals(error.message, "cancellation message");
    },
  },
);

both("eager_task_factory.EagerTaskFactoryLoopTests.current_task", {
  *generator() {
    const loop = eagerly();
    const creator = currentTask();
    const task: Task<void> = createTask(function* (): Coro<void> {
      const own = currentTask();
      assert(own !== creator);
      assertStrictEquals(own!.getLoop(), loop);
      yield* sleep(0.1);
      assertStrictEquals(currentTask(), own);
    });
    assertStrictEquals(currentTask(), creator);
    yield* task;
    assertStrictEquals(currentTask(), creator);
  },
  async async() {
    const loop = eagerly();
    const creator = currentTask();
    const task: Task<void> = createTask(async (): Promise<void> => {
      const own = currentTask();
      assert(own !== creator);
      assertStrictEquals(own!.getLoop(), loop);
      await sleep(0.1);
      assertStrictEquals(currentTask(), own);
    });
    assertStrictEquals(currentTask(), creator);
    await task;
    assertStrictEquals(currentTask(), creator);
  },
});

both("eager_task_factory.EagerTaskFactoryLoopTests.all_tasks_with_blocking", {
  *generator() {
    eagerly();
    const future = new Future<void>();
    let during = false;
    const task: Task<void> = createTask(function* (): Coro<void> {
      during = allTasks().has(currentTask()!);
      yield* future;
    });
    assert(during);
    assert(allTasks().has(task));
    future.setResult();
    yield* task;
    assertFalse(allTasks().has(task));
  },
  async async() {
    eagerly();
    const future = new Future<void>();
    let during = false;
    const task: Task<void> = createTask(async (): Promise<void> => {
      during = allTasks().has(currentTask()!);
      await future;
    });
    assert(during);
    assert(allTasks().has(task));
    future.setResult();
    await task;
    assertFalse(allTasks().has(task));
  },
});

both("eager_task_factory.EagerTaskFactoryLoopTests.context_vars", {
  *generator() {
    eagerly();
    const variable = new ContextVar("variable", { default: 0 });
    variable.set(1);
    const task = createTask(function* () {
      assertEquals(variable.get(), 1);
      variable.set(2);
      yield* sleep(0.1);
      assertEquals(variable.get(), 2);
    });
    assertEquals(variable.get(), 1);
    yield* task;
    assertEquals(variable.get(), 1);
  },
  async async() {
    eagerly();
    const variable = new ContextVar("variable", { default: 0 });
    variable.set(1);
    const task = createTask(async () => {
      assertEquals(variable.get(), 1);
      variable.set(2);
      await sleep(0.1);
      assertEquals(variable.get(), 2);
    });
    assertEquals(variable.get(), 1);
    await task;
    assertEquals(variable.get(), 1);
  },
});

caseTest(
  "eager_task_factory.CEagerTaskFactoryLoopTests.issue122332",
  () =>
    withLoop((loop) =>
      loop.runUntilComplete(function* () {
        eagerly();
        const coro = ownName();
        const task = createTask(coro);
        assert(task.done());
        // CPython's C version forgets it; its Python version does not, nor does this.
        assertStrictEquals(task.getCoro(), coro);
      })
    ),
);

both("eager_task_factory.EagerTaskFactoryLoopTests.eager_start_false", {
  *generator() {
    eagerly();
    let name: string | undefined;
    const task = createTask(function* () {
      name = currentTask()!.getName();
    }, { eagerStart: false, name: "example" });
    assertFalse(task.done());
    assertEquals(name, undefined);
    yield* task;
    assertEquals(name, "example");
  },
  async async() {
    eagerly();
    let name: string | undefined;
    const task = createTask(async () => {
      await sleep(0);
      name = currentTask()!.getName();
    }, { eagerStart: false, name: "example" });
    await sleep(0);
    assertEquals(name, undefined);
    await task;
    assertEquals(name, "example");
  },
});

both("eager_task_factory.CEagerTaskFactoryLoopTests.name", {
  *generator() {
    eagerly();
    let name: string | undefined;
    const task = createTask(function* () {
      name = currentTask()!.getName();
      yield* sleep(0);
    }, { name: "test name" });
    assertEquals(name, "test name");
    yield* task;
  },
  async async() {
    eagerly();
    let name: string | undefined;
    const task = createTask(async () => {
      name = currentTask()!.getName();
      await sleep(0);
    }, { name: "test name" });
    assertEquals(name, "test name");
    await task;
  },
});
