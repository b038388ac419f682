import {
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  type Coroutine,
  coroutine,
  type CoroutineFunction,
  createTask,
  currentTask,
  eagerTaskFactory,
  formatTaskTree,
  getRunningLoop,
  RuntimeError,
  sleep,
  type Task,
  TaskGroup,
  taskGroup,
} from "../mod.ts";
import { failureOf, inBoth, type Program, wait } from "./cpython/_program.ts";
import { runTest } from "../testing.ts";
import { slow } from "./_slow_child.ts";

/** An AbortSignal that counts its listeners. */
class CountingSignal {
  listeners = 0;
  readonly controller = new AbortController();

  constructor() {
    const { signal } = this.controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      this.listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      this.listeners--;
      remove(...args);
    };
  }
}

for (const limit of [2, Infinity]) {
  inBoth(
    `taskGroup() runs not more tasks at once than its limit, ${limit}`,
    function* (style) {
      let running = 0;
      let most = 0;
      const order: number[] = [];
      const child = (number: number) =>
        style.fn(function* () {
          order.push(number);
          most = Math.max(most, ++running);
          yield* wait(sleep(1));
          running--;
          return number;
        });
      const tasks = yield* wait(taskGroup(
        style.fn(
          function* (group): Program<ReturnType<typeof createTask<number>>[]> {
            return [0, 1, 2, 3, 4].map((n) => group.createTask(child(n)));
          },
        ),
        { limit },
      ));
      assertEquals(tasks.map((task) => task.result()), [0, 1, 2, 3, 4]);
      const atOnce = Math.min(limit, 5);
      assertEquals([most, order], [atOnce, [0, 1, 2, 3, 4]]);
      assertEquals(getRunningLoop().time(), Math.ceil(5 / atOnce));
    },
  );
}

inBoth(
  "taskGroup() with a limit cancels what has not begun",
  function* (style) {
    let begun = 0;
    const child = style.fn(function* () {
      begun++;
      yield* wait(sleep(1));
      throw new RangeError("expected");
    });
    const cold = sleep(1);
    const error = yield* failureOf(taskGroup(
      style.fn(function* (group) {
        group.createTask(child);
        group.createTask(child);
        group.createTask(cold);
        yield* wait(sleep(0));
      }),
      { limit: 1 },
    ));
    assertInstanceOf(error, AggregateError);
    assertEquals([error.errors.length, begun], [1, 1]);
    assertInstanceOf(yield* failureOf(cold), RuntimeError);
  },
);

inBoth(
  "taskGroup() with a limit refuses what is no coroutine as one without",
  function* (style) {
    const messages: unknown[] = [];
    for (const options of [{}, { limit: 1 }]) {
      yield* wait(taskGroup(
        style.fn(function* (group) {
          for (const wrong of [42, Promise.resolve(), async function* () {}]) {
            const error = assertThrows(
              () => group.createTask(wrong as never),
              TypeError,
            );
            messages.push(
              error.message.replace("Cannot create a task: a", "A"),
            );
          }
        }),
        options,
      ));
    }
    assertEquals(messages.slice(0, 3), messages.slice(3));
  },
);

inBoth("taskGroup() is cancelled by its signal", function* (style) {
  for (const inBody of [true, false]) {
    const log: string[] = [];
    const counting = new CountingSignal();
    const { controller } = counting;
    const reason = new Error("client is gone");
    getRunningLoop().callLater(1, () => controller.abort(reason));
    const error = yield* failureOf(taskGroup(
      style.fn(function* (group) {
        group.createTask(slow(style, log));
        if (inBody) yield* wait(sleep(3600));
      }),
      { signal: controller.signal },
    ));
    assertInstanceOf(error, CancelledError);
    assertStrictEquals(error.cause, reason);
    assertEquals(log, ["child cleaned up"]);
    assertEquals(currentTask()!.cancelling(), 0);
  }
});

inBoth("taskGroup() leaves no listener at its signal", function* (style) {
  const counting = new CountingSignal();
  const { signal } = counting.controller;
  const body = style.fn(function* (): Program<void> {
    assertEquals(counting.listeners, 1);
  });
  for (let i = 0; i < 3; i++) yield* wait(taskGroup(body, { signal }));
  assertEquals(counting.listeners, 0);
});

inBoth(
  "taskGroup() begins nothing when its signal was aborted",
  function* (style) {
    let begun = false;
    const body = style.fn(function* (): Program<void> {
      begun = true;
    });
    const signal = AbortSignal.abort("reason");
    const error = yield* failureOf(taskGroup(body, { signal }));
    assertInstanceOf(error, CancelledError);
    assertEquals(error.cause, "reason");
    assertFalse(begun);
  },
);

inBoth(
  "taskGroup() shows its tasks below who waits for them",
  function* (style) {
    const task = createTask(
      taskGroup(style.fn(function* (group) {
        group.createTask(sleep(1), { name: "one" });
        group.createTask(sleep(2), { name: "two" });
      })),
      { name: "parent" },
    );
    yield* wait(sleep(0.5));
    const lines = formatTaskTree(getRunningLoop()).split("\n");
    const at = lines.findIndex((line) => line.startsWith("parent"));
    assertEquals(lines.slice(at, at + 3), [
      "parent waits for taskGroup, 2 not done",
      "└─ one waits for sleep(1)",
      "└─ two waits for sleep(2)",
    ]);
    yield* wait(task);
  },
);

inBoth(
  "taskGroup() with a limit takes all that it takes without one",
  function* (style) {
    function* generator(): Generator<never, string> {
      return "a generator";
    }
    const given: Record<string, () => CoroutineFunction<string>> = {
      "a generator": () => generator() as never,
      "a coroutine": () => sleep(1, "a coroutine") as never,
      "coroutine()": () => coroutine(generator)() as never,
      "a function of a coroutine": () => () => sleep(1, "a coroutine"),
      "a function of a generator": () => () => generator() as never,
      "a function of a promise": () => () => Promise.resolve("a promise"),
    };
    for (const limit of [undefined, 1, 9]) {
      const tasks = yield* wait(taskGroup(
        style.fn(function* (group): Program<Task<unknown>[]> {
          // So that with one slot all others begin later.
          group.createTask(() => sleep(1));
          return Object.values(given).map((make) => group.createTask(make()));
        }),
        limit === undefined ? {} : { limit },
      ));
      assertEquals(tasks.map((task) => task.result()), [
        "a generator",
        "a coroutine",
        "a generator",
        "a coroutine",
        "a generator",
        "a promise",
      ], `${limit}`);
    }
  },
);

inBoth(
  "taskGroup() with a limit refuses what it refuses without one",
  function* (style) {
    async function* items() {}
    const body = style.fn(function* (group: TaskGroup): Program<string[]> {
      return [undefined, 5, Promise.resolve(), {}, items, items()].map((
        wrong,
      ) =>
        assertThrows(() => group.createTask(wrong as never), TypeError).message
      );
    });
    const without = yield* wait(taskGroup(body));
    assertEquals(
      without[2]!.split(": ")[0],
      "A coroutine was expected, got a Promise",
    );
    assertEquals(yield* wait(taskGroup(body, { limit: 1 })), without);
  },
);

inBoth(
  "taskGroup() with a limit has a task factory close what it makes no task of",
  function* (style) {
    const loop = getRunningLoop();
    for (const options of [{}, { limit: 1 }]) {
      yield* wait(taskGroup(
        style.fn(function* (group): Program<void> {
          loop.setTaskFactory((_loop, coro) => {
            (coro as Coroutine<unknown>).close();
            throw new RangeError("no more tasks");
          });
          const cold = sleep(1);
          assertThrows(() => group.createTask(cold), RangeError);
          loop.setTaskFactory(undefined);
          assertInstanceOf(yield* failureOf(cold), RuntimeError);
        }),
        options,
      ));
    }
  },
);

Deno.test("TaskGroup.signal is refused before the group has begun", () => {
  assertThrows(
    () => new TaskGroup().signal,
    RuntimeError,
    "Cannot give a signal: <TaskGroup> has not been entered",
  );
});

Deno.test("taskGroup() with a limit runs an eager async function for its own task, though whoever made it has ended", () =>
  runTest(async (loop) => {
    loop.setTaskFactory(eagerTaskFactory);
    const ended: string[] = [];
    await taskGroup(async (group) => {
      group.createTask(async () => await sleep(1));
      group.createTask(async () => {
        await sleep(0.5);
        group.createTask(async () => {
          await sleep(1);
          ended.push(currentTask()!.getName());
        }, { name: "made" });
      });
      await sleep(0);
    }, { limit: 2 });
    assertEquals([ended, loop.time()], [["made"], 1.5]);
  }));

Deno.test("taskGroup() with a limit passes the cancel of an eager task to its async function alone", () =>
  runTest(async (loop) => {
    loop.setTaskFactory(eagerTaskFactory);
    const log: string[] = [];
    await taskGroup(async (group) => {
      group.createTask(async () => await sleep(1));
      const second = group.createTask(async () => {
        try {
          await sleep(3600);
        } finally {
          log.push(`ended at ${loop.time()}`);
        }
      });
      await sleep(2);
      second.cancel();
      await sleep(1);
    }, { limit: 1 });
    assertEquals([log, loop.time()], [["ended at 2"], 3]);
  }));
