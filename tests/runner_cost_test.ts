/**
 * What `run()` asks of the host: nothing, unless it has to wait. Counted, not timed.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { EventLoop, run, sleep, VirtualClock } from "@asyncio/asyncio";
import { stub } from "@std/testing/mock";

/** Runs a body and counts what is asked of the host meanwhile. */
async function asked(body: () => Promise<void>) {
  using on = stub(Deno, "addSignalListener");
  using off = stub(Deno, "removeSignalListener");
  using query = stub(
    Deno.permissions,
    "querySync",
    () => ({ state: "denied" }) as Deno.PermissionStatus,
  );
  await body();
  return {
    listened: on.calls.length,
    stopped: off.calls.length,
    queried: query.calls.length,
  };
}

function hostTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

// The first loop of the process asks for debug mode.
new EventLoop().close();

Deno.test("run() asks the host for nothing if it does not have to wait", async () => {
  // A slow machine gives the host its turn in between; this clock stands still.
  const loopFactory = () => new EventLoop({ clock: new VirtualClock() });
  const counts = await asked(async () => {
    for (let i = 0; i < 1000; i++) {
      await run(function* () {
        return i;
      }, { loopFactory });
    }
  });
  assertEquals(counts, { listened: 0, stopped: 0, queried: 0 });
});

Deno.test("run() that waits listens once, and not any more after", async () => {
  const counts = await asked(async () => {
    await run(async () => {
      await hostTurn();
      await sleep(0.001);
      await hostTurn();
    });
  });
  assertEquals(counts, { listened: 1, stopped: 1, queried: 0 });
});

Deno.test("runs at the same time share one listener, and one without signals has none", async () => {
  const counts = await asked(async () => {
    const wait = () => sleep(0.001);
    await Promise.all(Array.from({ length: 20 }, () => run(wait)));
    await run(wait, { signals: [] });
  });
  assertEquals(counts, { listened: 1, stopped: 1, queried: 0 });
});

Deno.test("run() that fails or is refused leaves no listener", async () => {
  const counts = await asked(async () => {
    const failing = run(async () => {
      await sleep(0.001);
      throw new Error("broken");
    });
    await failing.catch(() => {});
    await run(() => hostTurn(), { signals: ["SIGNSIG"] as never })
      .catch(() => {});
  });
  assertEquals(counts, { listened: 1, stopped: 1, queried: 0 });
});
