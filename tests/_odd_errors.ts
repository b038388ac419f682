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
