/** A wait for a plain function, which can be left where it stands at a promise of the host. */
import { assert, assertEquals } from "@std/assert";
import {
  createTask,
  getRunningLoop,
  sleep,
  taskGroup,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

/** What comes to a promise of the host that never settles, sooner or later. */
const WORKS: Readonly<Record<string, (log: string[]) => Promise<unknown>>> = {
  "at once": () => new Promise(() => {}),
  "after microtasks": async () => {
    for (let n = 0; n < 6; n++) await null;
    await new Promise(() => {});
  },
  "after a turn": async () => {
    await sleep(0);
    await new Promise(() => {});
  },
  "after turns, and a clean-up": async (log) => {
    try {
      for (let n = 0; n < 3; n++) await sleep(0);
    } finally {
      await sleep(0);
      log.push("cleaned up");
    }
    await new Promise(() => {});
  },
};

for (const [name, work] of Object.entries(WORKS)) {
  Deno.test(`waitFor() of a plain function ends at a cancel at whatever moment, if the function waits for the host ${name}`, () =>
    runTest(async () => {
      for (let turns = 0; turns < 8; turns++) {
        for (let microtasks = 0; microtasks < 8; microtasks++) {
          for (const isInGroup of [false, true]) {
            const log: string[] = [];
            const waits = async () => await waitFor(() => work(log), 1000);
            const task = createTask(async () => {
              if (!isInGroup) return await waits();
              await taskGroup((group) => group.createTask(waits));
            });
            for (let n = 0; n < turns; n++) await sleep(0);
            for (let n = 0; n < microtasks; n++) await null;
            const before = getRunningLoop().time();
            task.cancel();
            await wait([task], { timeout: 1000 });
            const when = `${turns} turns, ${microtasks} microtasks`;
            assert(task.cancelled(), when);
            assertEquals(getRunningLoop().time(), before, when);
          }
        }
      }
    }));
}
