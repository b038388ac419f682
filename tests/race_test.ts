import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  type Awaitable,
  CancelledError,
  createTask,
  eagerTaskFactory,
  firstSuccess,
  formatTaskTree,
  type Future,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  race,
  Semaphore,
  sleep,
} from "../mod.ts";
import { recordReports } from "./cpython/_both.ts";
import { failureOf, inBoth, type Style, wait } from "./cpython/_program.ts";

/** Something that cleans up for a second when it is cancelled. */
function slow(style: Style, log: string[], error?: Error) {
  return style.fn(function* () {
    try {
      yield* wait(sleep(3600));
    } finally {
      yield* wait(sleep(1));
      log.push("cleaned up");
      // deno-lint-ignore no-unsafe-finally
      if (error !== undefined) throw error;
    }
  });
}

inBoth(
  "race() gives the first result when the losers have ended",
  function* (style) {
    const log: string[] = [];
    assertEquals(
      yield* wait(race([slow(style, log), sleep(1, "fast")])),
      "fast",
    );
    assertEquals(log, ["cleaned up"]);
    assertEquals(getRunningLoop().time(), 2);
  },
);

inBoth("race() throws the first error", function* (style) {
  const expected = new Error("first");
  const failing = style.fn(function* () {
    yield* wait(sleep(1));
    throw expected;
  });
  assertStrictEquals(yield* failureOf(race([sleep(9), failing])), expected);
  assertEquals(getRunningLoop().time(), 1);
});

inBoth("race() reports what a loser throws in its clean-up", function* (style) {
  const reports = recordReports();
  const error = new Error("in the clean-up");
  const losing = slow(style, [], error);
  assertEquals(yield* wait(race([losing, sleep(1, "fast")])), "fast");
  assertEquals(reports.map((report) => report.exception), [error]);
});

inBoth("race() takes the first of those that are done", function* () {
  const loop = getRunningLoop();
  const futures: Future<number>[] = [1, 2].map(() => loop.createFuture());
  futures.forEach((future, i) => future.setResult(i));
  assertEquals(yield* wait(race([sleep(1, 9), ...futures])), 0);
});

inBoth(
  "race() cancels all and waits for them when it is cancelled",
  function* (style) {
    const log: string[] = [];
    const task = createTask(race([slow(style, log), slow(style, log)]));
    yield* wait(sleep(1));
    task.cancel();
    yield* wait(sleep(0.5));
    task.cancel();
    assertInstanceOf(yield* failureOf(task), CancelledError);
    assertEquals(log.length, 2);
    assertEquals(getRunningLoop().time(), 2);
  },
);

inBoth("race() tells what it waits for", function* () {
  const task = createTask(race([sleep(5), sleep(6)]), { name: "racer" });
  yield* wait(sleep(1));
  const tree = formatTaskTree(getRunningLoop());
  assert(tree.includes("racer waits for race of 2, 2 not done"), tree);
  assertEquals(tree.match(/waits for sleep/g)?.length, 2);
  yield* wait(task);
});

Deno.test("race() refuses what is no list of awaitables", () => {
  assertThrows(() => race([]), RangeError, "empty");
  assertThrows(() => firstSuccess([]), RangeError, "empty");
  assertThrows(() => race(5 as never), TypeError, "5");
});

inBoth("race() starts nothing if one can not be waited for", function* () {
  let begun = false;
  const begins = function* () {
    begun = true;
  };
  const coro = sleep(1);
  const error = yield* failureOf(race([begins, 5 as never, coro]));
  assertInstanceOf(error, TypeError);
  yield* wait(sleep(1));
  assert(!begun);
});

inBoth(
  "firstSuccess() lets those that fail out of the race",
  function* (style) {
    const reports = recordReports();
    const failing = style.fn(function* () {
      yield* wait(sleep(1));
      throw new Error("mirror 1 is down");
    });
    const result = yield* wait(
      firstSuccess([failing, sleep(2, "ok"), sleep(3)]),
    );
    assertEquals(result, "ok");
    assertEquals(getRunningLoop().time(), 2);
    assertEquals(reports, []);
  },
);

inBoth(
  "firstSuccess() throws all errors in order if all fail",
  function* (style) {
    const failing = (seconds: number) =>
      style.fn(function* () {
        yield* wait(sleep(seconds));
        throw new Error(`after ${seconds}`);
      });
    const cancelled = createTask(sleep(9));
    getRunningLoop().callLater(1, () => cancelled.cancel());
    const error = yield* failureOf(
      firstSuccess([failing(3), cancelled, failing(2)]),
    );
    assertInstanceOf(error, AggregateError);
    const [first, second, third] = error.errors;
    assertEquals([first.message, third.message], ["after 3", "after 2"]);
    assertInstanceOf(second, CancelledError);
  },
);

for (const [name, first] of Object.entries({ race, firstSuccess })) {
  inBoth(
    `${name}() cancels the losers in the winner's turn: what they were handed stays`,
    function* () {
      const loop = getRunningLoop();
      const [a, b] = [new Queue<string>(), new Queue<string>()];
      loop.callLater(1, () => {
        a.putNowait("A");
        b.putNowait("B");
      });
      assertEquals(yield* wait(first([a.get(), b.get()])), "A");
      assertEquals([a.qsize(), b.qsize()], [0, 1]);

      const lock = new Lock();
      yield* wait(lock.acquire());
      loop.callLater(1, () => {
        a.putNowait("A");
        lock.release();
      });
      assertEquals(yield* wait(first([a.get(), lock.acquire()])), "A");
      assertEquals(lock.locked(), false);

      const semaphore = new Semaphore(1);
      yield* wait(semaphore.acquire());
      loop.callLater(1, () => {
        a.putNowait("A");
        semaphore.release();
      });
      assertEquals(yield* wait(first([a.get(), semaphore.acquire()])), "A");
      assertEquals(semaphore.locked(), false);
    },
  );

  inBoth(`${name}() of free locks takes one of them`, function* (style) {
    // Async functions that all begin before the host resumes one have all taken theirs.
    for (const eager of style.isAsync ? [false] : [false, true]) {
      if (eager) getRunningLoop().setTaskFactory(eagerTaskFactory);
      const locks = [new Lock(), new Lock(), new Lock()];
      const takers = eager
        ? locks.map((lock) =>
          style.fn(function* () {
            return yield* wait(lock.acquire());
          })
        )
        : locks.map((lock) => lock.acquire());
      const guard = yield* wait(first<Awaitable<Disposable>>(takers));
      assertEquals(locks.filter((lock) => lock.locked()).length, 1);
      guard[Symbol.dispose]();
      assertEquals(locks.filter((lock) => lock.locked()).length, 0);
    }
  });

  inBoth(`${name}() cancels a loser's clean-up not again`, function* (style) {
    const log: string[] = [];
    const racer = createTask(first([slow(style, log), sleep(1, "fast")]));
    yield* wait(sleep(1.5));
    racer.cancel();
    assertInstanceOf(yield* failureOf(racer), CancelledError);
    assertEquals(log, ["cleaned up"]);
    assertEquals(getRunningLoop().time(), 2);
  });

  inBoth(
    `${name}() that ends by a cancel on its way cancels whom that came from, and takes it for no circle`,
    function* (style) {
      const log: string[] = [];
      const winner = getRunningLoop().createFuture<void>();
      const worker = createTask(style.fn(function* () {
        const parts: Awaitable<void>[] = [winner, slow(style, log)];
        try {
          yield* wait(gather(parts, { returnExceptions: true }));
        } finally {
          log.push("left");
        }
      }));
      const parent = createTask(style.fn(() => wait(worker)));
      const inner = style.fn(() => wait(race([worker])));
      const racer = createTask(first<Awaitable<void>>([inner, winner]));
      yield* wait(sleep(1));
      parent.cancel();
      yield* failureOf(parent);
      assertEquals(log, ["cleaned up", "left"]);
      racer.cancel();
      yield* failureOf(racer);
    },
  );

  inBoth(`${name}() reports no gather() that lost`, function* () {
    const reports = recordReports(getRunningLoop());
    for (
      const loser of [
        gather(sleep(3600)),
        gather([() => sleep(3600)], { limit: 1 }),
      ]
    ) {
      assertEquals(
        yield* wait(first<Awaitable<unknown>>([loser, sleep(1, "won")])),
        "won",
      );
      assert(loser.done());
    }
    yield* wait(sleep(60));
    assertEquals(reports, []);
  });
}

for (const begin of [race, firstSuccess]) {
  inBoth(
    `${begin.name}() tells of the error of a loser also if it is cancelled twice`,
    function* (style) {
      const reports = recordReports();
      const log: string[] = [];
      const task = createTask(
        begin([slow(style, log, new Error("in clean-up")), sleep(9)]),
      );
      yield* wait(sleep(1));
      task.cancel();
      yield* wait(sleep(0.5));
      task.cancel();
      assertInstanceOf(yield* failureOf(task), CancelledError);
      assertEquals(log, ["cleaned up"]);
      assertEquals(
        reports.map(({ message }) => message),
        [`Exception in a loser of ${begin.name}()`],
      );
    },
  );
}

inBoth(
  "firstSuccess() of one says that the only one failed",
  function* (style) {
    const failing = style.fn(function* () {
      yield* wait(sleep(1));
      throw new Error("broken");
    });
    const error = yield* failureOf(firstSuccess([failing]));
    assertInstanceOf(error, AggregateError);
    assertMatch(
      error.message,
      /^The only awaitable of firstSuccess\(\) failed/,
    );
  },
);
