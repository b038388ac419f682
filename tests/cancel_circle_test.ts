/**
 * Tasks that wait for each other in a circle: a cancel that comes back to where it was ends
 * the wait there, and so all of them. In CPython it is a RecursionError.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  asCompleted,
  type Coro,
  coroutine,
  createTask,
  fromSignal,
  gather,
  sleep,
  type Task,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runVirtual } from "./cpython/_both.ts";

type Wait = (task: Task<unknown>) => PromiseLike<unknown>;

/** Waits for the next of the circle. */
const WAITS: Readonly<Record<string, Wait>> = {
  "a task": (task) => task,
  "gather()": (task) => gather(task),
  "gather() beside another": (task) => gather(task, sleep(999)),
  "gather() with a limit": (task) => gather([task], { limit: 1 }),
  "waitFor()": (task) => waitFor(task, 999),
  "timeout()": (task) => timeout(999, async () => await task),
  "timeout() of a generator": (task) =>
    timeout(999, function* () {
      yield* task;
    }),
  "taskGroup()": (task) => taskGroup(async () => await task),
  "fromSignal()": (task) => fromSignal(async () => await task),
  "coroutine()": (task) => coroutine(async () => await task)(),
  "coroutine() of a generator": (task) =>
    coroutine(function* () {
      return yield* task;
    })(),
  "Promise.all()": (task) => Promise.all([task, sleep(999)]),
  "a helper": (task) => (async () => await task)(),
  "asCompleted()": async (task) => {
    for await (const first of asCompleted([task])) await first;
  },
};

/** Ends the circle, and waits until it has ended. */
type End = (circle: readonly Task<unknown>[]) => Promise<unknown>;

const ENDS: Readonly<Record<string, End>> = {
  "cancel() of one": (circle) => {
    assert(circle[0]!.cancel());
    return Promise.resolve(wait(circle, { timeout: 5 }));
  },
  "cancel() of each": (circle) => {
    for (const task of circle) task.cancel();
    return Promise.resolve(wait(circle, { timeout: 5 }));
  },
  "waitFor()": (circle) =>
    assertRejects(async () => await waitFor(circle[0]!, 5), TimeoutError),
  "timeout()": (circle) =>
    assertRejects(
      async () => await timeout(5, async () => await circle[0]!),
      TimeoutError,
    ),
  "the end of the run": () => Promise.resolve(),
};

/** A circle, each task of which counts its clean-up. */
function makeCircle(
  waits: readonly Wait[],
  ended: () => void,
): Task<unknown>[] {
  const circle: Task<unknown>[] = waits.map((wait, index) =>
    createTask(async () => {
      await sleep(0);
      try {
        await wait(circle[(index + 1) % circle.length]!);
      } finally {
        ended();
      }
    })
  );
  return circle;
}

for (const [way, end] of Object.entries(ENDS)) {
  Deno.test(`${way} ends a circle of tasks that wait for each other, by all kinds of waits`, async () => {
    for (const [name, first] of Object.entries(WAITS)) {
      for (const [next, second] of Object.entries(WAITS)) {
        let ended = 0;
        await runVirtual(async () => {
          const circle = makeCircle([first, second], () => ended++);
          await sleep(1);
          await end(circle);
        });
        assertEquals([name, next, ended], [name, next, 2]);
      }
    }
  });
}

for (const size of [2, 3, 30, 100]) {
  Deno.test(`Task.cancel() ends a circle of ${size} generator tasks`, () =>
    runVirtual(function* (): Coro<void> {
      let ended = 0;
      const circle: Task<unknown>[] = [];
      for (let i = 0; i < size; i++) {
        circle.push(createTask(function* () {
          yield* sleep(0);
          try {
            yield* circle[(i + 1) % size]!;
          } finally {
            ended++;
          }
        }));
      }
      yield* sleep(1);
      circle[0]!.cancel();
      yield* wait(circle, { timeout: 5 });
      assertEquals(ended, size);
    }));
}

Deno.test("a circle of 1,000 tasks ends with the run, after a cancel of one", async () => {
  let ended = 0;
  await runVirtual(async () => {
    const circle = makeCircle(
      Array.from({ length: 1000 }, () => WAITS["a task"]!),
      () => ended++,
    );
    await sleep(1);
    circle[0]!.cancel();
    await sleep(1);
  });
  assertEquals(ended, 1000);
});

Deno.test("a circle may clean up when a cancel has ended it", async () => {
  const log: string[] = [];
  await runVirtual(async () => {
    const make = (name: string, next: () => Task<void>): Task<void> =>
      createTask(async () => {
        await sleep(0);
        try {
          await next();
        } finally {
          await sleep(1);
          log.push(name);
        }
      });
    const one: Task<void> = make("one", () => two);
    const two: Task<void> = make("two", () => one);
    await sleep(1);
    one.cancel();
    await wait([one, two], { timeout: 5 });
    assertEquals([one.cancelled(), two.cancelled()], [true, true]);
  });
  // The wait of the second has ended, and the first waits for its end.
  assertEquals(log, ["two", "one"]);
});
