/** The kit on InlineExecutor, under the virtual clock, and what only it has. */
import {
  assertEquals,
  assertInstanceOf,
  assertNotStrictEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  CancelledError,
  type Coro,
  DeadlockError,
  Event,
  gather,
  IncompleteReadError,
  sleep,
  timeout,
  TimeoutError,
  WorkerLostError,
} from "@asyncio/asyncio";
import * as asyncio from "@asyncio/asyncio";
import { checks, Context, jobs } from "@asyncio/asyncio/executor-testing";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { runTest } from "@asyncio/asyncio/testing";
import {
  checkLibraryErrors,
  LIBRARY_ERRORS,
  throwLibraryError,
} from "./_library_errors.ts";

// The kit writes logs.
const NO_FILES = (await Promise.all([
  Deno.permissions.query({ name: "read" }),
  Deno.permissions.query({ name: "write" }),
])).some(({ state }) => state !== "granted");

const context = new Context({
  make: (options) => new InlineExecutor(jobs, options),
  abilities: [
    "structured clone",
    "transfer",
    "give up",
    "limits",
    "back-pressure",
    "deadline",
    "async context",
  ],
});

for (const check of checks) {
  if (!context.can(check)) continue;
  Deno.test({
    name: `InlineExecutor keeps: ${check.name}`,
    ignore: NO_FILES,
    fn: () => runTest(() => check.run(context)),
  });
}

Deno.test.afterAll(() => context[Symbol.dispose]());

const ERRORS = {
  circle(): never {
    const one = new Error("One");
    one.cause = new AggregateError([one, "text"], "Two", { cause: one });
    throw one;
  },
  host(): never {
    throw new Deno.errors.NotFound("No such file");
  },
  bytes(): never {
    throw new IncompleteReadError(new Uint8Array([0, 255]), 5);
  },
  suppressed(): never {
    throw new SuppressedError(new RangeError("Last"), new TypeError("First"));
  },
  numbers(): never {
    throw Object.assign(new Error("Odd"), {
      a: [NaN, -Infinity, 2n, undefined],
    });
  },
  getter(): never {
    throw Object.defineProperty(Object.assign(new Error("x"), { b: 1 }), "a", {
      enumerable: true,
      get() {
        throw new Error("A getter of users");
      },
    });
  },
};

Deno.test("InlineExecutor brings errors back as what they were, with what they hold", () =>
  runTest(async () => {
    await using executor = new InlineExecutor(ERRORS);
    const errorOf = async (name: keyof typeof ERRORS) =>
      await assertRejects(async () => await executor.submit(name, []), Error);
    const circle = await errorOf("circle");
    const aggregate = circle.cause as AggregateError;
    assertInstanceOf(aggregate, AggregateError);
    assertEquals(aggregate.cause === circle, true);
    assertEquals(aggregate.errors[0] === circle, true);
    assertEquals(aggregate.errors[1], "text");
    assertInstanceOf(await errorOf("host"), Deno.errors.NotFound);
    const bytes = await errorOf("bytes");
    assertInstanceOf(bytes, IncompleteReadError);
    assertEquals([[...bytes.partial], bytes.expected], [[0, 255], 5]);
    const suppressed = await errorOf("suppressed");
    assertInstanceOf(suppressed, SuppressedError);
    assertInstanceOf(suppressed.error, RangeError);
    assertInstanceOf(suppressed.suppressed, TypeError);
    assertEquals((await errorOf("numbers") as Error & { a?: unknown }).a, [
      NaN,
      -Infinity,
      2n,
      undefined,
    ]);
    const getter = await errorOf("getter");
    assertEquals([getter.message, Object.keys(getter)], ["x", ["b"]]);
  }));

Deno.test("InlineExecutor brings every error of the library back as itself", () =>
  runTest(async () => {
    const classes = Object.entries(asyncio).filter(([, value]) =>
      (value as { prototype?: unknown }).prototype instanceof Error
    );
    assertEquals(
      Object.keys(LIBRARY_ERRORS),
      classes.map(([name]) => name).sort(),
    );
    await using executor = new InlineExecutor({ throwLibraryError });
    await checkLibraryErrors((name) =>
      executor.submit("throwLibraryError", [name])
    );
  }));

Deno.test("InlineExecutor brings of the bytes of an error as many as have room", () =>
  runTest(async () => {
    await using executor = new InlineExecutor({
      fail(): never {
        throw new IncompleteReadError(new Uint8Array(2_000_000).fill(7), 1);
      },
    });
    const { partial } = await assertRejects(
      async () => await executor.submit("fail", []),
      IncompleteReadError,
    );
    assertEquals([partial.length, partial.at(-1)], [1_048_576, 7]);
  }));

const HOURS = {
  *work(log: string[], hours: number): Coro<number> {
    try {
      yield* sleep({ hours });
      return hours;
    } finally {
      log.push(`end ${hours}`);
    }
  },
  async stuck(): Promise<void> {
    await new Event().wait();
  },
};

Deno.test("InlineExecutor under a virtual clock: hours and timeouts of hours take no time", () =>
  runTest(async (loop) => {
    await using executor = new InlineExecutor(HOURS, { copy: false });
    const log: string[] = [];
    assertEquals(await executor.submit("work", [log, 5]), 5);
    await assertRejects(
      async () =>
        await executor.submit("work", [log, 5], { timeout: { hours: 2 } }),
      TimeoutError,
    );
    assertEquals([loop.time(), log], [7 * 3600, ["end 5", "end 5"]]);
  }));

Deno.test("InlineExecutor under a virtual clock: a DeadlockError names the job", async () => {
  const error = await assertRejects(
    () =>
      runTest(async () => {
        await using executor = new InlineExecutor(HOURS);
        await executor.submit("stuck", []);
      }),
    DeadlockError,
  );
  assertStringIncludes(error.message, "stuck");
});

/** So many objects in each other. */
function nested(levels: number): object {
  let outer = {};
  for (let n = 1; n < levels; n++) outer = { outer };
  return outer;
}

Deno.test("InlineExecutor refuses what is nested too deep for a worker, as that does", () =>
  runTest(async () => {
    await using executor = new InlineExecutor({
      nested: (levels: number) => nested(levels),
      take: (_value: object) => 1,
      async *yields(levels: number) {
        yield nested(levels);
      },
    });
    const shallow = 900;
    assertEquals(await executor.submit("take", [nested(shallow)]), 1);
    await executor.submit("nested", [shallow]);
    for await (const _ of executor.stream("yields", [shallow]));
    const deep = 1_500;
    const refusals = [
      async () => await executor.submit("take", [nested(deep)]),
      async () => await executor.submit("nested", [deep]),
      async () => {
        for await (const _ of executor.stream("yields", [deep]));
      },
    ];
    for (const refused of refusals) {
      await assertRejects(
        refused,
        TypeError,
        "Nested more than 1,000 levels deep",
      );
    }
  }));

Deno.test("InlineExecutor.crash() loses what had begun, and runs the rest on a new worker", () =>
  runTest(async () => {
    await using executor = new InlineExecutor(HOURS, {
      copy: false,
      concurrency: 2,
    });
    const log: string[] = [];
    const jobs = [1, 2, 3, 4, 5].map((hours) =>
      executor.submit("work", [log, hours])
    );
    await sleep({ minutes: 90 });
    // The first has ended; the second and the third run.
    assertEquals(
      jobs.map((job) => job.state()),
      ["done", "running", "running", "pending", "pending"],
    );
    executor.crash();
    assertEquals(
      jobs.map((job) => job.state()),
      ["done", "done", "done", "pending", "pending"],
    );
    const ends = await gather(jobs, { returnExceptions: true });
    assertEquals([ends[0], ...ends.slice(3)], [1, 4, 5]);
    const [second, third] = ends.slice(1, 3) as unknown[];
    for (const error of [second, third]) {
      assertInstanceOf(error, WorkerLostError);
    }
    assertNotStrictEquals(second, third);
    // What was lost leaves nothing in the loop.
    assertEquals(log, ["end 1", "end 2", "end 3", "end 4", "end 5"]);
    // Nobody is there to be lost.
    executor.crash();
    assertEquals(await executor.submit("work", [log, 1]), 1);
  }));

Deno.test("InlineExecutor.crash() ends a job that cleans up after its cancel, with the loss as the cause", () =>
  runTest(async () => {
    await using executor = new InlineExecutor({
      async work() {
        try {
          await sleep({ hours: 1 });
        } finally {
          await sleep({ hours: 1 });
        }
      },
    });
    const job = executor.submit("work", []);
    await sleep(1);
    job.cancel();
    await sleep(1);
    executor.crash();
    const error = await assertRejects(async () => await job, CancelledError);
    assertInstanceOf(error.cause, WorkerLostError);
  }));

Deno.test("a wait for a value of a job's stream says whose it is", () =>
  runTest(async () => {
    const jobs = {
      async *ticks() {
        await sleep(3600);
        yield 1;
      },
    };
    await using executor = new InlineExecutor(jobs);
    const error = await assertRejects(
      async () =>
        await timeout(1, async () => {
          for await (const _ of executor.stream("ticks", []));
        }),
      TimeoutError,
    );
    assertStringIncludes(error.message, 'Queue "values of ticks" to get');
  }));
