/**
 * Growth of async functions that nobody awaits, at the end of their task: see `_growth.ts`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  coroutine,
  createTask,
  type Future,
  gather,
  sleep,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { cpuSeconds, inLoop, linear } from "./_growth.ts";

/** How many begin to wait, each beside as many children: a square of them would be seen. */
const MOST = 10_000;

type Helper = (all: Future<unknown>) => PromiseLike<unknown>;

const generator = coroutine(function* (all: Future<unknown>) {
  yield* all;
});

const helpers: Record<string, Helper> = {
  "an async function": async (all) => await all,
  "an async function with a time limit": async (all) =>
    await timeout(3600, async () => await all),
  "a generator function": async (all) => await generator(all),
  "a generator function with a time limit": async (all) =>
    await timeout(3600, () => generator(all)),
};

for (const [what, helper] of Object.entries(helpers)) {
  linear(
    `${what} of many that are left at a gather() of many`,
    (n) =>
      inLoop(async () => {
        const children = Array.from(
          { length: n },
          () => createTask(sleep(3600)),
        );
        const start = await createTask(async () => {
          const all = gather(...children);
          for (let i = 0; i < n; i++) helper(all).then(() => {}, () => {});
          for (let i = 0; i < 3; i++) await sleep(0);
          return cpuSeconds();
        });
        await wait(children);
        const seconds = cpuSeconds() - start;
        for (const child of children) assertEquals(child.cancelling(), 1);
        return seconds;
      }),
    false,
    MOST,
  );
}
