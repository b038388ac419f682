/**
 * `cancelling()` is a count, as in CPython: who takes a request back takes one back, whoever
 * has made it, and what a request was to come to goes by what is left of the count.
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelledError,
  coroutine,
  createTask,
  currentTask,
  Future,
  gather,
  getRunningLoop,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runVirtual } from "./cpython/_both.ts";
import {
  failureOf,
  inBoth,
  type Program,
  type Style,
  type StyledFunction,
  wait as waitIn,
} from "./cpython/_program.ts";
import { hostTurns } from "./_host_turns.ts";

const LONG = 1000;

/** A function that waits until it is cancelled, and then cleans up. */
function untilCancelled(
  style: Style,
  cleanUp: () => Program<void>,
): StyledFunction<[], void> {
  return style.fn(function* () {
    try {
      yield* waitIn(sleep(LONG));
    } finally {
      yield* cleanUp();
    }
  });
}

inBoth(
  "uncancel() in a scope that has expired, then a cancel from outside: the scope takes one back and throws its TimeoutError",
  function* (style) {
    let error: unknown;
    const task = createTask(style.fn(function* () {
      const body = untilCancelled(style, function* () {
        assertEquals(currentTask()!.uncancel(), 0);
        yield* waitIn(sleep(LONG));
      });
      error = yield* failureOf(timeout(1, body));
      assertEquals(currentTask()!.cancelling(), 0);
      yield* waitIn(sleep(1));
      return "went on";
    }));
    yield* waitIn(sleep(2));
    task.cancel();
    yield* waitIn(wait([task]));
    assertInstanceOf(error, TimeoutError);
    assertEquals([task.result(), getRunningLoop().time()], ["went on", 3]);
  },
);

inBoth(
  "uncancel() in a scope that has expired leaves the scopes inside of it their TimeoutErrors",
  function* (style) {
    const future = new Future<void>();
    let inner: unknown;
    const body = untilCancelled(style, function* () {
      currentTask()!.uncancel();
      inner = yield* failureOf(waitFor(future, 1));
    });
    const outer = yield* failureOf(timeout(1, body));
    assertInstanceOf(inner, TimeoutError);
    assertInstanceOf(outer, TimeoutError);
    assertEquals(getRunningLoop().time(), 2);
  },
);

inBoth(
  "uncancel() by another task counts for the scope that has expired",
  function* (style) {
    let error: unknown;
    const task: Task<void> = createTask(style.fn(function* () {
      const child = untilCancelled(style, function* () {
        task.uncancel();
        yield* waitIn(sleep(2));
      });
      const fill = style.fn(function* (group: TaskGroup) {
        group.createTask(child);
      });
      const body = style.fn(function* () {
        yield* waitIn(taskGroup(fill));
      });
      error = yield* failureOf(timeout(1, body));
    }));
    yield* waitIn(sleep(2));
    task.cancel();
    yield* waitIn(wait([task]));
    assertInstanceOf(error, TimeoutError);
    assert(!task.cancelled());
  },
);

inBoth(
  "a cancel that came before the deadline and was not taken back goes out of the scope",
  function* (style) {
    let error: unknown;
    const task = createTask(style.fn(function* () {
      const body = untilCancelled(style, function* () {
        yield* waitIn(sleep(LONG));
      });
      try {
        yield* waitIn(timeout(2, body));
      } catch (thrown) {
        error = thrown;
        throw thrown;
      }
    }));
    yield* waitIn(sleep(1));
    task.cancel();
    yield* waitIn(wait([task]));
    assertInstanceOf(error, CancelledError);
    assertEquals([task.cancelled(), getRunningLoop().time()], [true, 2]);
  },
);

type Body = StyledFunction<[], unknown>;

const SCOPES = {
  "timeout()": (body: Body) => timeout(LONG, body),
  "taskGroup()": (body: Body) => taskGroup(body),
  "timeout() in timeout()": (body: Body) =>
    timeout(LONG, () => timeout(LONG, body)),
};

for (const [name, scope] of Object.entries(SCOPES)) {
  inBoth(
    `who cancels itself in a ${name} and takes it back at once is not cancelled`,
    function* (style) {
      const task = createTask(style.fn(function* () {
        const body = style.fn(function* () {
          currentTask()!.cancel();
          assertEquals(currentTask()!.uncancel(), 0);
          yield* waitIn(sleep(0));
          yield* waitIn(sleep(1));
          return "result";
        });
        return yield* waitIn(scope(body));
      }));
      yield* waitIn(wait([task]));
      assertEquals(task.result(), "result");
    },
  );

  for (const goesOn of [true, false]) {
    const then = goesOn ? "waits" : "returns";
    inBoth(
      `who cancels itself while a CancelledError leaves a ${name} gets it too, if it ${then} after that`,
      function* (style) {
        const log: string[] = [];
        const task = createTask(style.fn(function* () {
          const body = untilCancelled(style, function* () {
            currentTask()!.cancel("own");
          });
          const error = yield* failureOf(scope(body));
          assertInstanceOf(error, CancelledError);
          if (goesOn) yield* waitIn(sleep(1));
          log.push("end");
        }));
        yield* waitIn(sleep(1));
        task.cancel("another's");
        yield* waitIn(wait([task]));
        assert(task.cancelled());
        assertEquals(log, goesOn ? [] : ["end"]);
        assertEquals(getRunningLoop().time(), 1);
      },
    );
  }
}

inBoth(
  "who cancels itself in the clean-up of a deadline ends as cancelled",
  function* (style) {
    let error: unknown;
    const task = createTask(style.fn(function* () {
      const body = untilCancelled(style, function* () {
        currentTask()!.cancel();
      });
      error = yield* failureOf(timeout(1, body));
    }));
    yield* waitIn(wait([task]));
    assertInstanceOf(error, CancelledError);
    assert(task.cancelled());
  },
);

inBoth(
  "a cancel that a group's errors have hidden in a scope ends the task, which waits no more",
  function* (style) {
    let ended = false;
    const task: Task<void> = createTask(style.fn(function* () {
      const child = style.fn(function* () {
        yield* waitIn(sleep(1));
        task.cancel();
        throw new Error("boom");
      });
      const fill = style.fn(function* (group: TaskGroup) {
        group.createTask(child);
      });
      const body = style.fn(function* () {
        yield* waitIn(taskGroup(fill));
      });
      const error = yield* failureOf(waitFor(body, LONG));
      assertInstanceOf(error, AggregateError);
      ended = true;
    }));
    yield* waitIn(wait([task]));
    assert(ended);
    assert(task.cancelled());
  },
);

inBoth(
  "gather() that was cancelled, and whose work went on, has the message of the last cancel of its last work",
  function* (style) {
    const future = new Future<void>();
    const work = createTask(style.fn(function* () {
      yield* failureOf(future);
      currentTask()!.cancel("own");
      yield* failureOf(sleep(1));
      return "result";
    }));
    const all = gather([work]);
    yield* waitIn(sleep(1));
    all.cancel("all");
    const error = yield* failureOf(all);
    assertInstanceOf(error, CancelledError);
    assertEquals([error.message, work.result()], ["own", "result"]);
  },
);

/** What an async function waits for when it is cancelled at a promise of the host. */
const HOSTED: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  "the host": hostTurns,
  "timeout()": () => timeout(LONG, hostTurns),
  "timeout() in timeout()": () => timeout(LONG, () => timeout(LONG, hostTurns)),
  "taskGroup()": () => taskGroup(() => hostTurns()),
  "waitFor() of a task": () => waitFor(async () => await hostTurns(), LONG),
  "a generator's timeout()": coroutine(function* () {
    yield* timeout(LONG, () => hostTurns());
  }),
};

for (const [name, waitFor] of Object.entries(HOSTED)) {
  Deno.test(`a cancel that finds ${name} at a promise of the host, after which nothing waits, ends the task as cancelled`, () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        await waitFor();
        return "result";
      });
      await sleep(0);
      task.cancel();
      await wait([task]);
      assert(task.cancelled(), String(task));
    }));

  Deno.test(`a deadline that finds ${name} at a promise of the host, after which nothing waits, is a TimeoutError or was too late`, () =>
    runVirtual(async () => {
      let log = "";
      const error = await timeout(0, async () => {
        await waitFor();
        log = "went on";
        await sleep(1);
        log = "never comes here";
      }).catch((thrown) => thrown);
      assertInstanceOf(error, TimeoutError);
      assertEquals(log, "went on");
    }));
}
