/**
 * Depth: chains of 100,000 that wait for each other are cancelled, ended and drawn, and
 * texts stay readable.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  allTasks,
  type Awaitable,
  captureCallGraph,
  type Coro,
  type Coroutine,
  createTask,
  DeadlockError,
  firstSuccess,
  formatCallGraph,
  formatTaskTree,
  fromSignal,
  Future,
  gather,
  getRunningLoop,
  iterate,
  mapConcurrent,
  race,
  shield,
  sleep,
  staggeredRace,
  type Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runTest, TestLoop } from "@asyncio/asyncio/testing";

const DEEP = 100_000;

type Style = "generator" | "async";
const STYLES: readonly Style[] = ["generator", "async"];

/** Makes a task that waits for `below` and counts its clean-up. */
function link(
  style: Style,
  below: Awaitable<unknown>,
  ended: () => void,
): Task<unknown> {
  if (style === "async") {
    return createTask(async () => {
      try {
        await (below as PromiseLike<unknown>);
      } finally {
        ended();
      }
    });
  }
  return createTask(function* (): Coro<void> {
    try {
      yield* below as unknown as Coro<unknown>;
    } finally {
      ended();
    }
  });
}

/** A chain of tasks, of which each waits for the one before; returns the last one. */
function chain(
  style: Style,
  length: number,
  ended: () => void = () => {},
): Task<unknown> {
  let task = link(style, sleep(3600), ended);
  for (let i = 1; i < length; i++) task = link(style, task, ended);
  return task;
}

for (const style of STYLES) {
  Deno.test(`Task.cancel() reaches the end of a chain of 100,000 (${style})`, () =>
    runTest(async () => {
      let ended = 0;
      const last = chain(style, DEEP, () => ended++);
      await sleep(1);
      assert(last.cancel("deep"));
      await wait([last]);
      assert(last.cancelled(), String(last));
      assertEquals(ended, DEEP);
    }));

  Deno.test(`run() ends a chain of 100,000, and each cleans up (${style})`, async () => {
    let ended = 0;
    await runTest(async () => {
      chain(style, DEEP, () => ended++);
      await sleep(1);
    });
    assertEquals(ended, DEEP);
  });

  Deno.test(`run() ends a chain of 100,000 whose first task is the one that waits (${style})`, async () => {
    let ended = 0;
    await runTest(async () => {
      const futures = Array.from({ length: DEEP }, () => new Future<void>());
      const tasks: Task<unknown>[] = [];
      // The first is made first and waits for the second, which waits for the third.
      for (let i = 0; i < DEEP; i++) {
        tasks.push(link(
          style,
          function* (): Coro<void> {
            yield* futures[i]!;
            yield* (tasks[i + 1] ?? sleep(3600)) as unknown as Coro<void>;
          }(),
          () => ended++,
        ));
      }
      for (const future of futures) future.setResult();
      await sleep(1);
    });
    assertEquals(ended, DEEP);
  });

  Deno.test(`eager tasks that start each other 100,000 deep all run (${style})`, () =>
    runTest(async () => {
      let deepest = 0;
      const eager = { eagerStart: true };
      const generator = (depth: number) =>
        function* (): Coro<void> {
          deepest = depth;
          if (depth < DEEP) {
            yield* createTask(generator(depth + 1), eager);
          }
        };
      const async = (depth: number) => async (): Promise<void> => {
        deepest = depth;
        if (depth < DEEP) await createTask(async(depth + 1), eager);
      };
      await createTask(
        (style === "async" ? async : generator)(1) as () => PromiseLike<void>,
        eager,
      );
      assertEquals(deepest, DEEP);
    }));

  Deno.test(`an eager task whose own recursion overflows fails alone (${style})`, () =>
    runTest(async () => {
      const other = createTask(sleep(1, "goes on"));
      const recurse = (n: number): number => 1 + recurse(n + 1);
      const task = createTask<unknown>(
        style === "async"
          // deno-lint-ignore require-await
          ? async () => recurse(0)
          : function* () {
            recurse(0);
          },
        { eagerStart: true },
      );
      await wait([task]);
      assert(task.exception() instanceof RangeError);
      assertEquals(await other, "goes on");
    }));
}

Deno.test("Future.cancel() of 100,000 gathers in each other cancels the innermost", () =>
  runTest(async () => {
    const inner = createTask(sleep(3600));
    let outer = gather(inner) as Future<unknown>;
    for (let i = 1; i < DEEP; i++) outer = gather(outer) as Future<unknown>;
    const task = link("generator", outer, () => {});
    await sleep(1);
    assert(task.cancel());
    await wait([task]);
    assert(inner.cancelled());
    assert(task.cancelled());
  }));

/** Waits for one that is below, each in its own way. */
const THROUGH: Readonly<
  Record<
    string,
    (below: Task<unknown>) => PromiseLike<unknown>
  >
> = {
  "race()": (below) => race([below]),
  "firstSuccess()": (below) => firstSuccess([below]),
  "waitFor()": (below) => waitFor(below, 1e6),
  "timeout()": (below) => timeout(1e6, () => below),
  "taskGroup()": (below) =>
    taskGroup(async (group) => {
      await group.createTask(() => below);
    }),
  "gather() with a limit": (below) => gather([() => below], { limit: 1 }),
  "mapConcurrent()": (below) =>
    mapConcurrent([1], () => below, { limit: 1 }).collect(),
  "staggeredRace()": (below) => staggeredRace([() => below], undefined),
  "fromSignal()": (below) => fromSignal(() => below),
  "iterate()": async (below) => {
    async function* source() {
      yield await below;
    }
    for await (const _ of iterate(source()));
  },
};

for (const [name, through] of Object.entries(THROUGH)) {
  Deno.test(`Task.cancel() ends 10,000 tasks that wait for each other through ${name}`, async () => {
    using loop = new TestLoop();
    await loop.runUntilComplete(async () => {
      let top: Task<unknown> = createTask(sleep(3600));
      for (let i = 0; i < 10_000; i++) {
        const below = top;
        top = createTask(() => through(below));
      }
      await sleep(1);
      assert(top.cancel(), String(top));
      await wait([top]);
      assert(top.done(), String(top));
    });
    assertEquals(allTasks(loop).size, 0);
    assertEquals(loop.reports, []);
  });
}

Deno.test("Task.cancel() throws what a subclass throws, when all were asked", () =>
  runTest(async () => {
    class Odd extends Future<void> {
      override cancel(): boolean {
        throw new RangeError("odd");
      }
    }
    const waits = [new Future<void>(), new Odd(), new Future<void>()];
    let task: Task<unknown> = createTask(async () => {
      await Promise.all(waits.map((wait) => wait.then(() => {})));
    });
    for (let i = 0; i < 1000; i++) task = link("generator", task, () => {});
    await sleep(1);
    try {
      task.cancel();
      throw new Error("cancelled");
    } catch (error) {
      assertEquals(String(error), "RangeError: odd");
    }
    for (const wait of waits) if (!wait.done()) wait.setResult();
    await wait([task]);
  }));

Deno.test("formatTaskTree() shows 200 lines of a chain of 100,000, and counts the rest", async () => {
  using loop = new TestLoop();
  await loop.runUntilComplete(async () => {
    chain("generator", DEEP);
    await sleep(1);
    const lines = formatTaskTree(loop).split("\n");
    assertEquals(lines.length, 201);
    // Main runs and stands there too.
    assertEquals(lines.at(-1), "… and 99,801 more tasks");
  });
  loop.setExceptionHandler(() => {});
});

Deno.test("a DeadlockError of 100,000 tasks that wait for each other is readable", async () => {
  let error: unknown;
  try {
    await runTest(async () => {
      const never = new Future<void>();
      let task = link("generator", never, () => {});
      for (let i = 1; i < DEEP; i++) task = link("generator", task, () => {});
      await task;
    });
  } catch (thrown) {
    error = thrown;
  }
  assert(error instanceof DeadlockError);
  assertEquals(error.message.split("\n").length, 202);
  assertStringIncludes(error.message, "more tasks");
});

Deno.test("formatCallGraph() shows 200 lines of a chain of 100,000, and counts the rest", async () => {
  using loop = new TestLoop();
  await loop.runUntilComplete(async () => {
    const first = new Future<void>();
    let task = link("generator", first, () => {});
    for (let i = 1; i < DEEP; i++) task = link("generator", task, () => {});
    await sleep(1);
    const lines = formatCallGraph(first).split("\n");
    assertEquals(lines.length, 201);
    assertEquals(lines.at(-1), "… and 99,950 more tasks");
    let depth = 0;
    for (
      let graph = captureCallGraph(first);
      graph !== undefined;
      graph = graph.awaitedBy[0]
    ) depth++;
    assertEquals(depth, DEEP + 1);
  });
  loop.setExceptionHandler(() => {});
});

Deno.test("formatCallGraph() shows each task once, though many wait for many", () =>
  runTest(async () => {
    const future = new Future<void>();
    let layer: Awaitable<unknown>[] = [future];
    for (let i = 0; i < 12; i++) {
      const below = layer;
      layer = [1, 2].map((n) =>
        createTask(async () => await gather(...below), { name: `${i}.${n}` })
      );
    }
    await sleep(1);
    const titles = formatCallGraph(future).split("\n")
      .filter((line) => line.includes("* Task"))
      .map((line) => line.trim());
    const full = titles.filter((title) => !title.endsWith("(above)"));
    assertEquals(full.length, 24);
    assertEquals(new Set(full).size, 24);
    assert(titles.length < 50, `${titles.length}`);
    future.setResult();
  }));

Deno.test("captureCallGraph() names ten of those that stand above, and counts the rest", async () => {
  using loop = new TestLoop();
  await loop.runUntilComplete(async () => {
    const first = new Future<void>();
    const two = [1, 2].map(() => link("generator", first, () => {}));
    const both = gather(...two);
    for (let i = 0; i < 50; i++) createTask(() => wait([both]));
    await sleep(1);
    const [one, other] = captureCallGraph(first)!.awaitedBy;
    assertEquals(one!.awaitedBy.length, 50);
    assertEquals(other!.awaitedBy.length, 10);
    assert(other!.awaitedBy.every(({ isAbove }) => isAbove));
    assertEquals(other!.moreAwaitedBy, 40);
  });
  loop.setExceptionHandler(() => {});
});

Deno.test("a text names some of the waits of a task, and counts the rest", () =>
  runTest(async () => {
    const futures = Array.from({ length: 50 }, () => new Future<void>());
    const task = createTask(async () => {
      await Promise.all(futures);
    }, { name: "many" });
    await sleep(1);
    assertStringIncludes(formatTaskTree(getRunningLoop()), "and 45 more");
    assertStringIncludes(String(task), "wait_for=<47 more>");
    for (const future of futures) future.setResult();
    await task;
  }));

Deno.test("Task.cancel() ends a task of 20,000 timeouts in each other", () =>
  runTest(async () => {
    function nested(depth: number): Coroutine<void> {
      return timeout(3600, function* () {
        yield* depth === 0 ? sleep(60) : nested(depth - 1);
      });
    }
    const task = createTask(nested(20_000));
    await sleep(1);
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
  }));

Deno.test("Task.cancel() ends a task of 4,000 fromSignal() in each other", () =>
  runTest(async () => {
    let cleaned = 0;
    let body = async () => {
      try {
        await sleep(60);
      } finally {
        cleaned++;
      }
    };
    for (let i = 0; i < 4_000; i++) {
      const inner = body;
      body = async () => {
        try {
          await fromSignal(inner);
        } finally {
          cleaned++;
        }
      };
    }
    const task = createTask(body);
    await sleep(1);
    assert(task.cancel());
    await wait([task]);
    assert(task.cancelled());
    assertEquals(cleaned, 4_001);
  }));

Deno.test("the text of a future asks two of 100,000 callbacks for their names", () => {
  using loop = new TestLoop();
  const future = loop.createFuture();
  let asked = 0;
  for (let i = 0; i < DEEP; i++) {
    const callback = () => {};
    const get = () => `callback${++asked}`;
    future.addDoneCallback(Object.defineProperty(callback, "name", { get }));
  }
  asked = 0;
  assertEquals(
    String(future),
    "<Future pending cb=[callback1(), <99999 more>]>",
  );
  assert(asked <= 2, `${asked} were asked`);
});

Deno.test("a chain of 100,000 shields is drawn", () =>
  runTest(async () => {
    const first = new Future<void>();
    let last = first as Future<unknown>;
    for (let i = 0; i < DEEP; i++) last = shield(last);
    const task = createTask(() => last, { name: "user" });
    await sleep(1);
    assertStringIncludes(
      formatTaskTree(getRunningLoop()),
      "user waits for shield of shield",
    );
    first.setResult();
    await task;
  }));
