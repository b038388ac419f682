import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import {
  CancelledError,
  type Coro,
  createTask,
  currentTask,
  Future,
  getRunningLoop,
  sleep,
  type Task,
  TimeoutError,
} from "../../mod.ts";
import { both, errorOf, rejectionOf } from "./_both.ts";

both("tasks.BaseTaskTests.uncancel_basic", {
  *generator() {
    const task: Task<void> = createTask(function* (): Coro<void> {
      yield* errorOf(sleep(10));
      currentTask()!.uncancel();
      yield* sleep(10);
    });
    yield* sleep(0);
    assert(task.cancel());
    assertStringIncludes(String(task), "<Task cancelling");
    yield* sleep(0);
    assertEquals(task.cancelling(), 0);
    assertFalse(String(task).includes("cancelling"));
    assertFalse(task.cancelled());
    assert(task.cancel());
    assertEquals(task.cancelling(), 1);
    assertInstanceOf(yield* errorOf(task), CancelledError);
    assertEquals(task.uncancel(), 0);
    assert(task.cancelled() && task.done());
  },
  async async() {
    const task: Task<void> = createTask(async (): Promise<void> => {
      await rejectionOf(sleep(10));
      currentTask()!.uncancel();
      await sleep(10);
    });
    await sleep(0);
    assert(task.cancel());
    assertStringIncludes(String(task), "<Task cancelling");
    await sleep(0.1);
    assertEquals(task.cancelling(), 0);
    assertFalse(String(task).includes("cancelling"));
    assertFalse(task.cancelled());
    assert(task.cancel());
    assertEquals(task.cancelling(), 1);
    assertInstanceOf(await rejectionOf(task), CancelledError);
    assertEquals(task.uncancel(), 0);
    assert(task.cancelled() && task.done());
  },
});

both("tasks.BaseTaskTests.uncancel_structured_blocks", {
  *generator() {
    function* block(delay: number): Coro<void> {
      const task = currentTask()!;
      let expired = false;
      const timer = getRunningLoop().callLater(1, () => {
        expired = true;
        task.cancel();
      });
      try {
        yield* sleep(delay);
      } catch (error) {
        if (!(expired && task.uncancel() === 0)) throw error;
        assertInstanceOf(error, CancelledError);
        throw new TimeoutError();
      } finally {
        timer.cancel();
      }
    }
    function* program(delay: number): Coro<string[]> {
      const steps: string[] = [];
      try {
        yield* block(delay);
        steps.push("block");
      } catch (error) {
        assertInstanceOf(error, TimeoutError);
        steps.push("timed out");
      }
      yield* sleep(1);
      steps.push(`outside, ${currentTask()!.cancelling()} left`);
      return steps;
    }
    assertEquals(yield* createTask(program(10)), [
      "timed out",
      "outside, 0 left",
    ]);
    assertEquals(yield* createTask(program(0.5)), ["block", "outside, 0 left"]);
  },
  async async() {
    async function block(delay: number): Promise<void> {
      const task = currentTask()!;
      let expired = false;
      const timer = getRunningLoop().callLater(1, () => {
        expired = true;
        task.cancel();
      });
      try {
        await sleep(delay);
      } catch (error) {
        if (!(expired && task.uncancel() === 0)) throw error;
        assertInstanceOf(error, CancelledError);
        throw new TimeoutError();
      } finally {
        timer.cancel();
      }
    }
    async function program(delay: number): Promise<string[]> {
      const steps: string[] = [];
      try {
        await block(delay);
        steps.push("block");
      } catch (error) {
        assertInstanceOf(error, TimeoutError);
        steps.push("timed out");
      }
      await sleep(1);
      steps.push(`outside, ${currentTask()!.cancelling()} left`);
      return steps;
    }
    assertEquals(await createTask(() => program(10)), [
      "timed out",
      "outside, 0 left",
    ]);
    assertEquals(await createTask(() => program(0.5)), [
      "block",
      "outside, 0 left",
    ]);
  },
});

both("tasks.BaseTaskTests.uncancel_resets_must_cancel", {
  *generator() {
    const future = new Future<number>();
    const task = createTask(function* () {
      return yield* future;
    });
    yield* sleep(0);
    future.setResult(42);
    assert(task.cancel());
    assertEquals(task.cancelling(), 1);
    assertEquals(task.uncancel(), 0);
    assertEquals(yield* task, 42);
  },
  async async() {
    const future = new Future<number>();
    const task = createTask(async () => await future);
    await sleep(0);
    future.setResult(42);
    assert(task.cancel());
    assertEquals(task.cancelling(), 1);
    assertEquals(task.uncancel(), 0);
    assertEquals(await task, 42);
  },
});
