/**
 * A cancel that finds what is waited for about to give its result: that is kept, and the
 * cancel goes to who waits.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  createTask,
  ensureFuture,
  gather,
  getRunningLoop,
  race,
  run,
  shield,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  waitFor,
} from "@asyncio/asyncio";
import type { Executor } from "../executor.ts";
import { InlineExecutor } from "../inline_executor.ts";

// As many moments as there are between two waits of a loop, several times.
const MOMENTS = 40;

async function ready(): Promise<number> {
  await Promise.resolve();
  return 1;
}

async function turn(): Promise<number> {
  await sleep(0);
  return 1;
}

const executor: Executor<{ ready(): Promise<number>; one(): number }> =
  new InlineExecutor({ ready, one: () => 1 });

/** Each is done soon, again and again. */
const STEPS: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  "createTask() of a ready promise": () => createTask(ready),
  "createTask() of a turn": () => createTask(turn),
  "createTask() of a task": () => createTask(() => createTask(ready)),
  "createTask() of a scope": () => createTask(timeout(9, turn)),
  "gather()": () => gather(ready, turn),
  "shield()": () => shield(turn),
  "timeout()": () => timeout(9, async () => await createTask(turn)),
  "waitFor()": () => waitFor(turn, 9),
  "race()": () => race([turn, ready]),
  "taskGroup()": () =>
    taskGroup(async (group) => {
      await group.createTask(turn);
    }),
  "submit() of an async function": () => executor.submit("ready", []),
  "submit() of a plain function": () => executor.submit("one", []),
};

/** Cancels something after so many turns; says whether it was. */
async function isCancelledAfter(
  turns: number,
  start: () => ReturnType<typeof createTask>,
): Promise<boolean> {
  const task = start();
  for (let i = 0; i < turns; i++) await sleep(0);
  task.cancel();
  for (let i = 0; i < 50 && !task.done(); i++) await sleep(0.001);
  const wasDone = task.cancelled();
  while (!task.done()) {
    task.cancel();
    await sleep(0);
  }
  return wasDone;
}

for (const [name, step] of Object.entries(STEPS)) {
  Deno.test(`a cancel ends a loop over ${name} (async)`, async () => {
    for (let turns = 1; turns <= MOMENTS; turns++) {
      const start = () =>
        createTask(async () => {
          for (;;) await step();
        });
      assert(await run(() => isCancelledAfter(turns, start)), `${turns}`);
    }
  });

  Deno.test(`a cancel ends a loop over ${name} (generator)`, async () => {
    for (let turns = 1; turns <= MOMENTS; turns++) {
      const start = () =>
        createTask(function* () {
          for (;;) yield* ensureFuture(step());
        });
      assert(await run(() => isCancelledAfter(turns, start)), `${turns}`);
    }
  });

  Deno.test(`a deadline ends a loop over ${name}`, async () => {
    for (let i = 0; i < MOMENTS; i++) {
      const error = await run(() =>
        timeout(0.0002 + i / 50_000, async () => {
          for (;;) await step();
        })
      ).then(() => undefined, (error) => error);
      assert(error instanceof TimeoutError, String(error));
    }
  });
}

async function waitInside(
  depth: number,
  wait: () => PromiseLike<number>,
): Promise<number> {
  return depth === 0 ? await wait() : await waitInside(depth - 1, wait);
}

Deno.test("a task whose wait the host has ended keeps its result, through however many calls it comes", async () => {
  for (const depth of [0, 5, 31, 100, 300]) {
    for (const hops of [2, 20, 40, 200]) {
      await run(async () => {
        const future = getRunningLoop().createFuture<number>();
        const task = createTask(() => waitInside(depth, () => future));
        await sleep(0.001);
        setTimeout(async () => {
          future.setResult(1);
          for (let hop = 0; hop < hops; hop++) await undefined;
          task.cancel();
        });
        assertEquals([depth, hops, await task], [depth, hops, 1]);
      });
    }
  }
});
