/**
 * A group that throws errors in place of a cancel asks for it again, while other waits of its
 * task end in the same turn: whoever has got the errors gets the cancel at its next wait.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  createTask,
  type EventLoop,
  run,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { RealOrderLoop } from "./_real_order_loop.ts";

const LONG = 60;

const LOOPS: Readonly<Record<string, () => EventLoop>> = {
  "virtual time": () => new TestLoop(),
  "real order": () => new RealOrderLoop(),
};

/** What a clean-up leaves at the end of a task. */
const LEFT: Readonly<Record<string, (task: Task<void>) => unknown>> = {
  "then()": (task) => task.then(() => {}, () => {}),
  "catch()": (task) => task.catch(() => {}),
  "a helper": async (task) => {
    try {
      await task;
    } catch {
      // It goes on.
    }
  },
};

const SCOPES: Readonly<
  Record<string, (body: () => PromiseLike<void>) => PromiseLike<void>>
> = {
  "taskGroup()": (body) => body(),
  "taskGroup() in a timeout()": (body) => timeout(LONG, body),
};

/** A task that ends so many turns after another. */
function after(task: Task<void>, turns: number): Task<void> {
  let last = task;
  for (let i = 0; i < turns; i++) {
    const before = last;
    last = createTask(async () => {
      try {
        await before;
      } catch {
        // It has ended.
      }
    });
  }
  return last;
}

for (const [order, loopFactory] of Object.entries(LOOPS)) {
  for (const [left, leave] of Object.entries(LEFT)) {
    for (const [scope, inScope] of Object.entries(SCOPES)) {
      Deno.test(`${scope} that fails after a cancel hides it from nobody, whenever ${left} beside it ends, in ${order}`, async () => {
        for (let turns = 0; turns < 5; turns++) {
          await run(async () => {
            let failed: unknown;
            const task = createTask(async () => {
              try {
                await inScope(() =>
                  taskGroup(async (group) => {
                    const failing = group.createTask(async () => {
                      try {
                        await sleep(LONG);
                      } finally {
                        // deno-lint-ignore no-unsafe-finally
                        throw new RangeError("in its clean-up");
                      }
                    });
                    const last = after(failing, turns);
                    try {
                      await sleep(LONG);
                    } finally {
                      void leave(last);
                    }
                  })
                );
              } catch (error) {
                failed = error;
              }
              await sleep(1);
            });
            await sleep(0.5);
            task.cancel();
            await wait([task]);
            assert(failed instanceof AggregateError, String(failed));
            assertEquals([turns, task.cancelled()], [turns, true]);
          }, { loopFactory });
        }
      });
    }
  }
}
