/**
 * After the end of a loop: what settles, aborts or fires then is nobody's error.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  asCompleted,
  ContextVar,
  coroutine,
  createTask,
  ensureFuture,
  Event,
  type EventLoop,
  fromSignal,
  gather,
  Lock,
  mapConcurrent,
  Queue,
  run,
  RuntimeError,
  shield,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";

/** A promise of the host that a test settles. */
class HostPromise {
  readonly promise: Promise<number>;
  #resolve!: (value: number) => void;
  #reject!: (error: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  settle(fails: boolean): void {
    if (fails) this.#reject(new Error("late"));
    else this.#resolve(1);
  }
}

async function* source(promise: Promise<number>) {
  yield await promise;
}

/** What may wait for the host when a loop is closed. */
const WAITS: Record<
  string,
  (promise: Promise<number>, loop: EventLoop, signal: AbortSignal) => unknown
> = {
  "ensureFuture()": (promise, loop) => ensureFuture(promise, { loop }),
  "an async-function task": (promise) => createTask(async () => await promise),
  "a generator task": (promise) =>
    createTask(function* () {
      return yield* ensureFuture(promise);
    }),
  "a generator that runs an async function": (promise) =>
    createTask(function* () {
      yield* coroutine(async () => await promise)();
      throw new Error("resumed after the end");
    }),
  "fromSignal()": (promise) => createTask(fromSignal(() => promise)),
  "gather()": (promise) => gather(promise, sleep(99)),
  "shield()": (promise) => shield(promise),
  "waitFor()": (promise) => createTask(waitFor(promise, 99)),
  "timeout()": (promise) => createTask(timeout(99, async () => await promise)),
  "taskGroup()": (promise, _, signal) =>
    createTask(taskGroup(async (group) => {
      group.createTask(sleep(99));
      await promise;
    }, { signal })),
  "createTask() with a signal": (promise, _, signal) =>
    createTask(async () => await promise, { signal }),
  "mapConcurrent()": (promise) =>
    createTask(
      mapConcurrent(source(promise), async () => await promise, { limit: 2 })
        .collect(),
    ),
  "asCompleted()": (promise) => asCompleted([promise])[Symbol.asyncIterator](),
  "then() of a task": (promise) =>
    void createTask(async () => await promise).then(() => {
      throw new Error("called after the end");
    }, () => {}),
};

for (const [name, begin] of Object.entries(WAITS)) {
  for (const end of ["fulfils", "fails", "aborts"]) {
    Deno.test(`${name} is ignored when its promise ${end} after the end of the loop`, async () => {
      const unhandled: unknown[] = [];
      const onUnhandled = (event: PromiseRejectionEvent) => {
        unhandled.push(event.reason);
        event.preventDefault();
      };
      globalThis.addEventListener("unhandledrejection", onUnhandled);
      try {
        const host = new HostPromise();
        const controller = new AbortController();
        const loop = new TestLoop();
        loop.callLater(1, () => loop.stop());
        loop.callSoon(() => void begin(host.promise, loop, controller.signal));
        await loop.runForever();
        loop.close();
        const told = loop.reports.length;
        if (end === "aborts") controller.abort();
        else host.settle(end === "fails");
        for (let i = 0; i < 3; i++) {
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
        assertEquals(unhandled, []);
        assertEquals(loop.reports.slice(told), []);
      } finally {
        globalThis.removeEventListener("unhandledrejection", onUnhandled);
      }
    });
  }
}

Deno.test("cancel() of a task of a closed loop throws nothing", async () => {
  const loop = new TestLoop();
  const tasks = [
    loop.createTask(() => sleep(99)),
    loop.createTask(async () => await sleep(99)),
  ];
  loop.callLater(1, () => loop.stop());
  await loop.runForever();
  loop.close();
  for (const task of tasks) task.cancel();
  for (const task of tasks) assert(!task.done());
});

const LATE_WAITS: Readonly<Record<string, () => Promise<unknown>>> = {
  "sleep()": async () => await sleep(1),
  "a turn": async () => await sleep(0),
  "a lock": async () => {
    const lock = new Lock();
    await lock.acquire();
    await lock.acquire();
  },
  "a queue": async () => await new Queue().get(),
  "an event": async () => await new Event().wait(),
  "a time limit": async () => await timeout(1, async () => await sleep(9)),
  "a generator": async () =>
    await coroutine(function* () {
      yield* new Event().wait();
    })(),
};

for (const [name, waitAt] of Object.entries(LATE_WAITS)) {
  Deno.test(`who waits for ${name} of a closed loop gets an error, and cleans up`, async () => {
    const host = new HostPromise();
    const log: string[] = [];
    let ended: Promise<void> | undefined;
    await run(async () => {
      ended = (async () => {
        await host.promise;
        try {
          await waitAt();
        } finally {
          log.push("clean");
        }
      })();
      await sleep(0);
    });
    host.settle(false);
    await assertRejects(() => ended!, RuntimeError, "loop is closed");
    assertEquals(log, ["clean"]);
  });
}

Deno.test("a context variable of one run does not show in another", async () => {
  const user = new ContextVar<string>("user");
  const host = new HostPromise();
  const seen: unknown[] = [];
  await run(async () => {
    user.set("of the first run");
    void (async () => {
      await host.promise;
      user.set("late in the first run");
      seen.push(user.get());
    })();
    await sleep(0);
  });
  await run(async () => {
    host.settle(false);
    await sleep(0.001);
    seen.push(user.get("nobody"));
  });
  assertEquals(seen, ["late in the first run", "nobody"]);
  assertEquals(user.get("nobody"), "nobody");
});
