/**
 * What the project relies on in the `@std` packages.
 *
 * It runs against whichever of the two is in use: the real packages or their
 * stand-ins. So neither can drift from the other unseen.
 */
import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
  unreachable,
} from "@std/assert";
import { deadline, delay, pooledMap } from "@std/async";
import { assertSpyCall, assertSpyCalls, spy, stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import { assertType, type IsExact, type IsNullable } from "@std/testing/types";

/** Asserts that an assertion does not hold. */
function fails(assertion: () => void, text = ""): void {
  const error = assertThrows(assertion, AssertionError);
  assertStringIncludes(error.message, text);
}

function raiseForeign(value: unknown): never {
  throw value;
}

class Point {
  readonly x: number;
  readonly #hidden: number;
  constructor(x: number, hidden = 0) {
    this.x = x;
    this.#hidden = hidden;
  }
  get hidden(): number {
    return this.#hidden;
  }
}

class OtherPoint extends Point {}

const EQUAL: [string, unknown, unknown][] = [
  ["texts", "a", "a"],
  ["zeros of both signs", 0, -0],
  ["NaN", NaN, NaN],
  ["objects", { a: 1, b: [2] }, { b: [2], a: 1 }],
  ["symbol keys", { [Symbol.for("k")]: 1 }, { [Symbol.for("k")]: 1 }],
  ["an object without prototype", { a: 1 }, { __proto__: null, a: 1 }],
  ["dates", new Date(5), new Date(5)],
  ["invalid dates", new Date(NaN), new Date(NaN)],
  ["regular expressions", /a/g, /a/g],
  ["URLs", new URL("a:b"), new URL("a:b")],
  ["sets", new Set([1, 2]), new Set([2, 1])],
  ["sets of objects", new Set([{ a: 1 }]), new Set([{ a: 1 }])],
  ["maps", new Map([["a", [1]]]), new Map([["a", [1]]])],
  ["maps with objects as keys", new Map([[{}, 1]]), new Map([[{}, 1]])],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ["buffers", new Uint8Array([1]).buffer, new Uint8Array([1]).buffer],
  ["instances", new Point(1, 2), new Point(1, 2)],
];

for (const [what, a, b] of EQUAL) {
  Deno.test(`assertEquals() holds for ${what}`, () => {
    assert(equal(a, b));
    assertEquals(a, b);
    fails(() => assertNotEquals(a, b), "not to be");
  });
}

const UNEQUAL: [string, unknown, unknown][] = [
  ["null and undefined", null, undefined],
  ["a number and its text", 1, "1"],
  ["a missing key and undefined", {}, { a: undefined }],
  ["two undefined keys", { a: undefined }, { b: undefined }],
  ["arrays of two lengths", [1], [1, 2]],
  ["an array and an object", [], {}],
  ["dates", new Date(5), new Date(6)],
  ["sets", new Set([1]), new Set([2])],
  ["sets of objects", new Set([{ a: 1 }]), new Set([{ a: 2 }])],
  ["maps", new Map([["a", 1]]), new Map([["a", 2]])],
  ["maps with objects as keys", new Map([[{}, 1]]), new Map([[{}, 2]])],
  ["bytes", new Uint8Array([1]), new Uint8Array([2])],
  ["two kinds of bytes", new Uint8Array([1]), new Int8Array([1])],
  ["instances of two classes", new Point(1), new OtherPoint(1)],
  ["an instance and an object", new Point(1), { x: 1 }],
  ["instances with another getter", new Point(1, 2), new Point(1, 3)],
  ["errors with another text", new Error("a"), new Error("b")],
  ["two functions", () => 1, () => 1],
];

for (const [what, a, b] of UNEQUAL) {
  Deno.test(`assertEquals() fails for ${what}`, () => {
    assertNotEquals(a, b);
    fails(() => assertEquals(a, b), "Values are not equal.");
    fails(() => assertEquals(a, b, "why"), "Values are not equal: why");
  });
}

Deno.test("assertEquals() compares circles", () => {
  const a: unknown[] = [1];
  const b: unknown[] = [1];
  a.push(a);
  b.push(b);
  assertEquals(a, b);
});

Deno.test("assertEquals() refuses weak collections", () => {
  assertThrows(() => equal(new WeakMap(), new WeakMap()), TypeError);
  assertThrows(() => equal(new WeakSet(), new WeakSet()), TypeError);
});

Deno.test("assert() and assertFalse() narrow and fail with the message", () => {
  const value = "" as string | undefined;
  assert(value !== undefined);
  assertType<IsExact<typeof value, string>>(true);
  assertFalse(value);
  fails(() => assert(0, "why"), "why");
  fails(() => assertFalse(1, "why"), "why");
});

Deno.test("assertStrictEquals() compares as Object.is does", () => {
  const list: unknown = [1];
  assertStrictEquals(list, list);
  assertStrictEquals(NaN, NaN);
  assertNotStrictEquals(0, -0);
  assertNotStrictEquals(list, [1]);
  fails(() => assertStrictEquals(list, [1]), "not reference-equal");
  fails(() => assertStrictEquals(1, 2), "Values are not strictly equal.");
  fails(() => assertNotStrictEquals(1, 1), "not be strictly equal");
});

Deno.test("assertAlmostEquals() takes a tolerance", () => {
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertAlmostEquals(1, 2, 1);
  assertAlmostEquals(Infinity, Infinity);
  fails(() => assertAlmostEquals(1, 1.001));
  fails(() => assertAlmostEquals(1, NaN));
  fails(() => assertAlmostEquals(1, 3, 1, "why"), "why");
});

Deno.test("assertGreater() and its kin compare", () => {
  assertGreater(2, 1);
  assertGreaterOrEqual(2, 2);
  assertLess(1, 2);
  assertLessOrEqual(2, 2);
  fails(() => assertGreater(1, 1), "Expect 1 > 1");
  fails(() => assertGreaterOrEqual(1, 2), "Expect 1 >= 2");
  fails(() => assertLess(1, 1), "Expect 1 < 1");
  fails(() => assertLessOrEqual(2, 1), "Expect 2 <= 1");
});

Deno.test("assertExists() refuses null and undefined only", () => {
  const value = 0 as number | null;
  assertExists(value);
  assertType<IsExact<typeof value, number>>(true);
  fails(() => assertExists(null), "null");
  fails(() => assertExists(undefined), "undefined");
});

Deno.test("assertInstanceOf() narrows", () => {
  const value: unknown = new OtherPoint(1);
  assertInstanceOf(value, Point);
  assertType<IsExact<typeof value, Point>>(true);
  fails(() => assertInstanceOf(null, Point), 'but was "null"');
  fails(() => assertInstanceOf({}, Point, "why"), "why");
});

Deno.test("assertMatch() and assertStringIncludes() look into texts", () => {
  assertMatch("abc", /b/);
  assertStringIncludes("abc", "bc");
  fails(() => assertMatch("abc", /d/));
  fails(() => assertStringIncludes("abc", "d"), "to contain");
});

Deno.test("assertArrayIncludes() compares deeply", () => {
  assertArrayIncludes([{ a: 1 }, { a: 2 }], [{ a: 2 }]);
  fails(() => assertArrayIncludes([1], [2]), "missing");
});

Deno.test("assertObjectMatch() looks at what is expected only", () => {
  const actual = { a: 1, b: { c: [1, { d: 2, e: 3 }], f: 4 }, g: undefined };
  assertObjectMatch(actual, { a: 1 });
  assertObjectMatch(actual, { b: { c: [1, { d: 2 }] } });
  assertObjectMatch(actual, {});
  assertObjectMatch({ m: new Map([[1, 2], [3, 4]]) }, { m: new Map([[1, 2]]) });
  assertObjectMatch({ s: new Set([1, 2]) }, { s: new Set([1]) });
  assertObjectMatch({ p: new Point(1) }, { p: { x: 1 } });
  fails(() => assertObjectMatch(actual, { a: 2 }));
  fails(() => assertObjectMatch(actual, { z: 1 }));
  fails(() => assertObjectMatch(actual, { z: undefined }));
  fails(() => assertObjectMatch(actual, { b: { c: [1, { d: 3 }] } }));
  fails(() => assertObjectMatch(actual, { b: { c: [1, { d: 2 }, 5] } }));
});

Deno.test("assertThrows() gives what was thrown", () => {
  const thrown = new RangeError("too far");
  const error = assertThrows(() => {
    throw thrown;
  }, RangeError);
  assertType<IsExact<typeof error, RangeError>>(true);
  assertStrictEquals(error, thrown);
  const anything = assertThrows(() => raiseForeign(1));
  assertType<IsExact<typeof anything, unknown>>(true);
  assertEquals(anything, 1);
});

Deno.test("assertThrows() checks the class and the text", () => {
  function raise(): never {
    throw new RangeError("too far");
  }
  assertThrows(raise, Error, "far");
  fails(() => assertThrows(raise, TypeError), "instance of");
  fails(() => assertThrows(raise, RangeError, "near"), "to include");
  fails(() => assertThrows(raise, TypeError, "far", "why"), "why");
  fails(() => assertThrows(() => {}), "Expected function to throw.");
  fails(() => assertThrows(() => {}, "why"), "Expected function to throw: why");
  fails(() => assertThrows(() => raiseForeign("x"), Error), "non-Error");
});

Deno.test("assertRejects() gives the reason", async () => {
  const reason = new RangeError("too far");
  const error = await assertRejects(() => Promise.reject(reason), RangeError);
  assertType<IsExact<typeof error, RangeError>>(true);
  assertStrictEquals(error, reason);
  const anything = await assertRejects(() => Promise.reject(1));
  assertType<IsExact<typeof anything, unknown>>(true);
  assertEquals(anything, 1);
});

Deno.test("assertRejects() waits for any thenable object", async () => {
  const thenable: PromiseLike<never> = {
    then(_, reject) {
      reject?.(new Error("from then"));
      return thenable as never;
    },
  };
  await assertRejects(() => thenable, Error, "from then");
});

Deno.test("assertRejects() checks the class and the text", async () => {
  const reject = () => Promise.reject(new RangeError("too far"));
  async function failsLater(assertion: () => Promise<unknown>, text: string) {
    await assertRejects(assertion, AssertionError, text);
  }
  await assertRejects(reject, Error, "far");
  await failsLater(() => assertRejects(reject, TypeError), "instance of");
  await failsLater(() => assertRejects(reject, Error, "near"), "to include");
  await failsLater(
    () => assertRejects(() => Promise.resolve(), "why"),
    "Expected function to reject: why",
  );
  await failsLater(
    () => assertRejects(() => Promise.reject("text"), Error),
    "non-Error",
  );
  await failsLater(
    () =>
      assertRejects(() => {
        throw new Error("at once");
      }),
    "Function throws when expected to reject",
  );
  await failsLater(
    () => assertRejects((() => 1) as never),
    "Function throws when expected to reject",
  );
});

Deno.test("assertIsError() checks the class and the text", () => {
  const error: unknown = new RangeError("too far");
  assertIsError(error, RangeError, "far");
  assertType<IsExact<typeof error, RangeError>>(true);
  assertIsError(error, Error, /^too/);
  fails(() => assertIsError("text"), "Error object");
  fails(() => assertIsError(error, Error, /^far/), "to include");
});

Deno.test("fail() and unreachable() fail", () => {
  fails(() => fail("why"), "Failed assertion: why");
  fails(() => unreachable("why"), "Unreachable: why");
});

Deno.test("AssertionError() is an Error with its own name", () => {
  const error = new AssertionError("why");
  assertInstanceOf(error, Error);
  assertEquals([error.name, error.message], ["AssertionError", "why"]);
});

Deno.test("delay() waits, and ends with its signal's reason", async () => {
  await delay(1);
  const controller = new AbortController();
  const waiting = delay(60_000, { signal: controller.signal });
  controller.abort("why");
  assertEquals(await assertRejects(() => waiting), "why");
  const aborted = AbortSignal.abort("why");
  assertEquals(
    await assertRejects(() => delay(1, { signal: aborted })),
    "why",
  );
});

Deno.test("deadline() rejects when its time is over", async () => {
  assertEquals(await deadline(Promise.resolve(1), 60_000), 1);
  const never = new Promise<never>(() => {});
  const error = await assertRejects(() => deadline(never, 1), DOMException);
  assertEquals(error.name, "TimeoutError");
});

Deno.test("pooledMap() keeps its limit and the order", async () => {
  let running = 0;
  let most = 0;
  const results = pooledMap(2, [3, 1, 2], async (ms) => {
    most = Math.max(most, ++running);
    await delay(ms);
    running--;
    return ms;
  });
  assertEquals(await Array.fromAsync(results), [3, 1, 2]);
  assertEquals(most, 2);
});

Deno.test("pooledMap() gives what it has, then its errors", async () => {
  const reason = new Error("one");
  const seen: number[] = [];
  const error = await assertRejects(async () => {
    const results = pooledMap(
      1,
      [0, 1, 2],
      (n) => n === 1 ? Promise.reject(reason) : Promise.resolve(n),
    );
    for await (const result of results) seen.push(result);
  }, AggregateError);
  assertEquals(seen, [0]);
  assertStrictEquals(error.errors[0], reason);
});

Deno.test("spy() remembers calls", () => {
  const add = spy((a: number, b: number) => a + b);
  assertEquals(add(1, 2), 3);
  assertSpyCalls(add, 1);
  assertSpyCall(add, 0, { args: [1, 2], returned: 3 });
  fails(() => assertSpyCalls(add, 2), "not called as much as expected");
  fails(() => assertSpyCall(add, 0, { args: [1, 3] }));
  fails(() => assertSpyCall(add, 1));
  assertSpyCalls(spy(), 0);
});

Deno.test("spy() remembers what was thrown", () => {
  const raise = spy(() => {
    throw new RangeError("too far");
  });
  assertThrows(raise, RangeError);
  assertSpyCall(raise, 0, {
    error: { Class: RangeError, msgIncludes: "far" },
  });
});

Deno.test("spy() and stub() stand in for a method until disposed", () => {
  const counter = {
    count: 0,
    add(n: number): number {
      return this.count += n;
    },
  };
  {
    using add = spy(counter, "add");
    assertEquals(counter.add(2), 2);
    assertSpyCall(add, 0, { self: counter, args: [2], returned: 2 });
  }
  {
    using add = stub(counter, "add", () => 7);
    assertEquals(counter.add(2), 7);
    assertSpyCalls(add, 1);
  }
  assertEquals(counter.add(1), 3);
});

Deno.test("FakeTime() moves timers and dates by hand", () => {
  const seen: string[] = [];
  {
    using time = new FakeTime(1_000);
    const interval = setInterval(() => seen.push(`tick ${Date.now()}`), 100);
    setTimeout((text: string) => seen.push(text), 150, "once");
    clearTimeout(setTimeout(() => seen.push("never"), 10));
    time.tick(99);
    assertEquals(seen, []);
    time.tick(101);
    assertEquals(seen, ["tick 1100", "once", "tick 1200"]);
    clearInterval(interval);
    assertEquals([time.start, time.now, new Date().getTime()], [
      1_000,
      1_200,
      1_200,
    ]);
    assertInstanceOf(new Date(), Date);
  }
  assertGreater(Date.now(), 1_200);
});

Deno.test("FakeTime.tickAsync() lets microtasks run first", async () => {
  using time = new FakeTime();
  let woken = false;
  void Promise.resolve().then(() => setTimeout(() => woken = true, 5));
  await time.tickAsync(5);
  assert(woken);
  assertThrows(() => new FakeTime());
});

Deno.test("IsExact<> tells types apart", () => {
  assertType<IsExact<{ a: string }, { a: string }>>(true);
  assertType<IsExact<[number, boolean], [number, boolean]>>(true);
  assertType<IsExact<never, never>>(true);
  assertType<IsExact<string, string | number>>(false);
  assertType<IsExact<string, unknown>>(false);
  assertType<IsExact<string, never>>(false);
  // deno-lint-ignore no-explicit-any
  assertType<IsExact<string, any>>(false);
  // deno-lint-ignore no-explicit-any
  assertType<IsExact<unknown, any>>(false);
  assertType<IsExact<Promise<string>, Promise<number>>>(false);
  assertType<IsNullable<string | undefined>>(true);
});
