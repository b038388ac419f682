/** What the last turn of a run has called for, and what one run leaves to the next. */
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  type Coro,
  createTask,
  EventLoop,
  getRunningLoop,
  KeyboardInterrupt,
  run,
  Runner,
  sleep,
  taskGroup,
  VirtualClock,
  wait,
} from "@asyncio/asyncio";

type Main = () => Coro<void> | Promise<void>;

/** A main with a task that ends in its last turn. */
const MAINS: Readonly<Record<string, (log: string[]) => Main>> = {
  generator: (log) =>
    function* () {
      const task = createTask(() => sleep(0));
      task.addDoneCallback(() => log.push("done"));
      yield* sleep(0);
    },
  async: (log) => async () => {
    const task = createTask(async () => await sleep(0));
    task.addDoneCallback(() => log.push("done"));
    await sleep(0);
  },
};

for (const [style, main] of Object.entries(MAINS)) {
  Deno.test(`run() calls the done callbacks of a task that ends with main (${style})`, async () => {
    const log: string[] = [];
    await run(main(log));
    assertEquals(log, ["done"]);
  });

  Deno.test(`Runner.close() calls the done callbacks of a task that ended with main (${style})`, async () => {
    const log: string[] = [];
    const runner = new Runner();
    await runner.run(main(log));
    await runner.close();
    assertEquals(log, ["done"]);
  });
}

Deno.test("run() calls what the last callbacks call for, as CPython does", async () => {
  const log: number[] = [];
  const chain = (step: number): void => {
    log.push(step);
    if (step < 3) getRunningLoop().callSoon(() => chain(step + 1));
  };
  await run(function* () {
    getRunningLoop().callSoon(() => chain(1));
  });
  assertEquals(log, [1, 2, 3]);
});

Deno.test("Runner.close() calls what the last callbacks have set a timer for that is due", async () => {
  const log: string[] = [];
  const loop = new EventLoop({ clock: new VirtualClock() });
  const runner = new Runner({ loopFactory: () => loop });
  await runner.run(function* () {
    loop.callSoon(() => {
      loop.callLater(0, () => log.push("due"));
      loop.callLater(1, () => log.push("not due"));
    });
  });
  await runner.close();
  assertEquals(log, ["due"]);
});

Deno.test("run() calls what the last clean-up has called for", async () => {
  const log: string[] = [];
  await run(async () => {
    createTask(async () => {
      try {
        await sleep(3600);
      } finally {
        const loop = getRunningLoop();
        const last = (): void => void log.push("called");
        loop.callSoon(() => loop.callSoon(() => loop.callSoon(last)));
      }
    });
    await sleep(0);
  });
  assertEquals(log, ["called"]);
});

Deno.test("run() cancels a task that a last callback begins, and waits for it", async () => {
  const log: string[] = [];
  await run(function* () {
    const task = createTask(() => sleep(0));
    task.addDoneCallback(() =>
      createTask(function* () {
        log.push("begun");
        try {
          yield* sleep(3600);
        } finally {
          yield* sleep(0.001);
          log.push("cleaned up");
        }
      })
    );
    yield* sleep(0);
  });
  assertEquals(log, ["begun", "cleaned up"]);
});

Deno.test("a KeyboardInterrupt ends the run before what stands behind it in its turn", async () => {
  const throwing = {
    "a generator": function* (): Coro<void> {
      throw new KeyboardInterrupt();
    },
    "an async function": async () => {
      await Promise.resolve();
      throw new KeyboardInterrupt();
    },
  };
  for (const [name, interrupt] of Object.entries(throwing)) {
    using loop = new EventLoop({ clock: new VirtualClock() });
    const log: string[] = [];
    await assertRejects(() =>
      loop.runUntilComplete(async () => {
        createTask(interrupt);
        loop.callSoon(() => log.push("behind"));
        await sleep(3600);
      }), KeyboardInterrupt);
    assertEquals(log, [], name);
  }
});

Deno.test("a run that is stopped in the turn of its end does not end the next one", async () => {
  using loop = new EventLoop();
  const first = loop.createFuture<void>();
  loop.callSoon(() => {
    first.setResult();
    loop.stop();
  });
  await loop.runUntilComplete(first);
  assertEquals(await loop.runUntilComplete(sleep(0.001, "next")), "next");
});

Deno.test("Runner.close() cleans up after a run that was stopped in the turn of its end", async () => {
  const log: string[] = [];
  const runner = new Runner();
  await runner.run(async () => {
    createTask(async () => {
      try {
        await sleep(3600);
      } finally {
        await sleep(0.001);
        log.push("cleaned up");
      }
    });
    await sleep(0);
    getRunningLoop().stop();
  });
  await runner.close();
  assertEquals(log, ["cleaned up"]);
});

Deno.test("a future that fails with a KeyboardInterrupt ends its run", async () => {
  using loop = new EventLoop({ clock: new VirtualClock() });
  const future = loop.createFuture<void>();
  loop.callSoon(() => future.setException(new KeyboardInterrupt()));
  await assertRejects(() => loop.runUntilComplete(future), KeyboardInterrupt);
});

Deno.test("a KeyboardInterrupt that comes out of a group in the clean-up ends that, and nobody has to handle it apart", async () => {
  const runner = new Runner();
  const interrupt = new KeyboardInterrupt();
  await assertRejects(() =>
    runner.run(async () => {
      await taskGroup(async (group) => {
        const task = group.createTask(async () => {
          await Promise.resolve();
          throw interrupt;
        });
        await wait([task]);
      });
    }), KeyboardInterrupt);
  const error = await assertRejects(() => runner.close());
  assertStrictEquals(error, interrupt);
});
