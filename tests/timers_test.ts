/**
 * Delays: their units and limits, on a virtual clock and with a counted host timer.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  asCompleted,
  DeadlockError,
  type Delay,
  EventLoop,
  getRunningLoop,
  sleep,
  staggeredRace,
  SystemClock,
  timeout,
  timeoutAt,
  TimeoutError,
  VirtualClock,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { toSeconds } from "@asyncio/asyncio/clock";
import { runTest, TestLoop } from "@asyncio/asyncio/testing";

const LONGEST_HOST_TIMER = (2 ** 31 - 1) / 1000;

Deno.test("sleep() takes delays beyond 2^31-1 ms on a virtual clock", () =>
  runTest(async (loop) => {
    await sleep(LONGEST_HOST_TIMER + 1);
    assertEquals(loop.time(), LONGEST_HOST_TIMER + 1);
    await sleep({ days: 10_000 });
    assertEquals(loop.time(), LONGEST_HOST_TIMER + 1 + 10_000 * 86_400);
  }));

Deno.test("SystemClock arms the host's timer again for delays beyond 2^31-1 ms", () => {
  const armed: number[] = [];
  const fire: (() => void)[] = [];
  const { setTimeout, clearTimeout } = globalThis;
  const woken: string[] = [];
  const clock = new SystemClock();
  const sleeper = {
    wake: () => woken.push("wake"),
    deadlock() {},
    hostIsBusy: () => false,
  };
  Object.assign(globalThis, {
    setTimeout(callback: () => void, delay: number) {
      fire.push(callback);
      return armed.push(delay);
    },
    clearTimeout() {},
  });
  try {
    const deadline = clock.time() + 3 * LONGEST_HOST_TIMER;
    clock.wait(sleeper, deadline);
    // Woken too early, the loop looks at the clock and wishes again.
    fire[0]!();
    clock.wait(sleeper, deadline);
    clock.unwait(sleeper);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
  assertEquals(armed, [2 ** 31 - 1, 2 ** 31 - 1]);
  assertEquals(woken, ["wake"]);
});

Deno.test("callLater() is not early with a delay beyond 2^31-1 ms in real time", async () => {
  using loop = new EventLoop();
  let fired = 0;
  const timers = [LONGEST_HOST_TIMER * 2, Infinity].map((delay) =>
    loop.callLater(delay, () => fired++)
  );
  await loop.runUntilComplete(sleep(0.01));
  assertEquals(fired, 0);
  for (const timer of timers) timer.cancel();
});

Deno.test("sleep(NaN) and its kin throw a RangeError", () =>
  runTest(async (loop) => {
    const message = "NaN";
    assertThrows(() => sleep(NaN), RangeError, message);
    assertThrows(() => sleep({ minutes: NaN }), RangeError, message);
    assertThrows(() => loop.callLater(NaN, () => {}), RangeError, message);
    assertThrows(() => loop.callAt(NaN, () => {}), RangeError, message);
    await assertRejects(
      async () => await timeout(NaN, async () => {}),
      RangeError,
      message,
    );
    await assertRejects(
      async () => await waitFor(sleep(0), NaN),
      RangeError,
      message,
    );
    await assertRejects(
      async () => await wait([loop.createFuture()], { timeout: NaN }),
      RangeError,
      message,
    );
  }));

Deno.test("a negative delay is 0: one turn, no time", () =>
  runTest(async (loop) => {
    const order: string[] = [];
    loop.callSoon(() => order.push("soon"));
    loop.callLater(-5, () => order.push("negative"));
    loop.callLater(0, () => order.push("zero"));
    loop.callAt(-1, () => order.push("past"));
    assertEquals(await sleep(-1, "woken"), "woken");
    assertEquals(await sleep({ seconds: -1 }, "woken"), "woken");
    await sleep(0);
    assertEquals(order, ["soon", "negative", "past", "zero"]);
    assertEquals(loop.time(), 0);
    await assertRejects(
      async () => await waitFor(loop.createFuture<void>(), -1),
      TimeoutError,
    );
    assertEquals(loop.time(), 0);
  }));

const UNITS: readonly [Delay, number][] = [
  [1.5, 1.5],
  [{ seconds: 1.5 }, 1.5],
  [{ days: 1 }, 86_400],
  [{ hours: 2 }, 7_200],
  [{ minutes: 3 }, 180],
  [{ milliseconds: 250 }, 0.25],
  [{ microseconds: 250 }, 0.000_25],
  [{ nanoseconds: 500_000_000 }, 0.5],
  [{ hours: 1, minutes: 1, seconds: 1, milliseconds: 1 }, 3661.001],
];

for (const [delay, seconds] of UNITS) {
  Deno.test(`sleep(${JSON.stringify(delay)}) takes ${seconds} seconds`, () =>
    runTest(async (loop) => {
      await sleep(delay);
      assertEquals(loop.time(), seconds);
    }));
}

Deno.test("toSeconds() takes a Temporal.Duration, but no months", () => {
  interface Host {
    readonly Temporal?: {
      readonly Duration: { from(fields: Record<string, number>): Delay };
    };
  }
  const { Temporal } = globalThis as unknown as Host;
  if (Temporal === undefined) return;
  const { Duration } = Temporal;
  assertEquals(toSeconds(Duration.from({ minutes: 2, seconds: 3 })), 123);
  assertThrows(() => toSeconds(Duration.from({ months: 1 })), RangeError);
});

Deno.test("a delay that is neither a number nor an object is refused", () => {
  const bad = (value: unknown) => value as never;
  assertThrows(() => sleep(bad("1")), TypeError, '"1"');
  assertThrows(() => sleep(bad(undefined)), TypeError, "undefined");
  assertThrows(() => sleep(bad(null)), TypeError, "null");
  assertThrows(() => sleep(bad({})), TypeError, "seconds");
  assertThrows(() => sleep(bad({ fortnights: 1 })), TypeError, "seconds");
  assertThrows(() => sleep(bad({ seconds: "1" })), TypeError, "seconds");
});

Deno.test("timers run in the order of their times, cancelled ones not", async () => {
  using loop = new TestLoop();
  const order: number[] = [];
  const timers = Array.from(
    { length: 1_000 },
    (_, i) => loop.callLater((i * 7) % 10, () => order.push(i)),
  );
  for (const timer of timers.filter((_, i) => i % 3 === 0)) timer.cancel();
  await loop.runUntilComplete(sleep(10));
  const wanted = timers.map((_, i) => i).filter((i) => i % 3 !== 0);
  // A heap gives no order to equal times, as in CPython.
  assertEquals(order.toSorted((a, b) => a - b), wanted);
  const times = order.map((i) => (i * 7) % 10);
  assertEquals(times, times.toSorted((a, b) => a - b));
});

Deno.test("TimerHandle.when() is the loop's time and the delay", () =>
  runTest(async (loop) => {
    await sleep(100);
    assertEquals(loop.callLater({ minutes: 1 }, () => {}).when(), 160);
    assertEquals(getRunningLoop().callAt(170, () => {}).when(), 170);
    assert(loop.time() === 100);
  }));

const NEVER: Record<string, (loop: TestLoop) => PromiseLike<unknown>> = {
  "sleep()": () => sleep(Infinity),
  "sleep() with units": () => sleep({ minutes: Infinity }),
  "callLater()": (loop) => {
    const future = loop.createFuture<void>();
    loop.callLater(Infinity, () => future.setResult());
    return future;
  },
  "callAt()": (loop) => {
    const future = loop.createFuture<void>();
    loop.callAt(Infinity, () => future.setResult());
    return future;
  },
  "timeout()": (loop) => timeout(Infinity, () => loop.createFuture()),
  "timeoutAt()": (loop) => timeoutAt(Infinity, () => loop.createFuture()),
  "Timeout.reschedule()": (loop) =>
    timeout(5, (scope) => {
      scope.reschedule(Infinity);
      return loop.createFuture();
    }),
  "waitFor()": (loop) => waitFor(loop.createFuture(), Infinity),
  "wait()": (loop) => wait([loop.createFuture()], { timeout: Infinity }),
  "asCompleted()": (loop) =>
    asCompleted([loop.createFuture()], { timeout: Infinity })
      [Symbol.asyncIterator]().next(),
  "staggeredRace()": (loop) =>
    staggeredRace([
      () => loop.createFuture(),
      () => sleep(0, "never"),
    ], Infinity),
};

for (const [what, begin] of Object.entries(NEVER)) {
  Deno.test(`${what} takes Infinity for a time that never comes`, async () => {
    const loop = new TestLoop();
    // Time goes on as ever beside it.
    const other = loop.createTask(sleep(3));
    await assertRejects(
      () => loop.runUntilComplete(() => begin(loop)),
      DeadlockError,
    );
    assert(other.done());
    assertEquals(loop.time(), 3);
    await assertRejects(
      () => loop.runUntilComplete(waitFor(sleep(9), 1)),
      TimeoutError,
    );
    assertEquals(loop.time(), 4);
    loop.close();
  });
}

Deno.test("VirtualClock.advance() refuses Infinity", () => {
  assertThrows(
    () => new VirtualClock().advance(Infinity),
    RangeError,
    "Infinity",
  );
});
