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

function hostile(): never {
  throw new Error("a getter of users");
}

function chain(length: number): Error {
  let error = new Error("the last cause");
  for (let i = 0; i < length; i++) error = new Error("wrap", { cause: error });
  return error;
}

/** What is thrown, and what the report has to say of it. */
const ODD: Record<string, [make: () => unknown, text: string]> = {
  "an error that is its own cause": [() => {
    const error = new Error("round");
    error.cause = error;
    return error;
  }, 'Caused by Error("round") (above)'],
  "two errors that cause each other": [() => {
    const one = new Error("one");
    one.cause = new Error("two", { cause: one });
    return one;
  }, 'Caused by Error("one") (above)'],
  "an aggregate that holds itself": [() => {
    const error = new AggregateError([], "round");
    error.errors.push(error, new Error("part"));
    return error;
  }, "Error: part"],
  "an aggregate whose errors are no list": [
    () => Object.assign(new AggregateError([], "lone"), { errors: 5 }),
    "lone",
  ],
  "an aggregate whose errors throw": [
    () =>
      Object.defineProperty(new AggregateError([], "shy"), "errors", {
        get: hostile,
      }),
    "shy",
  ],
  "an aggregate of 20,000": [
    () =>
      new AggregateError(
        Array.from({ length: 20_000 }, () => new Error("part")),
        "many",
      ),
    "more errors",
  ],
  "an aggregate with a cause": [
    () => new AggregateError([new Error("part")], "both", { cause: "why" }),
    'Caused by Thrown: "why"',
  ],
  "20,000 causes": [() => chain(20_000), "more errors"],
  "causes without end": [() => {
    class Endless extends Error {
      override get cause(): Error {
        return new Endless("again");
      }
    }
    return new Endless("first");
  }, "more errors"],
  "a toString() that throws": [() => ({ toString: hostile }), "an object"],
  "a toJSON() that throws": [() => ({ toJSON: hostile }), "[object Object]"],
  "an object without a prototype": [() => Object.create(null), "Thrown: {}"],
  "a stack that throws": [
    () => Object.defineProperty(new Error("x"), "stack", { get: hostile }),
    "Error: x",
  ],
  "a stack that is a number": [
    () => Object.defineProperty(new Error("x"), "stack", { value: 5 }),
    "Error: x",
  ],
  "a message that throws": [() => {
    const error = new Error();
    Object.defineProperty(error, "message", { get: hostile });
    Object.defineProperty(error, "stack", { value: "" });
    return error;
  }, "can not be shown"],
  "a name that is a symbol": [() => {
    const error = Object.assign(new Error("x"), { name: Symbol("name") });
    Object.defineProperty(error, "stack", { value: "" });
    return error;
  }, "can not be shown"],
  "a message of 1 MB": [() => new Error("x".repeat(1_000_000)), "xxx"],
  "a revoked proxy": [() => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }, "Thrown: an object"],
  "a proxy that throws": [
    () => new Proxy(new Error("x"), { get: hostile, getPrototypeOf: hostile }),
    "Thrown: an object",
  ],
  "a DOMException": [
    () => new DOMException("gone", "AbortError"),
    "AbortError: gone",
  ],
  "undefined": [() => undefined, "undefined"],
  "null": [() => null, "null"],
  "a string": [() => "text", 'Thrown: "text"'],
  "a symbol": [() => Symbol("s"), "Thrown: Symbol(s)"],
  "a huge bigint": [() => 10n ** 500n, "Thrown: 1000"],
  "a class with a static name()": [
    () =>
      class {
        static name() {}
      },
    "the function <anonymous>",
  ],
  "a deep list": [() => {
    let list: unknown[] = [];
    for (let i = 0; i < 100_000; i++) list = [list];
    return list;
  }, "[object Array]"],
};

for (const [name, [make, expected]] of Object.entries(ODD)) {
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
