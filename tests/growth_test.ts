/**
 * Growth: what is done for many costs each of them what it costs one of few. The CPU time
 * of 1,000 and of 100,000 is compared as a ratio, with wide room: a square would be
 * 100 times. The host counts the CPU time of the process, so that of other test files and
 * of the collector is in it: the least of some measurements is what the work itself costs.
 *
 * @module
 */
import { assert } from "@std/assert";
import process from "node:process";
import {
  captureCallGraph,
  Context,
  ContextVar,
  createTask,
  Event,
  formatCallGraph,
  formatTaskTree,
  Future,
  gather,
  getRunningLoop,
  run,
  Semaphore,
  shield,
  sleep,
  type Task,
  wait,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";

const FEW = 1_000;
/** A square would give 100; they give 1 to 7, under load too. */
const ROOM = 20;
/** What is slow by itself is slow in every one of them. */
const MEASUREMENTS = 5;

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Does something n times, and returns the CPU time of what is to be measured. */
type Work = (n: number) => Promise<number> | number;

const MANY = 100_000;

/** Measures as often as it takes for a time that is not noise, and returns it for one. */
async function costOfOne(work: Work, n: number, each = n): Promise<number> {
  let seconds = 0;
  let count = 0;
  while (seconds < 0.02 && count < 200 * each) {
    seconds += await work(n);
    count += each;
  }
  return seconds / count;
}

/**
 * Declares a test.
 *
 * @param name What is measured.
 * @param work Does it n times.
 * @param inGroups Whether it does it for as many groups of n as make {@linkcode MANY}: what
 * takes some nanoseconds is measured in as much memory, since the few would else be in the
 * processor's cache.
 */
function linear(name: string, work: Work, inGroups = false): void {
  const title = `${name} costs each of ${
    MANY.toLocaleString("en-US")
  } what it costs each of 1,000`;
  Deno.test(title, async () => {
    const each = inGroups ? MANY : FEW;
    // The compiler has its turn first.
    await costOfOne(work, FEW, each);
    let few = Infinity;
    for (let i = 0; i < MEASUREMENTS; i++) {
      few = Math.min(few, await costOfOne(work, FEW, each));
    }
    let most = Infinity;
    for (let i = 0; i < MEASUREMENTS && most >= ROOM * few; i++) {
      most = Math.min(most, await costOfOne(work, MANY));
    }
    assert(
      most < ROOM * few,
      `${(most * 1e6).toFixed(2)} µs each, not ${(few * 1e6).toFixed(2)}`,
    );
  });
}

/** Runs `main` in a loop of its own that reports nothing. */
async function inLoop(main: () => Promise<number>): Promise<number> {
  return await run(async () => {
    getRunningLoop().setExceptionHandler(() => {});
    return await main();
  });
}

linear("a task under one AbortSignal", (n) =>
  inLoop(async () => {
    const { signal } = new AbortController();
    const start = cpuSeconds();
    const tasks = Array.from(
      { length: n },
      () => createTask(sleep(0), { signal }),
    );
    await wait(tasks);
    await sleep(0);
    return cpuSeconds() - start;
  }));

linear("a task that one AbortSignal cancels", (n) =>
  inLoop(async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const tasks = Array.from(
      { length: n },
      () => createTask(sleep(3600), { signal }),
    );
    await sleep(0);
    const start = cpuSeconds();
    controller.abort();
    await wait(tasks);
    return cpuSeconds() - start;
  }));

linear("a cancelled shield of one future", (n) =>
  inLoop(async () => {
    const shared = createTask(sleep(3600));
    const users = Array.from(
      { length: n },
      () =>
        createTask(function* () {
          yield* shield(shared);
        }),
    );
    await sleep(0);
    await sleep(0);
    const start = cpuSeconds();
    for (const user of users) user.cancel();
    await wait(users);
    return cpuSeconds() - start;
  }));

linear("a callback that is taken back from one future", (n) =>
  inLoop(() => {
    const groups = Array.from({ length: MANY / n }, () => ({
      future: new Future<void>(),
      callbacks: Array.from({ length: n }, () => () => {}),
    }));
    const start = cpuSeconds();
    for (const { future, callbacks } of groups) {
      for (const callback of callbacks) future.addDoneCallback(callback);
    }
    for (const { future, callbacks } of groups) {
      for (const callback of callbacks) {
        assert(future.removeDoneCallback(callback) === 1);
      }
    }
    return Promise.resolve(cpuSeconds() - start);
  }), true);

linear("a future that many wait for", (n) =>
  inLoop(async () => {
    const future = new Future<void>();
    const users = Array.from({ length: n }, () => createTask(() => future));
    await sleep(0);
    const start = cpuSeconds();
    future.setResult();
    await wait(users);
    return cpuSeconds() - start;
  }));

for (const style of ["generator", "async"]) {
  linear(
    `a step of virtual time beside parked tasks (${style})`,
    async (n) => {
      using loop = new TestLoop();
      loop.setExceptionHandler(() => {});
      return await loop.runUntilComplete(async () => {
        const never = new Event();
        for (let i = 0; i < n; i++) {
          createTask(
            style === "async" ? async () => await never.wait() : never.wait(),
          );
        }
        await sleep(1);
        // The cost of a step is to be the same, whatever n is. The collector, busy with
        // the tasks just made, may have its turn in some of the windows, not in all.
        let seconds = Infinity;
        for (let window = 0; window < 8; window++) {
          const start = cpuSeconds();
          for (let i = 0; i < 100; i++) await sleep(1);
          seconds = Math.min(seconds, cpuSeconds() - start);
        }
        never.set();
        await sleep(1);
        return seconds * n;
      });
    },
  );
}

linear("a cancelled waiter of a semaphore", (n) =>
  inLoop(async () => {
    const permits = new Semaphore(0);
    const users = Array.from(
      { length: n },
      () =>
        createTask(function* () {
          yield* permits.acquire();
        }),
    );
    await sleep(0);
    const start = cpuSeconds();
    for (const user of users) user.cancel();
    // While the cancelled ones stand in the list, others come and ask.
    for (let i = 0; i < n; i++) permits.locked();
    await wait(users);
    return cpuSeconds() - start;
  }));

for (
  const [kind, begin] of Object.entries({
    "wait": () => sleep(3600),
    "async function": async () => await sleep(3600),
  })
) {
  linear(
    `a cancelled ${kind} that stands beside others in Promise.all()`,
    (n) =>
      inLoop(async () => {
        const begun = new Event();
        const task = createTask(async () => {
          const all = Promise.all(Array.from({ length: n }, begin));
          begun.set();
          await all;
        });
        await begun.wait();
        const start = cpuSeconds();
        task.cancel();
        await wait([task]);
        return cpuSeconds() - start;
      }),
  );
}

linear("a context variable that is set among many", (n) => {
  const groups = Array.from({ length: MANY / n }, () => ({
    context: new Context(),
    variables: Array.from(
      { length: n },
      (_, i) => new ContextVar<number>(`v${i}`),
    ),
  }));
  const start = cpuSeconds();
  for (const { context, variables } of groups) {
    context.run(() => {
      for (const variable of variables) variable.set(1);
      for (const variable of variables) variable.reset(variable.set(2));
    });
  }
  return cpuSeconds() - start;
}, true);

function many(n: number): Task<unknown>[] {
  const children = Array.from({ length: n }, () => createTask(sleep(3600)));
  const all = gather(...children);
  for (let i = 0; i < n; i++) createTask(() => wait([all]));
  return children;
}

linear(
  "formatTaskTree() of many that wait for many",
  (n) =>
    inLoop(async () => {
      many(n);
      await sleep(0);
      await sleep(0);
      const start = cpuSeconds();
      assert(formatTaskTree(getRunningLoop()).split("\n").length < 210);
      return cpuSeconds() - start;
    }),
);

linear("a call graph of many that wait for many", (n) =>
  inLoop(async () => {
    const [child] = many(n);
    await sleep(0);
    await sleep(0);
    const start = cpuSeconds();
    assert(formatCallGraph(child).split("\n").length < 210);
    captureCallGraph(child);
    return cpuSeconds() - start;
  }));

linear("the end of run() with a chain of tasks", async (n) => {
  let start = 0;
  await inLoop(async () => {
    let task: Task<unknown> = createTask(sleep(3600));
    for (let i = 1; i < n; i++) {
      const below = task;
      task = createTask(function* () {
        yield* below;
      });
    }
    await sleep(0);
    await sleep(0);
    start = cpuSeconds();
    return 0;
  });
  return cpuSeconds() - start;
});

linear("the end of run() with many that wait for many", async (n) => {
  let start = 0;
  await inLoop(async () => {
    many(n);
    await sleep(0);
    await sleep(0);
    start = cpuSeconds();
    return 0;
  });
  return cpuSeconds() - start;
});
