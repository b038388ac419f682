/**
 * A cancel that comes when several calls of `fromSignal()` of one function have their results, which
 * are on their way: each of its functions gets the cancel at its next wait, and no error of theirs
 * is reported as one that nobody has fetched.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  createTask,
  fromSignal,
  Future,
  gather,
  run,
  sleep,
  taskGroup,
  waitFor,
} from "@asyncio/asyncio";
import { afterTurns, byTask, byTimeout, type Cancel } from "./_cancel_ways.ts";
import { RealOrderLoop } from "./_real_order_loop.ts";

const CANCELS: Readonly<Record<string, Cancel>> = {
  "a task": byTask,
  "a timeout()": byTimeout,
  "a task in a group"(work) {
    const task = createTask(() => taskGroup(async () => await work()));
    return [task, () => task.cancel()];
  },
  "a task in waitFor()"(work) {
    const task = createTask(() => waitFor(work, 60));
    return [task, () => task.cancel()];
  },
};

type Calls = Promise<unknown>[];

/** How the functions are awaited that the task calls beside each other. */
const AWAITED: Readonly<Record<string, (calls: Calls) => Promise<unknown>>> = {
  "both": (calls) => Promise.all(calls),
  "the first": async ([first]) => {
    await first;
    await sleep(60);
  },
  "neither": async () => {
    await new Promise<void>((resolve) => setTimeout(resolve));
    await sleep(60);
  },
};

// After so many turns the promises are settled, and the cancel comes.
const TURNS = [[0, 0], [0, 1], [1, 0], [0, 2], [2, 0]] as const;
const LAST_TURN = 5;

for (const [how, cancel] of Object.entries(CANCELS)) {
  for (const [which, wait] of Object.entries(AWAITED)) {
    Deno.test(`${how} is cancelled as two fromSignal() have their results, ${which} awaited: both functions get it`, async () => {
      for (const turns of TURNS) {
        for (let at = 0; at <= LAST_TURN; at++) {
          const slept = await sleepersOf(cancel, wait, turns, at);
          assertEquals(slept, [], `${turns}, cancelled after ${at}`);
        }
      }
    });
  }
}

/** Gives which of the functions have slept to the end. */
async function sleepersOf(
  cancel: Cancel,
  wait: (calls: Calls) => Promise<unknown>,
  turns: readonly [number, number],
  at: number,
): Promise<number[]> {
  const slept: number[] = [];
  await run(async () => {
    const futures = turns.map(() => new Future<void>());
    const work = async (future: Future<void>, index: number) => {
      await fromSignal(async () => await future);
      await sleep(60);
      slept.push(index);
    };
    const [task, end] = cancel(async () => {
      const calls = futures.map(work);
      for (const call of calls) call.catch(() => {});
      await wait(calls);
    });
    await sleep(1);
    futures.forEach((future, index) =>
      afterTurns(turns[index]!, () => future.setResult())
    );
    afterTurns(at, end);
    await Promise.allSettled([task]);
    await sleep(100);
  }, { loopFactory: () => new RealOrderLoop() });
  return slept;
}

/** What may have failed as the task is cancelled that waits for it. */
const FAILING: Readonly<
  Record<string, (future: Future<void>) => PromiseLike<unknown>>
> = {
  "fromSignal()": (future) => fromSignal(async () => await future),
  "fromSignal() of the host": (future) =>
    fromSignal(() => new Promise((_, reject) => void future.catch(reject))),
  "gather()": (future) => gather(future),
};

for (const [name, fail] of Object.entries(FAILING)) {
  Deno.test(`the error of ${name} is not reported when its task is cancelled before it goes on`, async () => {
    const loop = new RealOrderLoop();
    await run(async () => {
      for (let at = 0; at <= LAST_TURN; at++) {
        const future = new Future<void>();
        const task = createTask(async () => await fail(future));
        await sleep(1);
        future.setException(new Error("its own"));
        afterTurns(at, () => task.cancel());
        await Promise.allSettled([task]);
        await sleep(100);
      }
    }, { loopFactory: () => loop });
    assertEquals(loop.reports.map(({ message }) => message), []);
  });
}

Deno.test("the error of gather() is not reported when its task is cancelled again before it goes on", async () => {
  const loop = new RealOrderLoop();
  await run(async () => {
    for (let first = 0; first <= 2; first++) {
      for (let second = first; second <= LAST_TURN; second++) {
        const child = async () => {
          try {
            await sleep(60);
          } finally {
            // deno-lint-ignore no-unsafe-finally
            throw new Error("its own");
          }
        };
        const task = createTask(async () =>
          await gather(child, async () => await sleep(60))
        );
        await sleep(1);
        afterTurns(first, () => task.cancel());
        afterTurns(second, () => task.cancel());
        await Promise.allSettled([task]);
        await sleep(100);
      }
    }
  }, { loopFactory: () => loop });
  assertEquals(loop.reports.map(({ message }) => message), []);
});
