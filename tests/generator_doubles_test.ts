/**
 * Generators that stand for others: proxies, and those whose `next` or `throw` is their own.
 *
 * @module
 */
import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  CancelledError,
  type Coro,
  coroutine,
  createTask,
  currentTask,
  gather,
  run,
  sleep,
  type Task,
  timeout,
} from "@asyncio/asyncio";

type Work = Coro<string>;

function* work(log: string[]): Work {
  try {
    log.push("begins");
    yield* sleep(0);
    yield* sleep(0);
    return "done";
  } finally {
    log.push("ends");
  }
}

/** Each stands for the generator and writes down how it is resumed. */
const doubles: Record<string, (generator: Work, log: string[]) => Work> = {
  "a proxy": (generator, log) =>
    new Proxy(generator, {
      get(target, key) {
        const value = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (key === "next" || key === "throw") log.push(key);
          return Reflect.apply(value, target, args);
        };
      },
    }),
  "one whose next and throw are its own"(generator, log) {
    const { next, throw: throwInto } = generator;
    return Object.assign(generator, {
      next(...args: never[]) {
        log.push("next");
        return Reflect.apply(next, generator, args);
      },
      throw(error: unknown) {
        log.push("throw");
        return Reflect.apply(throwInto, generator, [error]);
      },
    });
  },
  "one that inherits from generators": (generator, log) =>
    Object.create(Object.getPrototypeOf(generator), {
      next: {
        value(...args: [] | [unknown]) {
          log.push("next");
          return generator.next(...args);
        },
      },
      throw: {
        value(error: unknown) {
          log.push("throw");
          return generator.throw(error);
        },
      },
      return: { value: (value: string) => generator.return(value) },
    }),
};

/** How a generator is given to the library. */
const ways: Record<string, (make: () => Work) => PromiseLike<string>> = {
  "as a task": (make) => createTask(make()),
  "by a task's function": (make) => createTask(() => make()),
  "by the body of a timeout": (make) => createTask(() => timeout(10, make)),
  "by a coroutine() function": (make) => createTask(coroutine(make)()),
  "to gather() with a limit": async (make) =>
    (await gather([make()], { limit: 1 }))[0]!,
};

for (const [what, double] of Object.entries(doubles)) {
  for (const [how, begin] of Object.entries(ways)) {
    Deno.test(`${what}, given ${how}, is asked for its own steps`, async () => {
      const log: string[] = [];
      const make = () => double(work(log), log);
      assertEquals(await run(async () => await begin(make)), "done");
      assertEquals(log, ["next", "begins", "next", "next", "ends"]);
    });

    Deno.test(`${what}, given ${how}, gets a cancel by its own throw`, async () => {
      const log: string[] = [];
      const make = () => double(work(log), log);
      await run(async () => {
        const task = createTask(async () => await begin(make));
        await sleep(0);
        while (log.length < 2) await sleep(0);
        task.cancel();
        await assertRejects(async () => await task, CancelledError);
      });
      assertEquals(log.at(-2), "throw");
      assertEquals(log.at(-1), "ends");
    });
  }

  Deno.test(`getCoro() gives ${what} as it was given`, async () => {
    await run(async () => {
      const given = double(work([]), []);
      const task: Task<string> = createTask(given);
      await sleep(0);
      assertStrictEquals(task.getCoro() as unknown, given);
      await task;
    });
  });
}

Deno.test("a task names the function of its generator in each step", async () => {
  await run(async () => {
    const task = createTask(function* worker() {
      yield* sleep(0);
      assertStringIncludes(String(currentTask()), "coro=worker()");
    });
    await sleep(0);
    assertStringIncludes(String(task), "coro=worker()");
    await task;
  });
});
