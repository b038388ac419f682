/**
 * Depth: signals of tasks and scopes that follow each other, 10,000 deep.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  type CoroutineFunction,
  createTask,
  Future,
  sleep,
  type Task,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const DEEP = 10_000;

const BODIES: Record<"generator" | "async", () => CoroutineFunction<void>> = {
  generator: () =>
    function* () {
      yield* sleep(3600);
    },
  async: () => async () => {
    await sleep(3600);
  },
};

/** Tasks of which each is cancelled by the signal of the one before. */
function follow(
  makeBody: () => CoroutineFunction<void>,
  first: AbortSignal,
): Task<unknown>[] {
  const tasks: Task<unknown>[] = [];
  let signal = first;
  for (let i = 0; i < DEEP; i++) {
    const task = createTask(makeBody(), { signal });
    tasks.push(task);
    signal = task.signal;
  }
  return tasks;
}

for (const [style, makeBody] of Object.entries(BODIES)) {
  Deno.test(`an AbortSignal cancels 10,000 tasks that follow each other's signals (${style})`, () =>
    runTest(async () => {
      const controller = new AbortController();
      const tasks = follow(makeBody, controller.signal);
      await sleep(1);
      controller.abort();
      // All are asked before abort() has returned.
      assert(tasks.every((task) => task.cancelling() === 1));
      await wait(tasks);
      assert(tasks.every((task) => task.cancelled()));
    }));

  Deno.test(`Task.cancel() cancels 10,000 tasks that follow its signal (${style})`, () =>
    runTest(async () => {
      const first = createTask(makeBody());
      const tasks = follow(makeBody, first.signal);
      await sleep(1);
      first.cancel();
      await wait(tasks);
      assert(tasks.every((task) => task.cancelled()));
    }));

  Deno.test(`run() ends 10,000 tasks that follow each other's signals (${style})`, async () => {
    let tasks: readonly Task<unknown>[] = [];
    await runTest(async () => {
      tasks = follow(makeBody, createTask(makeBody()).signal);
      await sleep(1);
    });
    assertEquals(tasks.filter((task) => task.cancelled()).length, DEEP);
  });
}

Deno.test("a deadline cancels 10,000 tasks that follow the signal of its scope", () =>
  runTest(async () => {
    let tasks: readonly Task<unknown>[] = [];
    await timeout(1, async (scope) => {
      tasks = follow(BODIES.async, scope.signal);
      await new Future<void>();
    }).catch(() => {});
    await wait(tasks);
    assert(tasks.every((task) => task.cancelled()));
  }));
