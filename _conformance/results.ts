/**
 * Checks of results and errors.
 *
 * @module
 */
import { QueueFull, RuntimeError, TimeoutError } from "../errors.ts";
import { gather } from "../gather.ts";
import { type Check, check, equal, errorOf, isA, numbers } from "./check.ts";
import type { CheckedExecutor } from "./context.ts";

const KINDS = [
  "double",
  "doubleAsync",
  "doubleGenerator",
  "doublePromise",
  "doubleNowOrLater",
] as const;

/** Checks of results. */
export const resultChecks: readonly Check[] = [
  check("functions of every kind give their result", {}, async (executor) => {
    // The first call tells what a function is, so all calls have to agree.
    for (const kind of KINDS) {
      for (const x of [1, 2, 3, 4]) {
        equal([kind, await executor.submit(kind, [x])], [kind, 2 * x]);
      }
    }
  }),
  check("no result is undefined", {}, async (executor) => {
    equal(await executor.submit("nothing", []), undefined);
  }),
  check("arguments are copied", {}, async (executor) => {
    const x = { n: 1 };
    equal(await executor.submit("mutate", [x]), 99);
    equal(x.n, 1);
  }),
  check("results are not shared", {}, async (executor) => {
    const x = { n: 1 };
    const y = await executor.submit("echo", [x]);
    equal([y, y === x], [{ n: 1 }, false]);
  }),
  check("maps, dates, bytes, bigints and circles survive", {
    needs: ["structured clone"],
  }, async (executor) => {
    const x = {
      map: new Map([["a", 1]]),
      date: new Date(5),
      bytes: new Uint8Array([1, 2]),
      big: 1n,
      self: {},
    };
    x.self = x;
    const y = await executor.submit("echo", [x]) as typeof x;
    equal(
      [
        y.map.get("a"),
        y.date.getTime(),
        [...y.bytes],
        y.self === y,
        y.big === 1n,
      ],
      [1, 5, [1, 2], true, true],
    );
  }),
  check("a megabyte comes back whole", {}, async (executor) => {
    const text = "0123456789abcdef".repeat(1 << 16);
    equal(await executor.submit("echo", [text]) === text, true);
  }),
  check("what is moved is gone here and whole there", {
    needs: ["transfer"],
  }, async (executor) => {
    const bytes = new Uint8Array(1 << 16);
    const options = { transfer: [bytes.buffer] };
    equal(await executor.submit("size", [bytes], options), 1 << 16);
    equal(bytes.length, 0);
    equal((await executor.submit("move", [1 << 16])).length, 1 << 16);
  }),
  check("an argument that cannot be sent fails its job alone", {}, async (
    executor,
  ) => {
    const circle = { big: 1n, f: () => 1, self: {} };
    circle.self = circle;
    for (const bad of [circle, () => 1]) {
      const [before, error, after] = await gather([
        executor.submit("double", [1]),
        executor.submit("echo", [bad]),
        executor.submit("double", [3]),
      ], { returnExceptions: true });
      equal([before, after], [2, 6]);
      isA(error, TypeError);
    }
  }),
  check("a result that cannot be sent fails its job alone", {
    needs: ["structured clone"],
  }, async (executor) => {
    const [before, error, after] = await gather([
      executor.submit("double", [1]),
      executor.submit("uncloneable", []),
      executor.submit("double", [3]),
    ], { returnExceptions: true });
    equal([before, after], [2, 6]);
    isA(error, TypeError);
  }),
  check("errors keep class, message, cause, fields and stack", {}, async (
    executor,
  ) => {
    const error = await errorOf(executor.submit("throwIt", ["range"]));
    isA(error, RangeError);
    isA(error.cause, TypeError);
    const hasStack = error.stack!.includes("throwIt");
    equal([error.message, error.code, hasStack], [
      "No such row",
      "E_ROW",
      true,
    ]);
  }),
  check("an AggregateError keeps its errors", {}, async (executor) => {
    const error = await errorOf(executor.submit("throwIt", ["many"]));
    isA(error, AggregateError);
    equal(
      error.errors!.map(({ name, message }) => [name, message]),
      [["TypeError", "One"], ["RangeError", "Two"]],
    );
  }),
  check("a class of the user's own keeps its name", {}, async (executor) => {
    const { name } = await errorOf(executor.submit("throwIt", ["custom"]));
    equal(name, "MyError");
  }),
  check(
    "an error is of the class of the language that its own extends",
    {},
    async (
      executor,
    ) => {
      const error = await errorOf(executor.submit("throwIt", ["extended"]));
      isA(error, RangeError);
      equal([error.name, error.message], ["RowError", "No such row"]);
    },
  ),
  check("a DOMException comes back as one", {}, async (executor) => {
    const names = { host: "AbortError", "time of the host": "TimeoutError" };
    for (const [kind, name] of Object.entries(names)) {
      const error = await errorOf(executor.submit("throwIt", [kind]));
      isA(error, DOMException as unknown as typeof Error);
      const { code } = new DOMException("", name);
      equal([error.name, error.code], [name, code]);
    }
  }),
  check("errors of the library come back as such", {}, async (executor) => {
    const error = await errorOf(executor.submit("throwIt", ["time"]));
    isA(error, TimeoutError);
    isA(error.cause, QueueFull);
    equal([error.name, error.message], ["TimeoutError", "Late"]);
  }),
  check("an error keeps its fields that are data", {}, async (executor) => {
    const error = await errorOf(executor.submit("throwIt", ["fields"]));
    const { row } = error as unknown as { row: Record<string, unknown> };
    const { inner, ...rest } = row;
    isA(inner, TypeError);
    equal([rest, "close" in error], [
      { id: 3, tags: ["a", null, true] },
      false,
    ]);
  }),
  check("a long chain of causes comes back", {}, async (executor) => {
    const error = await errorOf(executor.submit("throwIt", ["causes"]));
    const messages: string[] = [];
    for (let link: unknown = error; link !== undefined;) {
      isA(link, Error);
      const { message, cause } = link as Error;
      messages.push(message);
      link = cause;
    }
    equal(messages, numbers(20).map(String).reverse());
  }),
  check("what is thrown and no error becomes one", {}, async (executor) => {
    const texts = {
      string: "a string",
      undefined: "undefined was thrown",
      null: "null was thrown",
      symbol: "Symbol(sign) was thrown",
      function: "function double was thrown",
      object: "404",
    };
    for (const [kind, text] of Object.entries(texts)) {
      const error = await errorOf(executor.submit("throwIt", [kind]));
      isA(error, Error);
      equal([kind, error.message.includes(text)], [kind, true]);
      if (kind === "string") equal(error.cause, "a string");
      if (kind === "object") equal(error.cause, { status: 404 });
    }
  }),
  check(
    "an error that is its own cause, or cannot be read, comes out",
    {},
    async (
      executor,
    ) => {
      for (const kind of ["circle", "unreadable"]) {
        isA(await errorOf(executor.submit("throwIt", [kind])), Error);
      }
    },
  ),
  check(
    "a name that the module does not export fails, and nothing hangs",
    {},
    async (
      executor,
    ) => {
      const names = [
        "nope",
        "constructor",
        "toString",
        "__proto__",
        "hasOwnProperty",
        "",
      ];
      for (const name of names) {
        isA(
          await errorOf(submit(executor, name)),
          RuntimeError,
        );
      }
      equal(await executor.submit("double", [2]), 4);
    },
  ),
];

function submit(executor: CheckedExecutor, name: string): PromiseLike<unknown> {
  return executor.submit(name as "nothing", []);
}
