/**
 * Debug mode reports a task that swallows a cancel. The library's own tasks, which end when
 * they are cancelled, are not blamed for that.
 */
import { assertEquals } from "@std/assert";
import {
  asCompleted,
  type Coro,
  coroutine,
  createTask,
  EventLoop,
  every,
  firstSuccess,
  gather,
  iterate,
  mapConcurrent,
  race,
  run,
  sleep,
  staggeredRace,
  timeout,
} from "@asyncio/asyncio";

async function* source(): AsyncGenerator<number> {
  try {
    for (let i = 0; i < 5; i++) {
      await sleep(0.001);
      yield i;
    }
  } finally {
    await sleep(0.001);
  }
}

async function nap(n: number): Promise<number> {
  await sleep(n === 0 ? 0.001 : 60);
  return n;
}

function* napGenerator(n: number): Coro<number> {
  yield* sleep(n === 0 ? 0.001 : 60);
  return n;
}

/** Each leaves something behind that the library cancels. */
const LEAVING: Record<string, (job: typeof nap) => Promise<unknown>> = {
  "mapConcurrent() that is left": async (job) => {
    for await (const _ of mapConcurrent([0, 1, 2, 3], job, { limit: 3 })) break;
  },
  "mapConcurrent() over an async source that is left": async (job) => {
    for await (const _ of mapConcurrent(source(), job, { limit: 3 })) break;
  },
  "mapConcurrent() in a timeout": async (job) => {
    await timeout(0.005, async () => {
      for await (const _ of mapConcurrent([1, 2, 3], job, { limit: 2 }));
    }).catch(() => {});
  },
  "mapConcurrent() with a job that fails": async (job) => {
    const failing = async (n: number) => {
      if (n === 0) throw new Error("fails");
      return await coroutine(job)(n);
    };
    await mapConcurrent([1, 2, 0], failing, { limit: 3 }).collect()
      .catch(() => {});
  },
  "gather() with a limit that is cancelled": async (job) => {
    const task = createTask(() =>
      gather([() => job(1), () => job(2), () => job(3)], { limit: 2 })
    );
    await sleep(0.001);
    task.cancel();
    await task.catch(() => {});
  },
  "race()": async (job) => await race([() => job(0), () => job(1)]),
  "firstSuccess()": async (job) =>
    await firstSuccess([() => job(0), () => job(1)]),
  "staggeredRace()": async (job) =>
    await staggeredRace([() => job(1), () => job(0), () => job(1)], 0.001),
  "staggeredRace() that is cancelled": async (job) => {
    const task = createTask(() =>
      staggeredRace([() => job(1), () => job(2), () => job(3)], 0.001)
    );
    await sleep(0.005);
    task.cancel();
    await task.catch(() => {});
  },
  "staggeredRace() in a timeout": async (job) => {
    await timeout(0.005, async () => {
      await staggeredRace([() => job(1), () => job(2)], 60);
    }).catch(() => {});
  },
  "asCompleted() that is left": async (job) => {
    for await (const _ of asCompleted([() => job(0), sleep(0.002)])) break;
  },
  "iterate() that is left": async () => {
    for await (const _ of iterate(source())) break;
  },
  "every() that is left": async () => {
    for await (const _ of every(0.001)) break;
  },
};

for (const [name, leave] of Object.entries(LEAVING)) {
  for (const [style, job] of Object.entries({ nap, napGenerator })) {
    Deno.test(`debug mode blames nobody for ${name} (${style})`, async () => {
      const reports: string[] = [];
      await run(async () => {
        await leave(job as typeof nap);
        await sleep(0.005);
      }, {
        debug: true,
        loopFactory: () => {
          const loop = new EventLoop();
          loop.slowCallbackDuration = Infinity;
          loop.setExceptionHandler((_, { message }) => reports.push(message));
          return loop;
        },
      });
      assertEquals(reports, []);
    });
  }
}
