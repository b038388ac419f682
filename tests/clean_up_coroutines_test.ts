/**
 * A clean-up that goes from async functions to generators and back: what a generator calls
 * after its first wait belongs to the clean-up too, and is cancelled once.
 */
import { assertEquals } from "@std/assert";
import {
  type Coro,
  coroutine,
  createTask,
  currentTask,
  mapConcurrent,
  sleep,
  taskGroup,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const LONG = 3600;

type Work = () => PromiseLike<unknown>;

async function close() {
  await sleep(1);
  await sleep(0);
}

const closeLater = (how: Work): Work =>
  coroutine(function* (): Coro<void> {
    yield* sleep(1);
    yield* coroutine(how)();
  });

const CLEAN_UPS: Readonly<Record<string, () => Work>> = {
  "an async function that a generator calls": () => closeLater(close),
  "an async function that generators call, five calls deep": () =>
    closeLater(async () => await closeLater(closeLater(close))()),
  "the body of a scope of a generator, and what follows": () =>
    coroutine(function* (): Coro<void> {
      yield* sleep(1);
      yield* timeout(LONG, close);
      yield* taskGroup(close);
      yield* coroutine(close)();
    }),
  "a body that a generator may abandon": () =>
    coroutine(function* (): Coro<void> {
      yield* sleep(1);
      yield* timeout(LONG, close, { abandon: true });
      yield* coroutine(close)();
    }),
  "a coroutine that was made before": () => {
    const made = closeLater(close)();
    return async () => {
      await sleep(1);
      await made;
    };
  },
  "jobs that a generator waits for": () =>
    coroutine(function* (): Coro<void> {
      yield* sleep(1);
      yield* mapConcurrent([1, 2], close, { limit: 1 }).collect();
      yield* coroutine(close)();
    }),
};

/** Runs a body that is cancelled while it waits. */
const CANCELS: Readonly<Record<string, (body: Work) => Promise<void>>> = {
  async "Task.cancel()"(body) {
    const task = createTask(body);
    await sleep(1);
    task.cancel();
    await wait([task]);
  },
  async "Task.cancel(), in a generator"(body) {
    const task = createTask(coroutine(function* (): Coro<void> {
      yield* coroutine(body)();
    }));
    await sleep(1);
    task.cancel();
    await wait([task]);
  },
  async "Task.cancel(), beside the task's function"(body) {
    const task = createTask(async () => {
      body().then(undefined, () => {});
      await sleep(LONG);
    });
    await sleep(1);
    task.cancel();
    await wait([task]);
  },
  async "a deadline"(body) {
    await timeout(1, body).catch(() => {});
  },
  async "TaskGroup.cancel()"(body) {
    await taskGroup(async (group) => {
      group.createTask(async () => {
        await sleep(1);
        group.cancel();
      });
      await body();
    });
  },
};

for (const [cleanUp, make] of Object.entries(CLEAN_UPS)) {
  for (const [cancel, runBody] of Object.entries(CANCELS)) {
    Deno.test(`${cancel} cancels a clean-up once: ${cleanUp}`, () =>
      runTest(async () => {
        const log: string[] = [];
        await runBody(async () => {
          const clean = make();
          try {
            await sleep(LONG);
          } finally {
            log.push("cancelled");
            await clean();
            log.push("clean");
          }
        });
        assertEquals(log, ["cancelled", "clean"]);
      }));
  }
}

Deno.test("a second cancel reaches an async function that a generator calls in a clean-up", () =>
  runTest(async () => {
    const log: string[] = [];
    const task = createTask(async () => {
      try {
        await sleep(LONG);
      } finally {
        await closeLater(async () => {
          try {
            await sleep(LONG);
          } finally {
            log.push(`cancelled ${currentTask()!.cancelling()} times`);
            await close();
            log.push("clean");
          }
        })();
      }
    });
    await sleep(1);
    task.cancel();
    await sleep(2);
    task.cancel();
    await wait([task]);
    assertEquals(log, ["cancelled 2 times", "clean"]);
  }));
