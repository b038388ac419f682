/**
 * A task that fails in the turn in which who waits for it is cancelled: its last wait had ended
 * before, so in CPython it would have failed before. Who waits gets the cancel, and the error
 * is reported.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  CancelledError,
  coroutine,
  createTask,
  Event,
  gather,
  getRunningLoop,
  run,
  shield,
  sleep,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { RealOrderLoop } from "./_real_order_loop.ts";

type Work = () => Promise<void>;

const WAYS: Readonly<Record<string, (work: Work) => PromiseLike<unknown>>> = {
  "a task": (work) => createTask(work),
  "a task in a generator": (work) =>
    coroutine(function* () {
      yield* createTask(work);
    })(),
  "a task in a timeout()": (work) => timeout(60, () => createTask(work)),
  "a task in the function of a timeout()": (work) =>
    timeout(60, async () => await createTask(work)),
  "waitFor() of a task": (work) => waitFor(createTask(work), 60),
  "shield()": (work) => shield(createTask(work)),
  "gather()": (work) => gather(work),
  "gather() of what is done": (work) => gather(sleep(0), work),
  "a task of a task": (work) => createTask(() => createTask(work)),
  "a task of a task of generators": (work) =>
    createTask(function* () {
      yield* createTask(work);
    }),
};

for (const [name, way] of Object.entries(WAYS)) {
  Deno.test(`${name} that fails as it is cancelled does not hide the cancel`, async () => {
    const loop = new RealOrderLoop();
    await run(async () => {
      const event = new Event();
      const task = createTask(async () => {
        try {
          await way(async () => {
            await event.wait();
            throw new RangeError("its own");
          });
        } catch (error) {
          if (error instanceof CancelledError) throw error;
        }
        await sleep(1);
      });
      await sleep(1);
      // One step wakes the work, the next one of that turn cancels who waits for it.
      loop.callSoon(() => {
        event.set();
        getRunningLoop().callSoon(() => task.cancel());
      });
      await wait([task]);
      assert(task.cancelled(), String(task));
    }, { loopFactory: () => loop });
    assertEquals(
      loop.reports.map(({ exception }) => String(exception)),
      ["RangeError: its own"],
    );
  });
}

async function cleansUp(): Promise<void> {
  try {
    await sleep(60);
  } finally {
    await sleep(2);
  }
}

for (const [name, way] of Object.entries(WAYS)) {
  Deno.test(`${name} that has failed, and ends what it has left behind, does not hide the cancel`, async () => {
    const loop = new RealOrderLoop();
    await run(async () => {
      const task = createTask(async () => {
        try {
          await way(async () => {
            void cleansUp();
            await sleep(1);
            throw new RangeError("its own");
          });
        } catch (error) {
          if (error instanceof CancelledError) throw error;
        }
        await sleep(60);
      });
      await sleep(2);
      task.cancel();
      await wait([task]);
      assert(task.cancelled(), String(task));
    }, { loopFactory: () => loop });
    assertEquals(
      loop.reports.map(({ exception }) => String(exception)),
      ["RangeError: its own"],
    );
  });
}
