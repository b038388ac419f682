/** Cancels some microtasks after each step of a loop in the order of real time. */
import {
  asCompleted,
  createTask,
  currentTask,
  race,
  sleep,
  timeout,
} from "@asyncio/asyncio";
import { sweepCancels } from "./_cancel_sweep.ts";
import { deep } from "./_microtasks.ts";

const HOPS = [0, 1, 2, 3, 4, 5, 6, 8, 13, 21];

async function firstOfTwo(): Promise<void> {
  const tasks = [createTask(async () => {}), createTask(() => sleep(0))];
  for await (const task of asCompleted(tasks)) await task;
}

for (const hops of HOPS) {
  Deno.test(`a function that asks for its signal on its way gets a cancel ${hops} microtasks after a step`, async () => {
    for (const levels of [0, 1, 2, 4]) {
      await sweepCancels((probe) => ({
        tasks: {
          async victim() {
            await deep(levels, async () => {
              await race([
                firstOfTwo,
                () =>
                  timeout(30, async () => await sleep(1), { abandon: true }),
              ]);
              void currentTask()!.signal;
            });
            await sleep(1);
            probe.beginLastWait();
            await sleep(1);
          },
        },
      }), { twice: false, hopsInRealOrder: hops });
    }
  });
}
