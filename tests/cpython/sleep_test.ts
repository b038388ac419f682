import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  createTask,
  type Delay,
  EventLoop,
  getRunningLoop,
  run,
  sleep,
  type TimerHandle,
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
  const timers: TimerHandle[] = [];
  class Watched extends EventLoop {
    override callLater(delay: Delay, callback: () => void): TimerHandle {
      const timer = super.callLater(delay, callback);
      timers.push(timer);
      return timer;
    }
  }
  await run(function* () {
    const task = createTask(sleep(10));
    yield* sleep(0);
    assertEquals(timers.map((timer) => timer.cancelled()), [false]);
    task.cancel();
    yield* errorOf(task);
    assertEquals(timers.map((timer) => timer.cancelled()), [true]);
  }, { loopFactory: () => new Watched({ clock: new VirtualClock() }) });
  assert(timers[0]!.cancelled());
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
