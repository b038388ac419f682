/**
 * Call graphs: their size, and what stands under "Awaited by".
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  asCompleted,
  captureCallGraph,
  coroutine,
  type CoroutineFunction,
  createTask,
  currentTask,
  firstSuccess,
  formatCallGraph,
  Future,
  futureAddToAwaitedBy,
  futureDiscardFromAwaitedBy,
  gather,
  getRunningLoop,
  mapConcurrent,
  race,
  run,
  shield,
  sleep,
  staggeredRace,
  taskGroup,
  wait as waitForFutures,
  waitFor,
} from "@asyncio/asyncio";
import { inBoth, wait } from "./cpython/_program.ts";

inBoth("formatCallGraph() shows each task once", function* (style) {
  const future = getRunningLoop().createFuture<number>();
  let layer: Future<unknown>[] = [future];
  for (let i = 0; i < 12; i++) {
    const below = layer;
    layer = [1, 2].map((j) =>
      createTask(
        style.fn(function* () {
          yield* wait(gather(below));
        }),
        { name: `task ${i}.${j}` },
      )
    );
  }
  yield* wait(sleep(1));
  const lines = formatCallGraph(future).split("\n");
  const shown = lines.filter((line) => line.includes("* Task"));
  const again = shown.filter((line) => line.endsWith("(above)"));
  assertEquals(shown.length - again.length, 24);
  assert(again.length <= 24);
  future.setResult(1);
  yield* wait(gather(layer));
});

inBoth(
  "futureAddToAwaitedBy() shows who waits by other means, until that is taken back",
  function* () {
    const future = new Future<void>();
    const between = new Future<void>();
    const task = createTask(sleep(1), { name: "by other means" });
    const names = () =>
      captureCallGraph(future)!.awaitedBy.map(({ awaitedBy }) =>
        awaitedBy.map(({ future }) => String(future).includes("other means"))
      );
    for (let n = 0; n < 2; n++) futureAddToAwaitedBy(between, task);
    futureAddToAwaitedBy(future, between);
    assertEquals(names(), [[true]]);
    // Neither is a future.
    futureAddToAwaitedBy(future, {} as never);
    futureAddToAwaitedBy({} as never, task);
    futureDiscardFromAwaitedBy({} as never, task);
    assertEquals(names(), [[true]]);
    futureDiscardFromAwaitedBy(between, task);
    assertEquals(names(), [[]]);
    futureDiscardFromAwaitedBy(future, between);
    assertEquals(names(), []);
    yield* wait(task);
  },
);

inBoth(
  "futureAddToAwaitedBy() shows who waits for a combinator by other means",
  function* () {
    const future = new Future<void>();
    const both = gather(future, sleep(1));
    const task = createTask(sleep(1), { name: "by other means" });
    futureAddToAwaitedBy(both, task);
    assertEquals(
      captureCallGraph(future)!.awaitedBy.map(({ future }) => future === task),
      [true],
    );
    future.setResult();
    yield* wait(gather(both, task));
  },
);

inBoth("formatCallGraph() ends at a circle", function* (style) {
  const tasks: Future<unknown>[] = [];
  for (const other of [1, 0]) {
    tasks.push(createTask(style.fn(function* () {
      yield* wait(waitForFutures([tasks[other]!]));
    })));
  }
  yield* wait(sleep(1));
  const text = formatCallGraph(tasks[0]!);
  assertEquals(text.split("* Task").length - 1, 3);
  assert(text.includes("(above)"));
  tasks[0]!.cancel();
  yield* wait(sleep(1));
});

/** Each makes its argument awaited by the running task, once at least. */
const WAITS: Record<string, (work: CoroutineFunction<unknown>) => unknown> = {
  gather: (work) => gather(work),
  "gather with a limit": (work) => gather([work], { limit: 1 }),
  wait: (work) => waitForFutures([createTask(work)]),
  waitFor: (work) => waitFor(createTask(work), 9),
  shield: (work) => shield(work),
  race: (work) => race([work]),
  firstSuccess: (work) => firstSuccess([work]),
  staggeredRace: (work) => staggeredRace([work], undefined),
  taskGroup: (work) => taskGroup((group) => group.createTask(() => work())),
  "asCompleted, a coroutine": (work) => {
    const [next] = asCompleted([work]);
    return next;
  },
  "asCompleted, the iterator": (work) =>
    asCompleted([work])[Symbol.asyncIterator]().next(),
  "mapConcurrent, collect": (work) =>
    mapConcurrent([1], () => work(), { limit: 1 }).collect(),
  "mapConcurrent, forEach": (work) =>
    mapConcurrent([1], () => work(), { limit: 1 }).forEach(() => {}),
};

for (const [name, waitBy] of Object.entries(WAITS)) {
  inBoth(`captureCallGraph() tells who waits by ${name}`, function* (style) {
    let waiters: string[] = [];
    const work = style.fn(function* () {
      yield* wait(sleep(1));
      const graph = captureCallGraph(currentTask()!);
      waiters = graph!.awaitedBy.map(({ future }) =>
        (future as { getName?(): string }).getName?.() ?? "a future"
      );
    });
    const user = createTask(
      style.fn(function* () {
        yield* wait(waitBy(work) as PromiseLike<unknown>);
      }),
      { name: "user" },
    );
    yield* wait(user);
    assertEquals(waiters, ["user"]);
  });
}

Deno.test("Task.getStack() gives no name for a limit of 0 or below, as CPython's", async () => {
  await run(async () => {
    const inner = coroutine(function* () {
      yield* sleep(0.001);
    });
    const task = createTask(function* () {
      yield* inner();
    });
    await sleep(0);
    const all = task.getStack();
    assert(all.length > 1);
    for (const limit of [undefined, Infinity, all.length + 1]) {
      assertEquals(task.getStack({ limit }), all);
    }
    assertEquals(task.getStack({ limit: 1 }), all.slice(-1));
    for (const limit of [0, -1, -2, -Infinity]) {
      assertEquals(task.getStack({ limit }), []);
    }
    await task;
  });
});
