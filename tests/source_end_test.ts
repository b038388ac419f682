/**
 * The end of an async generator that is gone over: whatever ends the loop, wherever the
 * generator stands, its clean-up is waited for and not cancelled by the cancel that led to it.
 *
 * @module
 */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Readable } from "node:stream";
import {
  type Coro,
  coroutine,
  createTask,
  currentTask,
  getRunningLoop,
  iterate,
  mapConcurrent,
  run,
  sleep,
  StreamReader,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
} from "@asyncio/asyncio";
import { runTest, TestLoop } from "@asyncio/asyncio/testing";

async function* ticks(log: string[]): AsyncGenerator<number> {
  try {
    for (let n = 0;; n++) {
      await sleep(1);
      yield n;
    }
  } finally {
    log.push("closing");
    await sleep(1);
    await sleep(1);
    log.push("closed");
  }
}

type Source = AsyncIterable<number>;

const SOURCES: Record<string, (log: string[]) => Source> = {
  "an async generator": ticks,
  "iterate()": (log) => iterate(ticks(log)),
};

/** Goes over a source, with so many seconds of work for each item. */
type Consumer = (
  source: Source,
  work: number,
) => Promise<unknown> | Coro<unknown>;

const jobs = (source: Source, work: number) =>
  mapConcurrent(source, (n) => sleep(work, n), { limit: 2 });

const CONSUMERS: Record<string, Consumer> = {
  async "for await"(source, work) {
    for await (const _ of source) await sleep(work);
  },
  async "for await of mapConcurrent()"(source, work) {
    for await (const _ of jobs(source, work));
  },
  async "collect()"(source, work) {
    await jobs(source, work).collect();
  },
  *"collect() in a generator"(source, work) {
    yield* jobs(source, work).collect();
  },
  async "forEach()"(source, work) {
    await jobs(source, work).forEach(() => {});
  },
  *"forEach() in a generator"(source, work) {
    yield* jobs(source, work).forEach(() => {});
  },
};

type Main = () => ReturnType<Consumer>;

/** Ends a consumer after so many seconds. */
const ENDS: Record<string, (main: Main, after: number) => Promise<void>> = {
  async "a cancel"(main, after) {
    const task = createTask(main);
    await sleep(after);
    task.cancel();
    await wait([task]);
    assertEquals(task.cancelled(), true);
  },
  async "a timeout"(main, after) {
    await timeout(after, main).catch(() => {});
  },
  async "a timeout in a generator"(main, after) {
    await createTask(function* () {
      try {
        yield* timeout(after, main);
      } catch {
        // Looked at by its clean-up alone.
      }
    });
  },
  async "a cancel that is taken back"(main, after) {
    const task = createTask(async () => {
      try {
        await coroutine(main)();
      } catch {
        currentTask()!.uncancel();
      }
    });
    await sleep(after);
    task.cancel();
    await wait([task]);
    assertEquals(task.cancelled(), false);
  },
  async "a task group that fails"(main, after) {
    await taskGroup(async (group) => {
      group.createTask(main);
      await sleep(after);
      throw new Error("body");
    }).catch(() => {});
  },
};

for (const [end, stop] of Object.entries(ENDS)) {
  for (const [consumer, consume] of Object.entries(CONSUMERS)) {
    for (const [name, open] of Object.entries(SOURCES)) {
      Deno.test(`${name}, gone over by ${consumer} and ended by ${end}, cleans up`, () =>
        runTest(async () => {
          // While the source waits, while it stands at an item, and in the turn of one.
          for (const after of [0.5, 3, 3.5]) {
            for (const work of [1, 100]) {
              const log: string[] = [];
              await stop(() => consume(open(log), work), after);
              assertEquals(log, ["closing", "closed"], `${after}, ${work}`);
            }
          }
        }));
    }
  }
}

Deno.test("iterate() ends at once when it is cancelled, while its source waits for the host", () =>
  runTest(async () => {
    async function* silent(): AsyncGenerator<number> {
      await new Promise(() => {});
    }
    const loop = getRunningLoop();
    const task = createTask(async () => {
      for await (const _ of iterate(silent()));
    });
    await sleep(1);
    task.cancel();
    await wait([task]);
    assertEquals([task.cancelled(), loop.time()], [true, 1]);
  }));

Deno.test("iterate() that is cancelled throws what its source throws in its clean-up", () =>
  runTest(async () => {
    async function* failing(): AsyncGenerator<number> {
      try {
        await sleep(3600);
      } finally {
        await sleep(1);
        // deno-lint-ignore no-unsafe-finally
        throw new Error("clean-up");
      }
    }
    const task = createTask(async () => {
      for await (const _ of iterate(failing()));
    });
    await sleep(1);
    task.cancel();
    await assertRejects(async () => await task, Error, "clean-up");
  }));

Deno.test("iterate() that is cancelled twice cancels the clean-up of its source", () =>
  runTest(async () => {
    const log: string[] = [];
    const task = createTask(async () => {
      for await (const _ of iterate(ticks(log)));
    });
    await sleep(0.5);
    task.cancel();
    await sleep(0.5);
    task.cancel();
    await wait([task]);
    assertEquals([log, getRunningLoop().time()], [["closing"], 1]);
  }));

/** Gives bytes, and cleans up in two waits. */
async function* bytes(log: string[]): AsyncGenerator<Uint8Array> {
  try {
    for (let n = 0;; n++) {
      await sleep(1);
      yield new TextEncoder().encode(`${n}\n`);
    }
  } finally {
    await sleep(1);
    await sleep(1);
    log.push("closed");
  }
}

/** Leaves a source that stands at an item. */
const LEAVES: Record<string, (log: string[]) => Promise<void>> = {
  async "iterate() at the end of the run"(log) {
    await iterate(bytes(log)).next();
  },
  async "a StreamReader at the end of the run"(log) {
    await StreamReader.from(bytes(log)).readline();
    await sleep(1);
  },
  async "a StreamReader whose task has ended"(log) {
    const reader = StreamReader.from(bytes(log));
    await createTask(async () => {
      await reader.readline();
    });
    await createTask(async () => {
      for await (const _ of reader.lines()) break;
    });
    await sleep(3);
  },
  async "a stream that another task cancels"(log) {
    const reader = StreamReader.from(bytes(log)).toReadableStream().getReader();
    await createTask(async () => {
      await reader.read();
    });
    await createTask(async () => {
      await reader.cancel();
    });
    await sleep(3);
  },
  async "a stream that the host cancels"(log) {
    const reader = StreamReader.from(bytes(log)).toReadableStream().getReader();
    await reader.read();
    await new Promise<void>((resolve) =>
      setTimeout(() => reader.cancel().then(resolve))
    );
    await sleep(3);
  },
};

for (const [name, leave] of Object.entries(LEAVES)) {
  Deno.test(`an async generator cleans up: ${name}`, async () => {
    const log: string[] = [];
    await runTest(() => leave(log));
    assertEquals(log, ["closed"]);
  });
}

/** When a loop over a source has ended that is left after a second. */
async function timeOfLeaving(
  loop: TestLoop,
  open: () => AsyncIterable<unknown>,
): Promise<number> {
  return await run(async () => {
    await assertRejects(
      () =>
        timeout(1, async () => {
          for await (const _ of open());
        }),
      TimeoutError,
    );
    return loop.time();
  }, { loopFactory: () => loop });
}

for (
  const [name, open] of Object.entries({
    iterate,
    "StreamReader.from": StreamReader.from,
  })
) {
  Deno.test(`the end of a run gives a source of ${name}() up that waits for the host in its clean-up, and says so`, async () => {
    using loop = new TestLoop();
    await run(async () => {
      async function* stubborn(): AsyncGenerator<Uint8Array> {
        try {
          yield new Uint8Array(1);
        } finally {
          await new Promise(() => {});
        }
      }
      const source = open(stubborn());
      if (source instanceof StreamReader) await source.read(1);
      else await source.next();
    }, { loopFactory: () => loop });
    assertEquals(loop.reports.length, 1);
    assertStringIncludes(loop.reports[0]!.message, "promise of the host");
  });
}

Deno.test("an async generator whose reader is left at the end of the run is closed", async () => {
  const log: string[] = [];
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        await sleep(1);
        yield new Uint8Array([10]);
      }
    } finally {
      log.push("closed");
    }
  }
  await runTest(async () => {
    for await (const _ of StreamReader.from(source()).lines()) break;
  });
  assertEquals(log, ["closed"]);
});

const CHAINS: Readonly<
  Record<string, (items: AsyncIterable<Uint8Array>) => AsyncIterable<unknown>>
> = {
  "iterate() over iterate()": (items) => iterate(iterate(items)),
  "iterate() over lines()": (items) =>
    iterate(StreamReader.from(items).lines()),
  "iterate() over a stream of a StreamReader": (items) =>
    iterate(StreamReader.from(items).toReadableStream()),
  "lines() over a StreamReader": (items) =>
    StreamReader.from(StreamReader.from(items)).lines(),
  "lines() over a stream of a StreamReader": (items) =>
    StreamReader.from(StreamReader.from(items).toReadableStream()).lines(),
};

for (const [name, chain] of Object.entries(CHAINS)) {
  const lines = async function* (
    log: string[],
  ): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yield new Uint8Array([10]);
        yield new Uint8Array([10]);
        await sleep(10);
      }
    } finally {
      log.push("closing");
      await sleep(1);
      await sleep(1);
      log.push("closed");
    }
  };

  Deno.test(`the end of a run waits for the clean-up below ${name}, which a task goes over`, async () => {
    using loop = new TestLoop();
    const log: string[] = [];
    await run(async () => {
      createTask(async () => {
        for await (const _ of chain(lines(log)));
      });
      await sleep(5);
    }, { loopFactory: () => loop });
    assertEquals(log, ["closing", "closed"]);
    assertEquals(loop.reports, []);
  });

  Deno.test(`the end of a run waits for the clean-up below ${name}, which was left open`, async () => {
    using loop = new TestLoop();
    const log: string[] = [];
    await run(async () => {
      await chain(lines(log))[Symbol.asyncIterator]().next();
    }, { loopFactory: () => loop });
    assertEquals(log, ["closing", "closed"]);
    assertEquals(loop.reports, []);
  });
}

for (
  const [name, open] of Object.entries({
    iterate,
    "StreamReader.from": StreamReader.from,
  })
) {
  Deno.test(`a loop over ${name}() gives a stream of Node up once that goes on to wait for the host, and says so once`, async () => {
    using loop = new TestLoop();
    const endless = Readable.from((async function* () {
      yield new Uint8Array([10]);
      await new Promise(() => {});
    })());
    assertEquals(await timeOfLeaving(loop, () => open(endless)), 6);
    assertEquals(loop.reports.length, 1);
    assertStringIncludes(loop.reports[0]!.message, "promise of the host");
  });

  Deno.test(`a loop over ${name}() can be left at once where a stream of Node does not say that it is closed`, async () => {
    using loop = new TestLoop();
    const silent = new Readable({ emitClose: false, read() {} });
    silent.push("line\n");
    assertEquals(await timeOfLeaving(loop, () => open(silent)), 1);
    assertEquals(loop.reports, []);
  });
}
