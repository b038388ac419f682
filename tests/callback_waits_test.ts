/**
 * Callbacks that `then()`, `catch()` or `finally()` of something that goes on by itself were
 * given: the end of the task that gave them cancels nobody.
 */
import { assertEquals } from "@std/assert";
import {
  type Coro,
  createTask,
  Future,
  gather,
  getRunningLoop,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

type Log = string[];

async function work() {
  await sleep(5);
  return "result";
}

const GOERS_ON: Readonly<Record<string, () => Future<unknown>>> = {
  "a task": () => createTask(work),
  "a future": () => {
    const future = new Future<string>();
    getRunningLoop().callLater(5, () => future.setResult("result"));
    return future;
  },
  "gather()": () => gather(work),
};

const CALLBACKS: Readonly<
  Record<string, (future: Future<unknown>, log: Log) => unknown>
> = {
  "catch()": (future, log) => future.catch((error) => log.push(String(error))),
  "then()": (future, log) => future.then((value) => log.push(String(value))),
  "then(), for both": (future, log) =>
    future.then(
      (value) => log.push(String(value)),
      (error) => log.push(String(error)),
    ),
  "finally()": (future, log) => future.finally(() => log.push("ended")),
  "then() and catch()": (future, log) =>
    future.then((value) => log.push(String(value)))
      .catch((error) => log.push(String(error))),
};

/** What gives the callback, in a task that ends before it is called. */
const GIVERS: Readonly<
  Record<string, (give: () => void) => () => Promise<void> | Coro<void>>
> = {
  "an async function": (give) => async () => {
    await sleep(0);
    give();
  },
  "a generator": (give) =>
    function* (): Coro<void> {
      yield* sleep(0);
      give();
    },
  "the body of a scope": (give) => async () => {
    await timeout(60, async () => {
      await sleep(0);
      give();
    });
  },
  "the task of a group": (give) => async () => {
    await taskGroup(async (group) => {
      group.createTask(async () => {
        await sleep(0);
        give();
      });
      await sleep(0);
    });
  },
  "a function beside another, which cleans up": (give) => async () => {
    const cleaning = async () => {
      try {
        await sleep(3600);
      } finally {
        await sleep(9);
      }
    };
    cleaning().catch(() => {});
    await sleep(0);
    give();
  },
};

for (const [what, begin] of Object.entries(GOERS_ON)) {
  for (const [callback, giveTo] of Object.entries(CALLBACKS)) {
    Deno.test(`the end of a task that has called ${callback} of ${what} does not cancel it`, async () => {
      for (const [by, giver] of Object.entries(GIVERS)) {
        await runTest(async () => {
          const log: Log = [];
          let future: Future<unknown> | undefined;
          await (createTask(
            giver(() => {
              future = begin();
              giveTo(future, log);
            }) as () => Promise<void>,
          ) as Task<void>);
          await wait([future!]);
          await sleep(0);
          assertEquals(future!.cancelled(), false, by);
          const expected = callback === "finally()"
            ? ["ended"]
            : callback === "catch()"
            ? []
            : [String(future!.result())];
          assertEquals(log, expected, by);
        });
      }
    });
  }
}

Deno.test("a task ends that has given callbacks of several tasks", () =>
  runTest(async () => {
    const log: Log = [];
    const tasks = [createTask(work), createTask(work), createTask(work)];
    await createTask(async () => {
      for (const task of tasks) task.then((value) => log.push(value));
      await sleep(0);
    });
    await wait(tasks);
    await sleep(0);
    assertEquals(log, ["result", "result", "result"]);
  }));

Deno.test("the end of a task cancels what a function that nobody awaits waits for", () =>
  runTest(async () => {
    const log: Log = [];
    await createTask(async () => {
      const helper = async () => await createTask(work);
      helper().catch((error) => log.push(error.name));
      await sleep(0);
    });
    assertEquals(log, ["CancelledError"]);
  }));

Deno.test("a cancel of a task reaches what it waits for by way of a callback", () =>
  runTest(async () => {
    const log: Log = [];
    const task = createTask(async () =>
      await createTask(work).then(() => {}, (error) => log.push(String(error)))
    );
    await sleep(1);
    task.cancel();
    await wait([task]);
    assertEquals(log, ["CancelledError"]);
  }));
