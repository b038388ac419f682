import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  createTask,
  currentTask,
  eagerTaskFactory,
  Event,
  EventLoop,
  gather,
  getRunningLoop,
  sleep,
  type Task,
  VirtualClock,
} from "@asyncio/asyncio";
import {
  type Instrument,
  observe,
  runTest,
  type Step,
  taskOf,
} from "@asyncio/asyncio/testing";

function nameOf(step: Step | undefined): string {
  if (step === undefined) return "nobody";
  return taskOf(step)?.getName() ?? "callback";
}

/** Notes what an instrument is told, by the names of the tasks. */
function recorder(): {
  readonly log: string[];
  readonly instrument: Instrument;
} {
  const log: string[] = [];
  return {
    log,
    instrument: {
      before: (step) => log.push(`before ${nameOf(step)}`),
      after: (step) => log.push(`after ${nameOf(step)}`),
      created: (task, by) => log.push(`${nameOf(by)} made ${nameOf(task)}`),
      woken: (step, by) => log.push(`${nameOf(by)} woke ${nameOf(step)}`),
    },
  };
}

Deno.test("observe() tells of each step of a generator task, and who woke it", () =>
  runTest(async (loop) => {
    const { log, instrument } = recorder();
    const event = new Event();
    const waiter = createTask(event.wait(), { name: "waiter" });
    const setter = createTask(function* () {
      yield* sleep(1);
      event.set();
    }, { name: "setter" });
    await sleep(0);
    {
      using _ = observe(loop, instrument);
      await gather(waiter, setter);
    }
    // The first is the timer of the sleep.
    assertEquals(log.slice(0, 12), [
      "before callback",
      "callback woke setter",
      "after callback",
      "before setter",
      "setter woke waiter",
      "setter woke callback",
      "after setter",
      "before waiter",
      "waiter woke callback",
      "after waiter",
      "before callback",
      "after callback",
    ]);
  }));

Deno.test("observe() tells of the waits of async functions as steps of their task", () =>
  runTest(async (loop) => {
    const { log, instrument } = recorder();
    const main = currentTask()!.getName();
    const event = new Event();
    const waiter = createTask(async () => await event.wait(), {
      name: "waiter",
    });
    await sleep(0);
    {
      using _ = observe(loop, instrument);
      await createTask(async () => {
        await sleep(0);
        event.set();
      }, { name: "setter" });
      await waiter;
    }
    assertEquals(
      log.filter((line) => line.endsWith("setter") || line.endsWith("waiter")),
      [
        `${main} woke setter`,
        `${main} made setter`,
        "before setter",
        // The host runs an async function when the step is over.
        "after setter",
        "setter woke setter",
        "before setter",
        "after setter",
        "setter woke waiter",
        "before waiter",
        "after waiter",
      ],
    );
  }));

Deno.test("observe() tells of a task that starts eagerly", () =>
  runTest(async (loop) => {
    const made: unknown[] = [];
    loop.setTaskFactory(eagerTaskFactory);
    using _ = observe(loop, { created: (task) => made.push(task) });
    const task = createTask(async () => await sleep(1));
    await task;
    assertEquals(made, [task]);
  }));

Deno.test("observe() tells of a step from woken() to after() by the same object", () =>
  runTest(async (loop) => {
    const woken = new Set<Step>();
    let known = 0;
    using _ = observe(loop, {
      woken: (step) => woken.add(step),
      before: (step) => assert(woken.has(step) || nameOf(step) === "callback"),
      after: (step) => known += woken.has(step) ? 1 : 0,
    });
    await createTask(async () => {
      await sleep(0);
      await sleep(1);
    });
    assert(known > 3);
  }));

Deno.test("observe() calls after() when a step or an instrument throws", async () => {
  using loop = new EventLoop({ clock: new VirtualClock() });
  const log: string[] = [];
  const broken = new Error("an instrument fails");
  using _ = observe(loop, { after: () => log.push("after") });
  using _failing = observe(loop, {
    before() {
      log.push("before");
      throw broken;
    },
  });
  loop.callSoon(() => log.push("never called"));
  const error = await assertRejects(() => loop.runForever());
  assertStrictEquals(error, broken);
  assertEquals(log, ["before", "after"]);
});

Deno.test("observe() calls several instruments, the first outermost", () =>
  runTest(async (loop) => {
    const log: string[] = [];
    const noting = (name: string): Instrument => ({
      before: () => log.push(`before ${name}`),
      after: () => log.push(`after ${name}`),
    });
    using _outer = observe(loop, noting("outer"));
    using _inner = observe(loop, noting("inner"));
    loop.callSoon(() => log.push("callback"));
    await sleep(0);
    assertEquals(log.slice(0, 5), [
      "before outer",
      "before inner",
      "callback",
      "after inner",
      "after outer",
    ]);
  }));

Deno.test("observe() ends with its block, also within a step", () =>
  runTest(async (loop) => {
    let calls = 0;
    {
      using _ = observe(loop, { before: () => calls++ });
      await sleep(0);
    }
    assertEquals(calls, 1);
    await sleep(1);
    assertEquals(calls, 1);
  }));

Deno.test("observe() looks on beside debug mode", () =>
  runTest(async (loop) => {
    let calls = 0;
    using _ = observe(loop, { before: () => calls++ });
    loop.setDebug(true);
    await sleep(0);
    loop.setDebug(false);
    await sleep(0);
    assertEquals(calls, 2);
  }));

for (const style of ["generator", "async"]) {
  Deno.test(`an instrument chooses what runs next (${style})`, () =>
    runTest(async (loop) => {
      const order: number[] = [];
      const work = (id: number) =>
        style === "async"
          ? async () => {
            await sleep(0);
            order.push(id);
          }
          : function* () {
            yield* sleep(0);
            order.push(id);
          };
      const tasks = [0, 1, 2, 3].map((id) => createTask(work(id)));
      await sleep(0);
      {
        // The last one that is ready, but for the test itself.
        using _ = observe(loop, {
          choose(ready) {
            for (let index = ready.size - 1; index > 0; index--) {
              const task = taskOf(ready.at(index));
              if (task !== undefined && tasks.includes(task as Task<void>)) {
                return index;
              }
            }
            return 0;
          },
        });
        await gather(tasks);
      }
      assertEquals(order, [3, 2, 1, 0]);
    }));
}

Deno.test("an instrument that chooses the first keeps the loop's order", async () => {
  const orders: string[][] = [];
  for (const instrument of [{}, { choose: () => 0 }]) {
    const order: string[] = [];
    await runTest(async (loop) => {
      using _ = observe(loop, instrument);
      await gather(
        ...["a", "b", "c"].map((name, index) => async () => {
          for (let i = 0; i < 5; i++) {
            await sleep(index === 1 ? 0 : i);
            order.push(`${name}${i} ${getRunningLoop().time()}`);
          }
        }),
      );
    });
    orders.push(order);
  }
  assertEquals(orders[1], orders[0]);
});

for (const index of [-1, 1.5, 7, NaN]) {
  Deno.test(`an instrument that chooses ${index} ends the run`, async () => {
    using loop = new EventLoop({ clock: new VirtualClock() });
    using _ = observe(loop, { choose: () => index });
    loop.callSoon(() => {});
    await assertRejects(
      () => loop.runForever(),
      RangeError,
      `Cannot choose step ${index}: 1 are ready, the first is 0`,
    );
  });
}

Deno.test("taskOf() gives nothing for a callback", () =>
  runTest(async (loop) => {
    const tasks: unknown[] = [];
    loop.callSoon(() => {});
    using _ = observe(loop, { before: (step) => tasks.push(taskOf(step)) });
    await sleep(0);
    assertEquals(tasks[0], undefined);
  }));
