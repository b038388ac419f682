/** Tasks that begin while a run ends: they clean up too. */
import { assert, assertEquals } from "@std/assert";
import {
  type Coro,
  type CoroutineFunction,
  createTask,
  EventLoop,
  run,
  type ShutdownReport,
  sleep,
  VirtualClock,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";

/** A task whose clean-up takes a second, and begins the next of so many. */
type Chain = (left: number, log: string[]) => CoroutineFunction<void>;

const STYLES: Readonly<Record<string, Chain>> = {
  generator: (left, log) =>
    function* chain(): Coro<void> {
      try {
        yield* sleep(3600);
      } finally {
        if (left > 1) createTask(STYLES.generator!(left - 1, log));
        yield* sleep(1);
        log.push(`cleaned ${left}`);
      }
    },
  async: (left, log) => async () => {
    try {
      await sleep(3600);
    } finally {
      if (left > 1) createTask(STYLES.async!(left - 1, log));
      await sleep(1);
      log.push(`cleaned ${left}`);
    }
  },
};

for (const [style, chain] of Object.entries(STYLES)) {
  Deno.test(`run() cancels what clean-ups begin, and waits for it (${style})`, async () => {
    const log: string[] = [];
    const loop = new TestLoop();
    await run(async () => {
      createTask(chain(4, log));
      await sleep(1);
    }, { loopFactory: () => loop });
    assertEquals(log, ["cleaned 4", "cleaned 3", "cleaned 2", "cleaned 1"]);
    assertEquals(loop.reports, []);
  });

  Deno.test(`run() ends though each task begins another as it ends (${style})`, async () => {
    const loop = new TestLoop();
    const log: string[] = [];
    await run(async () => {
      createTask(chain(Infinity, log));
      await sleep(1);
    }, { loopFactory: () => loop });
    assert(log.length > 10);
    assertEquals(loop.reports.map((report) => report.message), [
      "Task was destroyed but it is pending",
    ]);
  });

  Deno.test(`cleanup limits the clean-up of what clean-ups begin (${style})`, async () => {
    const log: string[] = [];
    let report: ShutdownReport | undefined;
    const clock = new VirtualClock();
    await run(async () => {
      createTask(chain(10, log));
      await sleep(1);
    }, {
      loopFactory: () => new EventLoop({ clock }),
      cleanup: 2.5,
      onShutdown: (shutdown) => report = shutdown,
    });
    assertEquals(log.length, 2);
    assertEquals(clock.time(), 3.5);
    assertEquals(report?.tasks.at(-1)?.outcome, "ignored");
  });
}
