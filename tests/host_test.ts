/**
 * A loop that is never idle leaves the host its turn: servers answer, timers fire.
 *
 * No limits in seconds, since machines differ: what happened is compared with what the
 * busy task did in the meantime.
 *
 * @module
 */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import {
  type Clock,
  createTask,
  EventLoop,
  getRunningLoop,
  run,
  sleep,
  type Sleeper,
} from "@asyncio/asyncio";

const NO_NET = Deno.permissions.querySync({ name: "net", host: "127.0.0.1" })
  .state !== "granted";

/** What a busy task has done. */
interface Work {
  turns: number;
  readonly onTurn?: () => void;
}

/** A task that never rests, in both styles. */
const BUSY = {
  "a generator": (work: Work) =>
    function* () {
      for (;;) {
        yield* sleep(0);
        work.turns++;
        work.onTurn?.();
      }
    },
  "an async function": (work: Work) => async () => {
    for (;;) {
      await sleep(0);
      work.turns++;
      work.onTurn?.();
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
    await run(async () => {
      const busy = createTask(makeBusy(work));
      for (let i = 0; i < 10; i++) {
        let fired = false;
        const timer = new Promise<void>((resolve) =>
          setTimeout(() => {
            fired = true;
            resolve();
          }, 5)
        );
        const giveUp = createTask(function* () {
          // Far more than 5 ms of them on any machine.
          const last = work.turns + 10_000_000;
          while (!fired && work.turns < last) yield* sleep(0);
          assert(fired, "The timer of the host did not fire");
        });
        await giveUp;
        await timer;
      }
      assert(!busy.done());
      busy.cancel();
    });
    assertGreater(work.turns, 0);
  });

  for (const count of [1, 2, 3, 10]) {
    Deno.test(`callAt() is on time while ${kind} does sleep(0) for ever, ${count} at once`, async () => {
      const clock = new StepClock();
      const work = { turns: 0, onTurn: () => clock.advance() };
      const order: string[] = [];
      await run(async () => {
        const busy = Array.from(
          { length: count },
          () => createTask(makeBusy(work)),
        );
        const loop = getRunningLoop();
        for (const seconds of [0.03, 0.01, 0.02]) {
          const due = loop.time() + seconds;
          loop.callAt(due, () => {
            const late = loop.time() - due;
            // Not later than the loop looks at the clock.
            order.push(`${seconds} ${late < 0.0001 ? "on time" : late}`);
          });
        }
        const last = loop.time() + 1;
        while (order.length < 3 && loop.time() < last) await sleep(0);
        for (const task of busy) task.cancel();
      }, { loopFactory: () => new EventLoop({ clock }) });
      assertEquals(order, ["0.01 on time", "0.02 on time", "0.03 on time"]);
    });
  }

  Deno.test(`the host has its turn every 0.1 ms while ${kind} does sleep(0) for ever`, async () => {
    const clock = new StepClock();
    const pauses: number[] = [];
    let last = 0;
    let left = 200;
    const onHostTurn = (): void => {
      pauses.push(clock.time() - last);
      last = clock.time();
      if (--left > 0) setImmediate(onHostTurn);
    };
    await run(async () => {
      const work = { turns: 0, onTurn: () => clock.advance() };
      const busy = createTask(makeBusy(work));
      setImmediate(onHostTurn);
      while (left > 0) await sleep(0);
      busy.cancel();
    }, { loopFactory: () => new EventLoop({ clock }) });
    assertLess(Math.max(...pauses.slice(1)), 0.0001);
  });

  Deno.test(`50 runs of ${kind} that does sleep(0) for ever share one slice a turn of the host`, async () => {
    const count = 50;
    const slicesOfRun = new Array<number>(count).fill(0);
    const slicesOfTurn: number[] = [];
    let slices = 0;
    let last = -1;
    const controller = new AbortController();
    const onHostTurn = (): void => {
      // All of them begin in one turn.
      if (slicesOfRun.every((slices) => slices > 0)) slicesOfTurn.push(slices);
      slices = 0;
      last = -1;
      if (slicesOfTurn.length <= 4 * count) setImmediate(onHostTurn);
      else controller.abort();
    };
    setImmediate(onHostTurn);
    const runs = slicesOfRun.map((_, index) => {
      const onTurn = (): void => {
        if (last === index) return;
        last = index;
        slices++;
        slicesOfRun[index]!++;
      };
      const main = makeBusy({ turns: 0, onTurn });
      return run(main as () => Promise<never>, { signal: controller.signal })
        .catch(() => {});
    });
    await Promise.all(runs);
    // What is beside them waits for no more slices than beside one of them.
    assertLess(Math.max(...slicesOfTurn.slice(1)), 3);
    // They have taken turns.
    assertGreater(Math.min(...slicesOfRun), 2);
    assertLess(Math.max(...slicesOfRun), 10);
  });
}

/** A clock of steps of a microsecond, so that no test depends on the machine. */
class StepClock implements Clock {
  readonly resolution = 1e-9;
  readonly settles = false;
  #now = 0;

  time(): number {
    return this.#now;
  }

  advance(): void {
    this.#now += 1e-6;
  }

  attach(): void {}

  detach(): void {}

  // The loop is never idle but at its end.
  wait(sleeper: Sleeper): void {
    setImmediate(() => sleeper.wake());
  }

  unwait(): void {}
}

Deno.test("a loop that has fallen behind keeps up with callbacks of the host that make more for it", async () => {
  const clock = new StepClock();
  const BEHIND = 5_000;
  let left = 0;
  const leftAtTurns: number[] = [];
  const work = (): void => {
    clock.advance();
    left--;
  };
  await run(async () => {
    const loop = getRunningLoop();
    const make = (count: number): void => {
      left += count;
      for (let i = 0; i < count; i++) loop.callSoon(work);
    };
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const onHostTurn = (): void => {
      leftAtTurns.push(left);
      if (leftAtTurns.length === 100) return resolve();
      // The host takes two steps for each one that it makes the loop take.
      for (let step = 0; step < 200; step++) clock.advance();
      make(100);
      setImmediate(onHostTurn);
    };
    make(BEHIND);
    setImmediate(onHostTurn);
    await ended;
  }, { loopFactory: () => new EventLoop({ clock }) });
  assertLess(leftAtTurns.at(-1)!, BEHIND / 2);
});

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
