/**
 * A body that its deadline may leave behind, and that is cancelled before: what it makes of
 * the cancel goes to whoever waits, as without that option.
 */
import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import {
  CancelledError,
  type Coro,
  coroutine,
  createTask,
  fromSignal,
  interruptible,
  sleep,
  taskGroup,
  type Timeout,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const LONG = 3600;

type Body = (scope: Timeout) => Promise<unknown>;

/** Stands for an API of the host that takes a signal. */
const aborted = (signal: AbortSignal, error: () => unknown): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(error()));
  });

const abortError = () =>
  Object.assign(new Error("aborted"), { name: "AbortError" });

const BODIES: Readonly<Record<string, Body>> = {
  "lets it pass": async () => await sleep(LONG),
  "throws an error at once": async () => {
    try {
      await sleep(LONG);
    } catch {
      throw new Error("broken");
    }
  },
  "throws an error after its clean-up": async () => {
    try {
      await sleep(LONG);
    } finally {
      await sleep(0);
      await Promise.reject(new Error("broken"));
    }
  },
  "returns": async () => {
    try {
      await sleep(LONG);
    } catch {
      return "given up";
    }
  },
  "answers it with an AbortError": async (scope) =>
    await aborted(scope.signal, abortError),
  "answers it with the signal's reason": async (scope) =>
    await aborted(scope.signal, () => scope.signal.reason),
  "answers its signal with another error": async (scope) =>
    await aborted(scope.signal, () => new Error("broken")),
  "has it in Promise.any()": async () =>
    await Promise.any([sleep(LONG), sleep(LONG)]),
  "fails at the end of its block": async () => {
    await using _ = {
      async [Symbol.asyncDispose]() {
        await sleep(0);
        throw new Error("broken");
      },
    };
    await sleep(LONG);
  },
};

/** Runs what is cancelled while it waits, and says what has become of it. */
const CANCELS: Readonly<
  Record<string, (work: () => PromiseLike<unknown>) => Promise<string>>
> = {
  async "Task.cancel()"(work) {
    const task = createTask(async () => await work());
    await sleep(1);
    task.cancel();
    await wait([task]);
    if (task.cancelled()) return "cancelled";
    return textOf(task.exception()) ?? `gave ${task.result()}`;
  },
  "a deadline round it": (work) =>
    timeout(1, async () => await work())
      .then((value) => `gave ${value}`, (error) => textOf(error)!),
  async "a caller that catches what comes"(work) {
    const caught = createTask(async () => {
      try {
        return `gave ${await work()}`;
      } catch (error) {
        return textOf(error);
      } finally {
        await sleep(0);
      }
    });
    await sleep(1);
    caught.cancel();
    return String(await caught);
  },
};

function textOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  if (error instanceof CancelledError) return "CancelledError";
  return `${(error as Error).name}: ${(error as Error).message.split(":")[0]}`;
}

for (const [cancel, endOf] of Object.entries(CANCELS)) {
  for (const [name, body] of Object.entries(BODIES)) {
    Deno.test(`timeout() with abandon ends as without, cancelled by ${cancel}: its body ${name}`, () =>
      // It fails if something is reported.
      runTest(async () => {
        assertEquals(
          await endOf(() => timeout(LONG, body, { abandon: true })),
          await endOf(() => timeout(LONG, body)),
        );
      }));
  }
}

Deno.test("timeout() with abandon reports no AbortError when it is cancelled once more in that turn", () =>
  runTest(async () => {
    const body: Body = (scope) => aborted(scope.signal, abortError);
    const task = createTask(() => timeout(LONG, body, { abandon: true }));
    await sleep(1);
    task.cancel();
    await sleep(0);
    task.cancel();
    await wait([task]);
    assertEquals(task.cancelled(), true);
  }));

Deno.test("timeout() with abandon gives what its body has ended with when the deadline comes in that turn", async () => {
  for (const options of [{}, { abandon: true }]) {
    await runTest(async (loop) => {
      let scope: Timeout | undefined;
      const body = async (own: Timeout, end: () => unknown) => {
        scope = own;
        await sleep(1);
        own.reschedule(loop.time());
        return end();
      };
      const ended = await timeout(LONG, (own) => body(own, () => 5), options);
      assertEquals([ended, scope!.expired()], [5, false]);
      await assertRejects(
        async () =>
          await timeout(LONG, (own) =>
            body(own, () => {
              throw new RangeError("broken");
            }), options),
        RangeError,
        "broken",
      );
      assertFalse(scope!.expired());
      assertEquals(loop.time(), 2);
    });
  }
});

/** What answers the deadline when its scope has ended. */
const ANSWERS_LATE: Readonly<Record<string, Body>> = {
  "the AbortError of an API that takes a turn of the host": async (scope) => {
    await aborted(scope.signal, abortError).catch(later);
  },
  "the reason of its signal": async (scope) => {
    await aborted(scope.signal, () => scope.signal.reason).catch(later);
  },
  "what Promise.any() makes of cancels": async () => {
    try {
      await sleep(LONG);
    } finally {
      await Promise.any([sleep(LONG), sleep(LONG)]);
    }
  },
  "the end of an await using block, which waits": async () => {
    await using _ = {
      async [Symbol.asyncDispose]() {
        await sleep(1);
      },
    };
    await sleep(LONG);
  },
};

async function later(error: unknown): Promise<never> {
  await new Promise<void>((resolve) => setTimeout(resolve, 1));
  throw error;
}

for (const [name, body] of Object.entries(ANSWERS_LATE)) {
  Deno.test(`timeout() with abandon reports nothing of a body that obeys the deadline: ${name}`, async () => {
    let hasEnded = false;
    // It fails if something is reported.
    await runTest(async () => {
      await assertRejects(
        async () =>
          await timeout(1, async (scope) => {
            try {
              await body(scope);
            } finally {
              hasEnded = true;
            }
          }, { abandon: true }),
        TimeoutError,
      );
      await interruptible(
        new Promise<void>((resolve) => setTimeout(resolve, 20)),
      );
      await sleep(1);
    });
    assert(hasEnded);
  });
}

/** What ends in `finally` blocks, the inner one of which waits. */
const CLEANS_UP: Readonly<
  Record<string, (log: string[]) => () => PromiseLike<unknown> | Coro<void>>
> = {
  "a generator": (log) => () => cleansUp(log),
  "an async function": (log) => async () => await cleansUpAsync(log),
  "a coroutine in an async function": (log) => async () =>
    await coroutine(cleansUp)(log),
  "a generator in taskGroup()": (log) => async () =>
    await taskGroup(() => cleansUp(log)),
  "an async function in waitFor()": (log) => async () =>
    await waitFor(() => cleansUpAsync(log), LONG),
  "an async function in timeout()": (log) => async () =>
    await timeout(LONG, () => cleansUpAsync(log)),
  "an async function in fromSignal()": (log) => async () =>
    await fromSignal(() => cleansUpAsync(log)),
};

function* cleansUp(log: string[]): Coro<void> {
  try {
    yield* sleep(LONG);
  } finally {
    try {
      yield* sleep(LONG);
      log.push("waited");
    } finally {
      log.push("left");
    }
  }
}

async function cleansUpAsync(log: string[]): Promise<void> {
  try {
    await sleep(LONG);
  } finally {
    try {
      await sleep(LONG);
      log.push("waited");
    } finally {
      log.push("left");
    }
  }
}

for (const [name, makeBody] of Object.entries(CLEANS_UP)) {
  Deno.test(`the end of the run has the finally blocks run of what timeout() with abandon has left: ${name}`, async () => {
    const log: string[] = [];
    const seconds = await runTest(async (loop) => {
      await Promise.resolve(timeout(1, makeBody(log), { abandon: true }))
        .catch((error: Error) => log.push(error.name));
      return loop.time();
    });
    assertEquals(log.toSorted(), ["TimeoutError", "left"]);
    assertEquals(seconds, 1);
  });
}

for (const style of ["a generator", "an async function"]) {
  Deno.test(`the end of the run leaves what timeout() with abandon has left and goes on through every cancel: ${style}`, async () => {
    let waits = 0;
    let isOver = false;
    const body = style === "a generator"
      ? function* (): Coro<void> {
        while (!isOver) {
          waits++;
          try {
            yield* sleep(LONG);
          } catch { /* It goes on. */ }
        }
      }
      : async () => {
        while (!isOver) {
          waits++;
          try {
            await sleep(LONG);
          } catch { /* It goes on. */ }
        }
      };
    await runTest(async () => {
      await assertRejects(
        async () => await timeout(1, body, { abandon: true }),
        TimeoutError,
      );
    });
    isOver = true;
    assert(waits > 1);
  });
}
