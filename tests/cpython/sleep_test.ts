import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  createTask,
  DeadlockError,
  EventLoop,
  getRunningLoop,
  run,
  sleep,
  VirtualClock,
} from "../../mod.ts";
import { both, caseTest, errorOf } from "./_both.ts";

both("tasks.BaseTaskTests.sleep", {
  *generator() {
    yield* sleep(0.05);
    assertEquals(yield* sleep(0.05, "yeah"), "yeah");
    assertEquals(getRunningLoop().time(), 0.1);
  },
  async async() {
    await sleep(0.05);
    assertEquals(await sleep(0.05, "yeah"), "yeah");
    assertEquals(getRunningLoop().time(), 0.1);
  },
});

caseTest("tasks.BaseTaskTests.sleep_when_delay_is_nan", () => {
  assertThrows(() => sleep(NaN), RangeError, "NaN");
});

caseTest("tasks.BaseTaskTests.sleep_cancel", async () => {
  const clock = new VirtualClock();
  await assertRejects(
    () =>
      run(function* () {
        const task = createTask(sleep(10));
        yield* sleep(0);
        task.cancel();
        yield* errorOf(task);
        // With the timer gone there is nothing that time could jump to.
        yield* getRunningLoop().createFuture<void>();
      }, { loopFactory: () => new EventLoop({ clock }) }),
    DeadlockError,
  );
  assertEquals(clock.time(), 0);
});

both("tasks.SleepTests.sleep_zero", {
  *generator() {
    let result = 0;
    getRunningLoop().callSoon(() => result++);
    assertEquals(result, 0);
    const num = yield* sleep(0, 10);
    assertEquals(result, 1);
    assertEquals(result + num, 11);
  },
  async async() {
    let result = 0;
    getRunningLoop().callSoon(() => result++);
    assertEquals(result, 0);
    const num = await sleep(0, 10);
    assertEquals(result, 1);
    assertEquals(result + num, 11);
  },
});
