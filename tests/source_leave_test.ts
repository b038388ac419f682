/**
 * Who leaves a source waits for its clean-up, whatever that waits for, whatever leads over it
 * and by whatever way it is left.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Readable } from "node:stream";
import {
  createTask,
  Event,
  getRunningLoop,
  iterate,
  mapConcurrent,
  run,
  sleep,
  StreamReader,
  taskSignal,
  timeout,
  TimeoutError,
  wait,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";

const LINE = new TextEncoder().encode("line\n");

// Those that are under way when a test ends would be a leak.
let timers: Promise<void>[] = [];

/** A promise of the host, which the loop knows nothing of. */
function hostTurns(): Promise<void> {
  const timer = new Promise<void>((resolve) => setTimeout(resolve, 2));
  timers.push(timer);
  return timer;
}

/** Where a source stands when it is left: at an item, or at a wait. */
interface Stand {
  /** What it waits for before its second item. */
  pause(): PromiseLike<unknown>;
  /** Whether it is left while it waits. */
  readonly inWait: boolean;
}

const STANDS: Readonly<Record<string, Stand>> = {
  "at an item": { pause: () => sleep(3600), inWait: false },
  "at a wait for the library": { pause: () => sleep(3600), inWait: true },
  "at a wait for the host": { pause: hostTurns, inWait: true },
};

/** A source that gives one item, then waits, and whose clean-up takes the host's time. */
type MakeSource = (
  pause: () => PromiseLike<unknown>,
  log: string[],
  isWaiting: Event,
) => ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

const SOURCES: Readonly<Record<string, MakeSource>> = {
  async *"an async generator"(pause, log, isWaiting) {
    try {
      yield LINE;
      for (;;) {
        const paused = pause();
        isWaiting.set();
        await paused;
        yield LINE;
      }
    } finally {
      await hostTurns();
      log.push("clean");
    }
  },
  "a ReadableStream"(pause, log, isWaiting) {
    let isFirst = true;
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (!isFirst) {
          const paused = pause();
          isWaiting.set();
          await paused;
        }
        isFirst = false;
        controller.enqueue(LINE);
      },
      async cancel() {
        await hostTurns();
        log.push("clean");
      },
    }, { highWaterMark: 0 });
  },
  "a stream of Node"(pause, log, isWaiting) {
    let isFirst = true;
    return new Readable({
      highWaterMark: 1,
      read() {
        if (isFirst) {
          isFirst = false;
          this.push(LINE);
          return;
        }
        Promise.resolve(pause()).then(() => this.push(LINE), () => {});
        isWaiting.set();
      },
      destroy(error, done) {
        hostTurns().then(() => {
          log.push("clean");
          done(error);
        });
      },
    });
  },
  "an async iterable"(pause, log, isWaiting) {
    let isFirst = true;
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          if (!isFirst) {
            const paused = pause();
            isWaiting.set();
            await paused;
          }
          isFirst = false;
          return { done: false as const, value: LINE };
        },
        async return() {
          await hostTurns();
          await sleep(0.001);
          log.push("clean");
          return { done: true as const, value: undefined };
        },
      }),
    };
  },
};

type Source = ReturnType<MakeSource>;

const BRIDGES: Readonly<
  Record<string, (source: Source) => AsyncIterable<unknown>>
> = {
  "iterate()": (source) => iterate(source as AsyncIterable<unknown>),
  "a StreamReader": (source) => StreamReader.from(source),
  "lines()": (source) => StreamReader.from(source).lines(),
  "mapConcurrent()": (source) =>
    mapConcurrent(
      source as AsyncIterable<unknown>,
      (item) => Promise.resolve(item),
      { limit: 1 },
    ),
};

/** Goes over items, and does `work` with each. */
async function consume(
  items: AsyncIterable<unknown>,
  work: () => unknown,
): Promise<void> {
  for await (const _ of items) await work();
}

/** Leaves a loop: out of its body, or out of its wait. */
type Leave = (
  items: AsyncIterable<unknown>,
  isWaiting: Event,
  inWait: boolean,
) => Promise<void>;

const FROM_OUTSIDE: Readonly<Record<string, Leave>> = {
  async "a cancel, async"(items, isWaiting, inWait) {
    const task = createTask(async () => {
      await consume(items, () => inWait || standStill(isWaiting));
    });
    await isWaiting.wait();
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
  },
  async "a cancel, generator"(items, isWaiting, inWait) {
    const task = createTask(function* () {
      yield* createTask(() =>
        consume(items, () => inWait || standStill(isWaiting))
      );
    });
    await isWaiting.wait();
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
  },
  async "a time limit"(items, isWaiting, inWait) {
    await assertRejects(
      async () =>
        void await timeout(undefined, async (scope) => {
          getRunningLoop().createTask(async () => {
            await isWaiting.wait();
            scope.reschedule(getRunningLoop().time());
          });
          await consume(items, () => inWait || standStill(isWaiting));
        }),
      TimeoutError,
    );
  },
};

async function standStill(isWaiting: Event): Promise<void> {
  isWaiting.set();
  await sleep(3600);
}

const FROM_INSIDE: Readonly<Record<string, Leave>> = {
  async "a break"(items) {
    for await (const _ of items) break;
  },
  async "an error"(items) {
    await assertRejects(
      () =>
        consume(items, () => {
          throw new RangeError("body");
        }),
      RangeError,
      "body",
    );
  },
};

/** Runs `main` in real time, and gives what was reported. */
async function reportsOf(main: () => Promise<void>): Promise<unknown[]> {
  const reports: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { exception, message }) =>
      reports.push(exception ?? message)
    );
    await main();
  });
  await Promise.all(timers);
  timers = [];
  return reports;
}

for (const [bridge, open] of Object.entries(BRIDGES)) {
  for (const [name, make] of Object.entries(SOURCES)) {
    for (const [where, { pause, inWait }] of Object.entries(STANDS)) {
      const leaves = inWait
        ? FROM_OUTSIDE
        : { ...FROM_INSIDE, ...FROM_OUTSIDE };
      for (const [how, leave] of Object.entries(leaves)) {
        Deno.test(`${bridge} over ${name} ${where} waits for its clean-up at ${how}`, async () => {
          const log: string[] = [];
          const reports = await reportsOf(async () => {
            const isWaiting = new Event();
            await leave(open(make(pause, log, isWaiting)), isWaiting, inWait);
            log.push("left");
          });
          assertEquals(log, ["clean", "left"]);
          assertEquals(reports, []);
        });
      }
    }
  }
}

/** Sources whose clean-up fails after a turn of the host. */
const FAILING: Readonly<Record<string, () => Source>> = {
  async *"an async generator"() {
    try {
      yield LINE;
      await sleep(3600);
    } finally {
      await hostTurns();
      // deno-lint-ignore no-unsafe-finally
      throw new RangeError("clean-up");
    }
  },
  "a ReadableStream": () =>
    new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(LINE),
      async cancel() {
        await hostTurns();
        throw new RangeError("clean-up");
      },
    }),
};

for (const [bridge, open] of Object.entries(BRIDGES)) {
  for (const [name, make] of Object.entries(FAILING)) {
    Deno.test(`${bridge} throws the error of the clean-up of ${name} at a break`, async () => {
      const reports = await reportsOf(async () => {
        await assertRejects(
          async () => {
            for await (const _ of open(make())) break;
          },
          RangeError,
          "clean-up",
        );
      });
      assertEquals(reports, []);
    });

    Deno.test(`${bridge} throws or reports the error of the clean-up of ${name} at a cancel`, async () => {
      let failure: unknown;
      const reports = await reportsOf(async () => {
        const isWaiting = new Event();
        const task = createTask(async () => {
          for await (const _ of open(make())) await standStill(isWaiting);
        });
        await isWaiting.wait();
        task.cancel();
        await wait([task]);
        failure = task.cancelled() ? undefined : task.exception();
      });
      const errors = [failure, ...reports].filter((error) =>
        error !== undefined
      );
      assertEquals(errors.map(String), ["RangeError: clean-up"]);
    });
  }
}

/** Cancels who goes over a source after a second; gives when it had ended, and the reports. */
async function leaveAfterSecond(
  open: (typeof BRIDGES)[string],
  source: () => AsyncGenerator<Uint8Array>,
): Promise<{ readonly time: number; readonly reports: readonly string[] }> {
  using loop = new TestLoop();
  await loop.runUntilComplete(async () => {
    const task = createTask(() => consume(open(source()), () => {}));
    await sleep(1);
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
  });
  const reports = loop.reports.map(({ message }) => message);
  return { time: loop.time(), reports };
}

for (const [bridge, open] of Object.entries(BRIDGES)) {
  const isMap = bridge === "mapConcurrent()";
  const when = isMap
    ? "after 5 s, and says so"
    : "after a moment of the host's";
  Deno.test(`${bridge} gives a source up that waits for the host for ever ${when}`, async () => {
    const { time, reports } = await leaveAfterSecond(open, async function* () {
      yield LINE;
      await new Promise(() => {});
    });
    assertEquals([time, reports.length], isMap ? [6, 1] : [1, 0]);
    if (isMap) assertStringIncludes(reports[0]!, "promise of the host");
  });

  // Its source is asked in the line of a worker, which has the request for its next wait.
  if (isMap) continue;

  Deno.test(`${bridge} gives a source up whose clean-up waits for the host for ever after 5 s, and says so`, async () => {
    const { time, reports } = await leaveAfterSecond(open, async function* () {
      try {
        yield LINE;
        await sleep(3600);
      } finally {
        await new Promise(() => {});
      }
    });
    assertEquals([time, reports.length], [6, 1]);
    assertStringIncludes(reports[0]!, "promise of the host");
  });

  Deno.test(`${bridge} has a source that waits for the host take the cancel from its signal`, async () => {
    const log: string[] = [];
    const { time, reports } = await leaveAfterSecond(open, async function* () {
      try {
        yield LINE;
        const signal = taskSignal();
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        );
      } finally {
        await sleep(1);
        log.push("clean");
      }
    });
    assertEquals([log, time, reports], [["clean"], 2, []]);
  });
}

for (const bridge of ["iterate()", "a StreamReader", "lines()"]) {
  Deno.test(`${bridge} is left at once by a second cancel, and its source closed all the same`, async () => {
    using loop = new TestLoop();
    await loop.runUntilComplete(async () => {
      const log: string[] = [];
      let answer!: () => void;
      async function* source(): AsyncGenerator<Uint8Array> {
        try {
          yield LINE;
          await new Promise<void>((resolve) => answer = resolve);
          yield LINE;
        } finally {
          log.push("clean");
        }
      }
      const task = createTask(() =>
        consume(BRIDGES[bridge]!(source()), () => {})
      );
      await sleep(1);
      task.cancel();
      await hostTurns();
      assert(!task.done());
      task.cancel();
      await wait([task]);
      assert(task.cancelled());
      assertEquals([log, loop.time()], [[], 1]);
      answer();
      await hostTurns();
      assertEquals(log, ["clean"]);
    });
    assertEquals(loop.reports, []);
  });
}

Deno.test("toReadableStream() that is cancelled waits for the clean-up of its source", async () => {
  for (
    const make of [SOURCES["an async generator"]!, SOURCES["a ReadableStream"]!]
  ) {
    const log: string[] = [];
    await reportsOf(async () => {
      const source = make(() => sleep(3600), log, new Event());
      const reader = StreamReader.from(source).toReadableStream().getReader();
      await reader.read();
      await reader.cancel();
      log.push("left");
    });
    assertEquals(log, ["clean", "left"]);
  }
});

Deno.test("toReadableStream() that is cancelled gives the error of the clean-up of its source", async () => {
  for (const make of Object.values(FAILING)) {
    await reportsOf(async () => {
      const reader = StreamReader.from(make()).toReadableStream().getReader();
      await reader.read();
      await assertRejects(() => reader.cancel(), RangeError, "clean-up");
    });
  }
});
