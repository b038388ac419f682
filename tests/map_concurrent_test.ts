import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  type ConcurrentMap,
  coroutine,
  createTask,
  formatTaskTree,
  getRunningLoop,
  mapConcurrent,
  Queue,
  sleep,
  taskSignal,
  wait as waitFor,
} from "../mod.ts";
import { runTest } from "../testing.ts";
import { recordReports, runVirtual } from "./cpython/_both.ts";
import {
  failureOf,
  inBoth,
  type Program,
  type Style,
  wait,
} from "./cpython/_program.ts";

/** A source that knows what was taken from it. */
class Source {
  taken = 0;
  closed = 0;
  readonly #count: number;

  constructor(count = Infinity) {
    this.#count = count;
  }

  *[Symbol.iterator](): Generator<number, void, unknown> {
    try {
      while (this.taken < this.#count) yield this.taken++;
    } finally {
      this.closed++;
    }
  }

  /** The same source, as an async one that waits for this library. */
  async *slowly(seconds: number): AsyncGenerator<number, void, unknown> {
    try {
      while (this.taken < this.#count) {
        await sleep(seconds);
        yield this.taken++;
      }
    } finally {
      await sleep(seconds);
      this.closed++;
    }
  }
}

/** A job that takes as many seconds as `delays` says for it. */
function delayed(style: Style, delays: readonly number[]) {
  return style.fn(function* (index: number) {
    yield* wait(sleep(delays[index % delays.length]!));
    return index;
  });
}

for (const ordered of [true, false]) {
  const results = ordered ? [0, 1, 2, 3] : [1, 2, 0, 3];
  inBoth(
    `mapConcurrent() gives results ordered: ${ordered}`,
    function* (style) {
      const job = delayed(style, [3, 1, 1, 3]);
      const options = { limit: 2, ordered };
      const plain = mapConcurrent(new Source(4), job, options);
      assertEquals(yield* wait(plain.collect()), results);
      const slowly = mapConcurrent(new Source(4).slowly(0), job, options);
      assertEquals(yield* wait(slowly.collect()), results);
      const seen: number[] = [];
      const again = mapConcurrent([0, 1, 2, 3], job, options);
      yield* wait(again.forEach((result) => seen.push(result)));
      assertEquals(seen, results);
    },
  );
}

inBoth(
  "mapConcurrent() with the limit Infinity runs all jobs at once",
  function* (style) {
    for (const isSlow of [false, true]) {
      let running = 0;
      let most = 0;
      const job = style.fn(function* (index: number) {
        most = Math.max(most, ++running);
        yield* wait(sleep(1));
        running--;
        return index;
      });
      const source = isSlow ? new Source(9).slowly(0) : new Source(9);
      const map = mapConcurrent(source, job, { limit: Infinity });
      const results: number[] = [];
      yield* wait(map.forEach((result) => results.push(result)));
      assertEquals(results, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
      assertEquals(most, 9);
    }
  },
);

inBoth("mapConcurrent() runs not more jobs than its limit", function* (style) {
  let running = 0;
  let most = 0;
  const job = style.fn(function* (index: number) {
    most = Math.max(most, ++running);
    yield* wait(sleep(1 + index % 3));
    running--;
    return index;
  });
  const map = mapConcurrent(new Source(20), job, { limit: 4 });
  assertEquals((yield* wait(map.collect())).length, 20);
  assertEquals(most, 4);
});

inBoth(
  "mapConcurrent() reads an async source no further ahead than jobs can begin",
  function* (style) {
    for (const limit of [1, 3]) {
      const source = new Source(12);
      let running = 0;
      let most = 0;
      const job = style.fn(function* (index: number) {
        most = Math.max(most, ++running);
        assert(source.taken <= index + limit, `${source.taken} at ${index}`);
        yield* wait(sleep(1));
        running--;
        return index;
      });
      const map = mapConcurrent(source.slowly(0), job, { limit });
      assertEquals((yield* wait(map.collect())).length, 12);
      assertEquals(most, limit);
    }
  },
);

inBoth(
  "mapConcurrent() asks an async source one question at a time",
  function* (style) {
    let asked = 0;
    let open = 0;
    const source = {
      async next(): Promise<IteratorResult<number>> {
        assertEquals(++open, 1);
        await sleep(asked % 2);
        open--;
        return { done: asked === 9, value: asked++ };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    const map = mapConcurrent(source, delayed(style, [0, 2]), { limit: 4 });
    assertEquals(yield* wait(map.collect()), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  },
);

inBoth(
  "mapConcurrent() takes an async source that answers at once",
  function* (style) {
    let asked = 0;
    // Not what the type promises, but what some iterators written by hand do.
    const next = () => ({ done: asked === 9, value: asked++ });
    const source = {
      next,
      [Symbol.asyncIterator]: () => source,
    } as unknown as AsyncIterable<number>;
    const map = mapConcurrent(source, delayed(style, [1]), { limit: 4 });
    assertEquals((yield* wait(map.collect())).length, 9);
  },
);

inBoth(
  "mapConcurrent() takes no input before it is asked for results",
  function* (style) {
    const source = new Source();
    mapConcurrent(source, delayed(style, [1]), { limit: 4 });
    yield* wait(sleep(10));
    assertEquals(source.taken, 0);
  },
);

inBoth("mapConcurrent() waits for who takes the results", function* (style) {
  for (const isAsync of [false, true]) {
    const source = new Source();
    const input = isAsync ? source.slowly(0.1) : source;
    const map = mapConcurrent(input, delayed(style, [1]), { limit: 4 });
    const results = map[Symbol.asyncIterator]();
    for (let taken = 1; taken <= 10; taken++) {
      yield* nextOf(results);
      yield* wait(sleep(10));
      assert(source.taken <= taken + 4, `${source.taken} taken`);
    }
    yield* closeOf(results);
    assertEquals(source.closed, 1);
  }
});

/** Takes a result, in a coroutine of either style. */
function nextOf<R>(
  results: AsyncIterableIterator<R, undefined, undefined>,
): Program<IteratorResult<R, undefined>> {
  return wait(coroutine(async () => await results.next())()) as never;
}

/** Leaves an iteration, in a coroutine of either style. */
function closeOf<R>(
  results: AsyncIterableIterator<R, undefined, undefined>,
): Program<unknown> {
  return wait(coroutine(async () => await results.return!())()) as never;
}

Deno.test("mapConcurrent() ends its jobs and its source when the loop is left", () =>
  runVirtual(async () => {
    for (const isAsync of [false, true]) {
      const source = new Source();
      let cleanedUp = 0;
      const job = async (index: number): Promise<number> => {
        try {
          await sleep(index + 1);
        } finally {
          await sleep(0.5);
          cleanedUp++;
        }
        return index;
      };
      const input = isAsync ? source.slowly(0.125) : source;
      for await (const result of mapConcurrent(input, job, { limit: 3 })) {
        if (result === 1) break;
      }
      assertEquals(source.closed, 1);
      assertEquals(cleanedUp, source.taken);
    }
  }));

Deno.test("mapConcurrent() does not wait for what a source owes it", () =>
  runVirtual(async () => {
    async function* stuck() {
      yield 1;
      await new Promise(() => {});
    }
    const seen: number[] = [];
    const job = (n: number) => sleep(1, n);
    for await (const result of mapConcurrent(stuck(), job, { limit: 2 })) {
      seen.push(result);
      break;
    }
    assertEquals(seen, [1]);
  }));

inBoth(
  "mapConcurrent() throws the first error when the others have ended",
  function* (style) {
    const reports = recordReports();
    const source = new Source();
    const error = new Error("expected");
    const inCleanup = new Error("in the clean-up");
    const ended: number[] = [];
    const job = style.fn(function* (index: number) {
      try {
        yield* wait(sleep(index === 1 ? 1 : 5));
        if (index === 1) throw error;
        return index;
      } finally {
        if (index !== 1) yield* wait(sleep(1));
        ended.push(index);
        // deno-lint-ignore no-unsafe-finally
        if (index === 2) throw inCleanup;
      }
    });
    const map = mapConcurrent(source, job, { limit: 3 });
    assertStrictEquals(yield* failureOf(map.collect()), error);
    assertEquals(ended, [1, 0, 2]);
    assertEquals(source.closed, 1);
    assertEquals(reports.map((report) => report.exception), [inCleanup]);
  },
);

inBoth("mapConcurrent() throws what its source throws", function* (style) {
  const error = new Error("in the source");
  function* plain() {
    yield 0;
    throw error;
  }
  async function* slowly() {
    yield 0;
    await sleep(1);
    throw error;
  }
  for (const source of [plain(), slowly()]) {
    const map = mapConcurrent<number, number>(
      source,
      delayed(style, [5]),
      { limit: 3 },
    );
    assertStrictEquals(yield* failureOf(map.collect()), error);
  }
});

inBoth(
  "mapConcurrent() ends all when its wait is cancelled",
  function* (style) {
    const source = new Source();
    let cleanedUp = 0;
    const job = style.fn(function* (index: number) {
      try {
        yield* wait(sleep(10));
      } finally {
        yield* wait(sleep(1));
        cleanedUp++;
      }
      return index;
    });
    for (const method of ["collect", "forEach"] as const) {
      const map = mapConcurrent(source, job, { limit: 3 });
      const task = createTask<unknown>(map[method](() => {}));
      yield* wait(sleep(5));
      task.cancel();
      assertInstanceOf(yield* failureOf(task), CancelledError);
    }
    assertEquals([cleanedUp, source.closed], [6, 2]);
  },
);

inBoth(
  "mapConcurrent().forEach() hands one result over at a time",
  function* (style) {
    const log: string[] = [];
    const map = mapConcurrent(new Source(3), delayed(style, [1]), { limit: 3 });
    yield* wait(map.forEach(style.fn(function* (result: number) {
      log.push(`begin ${result}`);
      yield* wait(sleep(1));
      log.push(`end ${result}`);
    })));
    assertEquals(log, [0, 1, 2].flatMap((n) => [`begin ${n}`, `end ${n}`]));
  },
);

inBoth(
  "mapConcurrent().forEach() ends all when the callback throws",
  function* (style) {
    const error = new Error("expected");
    const source = new Source();
    const map = mapConcurrent(source, delayed(style, [1]), { limit: 3 });
    const failing = map.forEach(() => {
      throw error;
    });
    assertStrictEquals(yield* failureOf(failing), error);
    assertEquals(source.closed, 1);
  },
);

inBoth("mapConcurrent() takes a queue", function* (style) {
  const queue = new Queue<number>();
  for (const n of [1, 2, 3]) queue.putNowait(n);
  queue.shutdown();
  const map = mapConcurrent(queue, delayed(style, [1]), { limit: 2 });
  assertEquals(yield* wait(map.collect()), [1, 2, 3]);
});

inBoth("mapConcurrent() tells what it waits for", function* (style) {
  const map = mapConcurrent(new Source(3), delayed(style, [1]), { limit: 2 });
  const task = createTask(map.collect(), { name: "main" });
  yield* wait(sleep(0.5));
  const tree = formatTaskTree(getRunningLoop());
  assert(tree.includes("main waits for mapConcurrent, 2 workers"), tree);
  yield* wait(task);
});

inBoth("mapConcurrent() of one worker says so", function* (style) {
  const map = mapConcurrent(new Source(1), delayed(style, [1]), { limit: 1 });
  const task = createTask(map.collect(), { name: "main" });
  yield* wait(sleep(0.5));
  const tree = formatTaskTree(getRunningLoop());
  assertMatch(tree, /main waits for mapConcurrent, 1 worker$/m);
  yield* wait(task);
});

const twice = coroutine(async (index: number) => await sleep(1, 2 * index));
const JOBS = {
  "an async function": async (index: number) => await twice(index),
  "a generator function": function* (index: number) {
    return yield* twice(index);
  },
  "a function that gives a coroutine": (index: number) => twice(index),
  "a function that gives a generator": (index: number) =>
    JOBS["a generator function"](index),
  "a function that gives a promise": (index: number) =>
    JOBS["an async function"](index),
};

for (const [kind, job] of Object.entries(JOBS)) {
  inBoth(`mapConcurrent() takes ${kind}, and cancels it`, function* () {
    const map = (): ConcurrentMap<number> =>
      mapConcurrent(new Source(3), job, { limit: 2 });
    assertEquals(yield* wait(map().collect()), [0, 2, 4]);
    const start = getRunningLoop().time();
    const task = createTask(map().collect());
    yield* wait(sleep(0.5));
    task.cancel();
    assertInstanceOf(yield* failureOf(task), CancelledError);
    assertEquals(getRunningLoop().time() - start, 0.5);
  });
}

const SWALLOWING: Readonly<Record<string, () => unknown>> = {
  "an async function": async () => {
    await sleep(5).catch(() => {});
    await sleep(0);
  },
  "an async function that ends then": async () => {
    await sleep(5).catch(() => {});
  },
  "a generator": function* () {
    try {
      yield* sleep(5);
    } catch {
      // Swallowed.
    }
    yield* sleep(0);
  },
  "a function that gives a promise": () => sleep(5).catch(() => {}),
};

async function* slowly(source: Source): AsyncGenerator<number, void> {
  for (const item of source) {
    yield item;
    await sleep(3);
  }
}

const RUNS: Readonly<
  Record<string, (map: ConcurrentMap<unknown>) => PromiseLike<unknown>>
> = {
  "collect()": (map) => map.collect(),
  "forEach()": (map) => map.forEach(() => {}),
  "for await": async (map) => {
    for await (const _ of map);
  },
};

for (const [kind, job] of Object.entries(SWALLOWING)) {
  for (const [name, run] of Object.entries(RUNS)) {
    Deno.test(`mapConcurrent() that is cancelled ends though its jobs swallow that: ${name}, ${kind}`, () =>
      runVirtual(async () => {
        for (const limit of [1, 2]) {
          for (const cancels of [1, 2]) {
            for (const source of [new Source(9), slowly(new Source(9))]) {
              const task = createTask(async () => {
                await run(
                  mapConcurrent<number, unknown>(source, job as never, {
                    limit,
                  }),
                );
              });
              await sleep(1);
              for (let i = 0; i < cancels; i++) task.cancel();
              await waitFor([task]);
              assert(task.cancelled());
            }
          }
        }
      }));
  }
}

for (
  const [kind, job] of Object.entries({
    "Promise.any()": () => Promise.any([sleep(5), sleep(6)]),
    "an API that rejects with an AbortError": async () => {
      const signal = taskSignal();
      await new Promise((_, reject) =>
        signal.addEventListener(
          "abort",
          () => reject(new DOMException("Aborted", "AbortError")),
        )
      );
    },
  })
) {
  for (
    const [form, of] of Object.entries({
      "an async function": async () => await job(),
      "a function that gives a promise": job,
    })
  ) {
    Deno.test(`mapConcurrent() that is cancelled reports nothing of what its jobs make of that: ${kind}, ${form}`, () =>
      runVirtual(async () => {
        const reports = recordReports();
        const task = createTask(() =>
          mapConcurrent([1, 2], of, { limit: 2 }).collect()
        );
        await sleep(1);
        task.cancel();
        await waitFor([task]);
        assert(task.cancelled());
        assertEquals(reports, []);
      }));
  }
}

Deno.test("mapConcurrent() refuses bad input", () => {
  const job = () => sleep(0);
  for (const limit of [0, -1, 1.5, NaN, undefined as never]) {
    assertThrows(() => mapConcurrent([], job, { limit }), RangeError, "limit");
  }
  assertThrows(() => mapConcurrent(5 as never, job, { limit: 1 }), TypeError);
  assertThrows(() => mapConcurrent([], 5 as never, { limit: 1 }), TypeError);
});

Deno.test("mapConcurrent() begins not more than its limit ahead of who takes the results, of a source of either kind", async () => {
  const sources: (() => Iterable<number> | AsyncIterable<number>)[] = [
    function* () {
      for (let n = 0;; n++) yield n;
    },
    async function* () {
      for (let n = 0;; n++) yield n;
    },
  ];
  for (const source of sources) {
    for (const ordered of [true, false]) {
      await runTest(async () => {
        let begun = 0;
        let taken = 0;
        const jobs = mapConcurrent(source(), (n) => {
          begun++;
          return sleep(0.1, n);
        }, { limit: 3, ordered });
        for await (const _ of jobs) {
          taken++;
          await sleep(10);
          assert(begun > taken && begun <= taken + 3, `${begun}, ${taken}`);
          if (taken === 5) break;
        }
      });
    }
  }
});

Deno.test("mapConcurrent() does not close a source that has failed", async () => {
  for (const isAsync of [true, false]) {
    const log: string[] = [];
    let n = 0;
    const next = () => {
      if (n++ === 1) throw new RangeError("source");
      return { done: false as const, value: n };
    };
    const end = () => {
      log.push("closed");
      return { done: true as const, value: undefined };
    };
    const source = isAsync
      ? {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            new Promise<IteratorResult<number>>((resolve) => resolve(next())),
          return: () => Promise.resolve(end()),
        }),
      }
      : { [Symbol.iterator]: () => ({ next, return: end }) };
    await runTest(async () => {
      await assertRejects(
        async () => {
          const jobs = mapConcurrent(source, (n) => sleep(1, n), { limit: 2 });
          for await (const _ of jobs);
        },
        RangeError,
        "source",
      );
    });
    assertEquals(log, []);
  }
});

/** A stream as a host has it whose streams have no iterator. */
function bareStream(
  items: number[],
  log: string[] = [],
): ReadableStream<number> {
  const stream = new ReadableStream<number>({
    pull(controller) {
      const item = items.shift();
      if (item === undefined) controller.close();
      else controller.enqueue(item);
    },
    cancel: () => void log.push("cancelled"),
  });
  return Object.defineProperty(stream, Symbol.asyncIterator, {
    value: undefined,
  });
}

Deno.test("mapConcurrent() takes a stream of the Web on hosts that can't iterate over one", () =>
  runTest(async () => {
    const double = (n: number) => sleep(0.1, 2 * n);
    const doubled = mapConcurrent(bareStream([1, 2, 3]), double, { limit: 2 });
    assertEquals(await doubled.collect(), [2, 4, 6]);
  }));

Deno.test("leaving mapConcurrent() cancels a stream of the Web that can't be iterated over", () =>
  runTest(async () => {
    const log: string[] = [];
    const stream = bareStream([1, 2, 3, 4], log);
    for await (
      const n of mapConcurrent(stream, (n) => sleep(0.1, n), { limit: 2 })
    ) {
      log.push(String(n));
      break;
    }
    assertEquals(log, ["1", "cancelled"]);
    assertEquals(stream.locked, false);
  }));

Deno.test("mapConcurrent() refuses a stream of the Web that is in use", () =>
  runTest(async () => {
    const stream = bareStream([1]);
    stream.getReader();
    const mapped = mapConcurrent(stream, (n) => sleep(0, n), { limit: 2 });
    await assertRejects(() => mapped.collect(), TypeError);
  }));
