/**
 * Growth of tasks, futures, primitives and reports: see `_growth.ts`.
 *
 * @module
 */
import { assert } from "@std/assert";
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
  Semaphore,
  shield,
  sleep,
  type Task,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { cpuSeconds, inLoop, linear, MANY } from "./_growth.ts";

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

linear(
  "a callback that comes and goes beside many others",
  (n) =>
    inLoop(() => {
      const futures = Array.from({ length: MANY / n }, () => {
        const future = new Future<void>();
        for (let i = 0; i < n; i++) future.addDoneCallback(() => {});
        return future;
      });
      const callback = () => {};
      const start = cpuSeconds();
      for (const future of futures) {
        for (let i = 0; i < n; i++) {
          future.addDoneCallback(callback);
          assert(future.removeDoneCallback(callback) === 1);
        }
      }
      return Promise.resolve(cpuSeconds() - start);
    }),
  true,
);

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
    "timeout()": async () => await timeout(7200, async () => await sleep(3600)),
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
        // What has a body of its own comes to its wait.
        await sleep(0.001);
        const start = cpuSeconds();
        task.cancel();
        await wait([task]);
        return cpuSeconds() - start;
      }),
  );
}

linear(
  "a helper that cleans up at the end of its task",
  (n) =>
    inLoop(async () => {
      const helper = async () => {
        try {
          await sleep(3600);
        } finally {
          await sleep(0);
          await sleep(0);
        }
      };
      const task = createTask(async () => {
        for (let i = 0; i < n; i++) void helper().catch(() => {});
        await sleep(0);
      });
      const start = cpuSeconds();
      await task;
      return cpuSeconds() - start;
    }),
  false,
  20_000,
);

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
