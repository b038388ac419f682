import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  every,
  getRunningLoop,
  run,
  RuntimeError,
  sleep,
  timeout,
  TimeoutError,
} from "../mod.ts";
import { runVirtual } from "./cpython/_both.ts";
import { failureOf, inBoth, wait } from "./cpython/_program.ts";
import { sweepCancels } from "./_cancel_sweep.ts";

type Seen = (readonly [tick: number, at: number])[];

const LATE: Readonly<Record<string, Seen>> = {
  skip: [[1, 1], [2, 2], [5, 5], [6, 6], [7, 7]],
  catchUp: [[1, 1], [2, 2], [3, 4.5], [4, 4.5], [5, 5]],
  delay: [[1, 1], [2, 2], [3, 4.5], [4, 5.5], [5, 6.5]],
};

for (const [missed, expected] of Object.entries(LATE)) {
  inBoth(`every() with missed "${missed}" after a long job`, function* () {
    const loop = getRunningLoop();
    using ticks = every(1, { missed: missed as "skip" });
    const seen: Seen = [];
    for (let i = 0; i < 5; i++) {
      const { value } = yield* wait(ticks.next());
      seen.push([value!, loop.time()]);
      if (value === 2) yield* wait(sleep(2.5));
    }
    assertEquals(seen, expected);
  });
}

inBoth(
  "every() misses no tick when the job takes the whole interval",
  function* () {
    const loop = getRunningLoop();
    for (const interval of [0.1, 1 / 3, 0.7, 1e-3]) {
      for (const missed of ["skip", "catchUp", "delay"] as const) {
        using ticks = every(interval, { missed });
        const start = loop.time();
        for (let tick = 1; tick <= 200; tick++) {
          assertEquals((yield* wait(ticks.next())).value, tick);
          const now = loop.time();
          assert(Math.abs(now - start - tick * interval) < 1e-9);
          loop.callAt(start + (tick + 1) * interval, () => {});
          yield* wait(sleep(start + (tick + 1) * interval - now));
        }
      }
    }
  },
);

inBoth("every() does not drift", function* () {
  const loop = getRunningLoop();
  using ticks = every(0.1);
  yield* wait(sleep(5));
  for (let tick = 1; tick <= 1_000; tick++) yield* wait(ticks.next());
  // It begins with the first wait, not with the call.
  assertEquals(loop.time(), 5 + 1_000 * 0.1);
});

inBoth("every() lets other tasks run while it catches up", function* (style) {
  using ticks = every(1, { missed: "catchUp" });
  yield* wait(ticks.next());
  yield* wait(sleep(10.5));
  let turns = 0;
  const other = createTask(style.fn(function* () {
    for (;;) {
      turns++;
      yield* wait(sleep(0));
    }
  }));
  for (let tick = 2; tick <= 11; tick++) yield* wait(ticks.next());
  assert(turns >= 10, `${turns}`);
  other.cancel();
  yield* failureOf(other);
});

inBoth("every() ends when its wait is cancelled", function* (style) {
  const ticks = every(1);
  const task = createTask(style.fn(function* () {
    yield* wait(ticks.next());
    yield* wait(ticks.next());
  }));
  yield* wait(sleep(1.5));
  task.cancel();
  assertInstanceOf(yield* failureOf(task), CancelledError);
  assertEquals((yield* wait(ticks.next())).done, true);
});

inBoth("every() stands under a timeout", function* (style) {
  let ticks = 0;
  const error = yield* failureOf(timeout(
    3.5,
    style.fn(function* () {
      using timer = every(1);
      for (;;) ticks = (yield* wait(timer.next())).value!;
    }),
  ));
  assertInstanceOf(error, TimeoutError);
  assertEquals(ticks, 3);
});

inBoth("every() takes units, and never ticks with Infinity", function* () {
  const loop = getRunningLoop();
  using minutes = every({ minutes: 2 });
  yield* wait(minutes.next());
  assertEquals(loop.time(), 120);
  using never = every(Infinity);
  const error = yield* failureOf(timeout(3600, () => never.next()));
  assertInstanceOf(error, TimeoutError);
});

inBoth(
  "every() ends with intervals that the clock's numbers can't hold",
  function* () {
    yield* wait(sleep(1e9));
    for (const missed of ["skip", "catchUp", "delay"] as const) {
      using ticks = every(1e-20, { missed });
      yield* wait(ticks.next());
      yield* wait(sleep(1));
      yield* wait(ticks.next());
    }
  },
);

inBoth("every() serves several waits, each with a tick", function* (style) {
  const ticks = every(1);
  const tasks = [1, 2, 3].map(() =>
    createTask(style.fn(function* () {
      return (yield* wait(ticks.next())).value;
    }))
  );
  const values = [];
  for (const task of tasks) values.push(yield* wait(task));
  assertEquals(values, [1, 2, 3]);
  assertEquals(getRunningLoop().time(), 3);
});

Deno.test("for await over every() ends with break, and leaves no timer", async () => {
  await runVirtual(async () => {
    const seen = [];
    for await (const tick of every(1)) {
      seen.push(tick);
      if (tick === 3) break;
    }
    assertEquals(seen, [1, 2, 3]);
  });
});

Deno.test("every() can be cancelled at each wait, in both styles", async () => {
  for (const isAsync of [false, true]) {
    const { waits, cancelledAt } = await sweepCancels((probe) => {
      async function inAsync() {
        using _ = probe.enter("loop");
        for await (const tick of every(1)) {
          await sleep(tick === 2 ? 1.5 : 0);
          if (tick > 3) break;
        }
      }
      function* inGenerator() {
        using _ = probe.enter("loop");
        using ticks = every(1);
        for (;;) {
          const { value } = yield* ticks.next();
          yield* sleep(value === 2 ? 1.5 : 0);
          if (value! > 3) break;
        }
      }
      return { tasks: { victim: isAsync ? inAsync : inGenerator } };
    });
    assertEquals(cancelledAt, waits);
    assert(waits.victim! > 5);
  }
});

Deno.test("every() refuses bad input at once", async () => {
  await run(async () => {
    for (const interval of [0, -1, NaN]) {
      assertThrows(() => every(interval), RangeError);
    }
    assertThrows(() => every("1" as unknown as number), TypeError);
    assertThrows(
      () => every(1, { missed: "burst" as "skip" }),
      RangeError,
      'Cannot tick: missed must be one of skip, catchUp, delay, got "burst"',
    );
    await sleep(0);
  });
  assertThrows(() => every(1), RuntimeError);
});
