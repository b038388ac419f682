/**
 * A runner that is used while it runs: it refuses, and the run under way goes on.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Coro,
  EventLoop,
  run,
  Runner,
  RuntimeError,
  sleep,
  VirtualClock,
} from "@asyncio/asyncio";

/** A main that must not begin. */
const second = (log: string[]) => () => {
  log.push("second");
  return Promise.resolve();
};

const newLoop = () => new EventLoop({ clock: new VirtualClock() });

/** A main in both styles, which notes that it has come to its end. */
const MAINS: Record<
  string,
  (log: string[]) => () => Promise<void> | Coro<void>
> = {
  "an async function": (log) => async () => {
    await sleep(1);
    log.push("ended");
  },
  "a generator": (log) =>
    function* () {
      yield* sleep(1);
      log.push("ended");
    },
};

for (const [style, make] of Object.entries(MAINS)) {
  Deno.test(`Runner.run() beside another run of ${style} begins nothing`, async () => {
    await using runner = new Runner({ loopFactory: newLoop });
    const log: string[] = [];
    const running = runner.run(make(log));
    await assertRejects(
      () => runner.run(second(log)),
      RuntimeError,
      "Cannot run: the event loop is running already, wait for the end of that run or begin a task with createTask()",
    );
    await running;
    assertEquals(log, ["ended"]);
    await runner.run(make(log));
    assertEquals(log, ["ended", "ended"]);
  });

  Deno.test(`Runner.close() beside a run of ${style} refuses, and can close later`, async () => {
    const loop = newLoop();
    const runner = new Runner({ loopFactory: () => loop });
    const log: string[] = [];
    const running = runner.run(make(log));
    await assertRejects(
      () => runner.close(),
      RuntimeError,
      "Cannot close the runner: it is running",
    );
    await running;
    assertEquals(log, ["ended"]);
    await runner.close();
    assert(loop.isClosed());
  });

  Deno.test(`run() refuses a loopFactory whose loop runs ${style}, and leaves that alone`, async () => {
    using loop = newLoop();
    const log: string[] = [];
    const running = loop.runUntilComplete(make(log));
    await assertRejects(
      () => run(second(log), { loopFactory: () => loop }),
      RuntimeError,
      "Cannot run: the event loop is running already, wait for the end of that run or begin a task with createTask()",
    );
    await running;
    assertEquals(log, ["ended"]);
  });
}

Deno.test("Runner.close() in main refuses, and main goes on", async () => {
  await using runner = new Runner({ loopFactory: newLoop });
  const result = await runner.run(async () => {
    await assertRejects(() => runner.close(), RuntimeError);
    await sleep(1);
    return "ended";
  });
  assertEquals(result, "ended");
});
