import { assertRejects } from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  EventLoop,
  getRunningLoop,
  run,
  sleep,
  type Task,
} from "../mod.ts";
import { VirtualClock } from "../clock.ts";

/** Is cancelled at its wait, and ends some time later. */
async function cleansUp(): Promise<void> {
  try {
    await getRunningLoop().createFuture();
  } finally {
    for (let turn = 0; turn < 50; turn++) await sleep(0);
  }
}

Deno.test("the cancel that comes out of a run is not that of a function in another loop, which nobody awaits", async () => {
  let task: Task<void>;

  async function main(): Promise<void> {
    task = createTask(async () => {
      // The host would end the program with what it rejects with, were that not a cancel.
      void cleansUp();
      await getRunningLoop().createFuture();
    });
    await assertRejects(() => task, CancelledError);
    for (let turn = 0; turn < 60; turn++) await sleep(0);
  }

  // Is cancelled in the turn in which it cancels the task of the other loop.
  async function other(): Promise<void> {
    const self = currentTask()!;
    createTask(async () => {
      await sleep(1);
      task.cancel();
    });
    await sleep(0);
    getRunningLoop().callLater(1, () => void self.cancel());
    await sleep(100);
  }

  // In the midst of a turn the host has its own, and the other loop with it.
  const loopFactory = () => new EventLoop({ clock: new VirtualClock() });
  const first = run(main, { loopFactory });
  await assertRejects(() => run(other, { loopFactory }), CancelledError);
  await first;
});
