/**
 * Errors that nobody catches: reported when the future is collected, when nobody has
 * fetched them in time, or when the loop is closed; those of callbacks at once.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { fileURLToPath } from "node:url";
import {
  asCompleted,
  createTask,
  ensureFuture,
  EventLoop,
  type ExceptionContext,
  type Future,
  gather,
  getRunningLoop,
  run,
  shield,
  sleep,
  VirtualClock,
  wait,
} from "@asyncio/asyncio";
import { runTest, TestLoop } from "@asyncio/asyncio/testing";
import { collectGarbage } from "./cpython/_garbage.ts";

const CANNOT_RUN =
  Deno.permissions.querySync({ name: "run" }).state !== "granted" ||
  Deno.permissions.querySync({ name: "read" }).state !== "granted";
const NO_GC = !("gc" in globalThis);

async function collectTwice() {
  await collectGarbage();
  await collectGarbage();
}

const KINDS = {
  "a generator task": () =>
    createTask(function* fails() {
      yield* sleep(0);
      throw new RangeError("lost");
    }),
  "an async-function task": () =>
    createTask(async function fails() {
      await sleep(0);
      throw new RangeError("lost");
    }),
  "a future": () => {
    const future = getRunningLoop().createFuture<void>();
    future.setException(new RangeError("lost"));
    return future;
  },
};

for (const [kind, make] of Object.entries(KINDS)) {
  Deno.test({
    name:
      `the error of ${kind} that nobody fetched is reported at its collection`,
    ignore: NO_GC,
    async fn() {
      using loop = new TestLoop();
      loop.callSoon(() => {
        make();
      });
      await loop.runUntilComplete(sleep(1));
      // Not before: somebody might still fetch it.
      await collectTwice();
      const [report, ...others] = loop.reports;
      assertEquals(others, []);
      assertEquals(String(report?.exception), "RangeError: lost");
      const word = kind === "a future" ? "Future" : "Task";
      assertEquals(report?.message, `${word} exception was never retrieved`);
      assert(String(report?.future).startsWith(`<${word}`));
    },
  });

  Deno.test({
    name: `the error of ${kind} that was fetched is not reported`,
    ignore: NO_GC,
    async fn() {
      using loop = new TestLoop();
      await loop.runUntilComplete(async () => {
        const future = make();
        await sleep(1);
        assertEquals(String(future.exception()), "RangeError: lost");
      });
      await collectTwice();
      assertEquals(loop.reports, []);
    },
  });
}

for (const [kind, make] of Object.entries(KINDS)) {
  Deno.test({
    name: `${kind} whose error was fetched is collected`,
    ignore: NO_GC,
    async fn() {
      const made: WeakRef<object>[] = [];
      await run(async () => {
        for (let i = 0; i < 20; i++) {
          const future = make();
          made.push(new WeakRef(future));
          await future.then(() => {}, () => {});
        }
      });
      await collectTwice();
      const left = made.filter((ref) => ref.deref() !== undefined).length;
      // The last one may still stand on the stack.
      assert(left <= 1, `${left} of 20 are left`);
    },
  });
}

Deno.test({
  name: "the error of a future that is still held is not reported",
  ignore: NO_GC,
  async fn() {
    using loop = new TestLoop();
    const future = loop.createFuture<void>();
    future.setException(new RangeError("held"));
    await collectTwice();
    assertEquals(loop.reports, []);
    future.exception();
  },
});

Deno.test("a callback that fails is reported at once, with its handle", async () => {
  using loop = new TestLoop();
  const error = new RangeError("broken");
  let reportsNextTurn = -1;
  loop.callSoon(function explode() {
    loop.callSoon(() => reportsNextTurn = loop.reports.length);
    throw error;
  });
  await loop.runUntilComplete(sleep(1));
  assertEquals(reportsNextTurn, 1);
  const [report] = loop.reports;
  assertStrictEquals(report?.exception, error);
  assertEquals(report?.message, "Exception in callback explode");
  assert(String(report?.handle).startsWith("<Handle explode()"));
});

Deno.test("an exception handler that fails is reported by the default one", async () => {
  const reports: string[] = [];
  class QuietLoop extends TestLoop {
    override defaultExceptionHandler({ message }: { message: string }) {
      reports.push(message);
    }
  }
  using loop = new QuietLoop();
  loop.setExceptionHandler(() => {
    throw new Error("broken handler");
  });
  loop.callSoon(() => {
    throw new Error("broken callback");
  });
  await loop.runUntilComplete(sleep(1));
  assertEquals(reports, ["Unhandled error in exception handler"]);
});

Deno.test({
  name: "the default handler writes one readable report to stderr",
  ignore: CANNOT_RUN,
  async fn() {
    const program = new URL("./_report_program.ts", import.meta.url);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--quiet", fileURLToPath(program)],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
    assertEquals(lines.slice(0, 3), [
      "asyncio: Exception in callback explode",
      "  handle: <Handle explode()>",
      "  RangeError: broken callback",
    ]);
    // Then the stack, of the user's code.
    assert(lines[3]!.includes("_report_program.ts"), lines[3]);
    assertEquals(lines.filter((line) => line.startsWith("asyncio:")).length, 1);
    assertEquals(stdout.length, 0);
    assertEquals(code, 0);
  },
});

/** Makes a task or future that fails at 1 s, and is held. */
const FAILING: Record<string, (held: Map<string, Future<unknown>>) => void> = {
  "a generator task": (held) => {
    held.set(
      "it",
      createTask(function* () {
        yield* sleep(1);
        throw new RangeError("lost");
      }, { name: "it" }),
    );
  },
  "an async-function task": (held) => {
    held.set(
      "it",
      createTask(async () => {
        await sleep(1);
        throw new RangeError("lost");
      }, { name: "it" }),
    );
  },
  "a task for a promise": (held) => {
    const promise = (async () => {
      await sleep(1);
      throw new RangeError("lost");
    })();
    held.set("it", ensureFuture(promise));
  },
  "a future": (held) => {
    const future = getRunningLoop().createFuture<void>();
    held.set("it", future);
    getRunningLoop().callLater(1, () => {
      future.setException(new RangeError("lost"));
    });
  },
};

for (const [kind, make] of Object.entries(FAILING)) {
  Deno.test(`the error of ${kind} that is held is reported after 5 s, once`, async () => {
    const loop = new TestLoop();
    const held = new Map<string, Future<unknown>>();
    await loop.runUntilComplete(async () => {
      make(held);
      await sleep(5.9);
      assertEquals(loop.reports, []);
      await sleep(0.2);
      assertEquals(loop.reports.length, 1);
    });
    loop.close();
    const [report, ...others] = loop.reports;
    assertEquals(others, []);
    assertEquals(String(report?.exception), "RangeError: lost");
    if (!kind.includes("future") && !kind.includes("promise")) {
      assert(String(report?.future).startsWith('<Task name="it" coro='));
    }
    // Fetched too late.
    assertEquals(String(held.get("it")!.exception()), "RangeError: lost");
  });

  Deno.test(`the error of ${kind} that is held is reported when its loop is closed`, async () => {
    const loop = new TestLoop();
    const held = new Map<string, Future<unknown>>();
    await loop.runUntilComplete(async () => {
      make(held);
      await sleep(2);
    });
    assertEquals(loop.reports, []);
    loop.close();
    assertEquals(loop.reports.length, 1);
    const failure = await assertRejects(
      () =>
        runTest(async () => {
          make(held);
          await sleep(2);
        }),
      AggregateError,
    );
    assertEquals(failure.errors.map(String), ["RangeError: lost"]);
  });

  Deno.test(`the error of ${kind} is not reported when it was fetched before`, async () => {
    const fetches: ((future: Future<unknown>) => unknown)[] = [
      (future) => future.exception(),
      (future) => assertRejects(async () => await future),
      (future) => future.then(undefined, () => {}),
      (future) => gather([future], { returnExceptions: true }),
      (future) => assertRejects(async () => await gather(future)),
      (future) => assertRejects(async () => await shield(future)),
      (future) => future.cancel(),
    ];
    for (const fetch of fetches) {
      await runTest(async () => {
        const held = new Map<string, Future<unknown>>();
        make(held);
        await sleep(5.5);
        await fetch(held.get("it")!);
        await sleep(60);
      });
    }
  });

  Deno.test(`the error of ${kind} is not reported while somebody is to be handed it`, async () => {
    await runTest(async () => {
      const held = new Map<string, Future<unknown>>();
      make(held);
      const future = held.get("it")!;
      await wait([future, createTask(sleep(60))]);
      assertEquals(String(future.exception()), "RangeError: lost");
    });
    await runTest(async () => {
      const held = new Map<string, Future<unknown>>();
      make(held);
      const all = gather([held.get("it")!, sleep(60)], {
        returnExceptions: true,
      });
      assertEquals(String((await all)[0]), "RangeError: lost");
    });
    await runTest(async () => {
      const held = new Map<string, Future<unknown>>();
      make(held);
      for await (const done of asCompleted([sleep(0.5), held.get("it")!])) {
        if (done.exception() === undefined) await sleep(30);
      }
    });
  });
}

Deno.test("reportUnfetchedAfter says after how long an error is reported", async () => {
  for (const reportUnfetchedAfter of [60, { minutes: 1 }, Infinity]) {
    const reports: unknown[] = [];
    const clock = new VirtualClock();
    const loop = new EventLoop({ clock, reportUnfetchedAfter });
    loop.setExceptionHandler((_, { exception }) => reports.push(exception));
    let task: Future<unknown>;
    await loop.runUntilComplete(async () => {
      task = createTask(async () => {
        await sleep(0);
        throw new Error("lost");
      });
      await sleep(59);
      assertEquals(reports.length, 0);
      await sleep(2);
    });
    assertEquals(reports.length, reportUnfetchedAfter === Infinity ? 0 : 1);
    loop.close();
    assertEquals(reports.length, 1);
    assert(task!.done());
  }
});

Deno.test("the report of an unfetched error says in debug mode where the task was made", async () => {
  const loop = new TestLoop();
  loop.setDebug(true);
  await loop.runUntilComplete(async () => {
    createTask(async () => {
      await sleep(0);
      throw new Error("lost");
    });
    await sleep(1);
  });
  loop.close();
  const [report] = loop.reports;
  assert(report?.sourceTraceback?.includes("future_unfetched_test.ts"));
});

Deno.test("a cancel that nobody fetched is no lost error", () =>
  runTest(async () => {
    const all = gather(sleep(9), sleep(9));
    await sleep(1);
    all.cancel();
    await sleep(60);
  }));

Deno.test("runTest() throws its own error, and tells of the others", async () => {
  const reports: ExceptionContext[] = [];
  const { console } = globalThis;
  const { error } = console;
  console.error = (text: string) => reports.push({ message: text });
  try {
    await assertRejects(
      () =>
        runTest(async () => {
          createTask(async () => {
            await sleep(0);
            throw new RangeError("another");
          });
          await sleep(1);
          throw new TypeError("its own");
        }),
      TypeError,
      "its own",
    );
  } finally {
    console.error = error;
  }
  assertEquals(reports.length, 1);
  assert(reports[0]!.message.includes("RangeError: another"));
});

for (const style of ["async", "generator"]) {
  Deno.test(`shield() reports no error that another waiter handles (${style})`, () =>
    runTest(async () => {
      for (const turns of [0, 1]) {
        const work = createTask(async () => {
          await sleep(1);
          throw new Error("work failed");
        });
        const user = createTask(
          style === "async" ? async () => await shield(work) : function* () {
            yield* shield(work);
          },
        );
        if (turns === 1) work.then(undefined, () => {});
        await sleep(0.1);
        user.cancel();
        if (turns === 0) await assertRejects(async () => await work);
        await sleep(60);
      }
    }));
}

const ENDS: Record<string, string> = {
  "run()": `await run(async () => { createTask(fail); await sleep(0.001); });`,
  "a loop that is not closed":
    `await newEventLoop().runUntilComplete(async () => { createTask(fail); await sleep(0.001); });`,
  "Deno.exit()":
    `await run(async () => { createTask(fail); await sleep(0.001); Deno.exit(); });`,
  "tasks in a Map":
    `await run(async () => { globalThis.kept = new Map([[1, createTask(fail)]]); await sleep(0.001); });`,
};

for (const [name, code] of Object.entries(ENDS)) {
  Deno.test({
    name: `a program that ends at once tells of an unfetched error: ${name}`,
    ignore: CANNOT_RUN,
    async fn() {
      const lib = new URL("../mod.ts", import.meta.url).href;
      const program = `
        import { createTask, newEventLoop, run, sleep } from "${lib}";
        void newEventLoop;
        const fail = async () => { await sleep(0); throw new RangeError("lost"); };
        ${code}`;
      const { stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-check", "--quiet", "--ext=ts", program],
        env: { NO_COLOR: "1" },
        stdin: "null",
      }).output();
      const text = new TextDecoder().decode(stderr);
      assertEquals(text.split("RangeError: lost").length, 2, text);
      assert(text.includes("Task exception was never retrieved"), text);
    },
  });
}
