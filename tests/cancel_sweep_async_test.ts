/**
 * Cancels async functions at every moment, in the shapes that only they have: waits beside
 * each other, functions that nobody awaits, promises of the host in between.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  allTasks,
  coroutine,
  createTask,
  currentTask,
  fromSignal,
  gather,
  interruptible,
  Queue,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "@asyncio/asyncio";
import {
  type Probe,
  sweepCancels,
  type SweepOptions,
} from "./_cancel_sweep.ts";

type Part = (probe: Probe) => unknown;
type Parts = Readonly<Record<string, Part>>;

const LONG = 30;
const nothing: Part = () => undefined;
const host: Part = (probe) => probe.host();

// Takes the error of what nobody awaits.
const drop = (promise: Promise<unknown>) => void promise.catch(() => {});

/** Does some work and cleans up, as in `finally`. */
async function guarded(
  probe: Probe,
  work: () => unknown,
  cleanUp: () => Promise<void>,
  isAside = false,
) {
  using _ = probe.enter("guarded");
  try {
    await work();
  } catch (error) {
    await probe.cleanUp(cleanUp, isAside);
    throw error;
  }
  await cleanUp();
}

/** What an async function leaves behind before it goes on. */
const ASIDE: Parts = {
  nothing,
  "a helper": (probe) =>
    drop((async () => {
      using _ = probe.enter("helper");
      await sleep(LONG);
    })()),
  "a helper that cleans up": (probe) =>
    drop(guarded(probe, () => sleep(LONG), async () => {
      await sleep(1);
      await sleep(0);
    }, true)),
  "a helper that cleans up for long, with the host in between": (probe) =>
    drop((async () => {
      try {
        await sleep(LONG);
      } finally {
        await sleep(1);
        await probe.host();
        await sleep(LONG);
      }
    })()),
  "a helper that begins with the host": (probe) =>
    drop((async () => {
      await probe.host();
      await sleep(LONG);
    })()),
  "two helpers": (probe) => {
    for (const seconds of [1, LONG]) {
      drop(guarded(probe, () => sleep(seconds), () => sleep(1), true));
    }
  },
  "a scope that nobody awaits": (probe) =>
    drop(
      Promise.resolve(timeout(LONG, () =>
        guarded(
          probe,
          () => sleep(LONG),
          () => sleep(1),
          true,
        ))),
    ),
  "the loser of a race": async () =>
    void await Promise.race([sleep(1), sleep(LONG)]),
  "a signal that was asked for": () => void currentTask()!.signal,
};

/** What it waits for. */
const WAITS: Parts = {
  "sleep()": () => sleep(2),
  "a turn": () => sleep(0),
  "a promise of the host": host,
  "Promise.all()": () => Promise.all([sleep(1), sleep(2), sleep(0)]),
  "Promise.race()": () => Promise.race([sleep(2), sleep(LONG)]),
  "Promise.race() with the host": (probe) =>
    Promise.race([probe.host(), sleep(LONG)]),
  "Promise.any()": () => Promise.any([sleep(2), sleep(1)]),
  "functions side by side": (probe) =>
    Promise.all([
      guarded(probe, () => sleep(2), async () => void await sleep(1)),
      guarded(probe, () => sleep(1), async () => {
        await sleep(0);
        await sleep(1);
      }),
    ]),
  "scopes side by side": (probe) =>
    Promise.all([
      timeout(LONG, () =>
        guarded(probe, () => sleep(2), async () => void await sleep(1))),
      taskGroup(async (group) => {
        group.createTask(async () => {
          using _ = probe.enter("child");
          await sleep(1);
        });
        await sleep(2);
      }),
    ]),
  "a scope that waits for the host": (probe) =>
    timeout(LONG, () => probe.host()),
  "a function in a function": (probe) =>
    guarded(
      probe,
      () => guarded(probe, () => sleep(2), async () => void await sleep(1)),
      async () => void await sleep(1),
    ),
  "a generator": (probe) =>
    coroutine(function* () {
      using _ = probe.enter("generator");
      try {
        yield* sleep(2);
      } finally {
        yield* sleep(1);
        yield* sleep(0);
      }
    })(),
  "waitFor()": () => waitFor(async () => await sleep(2), LONG),
  "gather()": () => gather(sleep(1), async () => await sleep(2)),
  "a task": (probe) =>
    createTask(() =>
      guarded(probe, () => sleep(2), async () => void await sleep(1))
    ),
  "interruptible()": (probe) => interruptible(probe.host()),
  "fromSignal()": (probe) =>
    fromSignal(() => Promise.all([probe.host(), sleep(1)])),
};

/** How it cleans up; each begins with a wait for the library. */
const CLEAN_UPS: Readonly<Record<string, (probe: Probe) => Promise<void>>> = {
  "by waits": async () => {
    await sleep(1);
    await sleep(0);
    await sleep(1);
  },
  "with the host in between": async (probe) => {
    await sleep(0);
    await probe.host();
    await sleep(1);
  },
  "by waits beside each other": async () => {
    await Promise.all([sleep(1), sleep(0), sleep(2)]);
    await sleep(1);
  },
  "in a scope": async (probe) => {
    await timeout(LONG, async () => {
      await sleep(1);
      await probe.host();
      await sleep(1);
    });
    await sleep(1);
  },
  "by a generator and a task": async (probe) => {
    await coroutine(function* () {
      yield* sleep(1);
      yield* sleep(1);
    })();
    await createTask(() => probe.host());
    await sleep(1);
  },
};

interface Shape {
  /** What comes before the work, in order. */
  readonly before?: readonly Part[];
  readonly work?: Part;
  readonly cleanUp?: (probe: Probe) => Promise<void>;
}

async function sweepShape(shape: Shape, options?: SweepOptions): Promise<void> {
  const {
    before = [],
    work = WAITS["sleep()"]!,
    cleanUp = CLEAN_UPS["by waits"]!,
  } = shape;
  await sweepCancels((probe) => ({
    tasks: {
      async victim() {
        for (const part of before) await part(probe);
        await guarded(probe, () => work(probe), () => cleanUp(probe));
        await sleep(1);
      },
    },
    check: () => assertEquals(allTasks().size, 1),
  }), options);
}

const once = { twice: false };

for (const [name, aside] of Object.entries(ASIDE)) {
  Deno.test(`a cancel reaches an async function beside ${name}, and its clean-up once`, async () => {
    for (const work of Object.values(WAITS)) {
      await sweepShape({ before: [aside, host], work }, once);
      await sweepShape({ before: [host, aside], work }, once);
    }
  });

  Deno.test(`two cancels end an async function beside ${name}`, async () => {
    for (const work of Object.values(WAITS)) {
      await sweepShape({ before: [aside], work });
    }
  });

  for (const by of ["timeout", "group"] as const) {
    Deno.test(`the cancel of a ${by} reaches an async function beside ${name}`, async () => {
      for (const work of Object.values(WAITS)) {
        await sweepShape({ before: [aside], work }, { by, ...once });
        await sweepShape({ before: [aside, host], work }, { by, ...once });
      }
      await sweepShape({ before: [aside, host] }, { by });
    });
  }
}

for (const [name, cleanUp] of Object.entries(CLEAN_UPS)) {
  Deno.test(`a clean-up ${name} is cancelled once`, async () => {
    for (const work of Object.values(WAITS)) {
      for (const by of ["task", "timeout", "group"] as const) {
        await sweepShape({ before: [host], work, cleanUp }, { by, ...once });
      }
    }
  });
}

Deno.test("Promise.allSettled() takes the CancelledErrors of its waits", async () => {
  const { cancels } = await sweepCancels((probe) => ({
    tasks: {
      async victim() {
        await probe.host();
        const ended = await Promise.allSettled([
          guarded(probe, () => sleep(2), () => sleep(1)),
          timeout(LONG, () => guarded(probe, () => sleep(1), () => sleep(1))),
          probe.host(),
        ]);
        assertEquals(ended.length, 3);
        await sleep(1);
      },
    },
    mayEnd: (task) => !task.cancelled() && task.exception() === undefined,
  }), once);
  assert(cancels > 5);
});

for (
  const [name, take] of Object.entries({
    "by itself": (queue: Queue<string>) => queue.get(),
    "in a scope": (queue: Queue<string>) =>
      timeout(LONG, async () => await queue.get()),
    "in waitFor()": (queue: Queue<string>) =>
      waitFor(async () => await queue.get(), LONG),
    "in a function": async (queue: Queue<string>) => await queue.get(),
  })
) {
  Deno.test(`an item that a cancelled task waits for ${name} is not lost`, async () => {
    await sweepCancels(() => {
      const queue = new Queue<string>();
      const taken: string[] = [];
      return {
        tasks: {
          async victim() {
            taken.push(await take(queue));
            await sleep(1);
          },
          async giver() {
            await sleep(1);
            await queue.put("item");
          },
        },
        victims: ["victim"],
        check: () => assertEquals([...taken, ...left(queue)], ["item"]),
      };
    });
  });
}

function left(queue: Queue<string>): string[] {
  return queue.empty() ? [] : [queue.getNowait()];
}
