/**
 * A function that has called more functions comes to its clean-up later, in the same burst of
 * microtasks: after the scope has ended that has cancelled it. That clean-up is waited for all
 * the same. In real time, where the loop goes on at once: under the virtual clock the host has
 * a turn.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  asCompleted,
  type CancelledError,
  coroutine,
  createTask,
  EventLoop,
  fromSignal,
  gather,
  handleRequests,
  interruptible,
  iterate,
  mapConcurrent,
  race,
  run,
  sleep,
  staggeredRace,
  taskGroup,
  timeout,
  VirtualClock,
  wait,
  waitFor,
} from "@asyncio/asyncio";

const SOON = 0.002;
const LONG = 3600;

/** Waits inside of so many async functions. */
async function waitInside(depth: number): Promise<void> {
  if (depth === 0) await sleep(LONG);
  else await waitInside(depth - 1);
}

type Work = () => Promise<void>;
type Form = (both: () => Promise<unknown>) => unknown;

async function cancelSoon(task: PromiseLike<unknown> & { cancel(): boolean }) {
  await sleep(SOON);
  task.cancel();
  await task.then(() => {}, () => {});
}

/** What cancels two functions that stand beside each other, and then ends. */
const FORMS: Record<string, Form> = {
  "timeout()": (both) => timeout(SOON, both),
  "timeout() in a timeout()": (both) =>
    timeout(LONG, () => timeout(SOON, both)),
  "timeout() round a timeout()": (both) =>
    timeout(SOON, () => timeout(LONG, both)),
  "timeout() of a task": (both) => createTask(() => timeout(SOON, both)),
  "timeout() of a generator task": (both) =>
    createTask(function* () {
      yield* timeout(SOON, both);
    }),
  "timeout() round a scope of a generator": (both) =>
    createTask(function* () {
      yield* timeout(SOON, function* () {
        yield* timeout(LONG, both);
      });
    }),
  "waitFor()": (both) =>
    waitFor(async () => {
      await both();
    }, SOON),
  "a group that fails": (both) =>
    taskGroup(async (group) => {
      group.createTask(async () => {
        await sleep(SOON);
        throw new Error("failed");
      });
      await both();
    }),
  "a group whose task is cancelled": (both) =>
    taskGroup(async (group) => {
      group.createTask(both);
      await sleep(SOON);
      throw new Error("failed");
    }),
  "a cancel of a task": (both) => cancelSoon(createTask(both)),
  "a cancel of a coroutine's task": (both) =>
    cancelSoon(createTask(coroutine(both)())),
  "a cancel of fromSignal()": (both) =>
    cancelSoon(createTask(fromSignal(() => both()))),
  "a cancel of gather() with a limit": (both) =>
    cancelSoon(gather([both], { limit: 1 })),
  "mapConcurrent()": (both) =>
    timeout(SOON, () => mapConcurrent([1], both, { limit: 1 }).collect()),
  "iterate()": (both) =>
    timeout(SOON, async () => {
      const source = async function* () {
        yield await both();
      };
      for await (const _ of iterate(source()));
    }),
  "race()": (both) =>
    race<PromiseLike<unknown>>([createTask(both), sleep(SOON)]),
  "staggeredRace()": (both) =>
    staggeredRace([both, async () => await sleep(SOON)], 0),
  "handleRequests()": (both) =>
    handleRequests(async () => {
      await both();
      return new Response();
    }, { timeout: SOON })(new Request("http://localhost/")),
  "the end of run()": async (both) => {
    createTask(both);
    await sleep(SOON);
  },
  "the end of run(), for a coroutine": async (both) => {
    createTask(coroutine(both)());
    await sleep(SOON);
  },
};

function loopFactory(): EventLoop {
  const loop = new EventLoop();
  loop.setExceptionHandler(() => {});
  return loop;
}

async function isCleanedUp(form: Form, depth: number): Promise<string> {
  let log = "not begun";
  const work: Work = async () => {
    try {
      await waitInside(depth);
    } finally {
      log = "begun";
      try {
        await sleep(SOON);
        log = "cleaned up";
      } catch (error) {
        log = `cut off: ${(error as CancelledError).message}`;
      }
    }
  };
  const both = () => Promise.all([sleep(LONG), work()]);
  await run(async () => {
    await form(both);
  }, { loopFactory }).catch(() => {});
  return log;
}

for (const [name, form] of Object.entries(FORMS)) {
  Deno.test(`${name} cuts off no clean-up that is some calls away`, async () => {
    for (const depth of [0, 1, 2, 3, 5, 7, 31, 64, 200]) {
      assertEquals([depth, await isCleanedUp(form, depth)], [
        depth,
        "cleaned up",
      ]);
    }
  });
}

Deno.test("timeout() that has ended leaves what is begun after it to be cancelled", async () => {
  for (const depth of [0, 1, 3]) {
    let isOver = false;
    await run(async () => {
      const both = () => Promise.all([waitInside(depth), sleep(LONG)]);
      await timeout(SOON, both).catch(() => {});
      const helper = async () => {
        try {
          await waitInside(depth);
        } finally {
          isOver = true;
        }
      };
      void helper().catch(() => {});
    }, { loopFactory });
    assertEquals(isOver, true);
  }
});

Deno.test("wait() sees a task end when its clean-up is over, some calls away", async () => {
  const log: string[] = [];
  await run(async () => {
    const task = createTask(
      coroutine(async () => {
        const work = async () => {
          try {
            await waitInside(3);
          } finally {
            await interruptible(Promise.resolve());
            await sleep(SOON);
            log.push("cleaned up");
          }
        };
        await Promise.all([sleep(LONG), work()]);
      })(),
    );
    await sleep(SOON);
    task.cancel();
    await wait([task]);
    log.push("done");
  }, { loopFactory });
  assertEquals(log, ["cleaned up", "done"]);
});

Deno.test("gather() whose task swallows its cancel ends with the message of that", async () => {
  using loop = new EventLoop({ clock: new VirtualClock() });
  const error = await loop.runUntilComplete(async () => {
    const inner = coroutine(async () => {
      for await (const done of asCompleted([sleep(6)])) done.result();
    });
    const task = createTask(async () => {
      await waitFor(inner(), 1).catch(() => {});
    });
    await sleep(0);
    const both = gather([task, task]);
    both.cancel("stop");
    return await both.then(() => undefined, (error) => error as Error);
  });
  assertEquals(error?.message, "stop");
});
