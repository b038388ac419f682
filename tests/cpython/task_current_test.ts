import {
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  type Coro,
  createTask,
  currentTask,
  Future,
  getRunningLoop,
  RuntimeError,
  sleep,
  type Task,
} from "../../mod.ts";
import { both, caseTest, withLoop } from "./_both.ts";

caseTest("tasks.BaseTaskTests.current_task", () =>
  withLoop(async (loop) => {
    assertEquals(currentTask(loop), undefined);
    const task: Task<void> = loop.createTask(function* (): Coro<void> {
      assertStrictEquals(currentTask(), task);
      assertStrictEquals(currentTask(undefined), task);
      assertStrictEquals(currentTask(loop), task);
    });
    await loop.runUntilComplete(task);
    assertEquals(currentTask(loop), undefined);
  }));

both("tasks.BaseTaskTests.current_task_with_interleaving_tasks", {
  *generator() {
    const [one, two] = [new Future<void>(), new Future<void>()];
    const a: Task<void> = createTask(function* (): Coro<void> {
      assertStrictEquals(currentTask(), a);
      yield* one;
      assertStrictEquals(currentTask(), a);
      two.setResult();
    });
    const b: Task<void> = createTask(function* (): Coro<void> {
      assertStrictEquals(currentTask(), b);
      one.setResult();
      assertStrictEquals(currentTask(), b);
      yield* two;
      assertStrictEquals(currentTask(), b);
    });
    yield* a;
    yield* b;
    assertNotEquals(currentTask(), b);
  },
  async async() {
    const [one, two] = [new Future<void>(), new Future<void>()];
    const a: Task<void> = createTask(async (): Promise<void> => {
      assertStrictEquals(currentTask(), a);
      await one;
      assertStrictEquals(currentTask(), a);
      two.setResult();
    });
    const b: Task<void> = createTask(async (): Promise<void> => {
      assertStrictEquals(currentTask(), b);
      one.setResult();
      assertStrictEquals(currentTask(), b);
      await two;
      assertStrictEquals(currentTask(), b);
    });
    await a;
    await b;
    assertNotEquals(currentTask(), b);
  },
});

caseTest(
  "tasks.BaseCurrentLoopTests.current_task_no_running_loop",
  () => withLoop((loop) => assertEquals(currentTask(loop), undefined)),
);

caseTest(
  "tasks.BaseCurrentLoopTests.current_task_no_running_loop_implicit",
  () => {
    assertThrows(() => currentTask(), RuntimeError, "No running event loop");
  },
);

both("tasks.BaseCurrentLoopTests.current_task_with_implicit_loop", {
  *generator() {
    const task: Task<void> = createTask(function* (): Coro<void> {
      for (const loop of [undefined, getRunningLoop()]) {
        assertStrictEquals(currentTask(loop), task);
      }
    });
    yield* task;
  },
  async async() {
    const task: Task<void> = createTask(async (): Promise<void> => {
      await sleep(0);
      for (const loop of [undefined, getRunningLoop()]) {
        assertStrictEquals(currentTask(loop), task);
      }
    });
    await task;
  },
});
