/**
 * No silent hang: a cancelled async function that still waits for the host is reported, and
 * there are waits that a cancel ends.
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  createTask,
  EventLoop,
  type ExceptionContext,
  fromSignal,
  interruptible,
  run,
  sleep,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "@asyncio/asyncio";
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
