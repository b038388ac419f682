/**
 * What users throw that can't be looked at like an error.
 *
 * @module
 */

export function hostile(): never {
  throw new Error("a getter of users");
}

function chain(length: number): Error {
  let error = new Error("the last cause");
  for (let i = 0; i < length; i++) error = new Error("wrap", { cause: error });
  return error;
}

/** What is thrown, and what the report has to say of it. */
export const ODD_ERRORS: Record<string, [make: () => unknown, text: string]> = {
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
  "an aggregate of 100,000,000 holes": [
    () =>
      Object.assign(new AggregateError([], "holes"), { errors: Array(1e8) }),
    "… and 99,999,",
  ],
  "an aggregate whose errors are a proxy without end": [
    () =>
      Object.assign(new AggregateError([], "endless"), {
        errors: new Proxy([], {
          get: (_, name) => name === "length" ? Infinity : hostile,
        }),
      }),
    "more errors",
  ],
  "an aggregate whose errors have an odd iterator": [
    () => {
      const error = new AggregateError([new Error("part")], "odd");
      error.errors[Symbol.iterator] = hostile;
      error.errors.slice = hostile;
      error.errors.map = hostile;
      return error;
    },
    "Error: part",
  ],
  "an aggregate that holds itself and others many times over": [() => {
    const errors: unknown[] = [];
    for (let i = 0; i < 1_000; i++) errors.push(new AggregateError([], `${i}`));
    for (const error of errors) Object.assign(error as Error, { errors });
    return errors[0];
  }, "more errors"],
  "an error that suppresses itself": [() => {
    const error = Object.assign(new Error("itself"), {
      name: "SuppressedError",
    });
    return Object.assign(error, { error });
  }, "itself"],
  "an array of 100,000,000 holes": [() => Array(1e8), "Thrown: [null"],
  "lists of lists of lists": [() => {
    let list: unknown[] = [];
    for (let i = 0; i < 30; i++) list = Array(80).fill(list);
    return list;
  }, "Thrown: [[["],
  "an object of 200,000 fields": [
    () =>
      Object.fromEntries(
        Array.from({ length: 200_000 }, (_, i) => [`f${i}`, i]),
      ),
    'Thrown: {"f0":0',
  ],
  "an array of 100 MB": [
    () => new Uint8Array(100_000_000),
    "Thrown: Uint8Array(100000000 bytes)",
  ],
  "an aggregate with a cause": [
    () => new AggregateError([new Error("part")], "both", { cause: "why" }),
    'Caused by Thrown: "why"',
  ],
  "20,000 causes": [() => chain(20_000), "more errors"],
  "a message of 5,000 lines": [
    () => new Error("line\n".repeat(5_000)),
    "more lines",
  ],
  "a stack of 5,000 lines": [
    () => Object.assign(new Error("x"), { stack: "at\n".repeat(5_000) }),
    "… and 4,801 more lines",
  ],
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
  "a bigint of 10,000,000 digits": [
    () => 1n << 33_000_000n,
    "Thrown: a huge bigint",
  ],
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
  }, "Thrown: [[["],
};
