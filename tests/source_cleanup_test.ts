/**
 * The clean-up of sources: it is waited for, and what it throws is thrown where somebody
 * can catch it, or reported. It ends no run, and does not come out of `cancel()`.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  allTasks,
  CancelledError,
  type Coro,
  coroutine,
  createTask,
  Event,
  gather,
  getRunningLoop,
  mapConcurrent,
  run,
  sleep,
  staggeredRace,
  type Task,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { runTest, TestLoop } from "@asyncio/asyncio/testing";

function messages(loop: TestLoop): string[] {
  return loop.reports.map(({ exception }) => (exception as Error).message);
}

function* failingSource(child: () => unknown): Generator<never> {
  try {
    yield child as never;
    yield child as never;
  } finally {
    // deno-lint-ignore no-unsafe-finally
    throw new Error("clean-up");
  }
}

/** Runs `main` in a loop that keeps its reports. */
async function inLoop(main: (loop: TestLoop) => Promise<void>): Promise<void> {
  using loop = new TestLoop();
  await loop.runUntilComplete(() => main(loop));
}

Deno.test("gather() with a limit gives the child's error, and reports that of its source's clean-up", () =>
  inLoop(async (loop) => {
    await assertRejects(
      async () =>
        await gather(
          failingSource(async () => {
            await sleep(1);
            throw new Error("child");
          }),
          { limit: 1 },
        ),
      Error,
      "child",
    );
    assertEquals(messages(loop), ["clean-up"]);
  }));

Deno.test("gather() with a limit that is cancelled reports the error of its source's clean-up", () =>
  inLoop(async (loop) => {
    const task = createTask(async () => {
      await gather(failingSource(() => sleep(9)), { limit: 1 });
    });
    await sleep(1);
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
    assertEquals(messages(loop), ["clean-up"]);
  }));

Deno.test("gather() with a limit whose source cancels it closes the source", () =>
  inLoop(async (loop) => {
    const log: string[] = [];
    function* source(): Generator<never> {
      try {
        yield sleep(1) as never;
        gathering.cancel();
        yield sleep(1) as never;
      } finally {
        log.push("closed");
      }
    }
    let started: Task<unknown> | undefined;
    const gathering = gather(
      function* (): Generator<never> {
        yield (started = createTask(sleep(5))) as never;
        yield* source();
      }(),
      { limit: 2 },
    );
    await wait([gathering]);
    assert(gathering.cancelled() || gathering.exception() !== undefined);
    assert(started?.cancelled());
    assertEquals(log, ["closed"]);
    assertEquals(loop.reports, []);
  }));

/** Runs `main` in real time, and fails if something is reported. */
async function inRealTime(main: () => Promise<void>): Promise<void> {
  const reports: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, report) =>
      reports.push(report)
    );
    await main();
  });
  assertEquals(reports, []);
}

/** An async source that waits for the host, or for the library, and cleans up. */
async function* slowSource(
  pause: () => PromiseLike<unknown>,
  log: string[],
  waiting: Event = new Event(),
): AsyncGenerator<number> {
  try {
    for (let n = 0;; n++) {
      yield n;
      const paused = pause();
      waiting.set();
      await paused;
    }
  } finally {
    await sleep(0.001);
    log.push("source is clean");
  }
}

const PAUSES: Record<string, () => PromiseLike<unknown>> = {
  "the library": () => sleep(3600),
  "a promise of the host": () => new Promise((done) => setTimeout(done, 5)),
};

for (const [name, pause] of Object.entries(PAUSES)) {
  for (const form of ["collect()", "forEach()", "for await"]) {
    Deno.test(`mapConcurrent() that is cancelled waits for its source's clean-up: ${form}, a source that waits for ${name}`, () =>
      inRealTime(async () => {
        const log: string[] = [];
        const waiting = new Event();
        const jobs = mapConcurrent(
          slowSource(pause, log, waiting),
          (n) => sleep(0.001, n),
          { limit: 2 },
        );
        const task = createTask(async () => {
          if (form === "collect()") await jobs.collect();
          else if (form === "forEach()") await jobs.forEach(() => {});
          else for await (const _ of jobs);
        });
        await waiting.wait();
        task.cancel();
        await wait([task]);
        assert(task.cancelled());
        assertEquals(log, ["source is clean"]);
      }));
  }

  Deno.test(`mapConcurrent() that is left waits for its source's clean-up: a source that waits for ${name}`, () =>
    inRealTime(async () => {
      const log: string[] = [];
      const source = slowSource(pause, log);
      for await (
        const _ of mapConcurrent(source, (n) => sleep(0.001, n), { limit: 2 })
      ) break;
      assertEquals(log, ["source is clean"]);
    }));

  Deno.test(`mapConcurrent() whose job fails waits for its source's clean-up: a source that waits for ${name}`, () =>
    inRealTime(coroutine(function* (): Coro<void> {
      const log: string[] = [];
      const jobs = mapConcurrent(slowSource(pause, log), function* () {
        yield* sleep(0.003);
        throw new RangeError("job");
      }, { limit: 2 });
      try {
        yield* jobs.collect();
      } catch (error) {
        assertEquals(String(error), "RangeError: job");
        log.push("caught");
      }
      assertEquals(log, ["source is clean", "caught"]);
    }) as never));
}

Deno.test("mapConcurrent() reports what its source throws while it is given up", () =>
  run(async () => {
    const reports: unknown[] = [];
    getRunningLoop().setExceptionHandler((_loop, { exception }) =>
      reports.push(exception)
    );
    const waiting = new Event();
    const answer = Promise.withResolvers<void>();
    async function* source(): AsyncGenerator<number> {
      yield 0;
      waiting.set();
      await answer.promise;
      throw new Error("the source, late");
    }
    const task = createTask(async () => {
      await mapConcurrent(source(), (n) => sleep(0.1, n), { limit: 2 })
        .collect();
    });
    await waiting.wait();
    task.cancel();
    setTimeout(answer.resolve);
    await wait([task]);
    assert(task.cancelled());
    assertEquals(reports.map(String), ["Error: the source, late"]);
  }));

Deno.test("mapConcurrent() takes nothing more of a source whose reader was cancelled", () =>
  run(async () => {
    const log: unknown[] = [];
    const waiting = new Event();
    const answer = Promise.withResolvers<void>();
    async function* source(): AsyncGenerator<number> {
      yield 0;
      waiting.set();
      await answer.promise;
      yield 1;
    }
    const job = (n: number) => sleep(0, log.push(n));
    const task = createTask(async () => {
      await mapConcurrent(source(), job, { limit: 2 }).collect();
    });
    await waiting.wait();
    const readers = [...allTasks()].filter((task) =>
      String(task).includes("coro=mapConcurrent")
    );
    assertEquals(readers.map((reader) => reader.cancel()), [true]);
    setTimeout(answer.resolve);
    await wait([task]);
    assert(task.cancelled() || task.exception() instanceof CancelledError);
    assertEquals(log, [0]);
  }));

Deno.test("mapConcurrent() leaves a source that waits for the host for ever, and says so", () =>
  inLoop(async (loop) => {
    async function* source(): AsyncGenerator<number> {
      yield 0;
      await new Promise(() => {});
    }
    const start = loop.time();
    for await (
      const _ of mapConcurrent(source(), (n) => sleep(1, n), { limit: 2 })
    ) break;
    assertEquals(loop.time() - start, 6);
    assertEquals(loop.reports.length, 1);
    assertStringIncludes(loop.reports[0]!.message, "promise of the host");
  }));

Deno.test("mapConcurrent() waits as long as the clean-up of its source waits for the library", () =>
  runTest(async (loop) => {
    async function* source(): AsyncGenerator<number> {
      try {
        for (let n = 0;; n++) yield n;
      } finally {
        await sleep(60);
      }
    }
    for await (
      const _ of mapConcurrent(source(), (n) => sleep(1, n), { limit: 2 })
    ) break;
    assertEquals(loop.time(), 61);
  }));

Deno.test("mapConcurrent() throws the error of its source's clean-up where the loop is left", () =>
  runTest(async () => {
    function* source(): Generator<number> {
      try {
        yield 1;
        yield 2;
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new Error("clean-up");
      }
    }
    await assertRejects(
      async () => {
        for await (
          const _ of mapConcurrent(source(), (n) => sleep(1, n), { limit: 1 })
        ) break;
      },
      Error,
      "clean-up",
    );
  }));

Deno.test("a coroutine that is closed and throws is reported, and the caller gets its own error", () =>
  inLoop(async (loop) => {
    const begun = function* (): Coro<void> {
      try {
        yield* sleep(1);
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new Error("clean-up");
      }
    }();
    begun.next();
    using closed = new TestLoop();
    closed.close();
    await assertRejects(
      async () => await closed.createTask(begun),
      Error,
      "the event loop is closed",
    );
    assertEquals(messages(loop), ["clean-up"]);
  }));

for (
  const [end, expected] of Object.entries({
    "the first succeeds": ["first"],
    "it is cancelled": ["TimeoutError"],
  })
) {
  Deno.test(`staggeredRace() closes its source when ${end}`, () =>
    inLoop(async (loop) => {
      const log: unknown[] = [];
      function* attempts() {
        try {
          yield () =>
            end === "it is cancelled" ? sleep(3600) : sleep(1, "first");
          yield () => sleep(3600);
          yield () => sleep(3600);
        } finally {
          log.push("closed");
        }
      }
      try {
        const [result] = await timeout(
          10,
          () => staggeredRace<unknown>(attempts(), 20),
        );
        log.push(result);
      } catch (error) {
        log.push((error as Error).name);
      }
      assertEquals(log, ["closed", ...expected]);
      assertEquals(messages(loop), []);
    }));
}

Deno.test("staggeredRace() gives its result, and reports the error of its source's clean-up", () =>
  inLoop(async (loop) => {
    function* attempts() {
      try {
        yield () => sleep(1, "first");
        yield () => sleep(1, "second");
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new RangeError("clean-up");
      }
    }
    const [result] = await staggeredRace(attempts(), 2);
    assertEquals(result, "first");
    assertEquals(messages(loop), ["clean-up"]);
  }));
