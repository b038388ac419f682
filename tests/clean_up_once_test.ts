/**
 * The end of a task does not cancel a clean-up to which a cancel has led: of functions that
 * nobody awaits any more, those that clean up are waited for, and the others are cancelled.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  coroutine,
  createTask,
  currentTask,
  Event,
  Future,
  getRunningLoop,
  Lock,
  Queue,
  shield,
  sleep,
  taskGroup,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";
import {
  inBoth,
  type Program,
  type Style,
  wait as waitIn,
} from "./cpython/_program.ts";

const LONG = 3600;

/** Makes functions that wait, and then clean up for so many seconds, in two waits. */
function worker(log: string[]): (seconds: number) => Promise<void> {
  return async (seconds) => {
    try {
      await sleep(LONG);
    } finally {
      await sleep(seconds / 2);
      await sleep(seconds / 2);
      log.push(`clean after ${seconds}`);
    }
  };
}

type Work = ReturnType<typeof worker>;

/** Leaves two of them behind, in the task of a generator. */
const leaveBoth = coroutine(async (work: Work) => {
  for (const seconds of [1, 5]) work(seconds).catch(() => {});
  await undefined;
});

const both = (work: Work) => Promise.all([work(1), work(5)]);

/** Tasks whose functions are left in their clean-up, at a second after the start. */
const TASKS: Record<string, (work: Work) => () => unknown> = {
  "catches the TimeoutError of a Promise.all()": (work) => async () => {
    await timeout(1, () => both(work)).catch(() => {});
  },
  "catches the TimeoutError of an async function": (work) => async () => {
    await timeout(1, async () => {
      await both(work);
    }).catch(() => {});
  },
  "catches the TimeoutError of a Promise.race()": (work) => async () => {
    await timeout(1, () => Promise.race([work(1), work(5)])).catch(() => {});
  },
  "catches the TimeoutError of scopes inside of each other":
    (work) => async () => {
      await timeout(9, () => timeout(8, () => timeout(1, () => both(work))))
        .catch(() => {});
    },
  "is a generator that catches the TimeoutError": (work) =>
    function* () {
      try {
        yield* timeout(1, () => both(work));
      } catch {
        // Looked at by what the functions have logged.
      }
    },
  "is a generator that cleans up beside functions it has left": (work) =>
    function* () {
      getRunningLoop().callLater(1, cancel(currentTask()!));
      yield* leaveBoth(work);
      try {
        yield* sleep(LONG);
      } finally {
        yield* sleep(1);
      }
    },
  "is a generator that swallows a cancel beside functions it has left": (
    work,
  ) =>
    function* () {
      getRunningLoop().callLater(1, cancel(currentTask()!));
      yield* leaveBoth(work);
      try {
        yield* sleep(LONG);
      } catch {
        yield* sleep(1);
      }
    },
  "is a generator that goes on after the TimeoutError of a generator": (work) =>
    function* () {
      try {
        yield* timeout(1, function* () {
          yield* leaveBoth(work);
          yield* sleep(LONG);
        });
      } catch {
        yield* sleep(1);
      }
    },
  "is a generator that goes on after the error of a group": (work) =>
    function* () {
      try {
        yield* taskGroup(function* (group) {
          yield* leaveBoth(work);
          yield* sleep(1);
          group.createTask(function* () {
            throw new Error("child");
          });
          yield* sleep(LONG);
        });
      } catch {
        yield* sleep(1);
      }
    },
  "throws the error of a group whose body waits": (work) => async () => {
    await taskGroup(async (group) => {
      group.createTask(async () => {
        await sleep(1);
        throw new Error("child");
      });
      await both(work);
    });
  },
  "takes the cancel back": (work) => async () => {
    getRunningLoop().callLater(1, cancel(currentTask()!));
    await both(work).catch(() => currentTask()!.uncancel());
  },
  "waits for a task that cleans up beside a function": (work) => async () => {
    await timeout(
      1,
      () => Promise.all([work(1), createTask(() => work(5))]),
    ).catch(() => {});
  },
  "throws another error": (work) => async () => {
    getRunningLoop().callLater(1, cancel(currentTask()!));
    await both(work).catch(() => {
      throw new Error("another");
    });
  },
  "ends as cancelled": (work) => async () => {
    getRunningLoop().callLater(1, cancel(currentTask()!));
    await both(work);
  },
};

function cancel(task: { cancel(): boolean }): () => void {
  return () => void task.cancel();
}

for (const [name, make] of Object.entries(TASKS)) {
  Deno.test(`a task that ${name} ends when its functions have cleaned up`, () =>
    runTest(async (loop) => {
      const log: string[] = [];
      const task = createTask(make(worker(log)) as () => Promise<void>);
      await wait([task]);
      if (!task.cancelled()) task.exception();
      assertEquals([log, loop.time()], [
        ["clean after 1", "clean after 5"],
        6,
      ]);
    }));

  Deno.test(`a task that ${name} cancels the clean-up if it is cancelled again`, () =>
    runTest(async (loop) => {
      const log: string[] = [];
      const task = createTask(make(worker(log)) as () => Promise<void>);
      await sleep(3);
      task.cancel();
      await wait([task]);
      if (!task.cancelled()) task.exception();
      assertEquals([log, loop.time()], [["clean after 1"], 3]);
    }));
}

Deno.test("a task's end cancels what was begun after a timeout", () =>
  runTest(async (loop) => {
    const log: string[] = [];
    const work = worker(log);
    await createTask(async () => {
      await timeout(1, () => both(work)).catch(() => {});
      work(2).catch(() => {});
      await sleep(0);
    });
    assertEquals([log, loop.time()], [
      ["clean after 1", "clean after 2", "clean after 5"],
      6,
    ]);
  }));

Deno.test("a task's end cancels what was begun after a cancel that was taken back", () =>
  runTest(async (loop) => {
    const log: string[] = [];
    const work = worker(log);
    const task = createTask(async () => {
      try {
        await both(work);
      } catch {
        await sleep(1);
        currentTask()!.uncancel();
      }
      work(8).catch(() => {});
      await sleep(0);
    });
    await sleep(1);
    task.cancel();
    await wait([task]);
    assertEquals([log, loop.time()], [
      ["clean after 1", "clean after 5", "clean after 8"],
      11,
    ]);
  }));

/** Ends of a task whose functions clean up by a wait for the host, which it can't wait for. */
const ENDS: Record<string, (task: () => Promise<void>) => unknown> = {
  "ends": (work) => createTask(work),
  "fails": (work) =>
    createTask(async () => {
      await work();
      throw new Error("another");
    }),
  "is cancelled": async (work) => {
    const task = createTask(async () => {
      await work();
      await sleep(LONG);
    });
    await sleep(2);
    task.cancel();
    await task;
  },
};

for (const [name, end] of Object.entries(ENDS)) {
  for (const count of [1, 2, 3]) {
    Deno.test(`a task that ${name} does not look without end for ${count} clean-ups that wait for the host in a scope`, () =>
      runTest(async () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        const log: string[] = [];
        const helper = async () => {
          try {
            await sleep(LONG);
          } finally {
            await timeout(LONG, () => promise);
            await sleep(0);
            log.push("clean");
          }
        };
        // The host's, which never comes if the loop gives it no turn.
        setTimeout(resolve);
        await Promise.allSettled([end(async () => {
          for (let i = 0; i < count; i++) helper().catch(() => {});
          await sleep(1);
        })]);
        await sleep(1);
        assertEquals(log, Array(count).fill("clean"));
      }));
  }
}

/** Waits that have nothing to wait for. */
const READY: Record<string, (style: Style) => Program<void>> = {
  *"a future that is done"() {
    yield* waitIn(done());
  },
  *"a shield of what is done"() {
    yield* waitIn(shield(done()));
  },
  *"a free lock"() {
    const guard = yield* waitIn(new Lock().acquire());
    guard[Symbol.dispose]();
  },
  *"a queue with an item"() {
    const queue = new Queue<number>();
    yield* waitIn(queue.put(1));
    yield* waitIn(queue.get());
  },
  *"an event that is set"() {
    const event = new Event();
    event.set();
    yield* waitIn(event.wait());
  },
  *"a scope of no waits"(style) {
    yield* waitIn(timeout(9, style.fn(function* () {})));
  },
};

function done(): Future<void> {
  const future = new Future<void>();
  future.setResult(undefined);
  return future;
}

// A function that has not shown that it got a cancel gets it: who returns from a clean-up
// shows it by its next wait, which may come only after many that had nothing to wait for.
for (const [name, ready] of Object.entries(READY)) {
  for (const cleansUp of [true, false]) {
    const when = cleansUp ? "after a clean-up" : "in place of a clean-up";
    inBoth(
      `waits for ${name} ${when} do not bring a cancel back`,
      function* (style) {
        const log: string[] = [];
        const rest = style.fn(function* () {
          for (let i = 0; i < 30; i++) yield* ready(style);
        });
        const inner = style.fn(function* () {
          try {
            yield* waitIn(sleep(LONG));
          } catch {
            if (cleansUp) yield* waitIn(sleep(1));
            yield* waitIn(rest());
          }
        });
        const outer = style.fn(function* () {
          yield* waitIn(inner());
          yield* waitIn(rest());
          yield* waitIn(sleep(2));
          log.push("waited");
        });
        const task = createTask(style.fn(function* () {
          yield* waitIn(outer());
          yield* waitIn(rest());
          yield* waitIn(sleep(4));
          log.push("waited");
        }));
        yield* waitIn(sleep(1));
        task.cancel();
        yield* waitIn(wait([task]));
        assertEquals(log, ["waited", "waited"]);
        assertEquals(getRunningLoop().time(), cleansUp ? 8 : 7);
      },
    );
  }
}
