/**
 * Every example, on a virtual clock, with its whole output.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { EventLoop, run, VirtualClock } from "@asyncio/asyncio";
import * as backgroundTask from "../examples/background_task.ts";
import * as callback from "../examples/callback.ts";
import * as demo from "../examples/demo.ts";
import * as ensureFuture from "../examples/ensure_future.ts";
import * as history from "../examples/history.ts";
import * as loops from "../examples/loops.ts";
import * as many from "../examples/many.ts";
import * as rebuild from "../examples/rebuild.ts";
import * as result from "../examples/result.ts";
import * as threeWays from "../examples/three_ways.ts";

const CANNOT_READ =
  Deno.permissions.querySync({ name: "read" }).state !== "granted";

function virtualLoop() {
  return new EventLoop({ clock: new VirtualClock() });
}

const VIRTUAL = { loopFactory: virtualLoop };

/** What `example` prints, line by line. */
async function printed(example: () => Promise<unknown>) {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...words: unknown[]) => {
    lines.push(...words.map(String).join(" ").split("\n"));
  };
  try {
    await example();
  } finally {
    console.log = log;
  }
  return lines;
}

const AT_THE_SAME_TIME = [
  "do1:Starting",
  "do3:Starting",
  "do1:Ending",
  "do3:Ending",
];
const IN_TURN = ["do1:Starting", "do1:Ending", "do3:Starting", "do3:Ending"];

const THREE_WAYS = [
  ...AT_THE_SAME_TIME,
  "do1 do3",
  "gather花费：3.0",
  ...AT_THE_SAME_TIME,
  "ensureFuture花费：3.0",
  ...IN_TURN,
  "await花费：4.0",
  "main花费：10.0",
];

Deno.test("three_ways prints what each way does, and its time", async () => {
  const { perf, main } = threeWays;
  assertEquals(await printed(() => perf(main, virtualLoop())), THREE_WAYS);
});

Deno.test("three_ways with generators prints the same", async () => {
  const { perf, generators: { main } } = threeWays;
  assertEquals(await printed(() => perf(main, virtualLoop())), THREE_WAYS);
});

for (const example of [callback, callback.generators]) {
  Deno.test(`callback ${kindOf(example.returnData)} prints the result`, async () => {
    assertEquals(await printed(() => example.main(virtualLoop())), [
      "返回值: to be or not to be",
    ]);
  });
}

for (const { main } of [result, result.generators]) {
  Deno.test(`result ${kindOf(main)} throws first, then gives the result`, async () => {
    assertEquals(await printed(() => run(main, VIRTUAL)), [
      "InvalidStateError, done: false",
      "返回值: to be or not to be",
    ]);
  });
}

for (const ways of [many, many.generators]) {
  Deno.test(`many ${kindOf(ways.main1)} takes 2 seconds for 99 tasks, three times`, async () => {
    const shown = (way: number) => [
      ...Array(99).fill("嵌套waiting: 2"),
      ...Array(99).fill(`返回结果${way}: 嵌套Cose 2s`),
      "perf: 2.0",
    ];
    assertEquals(await printed(() => many.main(ways, virtualLoop)), [
      ...shown(1),
      ...shown(2),
      ...shown(3),
    ]);
  });
}

for (const { main } of [backgroundTask, backgroundTask.generators]) {
  Deno.test({
    name: `background_task ${kindOf(main)} lives on after a forced gc`,
    ignore: !("gc" in globalThis),
    async fn() {
      assertEquals(await printed(() => run(main, VIRTUAL)), [
        "backTask:Starting",
        "gc",
        "backTask:Ending after gc",
      ]);
    },
  });
}

Deno.test({
  name: "loops shows whose loop getEventLoop() gives",
  ignore: CANNOT_READ,
  async fn() {
    assertEquals(await printed(loops.main), [
      "main thread, same loop: true",
      "worker, RuntimeError: There is no current event loop in this thread: call setEventLoop(newEventLoop()) first",
      "worker, same loop: true",
      "worker, it runs",
    ]);
  },
});

for (const { main } of [ensureFuture, ensureFuture.generators]) {
  Deno.test(`ensure_future ${kindOf(main)} takes all kinds of awaitables`, async () => {
    assertEquals(await printed(() => run(main, VIRTUAL)), [
      "coroutine: true 嵌套Cose 2s",
      "future: true",
      "task: true",
      "awaitable: true later",
      "createTask: 嵌套Cose 1s",
      "loop.createTask: 嵌套Cose 1s",
    ]);
  });
}

for (const { main } of [rebuild, rebuild.generators]) {
  Deno.test(`rebuild ${kindOf(main)} builds once a burst, and ends a build that a change makes old`, async () => {
    assertEquals(await printed(() => run(main, VIRTUAL)), [
      "build:Starting a b",
      "build:Cleaned up a b",
      "build:Starting c d",
      "build:Ending c d",
      "build:Cleaned up c d",
    ]);
  });
}

Deno.test("history shows the four ways to write a coroutine", async () => {
  assertEquals(await printed(() => history.main(virtualLoop)), [
    "python2 got an answer",
    "python34: coroutine() and yield*",
    "python35: async and await",
    "python37: createTask() and run(), over python35: async and await",
  ]);
});

Deno.test("demo draws the three ways", async () => {
  let times: number[] = [];
  const lines = await printed(async () => {
    times = await run(() => demo.main({ scale: 4, color: false }), VIRTUAL);
  });
  assertEquals(lines, [
    "do1 takes 1 second, do3 takes 3. How long do both take?",
    "",
    "1. await gather(do1, do3)",
    "",
    ...AT_THE_SAME_TIME,
    "",
    "   do1 ████",
    "   do3 ████████████",
    "       0   1   2   3 s",
    "",
    "   3.0 seconds",
    "",
    "2. createTask(do1), createTask(do3), then await both",
    "",
    ...AT_THE_SAME_TIME,
    "",
    "   do1 ████",
    "   do3 ████████████",
    "       0   1   2   3 s",
    "",
    "   3.0 seconds",
    "",
    "3. await do1(); await do3()",
    "",
    ...IN_TURN,
    "",
    "   do1 ████",
    "   do3     ████████████",
    "       0   1   2   3   4 s",
    "",
    "   4.0 seconds",
    "",
    "   gather ████████████ 3.0 s",
    "   tasks  ████████████ 3.0 s",
    "   await  ████████████████ 4.0 s",
    "",
    "One after the other takes 1.3 times as long as at the same time.",
  ]);
  const [together, tasks, inTurn] = times as [number, number, number];
  assertGreaterOrEqual(inTurn / together, 1.3);
  assertGreaterOrEqual(inTurn / tasks, 1.3);
});

Deno.test("demo colors a terminal", async () => {
  const lines = await printed(() =>
    run(() => demo.main({ scale: 1, color: true }), VIRTUAL)
  );
  assertEquals(
    lines.filter((line) => line.startsWith("   do")).slice(0, 2),
    ["   do1 \x1b[36m█\x1b[0m", "   do3 \x1b[35m███\x1b[0m"],
  );
});

function kindOf(fn: unknown) {
  return Object.prototype.toString.call(fn) === "[object GeneratorFunction]"
    ? "with generators"
    : "with async functions";
}
