import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  type Awaitable,
  CancelledError,
  coroutine,
  createTask,
  eagerTaskFactory,
  formatTaskTree,
  gather,
  getRunningLoop,
  RuntimeError,
  sleep,
} from "../mod.ts";
import { runTest } from "../testing.ts";
import { withLoop } from "./cpython/_both.ts";
import { failureOf, inBoth, type Style, wait } from "./cpython/_program.ts";

/** Jobs that count how many of them run. */
class Jobs {
  running = 0;
  most = 0;
  taken = 0;
  closed = false;
  readonly #style: Style;

  constructor(style: Style) {
    this.#style = style;
  }

  job(seconds: number, result: number) {
    return this.#style.fn((): Generator<unknown, number, unknown> =>
      this.#job(seconds, result)
    );
  }

  *lazily(count: number) {
    try {
      for (let i = 0; i < count; i++) {
        this.taken++;
        yield this.job(1 + i % 2, i);
      }
    } finally {
      this.closed = true;
    }
  }

  *#job(seconds: number, result: number): Generator<unknown, number, unknown> {
    this.running++;
    this.most = Math.max(this.most, this.running);
    try {
      yield* wait(sleep(seconds));
    } finally {
      this.running--;
    }
    return result;
  }
}

inBoth("gather() runs not more than its limit at once", function* (style) {
  const jobs = new Jobs(style);
  const results = yield* wait(gather(jobs.lazily(10), { limit: 3 }));
  assertEquals(results, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(jobs.most, 3);
});

inBoth(
  "gather() with the limit Infinity runs all that any iterable gives",
  function* (style) {
    const jobs = new Jobs(style);
    const results = yield* wait(gather(jobs.lazily(5), { limit: Infinity }));
    assertEquals(results, [0, 1, 2, 3, 4]);
    assertEquals([jobs.most, jobs.closed], [5, true]);
  },
);

inBoth(
  "gather() with a limit takes its input when it can begin it",
  function* (style) {
    const jobs = new Jobs(style);
    const all = gather(jobs.lazily(Infinity), { limit: 2 });
    yield* wait(sleep(0.5));
    assertEquals(jobs.taken, 2);
    yield* wait(sleep(1));
    assertEquals(jobs.taken, 3);
    all.cancel();
    assertInstanceOf(yield* failureOf(all), CancelledError);
    assert(jobs.closed);
    assertEquals([jobs.taken, jobs.running], [3, 0]);
  },
);

inBoth("gather() with a limit ends with the first error", function* (style) {
  const jobs = new Jobs(style);
  const error = new Error("expected");
  const failing = style.fn(function* () {
    yield* wait(sleep(0.5));
    throw error;
  });
  const cold = sleep(1);
  const list = [jobs.job(1, 0), failing, jobs.job(1, 1), cold] as const;
  assertStrictEquals(yield* failureOf(gather(list, { limit: 2 })), error);
  assertEquals(jobs.running, 1);
  assertEquals(jobs.most, 1);
  assertInstanceOf(yield* failureOf(cold), RuntimeError);
  yield* wait(sleep(1));
  assertEquals(jobs.running, 0);
});

inBoth(
  "gather() with a limit puts errors among the results",
  function* (style) {
    const error = new Error("expected");
    const failing = style.fn(function* () {
      yield* wait(sleep(1));
      throw error;
    });
    const cancelled = createTask(sleep(9));
    getRunningLoop().callSoon(() => cancelled.cancel());
    const options = { limit: 1, returnExceptions: true } as const;
    const [first, second, third] = yield* wait(
      gather([failing, cancelled, sleep(1, "ok")], options),
    );
    assertStrictEquals(first, error);
    assertInstanceOf(second, CancelledError);
    assertEquals(third, "ok");
  },
);

inBoth("gather() with a limit runs what is given twice once", function* () {
  const coro = sleep(1, "once");
  const done = getRunningLoop().createFuture<string>();
  done.setResult("done");
  const results = yield* wait(gather([coro, coro, done, done], { limit: 1 }));
  assertEquals(results, ["once", "once", "done", "done"]);
});

inBoth("gather() with a limit throws what its source throws", function* () {
  const error = new Error("in the source");
  function* source() {
    yield sleep(1);
    throw error;
  }
  const failure = yield* failureOf(gather(source(), { limit: 5 }));
  assertStrictEquals(failure, error);
});

/** Where the awaitables of a gather with a limit may come from. */
const SOURCES: Record<
  string,
  (list: Awaitable<unknown>[]) => Iterable<Awaitable<unknown>>
> = {
  "a list": (list) => list,
  "a set": (list) => new Set(list),
  *"a generator"(list) {
    yield* list;
  },
};

for (const [kind, from] of Object.entries(SOURCES)) {
  inBoth(
    `gather() with a limit ends by a cancel in the turn in which all that run have ended, over ${kind}`,
    function* (style) {
      for (const turns of [0, 1, 2, 3]) {
        const loop = getRunningLoop();
        const start = loop.time();
        let begun = 0;
        const job = style.fn(function* () {
          begun++;
          yield* wait(sleep(1));
        });
        const first = loop.createFuture<number>();
        const task = createTask(style.fn(function* () {
          yield* wait(gather(from([first, job, job, job]), { limit: 1 }));
        }));
        yield* wait(sleep(0));
        yield* wait(sleep(0));
        first.setResult(1);
        for (let i = 0; i < turns; i++) yield* wait(sleep(0));
        task.cancel();
        assertInstanceOf(yield* failureOf(task), CancelledError);
        assert(begun <= 1, `${begun} began`);
        assertEquals(loop.time(), start);
      }
    },
  );
}

inBoth(
  "gather() with a limit gives its results to who cancels it when all have ended",
  function* () {
    const loop = getRunningLoop();
    const [one, two] = [
      loop.createFuture<number>(),
      loop.createFuture<number>(),
    ];
    const all = gather([one, two], { limit: 2 });
    one.setResult(1);
    two.setResult(2);
    assertEquals(all.cancel(), false);
    assertEquals(yield* wait(all), [1, 2]);
  },
);

inBoth("gather() with a limit takes an empty list", function* () {
  assertEquals(yield* wait(gather([], { limit: 1 })), []);
  assertEquals(yield* wait(gather(new Set<never>(), { limit: 1 })), []);
});

inBoth("gather() with a limit tells what it waits for", function* (style) {
  const jobs = new Jobs(style);
  const task = createTask(() => gather(jobs.lazily(3), { limit: 2 }), {
    name: "main",
  });
  yield* wait(sleep(0.5));
  const tree = formatTaskTree(getRunningLoop());
  assert(tree.includes("gather of 2, 2 not done, more to come"), tree);
  yield* wait(task);
});

Deno.test("gather() refuses a limit that is none", () =>
  withLoop(() => {
    for (const limit of [0, -1, 1.5, NaN, "2" as never]) {
      assertThrows(() => gather([], { limit }), RangeError, String(limit));
    }
    assertThrows(() => gather(5 as never, { limit: 1 }), TypeError, "5");
  }));

const SLEEPERS = {
  generator: (begin: () => void) =>
    coroutine(function* () {
      begin();
      yield* sleep(3600);
    }),
  async: (begin: () => void) =>
    coroutine(async () => {
      begin();
      await sleep(3600);
    }),
};

for (const [style, sleeper] of Object.entries(SLEEPERS)) {
  Deno.test(`gather() with a limit whose work cancels it as it begins eagerly cancels that too, and closes the rest (${style})`, () =>
    runTest(async (loop) => {
      loop.setTaskFactory(eagerTaskFactory);
      const reports: string[] = [];
      loop.setExceptionHandler((_loop, { message }) => {
        reports.push(message);
      });
      const first = loop.createFuture<void>();
      const begun: string[] = [];
      const begins = sleeper(() => {
        begun.push("second");
        gathering.cancel();
      });
      const never = sleeper(() => begun.push("third"));
      const gathering = gather([first, begins(), never()], { limit: 1 });
      first.setResult();
      await assertRejects(async () => await gathering, CancelledError);
      assertEquals([begun, reports, loop.time()], [["second"], [], 0]);
    }));
}
