import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { Readable } from "node:stream";
import {
  CancelledError,
  createTask,
  EventLoop,
  getRunningLoop,
  iterate,
  mapConcurrent,
  run,
  RuntimeError,
  sleep,
  StreamReader,
  timeout,
  TimeoutError,
  VirtualClock,
} from "../mod.ts";
import { runTest } from "../testing.ts";

/** A source that gives some items and then nothing more, and knows how it was closed. */
interface Source {
  readonly items: ReadableStream<number> | AsyncIterable<number>;
  readonly closed: () => boolean;
  readonly reason?: () => unknown;
}

const SOURCES: Readonly<Record<string, () => Source>> = {
  "a ReadableStream": () => {
    let isClosed = false;
    let reason: unknown;
    const items = new ReadableStream<number>({
      start(controller) {
        for (let i = 0; i < 3; i++) controller.enqueue(i);
      },
      cancel(why) {
        isClosed = true;
        reason = why;
      },
    });
    return { items, closed: () => isClosed, reason: () => reason };
  },
  "a stream of Node": () => {
    const items = new Readable({ objectMode: true, read() {} });
    for (let i = 0; i < 3; i++) items.push(i);
    return { items, closed: () => items.destroyed };
  },
  "an async iterable": () => {
    let isClosed = false;
    let i = 0;
    const items: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          i < 3
            ? Promise.resolve({ done: false, value: i++ })
            : new Promise(() => {}),
        return: () => {
          isClosed = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    return { items, closed: () => isClosed };
  },
};

for (const [name, make] of Object.entries(SOURCES)) {
  Deno.test(`iterate() of ${name} gives its items, and closes it at a break`, () =>
    runTest(async () => {
      const { items, closed } = make();
      const got: number[] = [];
      for await (const item of iterate(items)) {
        got.push(item);
        if (got.length === 3) break;
      }
      assertEquals(got, [0, 1, 2]);
      assert(closed());
    }));

  Deno.test(`iterate() of ${name} closes it at an error of the body`, () =>
    runTest(async () => {
      const { items, closed } = make();
      await assertRejects(async () => {
        for await (const _ of iterate(items)) throw new RangeError("body");
      }, RangeError);
      assert(closed());
    }));

  Deno.test(`iterate() of ${name} is cancelled in its wait, and closes it`, async () => {
    const { items, closed } = make();
    await run(async () => {
      await assertRejects(
        async () =>
          void await timeout(0.01, async () => {
            for await (const _ of iterate(items));
          }),
        TimeoutError,
      );
    });
    assert(closed());
  });

  Deno.test(`iterate() of ${name} is cancelled in the turn of an item, and closes it`, () =>
    runTest(async () => {
      const { items, closed } = make();
      const task = createTask(async () => {
        for await (const _ of iterate(items)) await sleep(0);
      });
      await sleep(0);
      task.cancel();
      await assertRejects(async () => void await task, CancelledError);
      await sleep(0);
      assert(closed());
    }));

  Deno.test(`iterate() of ${name} closes it at the end of the run`, async () => {
    const { items, closed } = make();
    await runTest(async () => {
      await iterate(items)[Symbol.asyncIterator]().next();
      assertFalse(closed());
    });
    assert(closed());
  });
}

const GOING_OVER: Readonly<
  Record<string, (items: ReadableStream<number>) => Promise<void>>
> = {
  "iterate()": async (items) => {
    for await (const _ of iterate(items));
  },
  "mapConcurrent()": async (items) => {
    const work = (item: number) => sleep(0, item);
    for await (const _ of mapConcurrent(items, work, { limit: 2 }));
  },
};
const ENDS: Readonly<
  Record<string, (stream: ReadableStreamDefaultController<number>) => void>
> = {
  fails: (stream) => stream.error(new Error("lost")),
  ends: (stream) => stream.close(),
};

for (const [name, goOver] of Object.entries(GOING_OVER)) {
  for (const [how, end] of Object.entries(ENDS)) {
    Deno.test(`${name} ends in its cancel, and in its timeout, if its ReadableStream ${how} in the same turn`, () =>
      runTest(async (loop) => {
        const reports: unknown[] = [];
        loop.setExceptionHandler((_loop, report) => reports.push(report));
        const open = () => {
          let stream!: ReadableStreamDefaultController<number>;
          const items = new ReadableStream<number>({
            start: (controller) => void (stream = controller),
          });
          return { items, end: () => end(stream) };
        };
        const one = open();
        const task = createTask(() => goOver(one.items));
        await sleep(1);
        task.cancel();
        one.end();
        await assertRejects(async () => void await task, CancelledError);

        const other = open();
        // It is set after the deadline, so it comes right after it.
        await assertRejects(
          () =>
            timeout(1, () => {
              loop.callLater(1, other.end);
              return goOver(other.items);
            }),
          TimeoutError,
        );
        assertFalse(other.items.locked);
        assertEquals(reports, []);
      }));
  }
}

type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>;

const LOOPS: Readonly<
  Record<string, (items: ByteStream) => AsyncIterable<unknown>>
> = {
  "iterate()": (items) => iterate(items),
  "a StreamReader": (items) => StreamReader.from(items),
  "lines()": (items) => StreamReader.from(items).lines(),
};

for (const [name, loopOver] of Object.entries(LOOPS)) {
  Deno.test(`a loop over ${name} that a cancel has left tells nobody that its stream has failed before`, () =>
    runTest(async (loop) => {
      const reports: unknown[] = [];
      loop.setExceptionHandler((_loop, report) => reports.push(report));
      // As the body of a request whose client goes, which cancels the request.
      const items: ByteStream = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("line\n"));
          loop.callLater(1, () => controller.error(new Error("gone")));
        },
      });
      await assertRejects(
        () =>
          timeout(2, async () => {
            for await (const _ of loopOver(items)) await sleep(3);
          }),
        TimeoutError,
      );
      assertEquals(reports, []);
    }));

  Deno.test(`a loop over ${name} that a cancel has left tells what its stream throws when it is closed`, () =>
    runTest(async (loop) => {
      const reports: unknown[] = [];
      loop.setExceptionHandler((_loop, { exception }) =>
        reports.push((exception as Error).message)
      );
      const items: ByteStream = new ReadableStream({
        start: (controller) =>
          controller.enqueue(new TextEncoder().encode("line\n")),
        cancel: () => Promise.reject(new Error("disk full")),
      });
      await assertRejects(
        () =>
          timeout(2, async () => {
            for await (const _ of loopOver(items)) await sleep(3);
          }),
        TimeoutError,
      );
      assertEquals(reports, ["disk full"]);
    }));
}

Deno.test("iterate() gives the CancelledError to a stream as its reason", () =>
  runTest(async () => {
    const { items, reason } = SOURCES["a ReadableStream"]!();
    const task = createTask(async () => {
      for await (const _ of iterate(items));
    });
    await sleep(1);
    task.cancel("enough");
    await assertRejects(async () => void await task, CancelledError);
    assertInstanceOf(reason!(), CancelledError);
    assertEquals((reason!() as Error).message, "enough");
  }));

Deno.test("iterate() ends when its source does, and gives its error", () =>
  runTest(async () => {
    async function* two(): AsyncGenerator<number> {
      yield await Promise.resolve(1);
      yield 2;
    }
    const got: number[] = [];
    const items = iterate(two());
    for await (const item of items) got.push(item);
    assertEquals(got, [1, 2]);
    assertEquals(await items.next(), { done: true, value: undefined });

    const error = new Error("broken source");
    async function* broken(): AsyncGenerator<number> {
      yield await Promise.resolve(1);
      throw error;
    }
    const thrown = await assertRejects(async () => {
      for await (const _ of iterate(broken()));
    });
    assertStrictEquals(thrown, error);
  }));

Deno.test("iterate() leaves a stream unlocked when it ends", () =>
  runTest(async () => {
    const stream = new ReadableStream<number>({
      start(controller) {
        controller.enqueue(1);
        controller.close();
      },
    });
    for await (const _ of iterate(stream));
    assertFalse(stream.locked);
  }));

Deno.test("iterate() refuses what it can't go over, and what is in use", async () => {
  await runTest(async () => {
    for (const wrong of [undefined, null, 1, [1], {}, () => {}]) {
      assertThrows(() => iterate(wrong as never), TypeError, "Cannot iterate");
    }
    const stream = new ReadableStream();
    stream.getReader();
    assertThrows(() => iterate(stream), TypeError);
    await Promise.resolve();
  });
  assertThrows(() => iterate(new ReadableStream()), RuntimeError);
});

const TAKE: Readonly<
  Record<string, (stream: Readable) => () => PromiseLike<unknown>>
> = {
  "iterate()": (stream) => {
    const items = iterate(stream);
    return () => items.next();
  },
  "a StreamReader": (stream) => {
    const reader = StreamReader.from(stream);
    return () => reader.read();
  },
};

function closeOf(stream: Readable): Promise<void> {
  return new Promise((resolve) => stream.once("close", resolve));
}

for (const [name, take] of Object.entries(TAKE)) {
  Deno.test(`${name} keeps the error of a stream of Node that nobody has asked yet`, async () => {
    const stream = new Readable({ read() {} });
    await run(async () => {
      const ask = take(stream);
      const closed = closeOf(stream);
      // Without a listener it would end the program.
      stream.destroy(new RangeError("broke"));
      await closed;
      await assertRejects(async () => await ask(), RangeError, "broke");
    });
  });

  Deno.test(`${name} reports the error of a stream of Node that nobody asks`, async () => {
    const stream = new Readable({ read() {} });
    const reports: unknown[] = [];
    await run(async () => {
      getRunningLoop().setExceptionHandler((_loop, { exception }) =>
        reports.push(exception)
      );
      take(stream);
      const closed = closeOf(stream);
      stream.destroy(new RangeError("broke"));
      await closed;
    });
    assertEquals(reports.map(String), ["RangeError: broke"]);
    assertEquals(stream.listenerCount("error"), 0);
  });

  Deno.test(`${name} leaves the error of a stream of Node to a listener that it has`, async () => {
    const stream = new Readable({ read() {} });
    const heard: unknown[] = [];
    stream.on("error", (error) => heard.push(error));
    const reports: unknown[] = [];
    await run(async () => {
      getRunningLoop().setExceptionHandler((_loop, context) =>
        reports.push(context)
      );
      take(stream);
      const closed = closeOf(stream);
      stream.destroy(new RangeError("broke"));
      await closed;
    });
    assertEquals([heard.map(String), reports], [["RangeError: broke"], []]);
    assertEquals(stream.listenerCount("error"), 1);
  });
}

for (
  const [name, leave] of Object.entries({
    "iterate()": async (branch: ReadableStream<number>) => {
      for await (const _ of iterate(branch)) break;
    },
    "mapConcurrent()": async (branch: ReadableStream<number>) => {
      const results = mapConcurrent(branch, (x) => sleep(0, x), { limit: 1 });
      for await (const _ of results) break;
    },
  })
) {
  Deno.test(`${name} that leaves a branch of tee() says after 5 s that the other has to be closed too`, () =>
    run(async () => {
      const loop = getRunningLoop();
      const told: string[] = [];
      loop.setExceptionHandler((_, { message }) => told.push(message));
      const { items } = SOURCES["a ReadableStream"]!();
      const [branch, other] = (items as ReadableStream<number>).tee();
      await leave(branch);
      assertEquals(told.length, 1);
      assertMatch(told[0]!, /branch of tee\(\) .* close both$/);
      assertEquals(loop.time(), 5);
      await other.cancel();
    }, { loopFactory: () => new EventLoop({ clock: new VirtualClock() }) }));

  Deno.test(`${name} that leaves a branch of tee() ends at once if the other is closed`, () =>
    runTest(async (loop) => {
      const { items, closed } = SOURCES["a ReadableStream"]!();
      const [branch, other] = (items as ReadableStream<number>).tee();
      const closing = other.cancel();
      await leave(branch);
      assert(closed());
      assertEquals(loop.time(), 0);
      await closing;
    }));
}
