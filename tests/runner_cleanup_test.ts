/**
 * `cleanup` ends a run whatever hangs in it, however it came to its end: by a signal, by an
 * abort, by itself.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CancelledError,
  createTask,
  EventLoop,
  Future,
  iterate,
  run,
  Runner,
  type ShutdownReport,
  sleep,
  VirtualClock,
} from "@asyncio/asyncio";
import { hostTest, runOn } from "./_hosts.ts";

const PROGRAM = new URL("./_cleanup_program.ts", import.meta.url);

/** What becomes of everything, and what a signal asks to stop besides. */
const ENDS: Readonly<Record<string, readonly [ends: string, late?: string]>> = {
  "main": ["Task ignored"],
  "main, generator": ["Task ignored"],
  "main that is busy": ["Task ignored"],
  "main that is busy, generator": ["Task ignored"],
  "main that waits for a queue": ["Task ignored"],
  "a task": ["Task cancelled, stubborn ignored"],
  "a task, generator": ["Task cancelled, stubborn ignored"],
  "a task that is busy": ["Task cancelled, stubborn ignored"],
  "a task that is busy, generator": ["Task cancelled, stubborn ignored"],
  "a task of a group": ["Task ignored, stubborn ignored"],
  "a task of a group, generator": ["Task ignored, stubborn ignored"],
  "a timeout's body": ["Task ignored"],
  "a timeout's body, generator": ["Task ignored"],
  "a finally that never ends": ["Task ignored"],
  "a finally that never ends, generator": ["Task ignored"],
  "a finally that waits for the host": ["Task ignored"],
  "a promise of the host": ["Task ignored"],
  "a source's finally": ["Task ignored"],
  "a request": ["Task cancelled, Task ignored", "requests"],
  "a request, generator": ["Task cancelled, Task ignored", "requests"],
  "a client of a server": ["Task cancelled, connection ignored", "server"],
  "a client of a server, generator": [
    "Task ignored, connection ignored",
    "server",
  ],
  "a process": ["Task ignored, sh killed"],
  "a job of an executor": ["Task ignored, stubborn ignored"],
  "a service": ["Task cancelled, stubborn ignored", "service"],
  "a main that hangs keeps nobody's clean-up from being begun": [
    "Task ignored, other cancelled",
  ],
};

function* expected(): Generator<string> {
  const ends = Object.entries(ENDS);
  for (const [name, [what, late]] of ends) {
    const all = what.split(", ");
    if (late !== undefined) all.push(`${late} too late`);
    const text = all.sort().join(", ");
    yield `${name}, signal: [SIGTERM, ${text}] threw KeyboardInterrupt`;
  }
  for (const [name, [what]] of ends) {
    yield `${name}, abort: [no signal, ${what}] threw CancelledError`;
  }
  for (const [name, [what]] of ends) {
    yield `${name}, itself: [no signal, ${what}] gave undefined`;
  }
  yield "begun, begun, begun";
}

hostTest(
  "run() ends when cleanup is over, and its report names who ignored the cancel",
  async (host) => {
    const { code, lines, errors } = await runOn(host, PROGRAM);
    assertEquals(lines, [...expected()], errors);
    assertEquals([code, errors], [0, ""]);
  },
);

async function stubborn(): Promise<void> {
  for (;;) {
    try {
      await sleep(3600);
    } catch {
      // That is what it is for.
    }
  }
}

function* stubbornGenerator() {
  for (;;) {
    try {
      yield* sleep(3600);
    } catch {
      // That is what it is for.
    }
  }
}

/** Options of a run of virtual time, and what they have seen. */
function watched(cleanup?: number) {
  const loop = new EventLoop({ clock: new VirtualClock() });
  const reports: ShutdownReport[] = [];
  const options = {
    ...cleanup === undefined ? {} : { cleanup },
    loopFactory: () => loop,
    onShutdown: (report: ShutdownReport) => void reports.push(report),
  };
  return { loop, reports, options };
}

Deno.test("the report of a Runner says nothing of what had ended before its close()", async () => {
  const { loop, reports, options } = watched(3);
  const runner = new Runner(options);
  const runAborted = (body: () => Promise<void>) => {
    const aborter = new AbortController();
    loop.callLater(1, () => aborter.abort());
    return assertRejects(
      () => runner.run(body, { signal: aborter.signal }),
      CancelledError,
    );
  };
  await runAborted(async () => {
    createTask(() => sleep(3600), { name: "of the first run" });
    await sleep(3600);
  });
  await runAborted(stubborn);
  await runner.close();
  assertEquals(
    reports.map(({ tasks }) => tasks.map(({ outcome }) => outcome)),
    [["ignored"]],
  );
});

Deno.test("a wait that cannot be shown leaves the report of a run", async () => {
  class Odd<T> extends Future<T> {
    override toString(): string {
      throw new Error("Odd");
    }
  }
  const { reports, options } = watched(3);
  await run(async () => {
    createTask(async () => {
      for (;;) {
        try {
          await new Odd();
        } catch {
          // It is to be named.
        }
      }
    }, { name: "stubborn" });
    await sleep(1);
  }, options);
  assertEquals(reports.map(({ tasks }) => tasks.map((end) => end.waitsFor)), [
    [["await of stubborn"]],
  ]);
});

Deno.test("run() names in its report what it closes itself", async () => {
  const { reports, options } = watched(3);
  async function* source(): AsyncGenerator<number> {
    try {
      yield 1;
    } finally {
      await stubborn();
    }
  }
  await run(() => iterate(source()).next(), options);
  assertEquals(reports.map(({ tasks }) => tasks.map(({ name }) => name)), [
    ["the end of what was open", "source of iterate()"],
  ]);
});

for (
  const [style, task] of [
    ["async", stubborn],
    ["generator", stubbornGenerator],
  ] as const
) {
  Deno.test(`run() waits as long as cleanup says for what main left (${style})`, async () => {
    const { loop, reports, options } = watched(3);
    await run(async () => {
      createTask(task, { name: "stubborn" });
      await sleep(1);
    }, options);
    assertEquals(loop.time(), 4);
    assertEquals(
      reports.map(String),
      [
        "Shutdown without a signal: 3.00 s to clean up\n" +
        "  task stubborn: ignored the cancel, after 3.00 s, waits for sleep(3600)",
      ],
    );
  });

  Deno.test(`run() ends with the abort's reason when main ignores it (${style})`, async () => {
    const { loop, options } = watched(3);
    const aborter = new AbortController();
    const reason = new Error("why");
    const error = await assertRejects(
      () =>
        run(() => {
          loop.callLater(1, () => aborter.abort(reason));
          return task();
        }, { ...options, signal: aborter.signal }),
      CancelledError,
      "main had not ended",
    );
    assertEquals(error.cause, reason);
    assertEquals(loop.time(), 4);
    assert(loop.isClosed());
  });

  Deno.test(`Runner.run() gives up a main that ignores its signal, and runs the next (${style})`, async () => {
    const { loop, reports, options } = watched(3);
    const runner = new Runner(options);
    const aborter = new AbortController();
    loop.callLater(1, () => aborter.abort());
    await assertRejects(
      () => runner.run(task, { signal: aborter.signal }),
      CancelledError,
    );
    assertEquals(loop.time(), 4);
    assertEquals(await runner.run(() => sleep(10, "next")), "next");
    assertEquals(reports, []);
    await runner.close();
    assertEquals(loop.time(), 17);
    assertEquals(reports.map((report) => report.tasks.length), [1]);
  });
}

Deno.test("run() tells onShutdown nothing if all has cleaned up in time", async () => {
  const { loop, reports, options } = watched(3);
  await run(async () => {
    createTask(async () => {
      try {
        await sleep(3600);
      } finally {
        await sleep(2);
      }
    });
    await sleep(1);
  }, options);
  assertEquals(loop.time(), 3);
  assertEquals(reports, []);
});

Deno.test("run() with grace cleans up for 5 seconds at most", async () => {
  const { loop, reports, options } = watched();
  await run(async () => {
    createTask(stubborn);
    await sleep(1);
  }, { ...options, grace: 60 });
  assertEquals([loop.time(), reports.length], [6, 1]);
});

Deno.test("run() without cleanup waits as long as it takes", async () => {
  const { loop, reports, options } = watched();
  await run(async () => {
    createTask(async () => {
      try {
        await sleep(3600);
      } finally {
        await sleep(1_000_000);
      }
    });
    await sleep(1);
  }, options);
  assertEquals([loop.time(), reports.length], [1_000_001, 0]);
});
