import {
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  coroutine,
  type CoroutineFunction,
  type CoroutineLike,
  ensureFuture,
  EventLoop,
  RuntimeError,
  sleep,
  Task,
  type TaskFactory,
  type TaskOptions,
  VirtualClock,
  type Work,
  type WorkResult,
} from "../../mod.ts";
import { caseTest, recordReports, virtualLoop, withLoop } from "./_both.ts";

class MyTask<T> extends Task<T> {}

caseTest(
  "base_events.BaseEventLoopTests.set_task_factory_invalid",
  () =>
    withLoop((loop) => {
      assertThrows(
        () => loop.setTaskFactory(1 as never),
        TypeError,
        "task factory",
      );
      assertEquals(loop.getTaskFactory(), undefined);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.set_task_factory",
  () =>
    withLoop(async (loop) => {
      const factory: TaskFactory = (loop, coro, options) =>
        new MyTask(coro, { ...options, loop });
      loop.setTaskFactory(factory);
      assertStrictEquals(loop.getTaskFactory(), factory);
      const task = loop.createTask(sleep(0));
      assertInstanceOf(task, MyTask);
      await loop.runUntilComplete(task);

      loop.setTaskFactory(undefined);
      assertEquals(loop.getTaskFactory(), undefined);
      const plain = loop.createTask(sleep(0));
      assertFalse(plain instanceof MyTask);
      await loop.runUntilComplete(plain);
    }),
);

caseTest("base_events.BaseEventLoopTests.create_task", async () => {
  class MyLoop extends EventLoop {
    override createTask<
      T,
      C extends CoroutineLike<unknown> | (() => Work) = never,
    >(
      coro: C | CoroutineLike<T> | CoroutineFunction<T>,
      options: TaskOptions = {},
    ): Task<WorkResult<C, T>> {
      const work = coro as CoroutineFunction<WorkResult<C, T>>;
      return new MyTask(work, { ...options, loop: this });
    }
  }
  using loop = new MyLoop({ clock: new VirtualClock() });
  const task = ensureFuture(sleep(0), { loop });
  assertInstanceOf(task, MyTask);
  await loop.runUntilComplete(task);
});

caseTest("base_events.BaseEventLoopTests.create_task_error_closes_coro", () => {
  const loop = virtualLoop();
  loop.close();
  const work = coroutine(async () => {})();
  assertThrows(() => ensureFuture(work, { loop }), RuntimeError, "closed");
  // Closed: it can't begin any more, and nobody will miss it.
  assertThrows(() => work[Symbol.iterator](), RuntimeError);
});

caseTest(
  "base_events.BaseEventLoopTests.create_named_task_with_default_factory",
  () =>
    withLoop(async (loop) => {
      const task = loop.createTask(sleep(0), { name: "test_task" });
      assertEquals(task.getName(), "test_task");
      await loop.runUntilComplete(task);
      assertEquals(recordReports(loop), []);
    }),
);
