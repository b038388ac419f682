/** What reports say of a task that has given way: it waits for its turn. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type Coro,
  coroutine,
  type CoroutineFunction,
  createTask,
  currentTask,
  formatTaskTree,
  getRunningLoop,
  run,
  type ShutdownReport,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

/** Gives way for ever. */
function* spin(): Coro<void> {
  for (;;) yield* sleep(0);
}

const spinning = coroutine(spin);

/** Gives way for ever, and ignores each cancel. */
function* spinOn(): Coro<void> {
  for (;;) {
    try {
      yield* sleep(0);
    } catch {
      // That is what it is for.
    }
  }
}

const SPINS: Readonly<Record<string, CoroutineFunction<void>>> = {
  "a generator": spin,
  "a generator that calls a coroutine": function* () {
    yield* spinning();
  },
  "an async function that calls a coroutine": async () => await spinning(),
};

for (const [name, work] of Object.entries(SPINS)) {
  Deno.test(`formatTaskTree() says that ${name} in sleep(0) waits for its turn`, () =>
    runTest(async (loop) => {
      const task = createTask(work, { name: "spins" });
      assertEquals(
        formatTaskTree(loop).split("\n")[1],
        "spins is ready to run",
      );
      for (let turn = 0; turn < 3; turn++) {
        await sleep(0);
        assertEquals(
          formatTaskTree(loop).split("\n")[1],
          "spins waits for its turn",
        );
      }
      task.cancel();
    }));
}

Deno.test("formatTaskTree() says of a task that prints it that it runs", () =>
  runTest(function* () {
    yield* sleep(0);
    assertEquals(
      formatTaskTree(getRunningLoop()),
      `${currentTask()!.getName()} runs`,
    );
  }));

Deno.test("the error of timeout() says that a body in sleep(0) waited for its turn", async () => {
  const error = await assertRejects(
    () => run(() => timeout(0.001, spin)),
    TimeoutError,
  );
  assertMatch(error.message, /Task-\d+ waited for its turn$/);
});

Deno.test("the report of a shutdown says that who ignores the cancel in sleep(0) waits for its turn", async () => {
  let report: ShutdownReport | undefined;
  await run(async () => {
    createTask(spinOn, { name: "spins" });
    await sleep(0);
  }, { cleanup: 0.01, onShutdown: (made) => void (report = made) });
  assertMatch(
    `${report}`,
    /task spins: ignored the cancel, after \S+ s, waits for its turn/,
  );
});

Deno.test("formatTaskTree() names the host beside other waits, if scopes wait for it", () =>
  runTest(async (loop) => {
    const host = Promise.withResolvers<void>();
    const task = createTask(async () => {
      await Promise.all([
        timeout(10, () => sleep(5)),
        timeout(20, async () => await host.promise),
        taskGroup(async () => await host.promise),
      ]);
    }, { name: "mixed" });
    const line = () => formatTaskTree(loop).split("\n")[1];
    await sleep(1);
    assertEquals(line(), "mixed waits for sleep(5) and a promise of the host");
    host.resolve();
    await sleep(1);
    assertEquals(line(), "mixed waits for sleep(5)");
    await task;
  }));
