// deno-lint-ignore-file no-console
/**
 * Errors that can hardly be printed: whatever users throw, it is reported in a text of
 * bounded length, and the run goes on.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import {
  type Coro,
  createTask,
  ensureFuture,
  EventLoop,
  getRunningLoop,
  run,
  sleep,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { hostile, ODD_ERRORS } from "./_odd_errors.ts";

/** What `act` makes the console say. */
async function printed(act: () => Promise<unknown>): Promise<string> {
  const texts: string[] = [];
  const original = console.error;
  console.error = (text: string) => texts.push(text);
  try {
    await act();
  } finally {
    console.error = original;
  }
  return texts.join("\n");
}

for (const [name, [make, expected]] of Object.entries(ODD_ERRORS)) {
  Deno.test(`a callback that throws ${name} is reported, and main goes on`, async () => {
    const text = await printed(() =>
      run(async () => {
        getRunningLoop().callSoon(() => {
          throw make();
        });
        await sleep(0);
        await sleep(0);
      })
    );
    assertStringIncludes(text, expected);
    assert(text.length < 100_000, `${text.length} characters`);
    assert(text.split("\n").length < 220);
  });

  for (const style of ["generator", "async"]) {
    Deno.test(`a ${style} task that throws ${name} ends alone`, async () => {
      await printed(() =>
        run(async () => {
          const error = make();
          const task = style === "async"
            ? createTask(async () => {
              await sleep(0);
              throw error;
            })
            : createTask(function* (): Coro<void> {
              yield* sleep(0);
              throw error;
            });
          await sleep(0);
          await sleep(0);
          await sleep(0);
          assert(task.done());
          String(task);
          if (error === undefined || error === null) {
            assertInstanceOf(task.exception(), Error);
          } else assert(task.exception() === error);
        })
      );
    });
  }
}

Deno.test("a rejected promise that gives null fails its future", async () => {
  await printed(() =>
    run(async () => {
      const future = ensureFuture(Promise.reject(null));
      await sleep(0.001);
      assertInstanceOf(future.exception(), Error);
    })
  );
});

Deno.test("a console that throws ends nothing", async () => {
  const original = console.error;
  console.error = hostile;
  try {
    await run(async () => {
      getRunningLoop().callSoon(hostile);
      await sleep(0);
      await sleep(0);
    });
  } finally {
    console.error = original;
  }
});

Deno.test("an exception handler whose context goes in circles is told in ten steps", async () => {
  const text = await printed(() => {
    using loop = new EventLoop();
    const context: { message: string; context?: unknown } = {
      message: "round",
    };
    context.context = context;
    loop.defaultExceptionHandler(context as never);
    return Promise.resolve();
  });
  assertEquals(text.split("asyncio: round").length - 1, 10);
});

Deno.test("debug mode bears a prepareStackTrace() that gives no text", async () => {
  const host = Error as { prepareStackTrace?: unknown };
  const original = host.prepareStackTrace;
  host.prepareStackTrace = () => [];
  try {
    using loop = new TestLoop();
    loop.setDebug(true);
    await loop.runUntilComplete(sleep(1));
    assertEquals(loop.reports, []);
  } finally {
    host.prepareStackTrace = original;
  }
});

Deno.test("a task whose generator function was frozen runs", async () => {
  function* frozen(): Coro<number> {
    yield* sleep(0);
    return 1;
  }
  Object.freeze(frozen.prototype);
  assertEquals(await run(frozen), 1);
});

Deno.test("the text of a value calls no user code that could throw", () => {
  using loop = new TestLoop();
  const future = loop.createFuture<unknown>();
  future.setResult({ toString: hostile });
  assertEquals(String(future), "<Future finished result=an object>");
});
