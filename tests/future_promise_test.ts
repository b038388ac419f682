/**
 * Futures, tasks and coroutines where promises are wanted: `then()`, `catch()` and
 * `finally()`, in which async context their callbacks run, and hosts that take promises.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { rejects } from "node:assert";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  coroutine,
  createTask,
  currentTask,
  Event,
  type Future,
  gather,
  getRunningLoop,
  newEventLoop,
  Queue,
  run,
  sleep,
  timeout,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const CANNOT_LISTEN =
  Deno.permissions.querySync({ name: "net", host: "127.0.0.1" }).state !==
    "granted";

/** Awaitables that give 1, some of them at once. */
const AWAITABLES: Record<string, () => Promise<number>> = {
  "sleep(0)": () => sleep(0, 1),
  "sleep()": () => sleep(1, 1),
  "a generator task": () =>
    createTask(function* () {
      return yield* sleep(1, 1);
    }),
  "an async task": () => createTask(async () => await sleep(1, 1)),
  "a future": () => {
    const future = getRunningLoop().createFuture<number>();
    getRunningLoop().callLater(1, () => future.setResult(1));
    return future;
  },
  "a future that is done": () => {
    const future = getRunningLoop().createFuture<number>();
    future.setResult(1);
    return future;
  },
  "queue.get()": () => {
    const queue = new Queue<number>();
    getRunningLoop().callLater(1, () => queue.putNowait(1));
    return queue.get();
  },
  "queue.get() of an item at hand": () => {
    const queue = new Queue<number>();
    queue.putNowait(1);
    return queue.get();
  },
  "gather()": () => gather(sleep(1, 1)).then(([one]) => one),
  "timeout()": () => timeout(5, async () => await sleep(1, 1)),
  "a coroutine of an async function": () =>
    coroutine(async () => await sleep(1, 1))(),
};

/** Awaitables that fail. */
const FAILING: Record<string, () => Promise<number>> = {
  "an async task": () =>
    createTask(async () => {
      await sleep(1);
      throw new RangeError("failed");
    }),
  "a generator task": () =>
    createTask(function* () {
      yield* sleep(1);
      throw new RangeError("failed");
    }),
  "a future that has failed": () => {
    const future = getRunningLoop().createFuture<number>();
    future.setException(new RangeError("failed"));
    return future;
  },
  "a coroutine": () =>
    coroutine(async () => {
      await sleep(1);
      throw new RangeError("failed");
    })(),
};

const storage = new AsyncLocalStorage<string>();

/** Waits for the library and tells where it runs. */
async function next(x: number): Promise<string> {
  const before = storage.getStore();
  await sleep(1);
  return `${x} in ${before}, ${storage.getStore()}, ${currentTask()?.getName()}`;
}

/** The ways to hang a callback on an awaitable. */
const WAYS: Record<string, (a: Promise<number>) => Promise<string>> = {
  "then(named)": (a) => a.then(next),
  "then(arrow)": (a) => a.then((x) => next(x)),
  "then(async arrow)": (a) => a.then(async (x) => await next(x)),
  "then(arrow that gives a coroutine)": (a) =>
    a.then((x) => coroutine(next)(x)),
  // Two at once are told from an `await` when somebody chains on, in the context of there.
  "then() of two, chained and awaited": async (a) =>
    await a.then((x) => next(x), () => "failed").then((text) => text),
  "then() of two, then catch()": (a) =>
    a.then((x) => next(x), () => "failed").catch(() => "failed"),
  "then() of two, then finally()": (a) =>
    a.then((x) => next(x), () => "failed").finally(() => {}),
  "then() of two, awaited": async (a) =>
    await a.then((x) => next(x), () => "failed"),
  "then(async, async), awaited": async (a) =>
    await a.then(async (x) => await next(x), async () => await next(0)),
  "then() twice": (a) => a.then((x) => x).then(next),
  "catch(), then then()": (a) => a.catch(() => 0).then(next),
  "finally(), then then()": (a) => a.finally(() => {}).then(next),
};

for (const [kind, make] of Object.entries(AWAITABLES)) {
  Deno.test(`a callback of ${kind} runs in the async context of who gave it`, () =>
    runTest(async () => {
      currentTask()!.setName("main");
      for (const way of Object.values(WAYS)) {
        const text = storage.run("the giver", () => way(make()));
        assertEquals(await text, "1 in the giver, the giver, main");
      }
    }));
}

for (const [kind, make] of Object.entries(FAILING)) {
  Deno.test(`a callback for the error of ${kind} runs in the async context of who gave it`, () =>
    runTest(async () => {
      currentTask()!.setName("main");
      const ways: ((a: Promise<number>) => Promise<string | number>)[] = [
        (a) => a.then(undefined, () => next(1)),
        (a) => a.then(null, async () => await next(1)),
        (a) => a.catch(() => next(1)),
        (a) => a.finally(() => {}).catch(() => next(1)),
        (a) => a.then(String, () => next(1)).finally(() => {}),
        (a) => a.then(String, throws).catch(() => next(1)),
      ];
      for (const way of ways) {
        const text = storage.run("the giver", () => way(make()));
        assertEquals(await text, "1 in the giver, the giver, main");
      }
    }));

  Deno.test(`catch() and finally() of ${kind} are those of a promise`, () =>
    runTest(async () => {
      assertEquals(await make().catch((error) => String(error)), FAILED);
      await assertRejects(() => make().catch(), RangeError);
      let ended = 0;
      await assertRejects(() => make().finally(() => ended++), RangeError);
      assertEquals(ended, 1);
      await assertRejects(
        () =>
          make().finally(() => {
            throw new TypeError("in finally");
          }),
        TypeError,
      );
    }));
}

function throws(error: unknown): never {
  throw error;
}

const FAILED = "RangeError: failed";

for (const [kind, make] of Object.entries(AWAITABLES)) {
  Deno.test(`${kind} is a promise to who takes one`, () =>
    runTest(async () => {
      const promise: Promise<number> = make();
      assertEquals(typeof promise[Symbol.toStringTag], "string");
      assertEquals(await promise.catch(() => 0), 1);
      assertEquals(await make().finally(() => sleep(1)), 1);
      assertEquals(await Promise.all([make(), make()]), [1, 1]);
      assertEquals(await Promise.race([make(), sleep(9, 9)]), 1);
      assertEquals(await Promise.any([make()]), 1);
      const [settled] = await Promise.allSettled([make()]);
      assertEquals(settled, { status: "fulfilled", value: 1 });
    }));
}

Deno.test("the names of the classes are in Symbol.toStringTag", () =>
  runTest(async () => {
    const tag = (value: unknown) => Object.prototype.toString.call(value);
    const task = createTask(sleep(1));
    const coro = sleep(1);
    assertEquals(tag(task), "[object Task]");
    assertEquals(tag(getRunningLoop().createFuture()), "[object Future]");
    assertEquals(tag(coro), "[object Coroutine]");
    await gather(task, coro);
  }));

Deno.test("a callback given by a task that ends before runs all the same", () =>
  runTest(async () => {
    const event = new Event();
    const texts: string[] = [];
    const giver = createTask(async () => {
      event.wait().then(() => texts.push("called")).catch(() => {
        texts.push("cancelled");
      });
      await sleep(0);
    });
    await giver;
    event.set();
    await sleep(1);
    assertEquals(texts.length, 1);
  }));

Deno.test("a task can be awaited outside of any loop", async () => {
  const loop = newEventLoop();
  const task = loop.createTask(async () => await sleep(0.001, "done"));
  const failing = loop.createTask(async () => {
    await sleep(0.001);
    throw new RangeError("failed");
  });
  const ends = [
    (async () => await task)(),
    task.then((text) => text),
    task.finally(() => {}),
    Promise.resolve(task),
    failing.catch(() => "done"),
  ];
  const refused = rejects(failing, RangeError);
  await loop.runUntilComplete(gather(task, failing.catch(() => {})));
  assertEquals(await Promise.all(ends), Array(5).fill("done"));
  await refused;
  // It is done by now, and its loop is closed.
  loop.close();
  assertEquals(await task, "done");
  await rejects(failing, /failed/);
});

Deno.test({
  name: "a task may be the answer of a handler of Deno.serve",
  ignore: CANNOT_LISTEN,
  fn: () =>
    run(async () => {
      const loop = getRunningLoop();
      const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
      await using server = Deno.serve(
        options,
        (): Promise<Response> =>
          loop.createTask(async () => {
            await sleep(0.001);
            return new Response("from a task");
          }),
      );
      const { port } = server.addr as Deno.NetAddr;
      const response = await fetch(`http://127.0.0.1:${port}`);
      assertEquals(await response.text(), "from a task");
    }),
});

Deno.test("cancelling a task ends what its callbacks wait for", () =>
  runTest(async () => {
    const log: string[] = [];
    const task = createTask(async () => {
      await sleep(1, 1).then(async () => {
        try {
          await sleep(60);
        } finally {
          log.push("cleaned up");
        }
      });
    });
    await sleep(2);
    task.cancel();
    await assertRejects(async () => await (task as Future<void>));
    assertEquals(log, ["cleaned up"]);
    assert(task.cancelled());
  }));

Deno.test("a future, a task and what holds one are logged as JSON by their words", () =>
  runTest(async () => {
    const log: string[] = [];
    const loop = getRunningLoop();
    loop.setExceptionHandler((_loop, context) => {
      log.push(JSON.stringify({ task: context.task }));
    });
    // It has begun, so that it and its coroutine know each other.
    const task = createTask(sleep(60), { name: "sleeper" });
    await sleep(1);
    loop.callExceptionHandler({ message: "Look", task });
    task.cancel();
    assertEquals(
      JSON.parse(log[0]!).task.slice(0, 28),
      '<Task pending name="sleeper"',
    );
    assertEquals(JSON.stringify(loop.createFuture()), '"<Future pending>"');
  }));
