/**
 * Giving way: waits for what is always there, in a loop without end, let the host, the
 * signals and the other tasks have their turns. Each chain is ended by a timer of the host,
 * and fails if it gets to its end instead: nothing here depends on the time that it takes.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import {
  CancelledError,
  type Coro,
  createTask,
  Event,
  EventLoop,
  gather,
  Lock,
  Queue,
  run,
  Runner,
  sleep,
} from "@asyncio/asyncio";
import { runTest, TestLoop } from "@asyncio/asyncio/testing";
import { CHAINS } from "./_endless_chains.ts";
import { BLIND } from "./_modules.ts";

/** Aborts when the host has come to three of its timers. */
function abortByHost(): AbortSignal {
  const controller = new AbortController();
  let timers = 0;
  const onTimer = (): void => {
    if (++timers < 3) setTimeout(onTimer, 0);
    else controller.abort();
  };
  setTimeout(onTimer, 0);
  return controller.signal;
}

for (const [name, begin] of CHAINS) {
  Deno.test(`${name}, without end, lets timers of the host end it`, async () => {
    await assertRejects(
      () => run(begin, { signal: abortByHost() }),
      CancelledError,
    );
  });
}

Deno.test({
  name: "chains without end let Ctrl-C end them",
  ignore: BLIND || Deno.build.os === "windows",
  async fn() {
    const program = new URL("./_endless_chains_program.ts", import.meta.url);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", fileURLToPath(program)],
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assertEquals(decoder.decode(stderr), "");
    const interrupted = decoder.decode(stdout).trim().split("\n");
    assertEquals(interrupted, [...CHAINS.keys()]);
  },
});

/** Runs one after the other, from the host's code. */
const RUNS: Readonly<Record<string, () => () => Promise<unknown>>> = {
  "run() of a generator": () => () => run(function* () {}),
  "run() of an async function": () => () => run(async () => {}),
  "run() that fails": () => () =>
    // deno-lint-ignore require-await
    run(async () => {
      throw new Error("fails");
    }).catch(() => {}),
  "Runner.run()": () => {
    const runner = new Runner();
    return () => runner.run(async () => {});
  },
  "EventLoop.runUntilComplete()": () => {
    const loop = new EventLoop();
    return () => loop.runUntilComplete(function* () {});
  },
  "EventLoop.runForever()": () => {
    const loop = new EventLoop();
    return () => {
      loop.stop();
      return loop.runForever();
    };
  },
  "runTest()": () => () => runTest(async () => {}),
};

for (const [name, makeRun] of Object.entries(RUNS)) {
  Deno.test(`${name}, again and again, lets timers of the host fire`, async () => {
    const signal = abortByHost();
    const once = makeRun();
    let runs = 0;
    while (!signal.aborted && runs < 100_000) {
      await once();
      runs++;
    }
    assert(signal.aborted, `${runs} runs`);
  });
}

Deno.test("three chains without end, of both styles, let the host have its turn", async () => {
  const begin = ["async", "generator", "async"].map((style) =>
    CHAINS.get(`Queue.put() and get() (${style})`)!
  );
  await assertRejects(
    () => run(() => gather(begin), { signal: abortByHost() }),
    CancelledError,
  );
});

Deno.test("a chain without end lets another task have its turn, and can be cancelled by it", async () => {
  for (const style of ["generator", "async"]) {
    await run(async () => {
      const task = createTask(CHAINS.get(`Lock.acquire() (${style})`)!);
      await sleep(0);
      task.cancel();
      await assertRejects(async () => await task, CancelledError);
    });
  }
});

Deno.test("a chain that gives way loses nothing to a cancel that comes then", async () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 5_000; i++) queue.putNowait(i);
  const taken: number[] = [];
  await run(async () => {
    const tasks = [
      createTask(function* () {
        for (;;) taken.push(yield* queue.get());
      }),
      createTask(async () => {
        for (;;) taken.push(await queue.get());
      }),
    ];
    await sleep(0);
    for (const task of tasks) task.cancel();
    await gather(tasks, { returnExceptions: true });
  });
  assert(taken.length < 5_000);
  assertEquals(taken.length + queue.qsize(), 5_000);
  assertEquals(new Set(taken).size, taken.length);
});

/** After how many waits another task has its turn first. */
function* uninterrupted(loop: TestLoop): Coro<number> {
  const event = new Event();
  event.set();
  let others = 0;
  loop.callSoon(() => others++);
  let waits = 0;
  while (others === 0) {
    yield* event.wait();
    waits++;
  }
  return waits;
}

Deno.test("a chain gives way after the same number of waits each time, none of them few", async () => {
  const counts = [];
  for (let i = 0; i < 3; i++) {
    using loop = new TestLoop();
    counts.push(await loop.runUntilComplete(uninterrupted(loop)));
  }
  assertEquals(new Set(counts).size, 1);
  assert(counts[0]! >= 1_000, String(counts));
});

Deno.test("a task that waits for real in between never gives way besides", async () => {
  await run(function* () {
    const lock = new Lock();
    const other = createTask(function* () {
      for (let i = 0; i < 5_000; i++) yield* sleep(0);
    });
    for (let i = 0; i < 5_000; i++) {
      // As many turns as the other: each `sleep(0)` is one, and no lock takes any.
      assert(!other.done());
      yield* lock.acquire();
      lock.release();
      yield* sleep(0);
    }
    yield* sleep(0);
    assert(other.done());
  });
});
