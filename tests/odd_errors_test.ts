/**
 * Errors that can hardly be looked at come out of every function as any other error does:
 * by identity, to who waits, and nothing else ends.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  asCompleted,
  type Coro,
  coroutine,
  createTask,
  EventLoop,
  fromSignal,
  gather,
  mapConcurrent,
  race,
  run,
  RuntimeError,
  shield,
  sleep,
  staggeredRace,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { ODD_ERRORS } from "./_odd_errors.ts";

type Body = () => Promise<number> | Coro<number>;

/** Functions that fail in their first step, after a wait, and while they clean up. */
const FAILING: Record<string, (error: unknown) => Body> = {
  "an async function": (error) => async () => {
    await sleep(1);
    throw error;
  },
  "an async function at once": (error) => () => Promise.reject(error),
  "a generator": (error) =>
    function* () {
      yield* sleep(1);
      throw error;
    },
  "a generator at once": (error) =>
    // deno-lint-ignore require-yield
    function* () {
      throw error;
    },
};

/** Each gives what comes out of a function of the library whose work fails. */
const THROUGH: Record<string, (body: Body) => Promise<unknown>> = {
  "a task": async (body) => await createTask(body),
  "gather()": async (body) => await gather(body, sleep(3)),
  "gather() with a limit": async (body) =>
    await gather([body, sleep(3)], { limit: 1 }),
  "race()": async (body) => await race([body, sleep(3)]),
  "shield()": async (body) => await shield(body),
  "timeout()": async (body) => await timeout(10, body),
  "waitFor()": async (body) => await waitFor(body, 10),
  "fromSignal()": async (body) => await fromSignal(() => coroutine(body)()),
  "wait()": async (body) => {
    const [done] = await wait([createTask(body)]);
    for (const task of done) await task;
  },
  "asCompleted()": async (body) => {
    for await (const task of asCompleted([body])) await task;
  },
  "mapConcurrent()": async (body) => {
    for await (const _ of mapConcurrent([1, 2, 3], body, { limit: 2 }));
  },
  "taskGroup()": async (body) => {
    try {
      // deno-lint-ignore require-await
      await taskGroup(async (group) => {
        group.createTask(body);
        group.createTask(sleep(30));
      });
    } catch (error) {
      assert(error instanceof AggregateError);
      assertEquals(error.errors.length, 1);
      throw error.errors[0];
    }
  },
  "the body of a taskGroup()": async (body) => {
    try {
      await taskGroup(body);
    } catch (error) {
      assert(error instanceof AggregateError);
      assertEquals(error.errors.length, 1);
      throw error.errors[0];
    }
  },
  "staggeredRace()": async (body) => {
    const [, , errors] = await staggeredRace([body], undefined);
    throw errors[0];
  },
};

function quietLoop(): EventLoop {
  const loop = new EventLoop();
  loop.setExceptionHandler(() => {});
  return loop;
}

for (const nothing of [null, undefined]) {
  for (const [form, failing] of Object.entries(FAILING)) {
    Deno.test(`a task of ${form} that throws ${nothing} fails with an error that has it as its cause`, async () => {
      using loop = new TestLoop();
      const error = await loop.runUntilComplete(async () => {
        const [error] = await gather([createTask(failing(nothing))], {
          returnExceptions: true,
        });
        return error;
      });
      assertInstanceOf(error, RuntimeError);
      assert("cause" in error && error.cause === nothing);
    });
  }
}

for (const [odd, [make]] of Object.entries(ODD_ERRORS)) {
  for (const [form, failing] of Object.entries(FAILING)) {
    Deno.test(`what throws ${odd} in ${form} fails who waits for it`, async () => {
      const error = make();
      const isNothing = error === undefined || error === null;
      for (const [through, wait] of Object.entries(THROUGH)) {
        using loop = new TestLoop();
        loop.setExceptionHandler(() => {});
        const caught = await loop.runUntilComplete(async () => {
          try {
            await wait(failing(error));
          } catch (thrown) {
            // Nothing is no error to keep: an error says so.
            return isNothing || thrown === error;
          }
          return false;
        });
        assert(caught, `${through} loses it`);
      }
    });
  }

  Deno.test(`a clean-up that throws ${odd} ends its task alone`, async () => {
    const error = make();
    async function unkind(): Promise<void> {
      try {
        await sleep(60);
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw error;
      }
    }
    using loop = new TestLoop();
    loop.setExceptionHandler(() => {});
    await loop.runUntilComplete(async () => {
      const task = createTask(unkind);
      await sleep(1);
      task.cancel();
      await sleep(1);
      assert(task.done());
    });
  });

  Deno.test(`a clean-up that throws ${odd} at the end of run() leaves the result`, async () => {
    const error = make();
    const result = await run(async () => {
      createTask(function* (): Coro<void> {
        try {
          yield* sleep(60);
        } finally {
          // deno-lint-ignore no-unsafe-finally
          throw error;
        }
      });
      await sleep(0);
      return "main";
    }, { loopFactory: quietLoop });
    assertEquals(result, "main");
  });
}
