/**
 * A loop that is never idle leaves the host its turn: servers answer, timers fire.
 *
 * No limits in seconds, since machines differ: what happened is compared with what the
 * busy task did in the meantime.
 *
 * @module
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import {
  type Clock,
  createTask,
  EventLoop,
  run,
  sleep,
} from "@asyncio/asyncio";

const NO_NET = Deno.permissions.querySync({ name: "net", host: "127.0.0.1" })
  .state !== "granted";

/** A task that never rests, in both styles. */
const BUSY = {
  "a generator": (work: { turns: number }) =>
    function* () {
      for (;;) {
        yield* sleep(0);
        work.turns++;
      }
    },
  "an async function": (work: { turns: number }) => async () => {
    for (;;) {
      await sleep(0);
      work.turns++;
    }
  },
};

for (const [kind, makeBusy] of Object.entries(BUSY)) {
  Deno.test({
    name: `Deno.serve answers while ${kind} does sleep(0) for ever`,
    ignore: NO_NET,
    async fn() {
      const work = { turns: 0 };
      const turnsAtAnswer: number[] = [];
      await run(async () => {
        const busy = createTask(makeBusy(work));
        const server = Deno.serve({
          hostname: "127.0.0.1",
          port: 0,
          onListen() {},
        }, () => new Response("here"));
        for (let i = 0; i < 3; i++) {
          const response = await fetch(`http://127.0.0.1:${server.addr.port}`);
          assertEquals(await response.text(), "here");
          turnsAtAnswer.push(work.turns);
        }
        assert(!busy.done());
        busy.cancel();
        await server.shutdown();
      });
      // It ran on all the time.
      assertGreater(turnsAtAnswer[1]!, turnsAtAnswer[0]!);
      assertGreater(turnsAtAnswer[2]!, turnsAtAnswer[1]!);
    },
  });

  Deno.test(`timers of the host fire while ${kind} does sleep(0) for ever`, async () => {
    const work = { turns: 0 };
    const delays: number[] = [];
    await run(async () => {
      const busy = createTask(makeBusy(work));
      for (let i = 0; i < 10; i++) {
        const start = performance.now();
        const turns = work.turns;
        await new Promise((resolve) => setTimeout(resolve, 5));
        delays.push(performance.now() - start);
        assertGreater(work.turns, turns);
      }
      busy.cancel();
    });
    // The best of ten, as other programs may hold one of them up.
    assert(Math.min(...delays) < 25, `Delays in ms: ${delays}`);
  });

  Deno.test(`callLater() is on time while ${kind} does sleep(0) for ever`, async () => {
    const work = { turns: 0 };
    const order: number[] = [];
    await run(async () => {
      const busy = createTask(makeBusy(work));
      const sleeps = [0.03, 0.01, 0.02].map((seconds) =>
        createTask(async () => {
          await sleep(seconds);
          order.push(seconds);
        })
      );
      for (const task of sleeps) await task;
      busy.cancel();
    });
    assertEquals(order, [0.01, 0.02, 0.03]);
    assertGreater(work.turns, 3);
  });
}

Deno.test("a chain of callbacks that never ends leaves the host its turn", async () => {
  let fired = false;
  await run(async () => {
    setTimeout(() => fired = true, 0);
    function* busy() {
      while (!fired) yield* sleep(0);
    }
    await createTask(busy);
  });
  assert(fired);
});

Deno.test("a loop that a timer of the host wakes does not wait for another host turn", async () => {
  let now = 0;
  let fire: (() => void) | undefined;
  const clock: Clock = {
    resolution: 1e-9,
    settles: false,
    time: () => now,
    attach() {},
    detach() {},
    wait(sleeper, deadline) {
      if (deadline !== undefined) fire = () => sleeper.wake();
    },
    unwait: () => fire = undefined,
  };
  using loop = new EventLoop({ clock });
  const order: string[] = [];
  loop.callLater(60, () => {
    order.push("callback");
    loop.stop();
  });
  const ended = loop.runForever();
  // It becomes idle in microtasks.
  await new Promise((resolve) => setTimeout(resolve, 0));
  now = 60;
  const hostTurn = new Promise<void>((resolve) =>
    setImmediate(() => {
      order.push("host");
      resolve();
    })
  );
  fire!();
  await Promise.all([ended, hostTurn]);
  assertEquals(order, ["callback", "host"]);
});
