import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  formatTaskTree,
  fromSignal,
  getRunningLoop,
  sleep,
  TimeoutError,
  waitFor,
} from "../mod.ts";
import { runVirtual } from "./cpython/_both.ts";
import { failureOf, inBoth, wait } from "./cpython/_program.ts";

/** A promise API that a signal aborts. */
function abortable(onAbort: (signal: AbortSignal) => void) {
  return (signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      getRunningLoop().callLater(1, () => resolve("result"));
      signal.addEventListener("abort", () => {
        onAbort(signal);
        reject(signal.reason);
      });
    });
}

inBoth("fromSignal() gives what the promise gives", function* () {
  const error = new Error("expected");
  assertEquals(yield* wait(fromSignal(abortable(() => {}))), "result");
  const rejected = fromSignal(() => Promise.reject(error));
  assertStrictEquals(yield* failureOf(rejected), error);
});

inBoth("fromSignal() aborts with the CancelledError", function* () {
  let reason: unknown;
  const work = fromSignal(abortable((signal) => reason = signal.reason));
  const task = createTask(work);
  yield* wait(sleep(0.5));
  task.cancel("enough");
  const error = yield* failureOf(task);
  assertInstanceOf(error, CancelledError);
  assertEquals(error.message, "enough");
  assertStrictEquals(error, reason);
  assert(task.cancelled());
});

inBoth(
  "fromSignal() throws the CancelledError whatever the promise rejects with",
  function* () {
    const work = fromSignal((signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("AbortError")));
      })
    );
    assertInstanceOf(yield* failureOf(waitFor(work, 1)), TimeoutError);
  },
);

inBoth("fromSignal() waits until the promise has settled", function* () {
  const loop = getRunningLoop();
  const work = fromSignal((signal) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        loop.callLater(2, () => reject(signal.reason));
      });
    })
  );
  assertInstanceOf(yield* failureOf(waitFor(work, 1)), TimeoutError);
  assertEquals(loop.time(), 3);
});

inBoth(
  "fromSignal() ends in the CancelledError when the promise fulfils after the abort",
  function* () {
    const loop = getRunningLoop();
    const work = fromSignal((signal) =>
      new Promise((resolve) =>
        signal.addEventListener(
          "abort",
          () => loop.callLater(2, () => resolve("late")),
        )
      )
    );
    let outcome: unknown;
    try {
      outcome = yield* wait(waitFor(work, 1));
    } catch (error) {
      outcome = error;
    }
    assertInstanceOf(outcome, TimeoutError);
    assertEquals(loop.time(), 3);
  },
);

inBoth(
  "fromSignal() runs async functions that wait for the library",
  function* () {
    const work = fromSignal(async () => {
      await sleep(1);
      return "awake";
    });
    assertEquals(yield* wait(work), "awake");
  },
);

inBoth("fromSignal() tells what it waits for", function* () {
  const task = createTask(
    fromSignal(function download(signal: AbortSignal) {
      return abortable(() => {})(signal);
    }),
    { name: "client" },
  );
  yield* wait(sleep(0.5));
  const tree = formatTaskTree(getRunningLoop());
  assert(tree.includes("client waits for fromSignal of download"), tree);
  yield* wait(task);
});

Deno.test("fromSignal() refuses what is no function, or gives no promise", async () => {
  assertThrows(() => fromSignal(5 as never), TypeError, "5");
  const none = () => fromSignal((() => 5) as never);
  await assertRejects(() => runVirtual(none), TypeError, "5");
});

Deno.test("fromSignal() names its coroutine after its function, or itself where that has no name", () =>
  runVirtual(async () => {
    const named = fromSignal(async function download() {});
    const unnamed = fromSignal(async () => {});
    assertEquals(String(named), "<coroutine download>");
    assertEquals(String(unnamed), "<coroutine fromSignal>");
    await Promise.all([named, unnamed]);
  }));
