/**
 * A function that stands at a promise of the host while its scope or task ends by a cancel, as
 * a branch of Promise.all() may: it gets the cancel at its next wait, once.
 */
import { assertEquals } from "@std/assert";
import {
  type Coro,
  coroutine,
  createTask,
  Event,
  Lock,
  Queue,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const LONG = 3600;

type Work = () => Promise<unknown>;

/** Runs a body that is cancelled after a second. */
const CANCELS: Readonly<Record<string, (body: Work) => Promise<unknown>>> = {
  "timeout()": (body) => timeout(1, body),
  "timeout() in another one": (body) =>
    timeout(LONG, () => timeout(1, () => timeout(LONG, body))),
  "waitFor()": (body) => waitFor(body, 1),
  "TaskGroup.cancel()": (body) =>
    taskGroup(async (group) => {
      group.createTask(async () => {
        await sleep(1);
        group.cancel();
      });
      await body();
    }),
  "a failed group": (body) =>
    taskGroup(async (group) => {
      group.createTask(async () => {
        await sleep(1);
        throw new Error("failed");
      });
      await body();
    }),
  async "task.cancel()"(body) {
    const task = createTask(body);
    await sleep(1);
    task.cancel();
    await task;
  },
  async "task.cancel() round a scope"(body) {
    const task = createTask(() => timeout(LONG, body));
    await sleep(1);
    task.cancel();
    await task;
  },
};

/** Waits of the function that was left behind. */
const WAITS: Readonly<Record<string, Work>> = {
  "sleep()": () => sleep(LONG),
  "Queue.get()": () => new Queue().get(),
  "a lock": async () => {
    const lock = new Lock();
    await lock.acquire();
    await lock.acquire();
  },
  "an event in a timeout()": () => timeout(LONG, () => new Event().wait()),
  "a task": async () => await createTask(() => sleep(LONG)),
  "a generator": () =>
    coroutine(function* (): Coro<void> {
      yield* sleep(LONG);
    })(),
};

/** Runs a body one branch of which stands at the host until the cancel is over. */
async function leaveAtHost(
  cancelled: (body: Work) => Promise<unknown>,
  branch: (host: Promise<void>) => Promise<unknown>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const body = () => Promise.all([sleep(LONG), branch(promise)]);
  await Promise.allSettled([cancelled(body)]);
  // In the burst of microtasks in which the scope ends it would look like a clean-up.
  await sleep(1);
  resolve();
  await sleep(10);
}

for (const [name, cancelled] of Object.entries(CANCELS)) {
  for (const [waited, work] of Object.entries(WAITS)) {
    Deno.test(`a function that ${name} leaves at the host gets the cancel at its next wait: ${waited}`, () =>
      runTest(async () => {
        const log: string[] = [];
        await leaveAtHost(cancelled, async (host) => {
          await host;
          try {
            log.push("waits");
            await work();
          } catch (error) {
            log.push((error as Error).name);
            throw error;
          } finally {
            await sleep(1);
            await sleep(1);
            log.push("clean");
          }
        });
        assertEquals(log, ["waits", "CancelledError", "clean"]);
      }));
  }

  Deno.test(`a function that ${name} leaves at the host takes no item that comes later`, () =>
    runTest(async () => {
      const queue = new Queue<string>();
      await leaveAtHost(cancelled, async (host) => {
        await host;
        await queue.get();
      });
      await queue.put("item");
      assertEquals(queue.qsize(), 1);
    }));

  Deno.test(`a function that has got the cancel of ${name} cleans up to the end`, () =>
    runTest(async () => {
      const log: string[] = [];
      await leaveAtHost(cancelled, async (host) => {
        try {
          await sleep(LONG);
        } finally {
          await sleep(0);
          await host;
          await sleep(1);
          log.push("clean");
        }
      });
      assertEquals(log, ["clean"]);
    }));

  Deno.test(`a function that catches the cancel of ${name} late goes on`, () =>
    runTest(async () => {
      const log: string[] = [];
      await leaveAtHost(cancelled, async (host) => {
        await host;
        await sleep(LONG).catch(() => log.push("caught"));
        for (let i = 0; i < 3; i++) await sleep(1);
        log.push("went on");
      });
      assertEquals(log, ["caught", "went on"]);
    }));
}

Deno.test("a function that a scope leaves at the host goes on if nobody has cancelled that", () =>
  runTest(async () => {
    const log: string[] = [];
    await leaveAtHost(
      (body) =>
        timeout(LONG, () => {
          void body();
          return Promise.resolve();
        }),
      async (host) => {
        await host;
        await sleep(1);
        log.push("went on");
      },
    );
    assertEquals(log, ["went on"]);
  }));

Deno.test("a function that a task leaves at the host is no longer cancelled once that was taken back", () =>
  runTest(async () => {
    const log: string[] = [];
    await leaveAtHost(
      async (body) => {
        const task = createTask(async () => {
          await body().catch(() => task.uncancel());
          await sleep(1);
        });
        await sleep(1);
        task.cancel();
        await wait([task]);
        log.push(`${task.cancelled()}`);
      },
      async (host) => {
        await host;
        await sleep(1);
        log.push("went on");
      },
    );
    assertEquals(log, ["false", "went on"]);
  }));
