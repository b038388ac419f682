import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  getRunningLoop,
  RuntimeError,
  sleep,
  Timeout,
  timeout,
  timeoutAt,
  TimeoutError,
  waitFor,
} from "../mod.ts";
import { runTest } from "../testing.ts";
import { failureOf, inBoth, wait } from "./cpython/_program.ts";

inBoth("timeout() gives the result of its body", function* (style) {
  const body = style.fn(function* () {
    return yield* wait(sleep(1, "result"));
  });
  assertEquals(yield* wait(timeout({ minutes: 1 }, body)), "result");
  assertEquals(yield* wait(timeout(2, () => sleep(1, "cold"))), "cold");
});

inBoth("timeout() counts from its start, not from its call", function* () {
  const limited = timeout(2, () => sleep(1, "result"));
  yield* wait(sleep(5));
  assertEquals(yield* wait(limited), "result");
});

inBoth(
  "timeout() says after which time it expired, and who waited for what",
  function* () {
    currentTask()!.setName("worker");
    const error = yield* failureOf(
      timeout({ milliseconds: 250 }, () => sleep(1)),
    );
    assertInstanceOf(error, TimeoutError);
    assertEquals(
      error.message,
      "Timed out after 0.25 s: worker waited for sleep(1)",
    );
  },
);

inBoth(
  "timeout() lets a cancel from outside out in its own turn",
  function* () {
    const task = createTask(timeout(1, () => sleep(9)));
    // Before the timeout in the same turn, and after it.
    yield* wait(sleep(1));
    task.cancel();
    assertInstanceOf(yield* failureOf(task), CancelledError);
    const other = createTask(timeout(1, () => sleep(9)));
    getRunningLoop().callLater(1, () => other.cancel());
    assertInstanceOf(yield* failureOf(other), CancelledError);
  },
);

inBoth("timeout() leaves the cancel count as it was", function* () {
  const task = currentTask()!;
  assertInstanceOf(
    yield* failureOf(timeout(1, () => sleep(9))),
    TimeoutError,
  );
  assertEquals(task.cancelling(), 0);
  yield* wait(sleep(1));
});

inBoth("timeout() never expires at infinity", function* () {
  const limited = timeout(Infinity, () => sleep(1, "result"));
  assertEquals(yield* wait(limited), "result");
});

inBoth(
  "timeout() ends a body that swallows its cancel with the result",
  function* (style) {
    const body = style.fn(function* () {
      yield* failureOf(sleep(9));
      return "swallowed";
    });
    assertEquals(yield* wait(timeout(1, body)), "swallowed");
    assertEquals(currentTask()!.cancelling(), 0);
  },
);

Deno.test("timeout() refuses what is no delay and no body", async () => {
  const body = () => sleep(0);
  assertThrows(() => timeout("1" as never, body), TypeError, '"1"');
  assertThrows(() => timeout(NaN, body), RangeError, "NaN");
  assertThrows(() => timeout(1, 5 as never), TypeError, "5");
  assertThrows(() => timeoutAt("1" as never, body), TypeError, '"1"');
  assertThrows(() => timeoutAt(NaN, body), RangeError, "NaN");
  const outside = async () => await timeout(1, body);
  await assertRejects(outside, RuntimeError, "outside a task");
});

Deno.test("Timeout.toString() gives its state", () => {
  assertEquals(String(new Timeout(5)), "<Timeout [created]>");
});

inBoth("waitFor() is ended by its signal", function* () {
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error("client is gone");
  getRunningLoop().callLater(1, () => controller.abort(reason));
  const error = yield* failureOf(waitFor(sleep(9), 5, { signal }));
  assertInstanceOf(error, CancelledError);
  assertStrictEquals(error.cause, reason);
  assertEquals(currentTask()!.cancelling(), 0);
  const again = yield* failureOf(waitFor(sleep(9), undefined, { signal }));
  assertInstanceOf(again, CancelledError);
  assertEquals(getRunningLoop().time(), 1);
});

inBoth("waitFor() gives its result with a signal", function* () {
  const { signal } = new AbortController();
  assertEquals(yield* wait(waitFor(sleep(1, "ok"), 5, { signal })), "ok");
  const error = yield* failureOf(waitFor(sleep(9), 5, { signal }));
  assertInstanceOf(error, TimeoutError);
});

inBoth("waitFor() takes all that can be waited for", function* (style) {
  const later = style.fn(function* () {
    return yield* wait(sleep(1, "function"));
  });
  assertEquals(yield* wait(waitFor(later, 5)), "function");
  assertEquals(yield* wait(waitFor(Promise.resolve("promise"), 5)), "promise");
  assertEquals(yield* wait(waitFor(sleep(1, "cold"), 5)), "cold");
  const stuck = new Promise(() => {});
  assertInstanceOf(yield* failureOf(waitFor(stuck, 5)), TimeoutError);
  assertInstanceOf(yield* failureOf(waitFor(5 as never, 5)), TypeError);
});

for (const abandon of [false, true]) {
  const how = abandon ? "that may be abandoned " : "";

  Deno.test(`timeout() refuses a body ${how}whose function gives nothing to wait for`, () =>
    runTest(async () => {
      for (const given of [undefined, 42, (async function* () {})()]) {
        const body = (() => given) as unknown as () => Promise<void>;
        const error = await assertRejects(
          async () => await timeout(5, body, { abandon }),
          TypeError,
        );
        assertStringIncludes(
          error.message,
          "must give a generator, coroutine or promise, gave",
        );
      }
    }));

  Deno.test(`timeout() in a generator refuses a body ${how}whose function gives nothing to wait for`, async () => {
    await assertRejects(
      () =>
        runTest(function* () {
          const body = (() => 42) as unknown as () => Promise<void>;
          yield* timeout(5, body, { abandon });
        }),
      TypeError,
      "must give a generator, coroutine or promise, gave 42",
    );
  });
}

Deno.test("a TimeoutError of a deadline before the beginning tells of no time below 0", () =>
  runTest(async () => {
    for (const when of [-1, -Infinity]) {
      const { message } = await assertRejects(
        () =>
          timeout(5, async (scope) => {
            scope.reschedule(when);
            await sleep(1);
          }),
        TimeoutError,
      );
      assertEquals(message.split(":")[0], "Timed out after 0 s");
    }
  }));
