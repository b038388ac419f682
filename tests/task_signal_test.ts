import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  getRunningLoop,
  RuntimeError,
  sleep,
  taskSignal,
  timeout,
} from "../mod.ts";
import { runVirtual } from "./cpython/_both.ts";
import { failureOf, inBoth, wait } from "./cpython/_program.ts";

inBoth(
  "taskSignal() aborts with the CancelledError of its task",
  function* (style) {
    let signal: AbortSignal | undefined;
    const task = createTask(style.fn(function* () {
      signal = taskSignal();
      assertStrictEquals(signal, currentTask()!.signal);
      yield* wait(sleep(3600));
    }));
    yield* wait(sleep(1));
    assert(!signal!.aborted);
    task.cancel("enough");
    assert(signal!.aborted);
    assertInstanceOf(signal!.reason, CancelledError);
    assertEquals(signal!.reason.message, "enough");
    yield* failureOf(task);
  },
);

inBoth("taskSignal() is a fresh one after a timeout", function* (style) {
  let inner: AbortSignal | undefined;
  yield* failureOf(timeout(
    1,
    style.fn(function* () {
      inner = taskSignal();
      yield* wait(sleep(2));
    }),
  ));
  assert(inner!.aborted);
  assert(!taskSignal().aborted);
});

Deno.test("taskSignal() refuses to be called outside of a task", async () => {
  assertThrows(() => taskSignal(), RuntimeError, "No running event loop");
  await runVirtual(async () => {
    let error: unknown;
    getRunningLoop().callSoon(() => {
      error = assertThrows(
        () => taskSignal(),
        RuntimeError,
        "no task runs here",
      );
    });
    await sleep(1);
    assertInstanceOf(error, RuntimeError);
  });
});
