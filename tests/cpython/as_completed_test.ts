import {
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  asCompleted,
  createTask,
  type Future,
  getRunningLoop,
  RuntimeError,
  setEventLoop,
  sleep,
  type Task,
  TimeoutError,
} from "../../mod.ts";
import { caseTest } from "./_both.ts";
import { failureOf, inBoth, type Program, wait } from "./_program.ts";

/** Takes all results, by plain iteration or by async iteration. */
function* take<T>(
  items: ReturnType<typeof asCompleted<Future<T>>>,
  form: string,
): Program<unknown[]> {
  const results: unknown[] = [];
  if (form === "plain") {
    for (const next of items) results.push(yield* wait(next));
    return results;
  }
  const iterator = items[Symbol.asyncIterator]();
  for (;;) {
    const step = yield* wait(iterator.next());
    if (step.done) return results;
    results.push(step.value.result());
  }
}

const FORMS = ["plain", "async"];

inBoth("tasks.BaseTaskTests.as_completed", function* (style) {
  const loop = getRunningLoop();
  const sleeper = (seconds: number, result: string) =>
    style.fn(function* () {
      return yield* wait(sleep(seconds, result));
    });
  for (const form of FORMS) {
    const start = loop.time();
    const tasks = [
      createTask(sleeper(0.01, "b")),
      createTask(sleeper(0.15, "c")),
      createTask(sleeper(0.01, "a")),
    ];
    const results = yield* take(asCompleted(tasks), form);
    assertEquals(Math.round(100 * (loop.time() - start)), 15);
    assertEquals(new Set(results.slice(0, 2)), new Set(["a", "b"]));
    assertEquals(results[2], "c");
  }
});

/** Tasks that end at 0.1 and at 0.15. */
function twoTasks(): Task<string>[] {
  return [createTask(sleep(0.1, "a")), createTask(sleep(0.15, "b"))];
}

inBoth("tasks.BaseTaskTests.as_completed_with_timeout", function* () {
  for (const form of FORMS) {
    const tasks = twoTasks();
    const items = asCompleted(tasks, { timeout: 0.12 });
    let error: unknown;
    if (form === "plain") {
      const [first, second] = items;
      assertEquals(yield* wait(first!), "a");
      error = yield* failureOf(second!);
    } else {
      const iterator = items[Symbol.asyncIterator]();
      const first = yield* wait(iterator.next());
      assertStrictEquals(first.value, tasks[0]);
      error = yield* failureOf(iterator.next());
    }
    assertInstanceOf(error, TimeoutError);
    assertFalse(tasks[1]!.done());
    assertEquals(yield* wait(tasks[1]!), "b");
  }
});

inBoth("tasks.BaseTaskTests.as_completed_with_unused_timeout", function* () {
  for (const form of FORMS) {
    const items = asCompleted([createTask(sleep(0.01, "a"))], { timeout: 1 });
    assertEquals(yield* take(items, form), ["a"]);
    yield* wait(sleep(2));
  }
});

inBoth("tasks.BaseTaskTests.as_completed_reverse_wait", function* () {
  const loop = getRunningLoop();
  const tasks = [
    createTask(sleep(0.05, "a")),
    createTask(sleep(0.1, "b")),
  ];
  const [first, second] = asCompleted(tasks);
  assertEquals(yield* wait(second!), "a");
  assertEquals(loop.time(), 0.05);
  assertEquals(yield* wait(first!), "b");
  assertEquals(loop.time(), 0.1);
});

inBoth("tasks.BaseTaskTests.as_completed_duplicate_coroutines", function* () {
  const ham = sleep(0, "ham");
  const results: string[] = [];
  for (const next of asCompleted([ham, ham, sleep(0, "spam")])) {
    results.push(yield* wait(next));
  }
  assertEquals(new Set(results), new Set(["ham", "spam"]));
  assertEquals(results.length, 2);
});

caseTest("tasks.BaseTaskTests.as_completed_coroutine_without_loop", () => {
  setEventLoop(undefined);
  const coro = sleep(0, 42);
  assertThrows(() => asCompleted([coro]), RuntimeError, "loop");
});

inBoth(
  "tasks.BaseTaskTests.as_completed_coroutine_use_running_loop",
  function* (style) {
    const coro = style.fn(function* (): Program<number> {
      return 42;
    });
    const items = [...asCompleted([coro])];
    assertEquals(items.length, 1);
    assertEquals(yield* wait(items[0]!), 42);
  },
);

inBoth("tasks.BaseTaskTests.as_completed_invalid_args", function* () {
  const future = getRunningLoop().createFuture<void>();
  const coro = sleep(0);
  assertThrows(() => asCompleted(future as never), TypeError);
  assertThrows(() => asCompleted(coro as never), TypeError);
  coro.close();
});
