/**
 * A cancel of who asks an async source that waits for this library: `iterate()` hands it to
 * the source and waits for its clean-up, a StreamReader's source knows nothing of it.
 */
import { Readable } from "node:stream";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  Event,
  getRunningLoop,
  iterate,
  run,
  sleep,
  StreamReader,
  type Task,
  timeout,
  TimeoutError,
  wait,
} from "@asyncio/asyncio";
import { runTest, TestLoop } from "@asyncio/asyncio/testing";

/** Goes over a source in a task that does nothing with the items. */
function beginToIterate(source: AsyncIterable<unknown>): Task<void> {
  return createTask(async () => {
    for await (const _ of iterate(source));
  });
}

const WAITS: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  "sleep()": () => sleep(60),
  "an Event": () => new Event().wait(),
  "Promise.all()": () => Promise.all([sleep(60), new Event().wait()]),
  "timeout()": () => timeout(60, async () => await new Event().wait()),
};

for (const [name, doWait] of Object.entries(WAITS)) {
  for (
    const [how, begin] of Object.entries({
      "a task's": (read: () => Promise<void>) => {
        const task = createTask(read);
        getRunningLoop().callLater(1, () => void task.cancel());
        return task;
      },
      "a scope's": (read: () => Promise<void>) =>
        createTask(() => timeout(1, read)),
    })
  ) {
    Deno.test(`iterate() gives ${how} cancel to a source that waits for ${name}, and waits for its clean-up`, () =>
      runTest(async () => {
        const log: string[] = [];
        async function* source(): AsyncGenerator<number, void> {
          try {
            yield 1;
            await doWait();
          } catch (error) {
            log.push((error as Error).name);
            throw error;
          } finally {
            await sleep(2);
            await sleep(2);
            log.push(`closed at ${getRunningLoop().time()}`);
          }
        }
        const task = begin(async () => {
          for await (const item of iterate(source())) log.push(`got ${item}`);
        });
        await wait([task]);
        log.push(`ended at ${getRunningLoop().time()}`);
        assertEquals(log, [
          "got 1",
          "CancelledError",
          "closed at 5",
          "ended at 5",
        ]);
        if (task.cancelled()) return;
        await assertRejects(async () => await task, TimeoutError);
      }));
  }
}

Deno.test("iterate() that is cancelled ends in the CancelledError though its source swallows it", () =>
  runTest(async () => {
    async function* source(): AsyncGenerator<number, void> {
      for (;;) {
        await sleep(60).catch(() => {});
        yield 1;
      }
    }
    const task = beginToIterate(source());
    await sleep(1);
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
    assertEquals(getRunningLoop().time(), 1);
  }));

Deno.test("iterate() that is cancelled gives the error of its source's clean-up", () =>
  runTest(async () => {
    async function* source(): AsyncGenerator<number, void> {
      try {
        await sleep(60);
        yield 1;
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new Error("clean-up");
      }
    }
    const task = beginToIterate(source());
    await sleep(1);
    task.cancel();
    await assertRejects(async () => await task, Error, "clean-up");
  }));

Deno.test("iterate() that is cancelled twice reports what its source throws later on its way from the host", async () => {
  using loop = new TestLoop();
  await loop.runUntilComplete(async () => {
    let fail!: (error: Error) => void;
    async function* source(): AsyncGenerator<number, void> {
      await new Promise((_, reject) => fail = reject);
      yield 1;
    }
    const task = beginToIterate(source());
    await sleep(1);
    task.cancel();
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
    assertEquals(loop.time(), 1);
    fail(new Error("late"));
    await sleep(1);
  });
  assertEquals(
    loop.reports.map(({ exception }) => (exception as Error).message),
    ["late"],
  );
});

Deno.test("iterate() cancelled a second time leaves a source whose clean-up waits for the host", () =>
  runTest(async () => {
    async function* source(): AsyncGenerator<number, void> {
      try {
        await sleep(60);
        yield 1;
      } finally {
        await new Promise(() => {});
      }
    }
    const task = beginToIterate(source());
    await sleep(1);
    task.cancel();
    await sleep(1);
    assert(!task.done());
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
  }));

Deno.test("what a source leaves running goes on beside who iterates", () =>
  runTest(async () => {
    const log: string[] = [];
    async function* source(): AsyncGenerator<number, void> {
      const helper = sleep(5).then(() => log.push("helper"));
      yield 1;
      yield 2;
      await helper;
    }
    for await (const item of iterate(source())) {
      log.push(`${item}`);
      await sleep(1);
    }
    assertEquals(log, ["1", "2", "helper"]);
    assertEquals(getRunningLoop().time(), 5);
  }));

const PIECE = new TextEncoder().encode("piece");

async function* pieces(log: string[]): AsyncGenerator<Uint8Array, void> {
  try {
    for (let i = 0; i < 2; i++) {
      await sleep(5);
      yield PIECE;
    }
    await new Event().wait();
  } finally {
    await sleep(1);
    log.push(`closed at ${getRunningLoop().time()}`);
  }
}

Deno.test("StreamReader.from() has a read that is cancelled leave its source alone: an async function", () =>
  runTest(async () => {
    const reader = StreamReader.from(pieces([]));
    await assertRejects(
      () => timeout(1, async () => await reader.read(99)),
      TimeoutError,
    );
    assertEquals(await reader.read(99), PIECE);
    assertEquals(getRunningLoop().time(), 5);
  }));

Deno.test("StreamReader.from() has a read that is cancelled leave its source alone: a generator", () =>
  runTest(function* () {
    const reader = StreamReader.from(pieces([]));
    const task = createTask(function* () {
      yield* reader.read(99);
    });
    yield* sleep(1);
    task.cancel();
    yield* wait([task]);
    assert(task.cancelled());
    assertEquals(yield* reader.read(99), PIECE);
    assertEquals(getRunningLoop().time(), 5);
  }));

Deno.test("StreamReader.from() has the end of the task that read leave its source alone", () =>
  runTest(async () => {
    const reader = StreamReader.from(pieces([]));
    await createTask(async () => {
      reader.read(99).catch(() => {});
      await sleep(1);
    });
    assertEquals(await reader.read(99), PIECE);
  }));

async function* slowLines(): AsyncGenerator<Uint8Array> {
  for (let n = 1; n <= 3; n++) {
    yield new TextEncoder().encode(`${n}\n`);
    await sleep(5);
  }
}

/** Asks for an item before it is asked for it. */
function aheadOf(
  items: AsyncGenerator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  let ahead = items.next();
  const next = () => {
    const now = ahead;
    ahead = now.then(() => items.next());
    return now;
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

const WORKING_AHEAD: Readonly<Record<string, () => AsyncIterable<Uint8Array>>> =
  {
    "a stream of Node": () => Readable.from(slowLines()),
    "an iterable": () => aheadOf(slowLines()),
  };

for (const [name, open] of Object.entries(WORKING_AHEAD)) {
  Deno.test(`StreamReader.from() lets ${name} go on that works ahead of who reads`, () =>
    runTest(async () => {
      const lines: string[] = [];
      for await (const line of StreamReader.from(open()).lines()) {
        lines.push(`${line} at ${getRunningLoop().time()}`);
      }
      assertEquals(lines, ["1 at 0", "2 at 5", "3 at 10"]);
    }));
}

Deno.test("StreamReader.from() ends what its source waits for with the run, and waits for its clean-up", async () => {
  const log: string[] = [];
  using loop = new TestLoop();
  await run(async () => {
    const reader = StreamReader.from(pieces(log));
    await reader.readexactly(2 * PIECE.length);
    createTask(async () => await reader.read());
    await sleep(1);
  }, { loopFactory: () => loop });
  assertEquals(log, ["closed at 12"]);
  assertEquals(loop.reports, []);
});

Deno.test("StreamReader.from() ends what its source waits for when a loop over it is cancelled", () =>
  runTest(async () => {
    const log: string[] = [];
    const reader = StreamReader.from(pieces(log));
    const task = createTask(async () => {
      for await (const _ of reader);
    });
    await sleep(1);
    task.cancel();
    await sleep(2);
    assertEquals(log, ["closed at 2"]);
  }));

Deno.test("StreamReader.from() gives a CancelledError of its source's own as an error of the read", () =>
  runTest(async () => {
    const own = new CancelledError("own");
    // deno-lint-ignore require-yield
    async function* source(): AsyncGenerator<Uint8Array, void> {
      await sleep(1);
      throw own;
    }
    const reader = StreamReader.from(source());
    const error = await assertRejects(async () => await reader.read());
    assertEquals(error, own);
    assertEquals(currentTask()!.cancelling(), 0);
  }));
