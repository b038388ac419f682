import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  type CallbackOptions,
  createTask,
  Future,
  getRunningLoop,
  Task,
} from "../../mod.ts";
import { both, caseTest, withLoop } from "./_both.ts";

both("tasks.BaseTaskTests.step_result_future", {
  *generator() {
    const future = new Observed();
    const result = {};
    getRunningLoop().callSoon(() => future.setResult(result));
    assertStrictEquals(yield* future, result);
    assertEquals(future.callbacks, 1);
    assertEquals(yield* createTask(function* () {}), undefined);
  },
  async async() {
    const future = new Observed();
    const result = {};
    getRunningLoop().callSoon(() => future.setResult(result));
    assertStrictEquals(await future, result);
    assertEquals(future.callbacks, 1);
    assertEquals(await createTask(async () => {}), undefined);
  },
});

class Observed extends Future<unknown> {
  callbacks = 0;

  override addDoneCallback(
    callback: (future: this) => void,
    options?: CallbackOptions,
  ): void {
    this.callbacks++;
    super.addDoneCallback(callback, options);
  }
}

class ObservedTask<T> extends Task<T> {
  callbacks = 0;

  override addDoneCallback(
    callback: (future: this) => void,
    options?: CallbackOptions,
  ): void {
    this.callbacks++;
    super.addDoneCallback(callback, options);
  }
}

caseTest(
  "tasks.BaseTaskTests.subclasses_ctask_cfuture",
  () =>
    withLoop(async (loop) => {
      const future = new Observed({ loop });
      const task = new ObservedTask(function* () {
        return yield* future;
      }, { loop });
      loop.callSoon(() => future.setResult(1));
      assertEquals(await loop.runUntilComplete(task), 1);
      assertEquals(task.callbacks, 1);
      assertEquals(future.callbacks, 1);
    }),
);

caseTest("tasks.GenericTaskTests.future_subclass", () => {
  assertStrictEquals(Object.getPrototypeOf(Task), Future);
});
