/**
 * No silent hang: a cancelled async function that still waits for the host is reported, and
 * there are waits that a cancel ends.
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  coroutine,
  createTask,
  EventLoop,
  type ExceptionContext,
  fromSignal,
  gather,
  getRunningLoop,
  handleRequests,
  interruptible,
  mapConcurrent,
  race,
  run,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { recordReports, runVirtual } from "./cpython/_both.ts";
import { inBoth, wait as waitIn } from "./cpython/_program.ts";

/** Runs `main`; gives what the exception handler was told until then. */
async function toldBy(
  main: (settle: () => void, never: Promise<void>) => Promise<unknown>,
): Promise<ExceptionContext[]> {
  const told: ExceptionContext[] = [];
  const { promise: never, resolve: settle } = Promise.withResolvers<void>();
  await run(() => main(settle, never), {
    loopFactory: () => {
      const loop = new EventLoop({ reportStuckAfter: 0.02 });
      loop.setExceptionHandler((_, context) => {
        told.push(context);
        settle();
      });
      return loop;
    },
  }).catch(() => {});
  return told;
}

function aborter(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

const STUCK: Readonly<
  Record<string, (never: Promise<void>) => Promise<unknown>>
> = {
  "a task that was cancelled": async (never) => {
    const task = createTask(async () => await never);
    await sleep(0.001);
    task.cancel();
    await wait([task]);
  },
  "a task that main has left": async (never) => {
    createTask(async () => await never);
    await sleep(0.001);
  },
  "a clean-up": async (never) => {
    const task = createTask(async () => {
      try {
        await sleep(60);
      } finally {
        await never;
      }
    });
    await sleep(0.001);
    task.cancel();
    await wait([task]);
  },
  "the body of a scope": async (never) =>
    await timeout(0.001, async () => await never),
  "the body of a scope in a generator": async (never) =>
    await timeout(0.001, function* () {
      yield* timeout(9, async () => await never);
    }),
  "a scope in a scope of a cancelled task": async (never) => {
    const task = createTask(async () =>
      await timeout(
        9,
        async () =>
          await taskGroup(async () =>
            await timeout(9, async () => await never)
          ),
      )
    );
    await sleep(0.001);
    task.cancel();
    await wait([task]);
  },
  "a scope in a generator's scope of a cancelled task": async (never) => {
    const task = createTask(function* () {
      yield* timeout(9, function* () {
        yield* timeout(9, async () => await never);
      });
    });
    await sleep(0.001);
    task.cancel();
    await wait([task]);
  },
  "a scope in a request whose time is over": async (never) => {
    const handler = handleRequests(
      async () =>
        await timeout(9, async () => {
          await never;
          return new Response();
        }),
      { timeout: 0.001 },
    );
    await handler(new Request("http://localhost/"));
  },
  "a request of a generator whose client has gone": async (never) => {
    const handler = handleRequests(function* () {
      yield* coroutine(async () => await never)();
      return new Response();
    }, { watchAfter: 0 });
    const { signal, abort } = aborter();
    const answer = handler(new Request("http://localhost/", { signal }));
    await sleep(0.001);
    abort();
    await answer;
  },
  "an executor's job": async (never) => {
    await using executor = new InlineExecutor({
      stubborn: async () => await never,
    });
    await timeout(0.001, async () => await executor.submit("stubborn", []));
  },
  "an executor's job that is a generator": async (never) => {
    await using executor = new InlineExecutor({
      *stubborn() {
        yield* coroutine(async () => await never)();
      },
    });
    const task = createTask(async () => await executor.submit("stubborn", []));
    await sleep(0.001);
    task.cancel();
    await wait([task]);
  },
  "a function of fromSignal()": async (never) =>
    await timeout(0.001, () => fromSignal(() => never)),
};

for (const [name, main] of Object.entries(STUCK)) {
  Deno.test(`${name} that still waits for the host is reported once`, async () => {
    const told = await toldBy((_, never) => main(never));
    assertEquals(told.length, 1);
    assert(/promise of the host.*interruptible/.test(told[0]!.message));
  });
}

Deno.test("the report of a request that still waits for the host says which", async () => {
  const told = await toldBy(async (_, never) => {
    const handler = handleRequests(async () => {
      await never;
      return new Response();
    }, { timeout: 0.001 });
    await handler(new Request("http://localhost/slow"));
  });
  assertStringIncludes(told[0]!.message, "GET http://localhost/slow");
});

Deno.test("the report of an executor's job that still waits for the host says which", async () => {
  const told = await toldBy((_, never) => STUCK["an executor's job"]!(never));
  assertStringIncludes(told[0]!.message, 'name="stubborn"');
});

inBoth("interruptible() ends with a cancel at once", function* (style) {
  const body = style.fn(function* () {
    yield* waitIn(interruptible(new Promise<void>(() => {})));
  });
  let error: unknown;
  try {
    yield* waitIn(timeout(1, body));
  } catch (thrown) {
    error = thrown;
  }
  assertInstanceOf(error, TimeoutError);
});

inBoth("interruptible() gives what its promise gives", function* () {
  assertEquals(yield* waitIn(interruptible(Promise.resolve(1))), 1);
  let error: unknown;
  try {
    yield* waitIn(interruptible(Promise.reject(new RangeError("no"))));
  } catch (thrown) {
    error = thrown;
  }
  assertInstanceOf(error, RangeError);
});

Deno.test("interruptible() refuses what is no promise", () => {
  assertThrows(
    () => interruptible(1 as never),
    TypeError,
    "a promise was expected",
  );
});

inBoth(
  "waitFor() of a function that gives a promise is waitFor() of the promise",
  function* () {
    for (const never of [new Promise(() => {}), () => new Promise(() => {})]) {
      let error: unknown;
      try {
        yield* waitIn(waitFor(never, 1));
      } catch (thrown) {
        error = thrown;
      }
      assertInstanceOf(error, TimeoutError);
    }
  },
);

Deno.test("timeout() with abandon leaves a body behind, whose waits throw", async () => {
  const log: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const { promise: told, resolve: tell } = Promise.withResolvers<unknown>();
  await run(async () => {
    const error = await Promise.resolve(
      timeout(0.001, async () => {
        await promise;
        for (const seconds of [0, 0.001]) {
          await Promise.resolve(sleep(seconds)).catch((error: Error) =>
            log.push(error.name)
          );
        }
        throw new RangeError("late");
      }, { abandon: true }),
    ).catch((error: unknown) => error);
    assertInstanceOf(error, TimeoutError);
    resolve();
    assertInstanceOf(await told, RangeError);
  }, {
    loopFactory: () => {
      const loop = new EventLoop();
      loop.setExceptionHandler((_, { exception }) => tell(exception));
      return loop;
    },
  });
  assertEquals(log, ["CancelledError", "CancelledError"]);
});

inBoth(
  "timeout() with abandon gives what a body gives in time",
  function* (style) {
    const body = style.fn(function* () {
      return yield* waitIn(sleep(0.5, "in time"));
    });
    assertEquals(yield* waitIn(timeout(1, body, { abandon: true })), "in time");
  },
);

/** Takes two seconds to clean up. */
async function slowToEnd(log: string[]): Promise<void> {
  log.push("began");
  try {
    await sleep(100);
  } finally {
    await sleep(1);
    await sleep(1);
    log.push(`cleaned up at ${getRunningLoop().time()}`);
  }
}

/** Bodies that wait until `child` has ended, however often they are cancelled. */
const JOINING: Readonly<
  Record<string, (child: () => Promise<void>) => PromiseLike<unknown>>
> = {
  "taskGroup()": (child) =>
    taskGroup(function* (group) {
      group.createTask(child);
    }),
  "gather()": (child) => gather(child),
  "race()": (child) => race([child]),
  "waitFor()": (child) => waitFor(child, 50),
  "timeout()": (child) => timeout(50, child),
  "mapConcurrent()": (child) =>
    mapConcurrent([1], () => child(), { limit: 1 }).collect(),
  "mapConcurrent() in a for await": async (child) => {
    const results = mapConcurrent([1], () => child(), { limit: 1 });
    for await (const _ of results) { /* Nothing more. */ }
  },
};

for (const [name, join] of Object.entries(JOINING)) {
  for (const when of ["at the deadline", "after it"]) {
    Deno.test(`timeout() with abandon cancels ${name} in its body once, ${when}, and what it joins cleans up`, () =>
      runVirtual(async () => {
        const log: string[] = [];
        const { promise: left, resolve: leave } = Promise.withResolvers<void>();
        const error = await Promise.resolve(
          timeout(1, async () => {
            if (when === "after it") await left;
            await join(async () => await slowToEnd(log));
          }, { abandon: true }),
        ).catch((error: unknown) => error);
        assertInstanceOf(error, TimeoutError);
        leave();
        await sleep(10);
        // A task that is cancelled before its first step does not begin.
        if (when === "at the deadline" || log.length > 0) {
          assertEquals(log, ["began", "cleaned up at 3"]);
        }
        assertEquals(getRunningLoop().time(), 11);
      }));
  }
}

Deno.test("timeout() with abandon leaves a source behind that never answers, and the loop goes on", () =>
  runVirtual(async () => {
    const told = recordReports();
    async function* source(): AsyncGenerator<number, void> {
      await new Promise<never>(() => {});
      yield 1;
    }
    const error = await Promise.resolve(
      timeout(
        1,
        () => mapConcurrent(source(), () => sleep(0), { limit: 1 }).collect(),
        { abandon: true },
      ),
    ).catch((error: unknown) => error);
    assertInstanceOf(error, TimeoutError);
    await sleep(10);
    assertEquals(getRunningLoop().time(), 11);
    assertEquals(told.length, 1);
    assertStringIncludes(told[0]!.message, "A source was closed 5 s ago");
  }));
