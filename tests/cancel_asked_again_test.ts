/**
 * A group that throws errors in place of a cancel asks for it again: the next wait gets it,
 * as in CPython, however many scopes end before, and whoever has met it the first time.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  sleep,
  type Task,
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
  type Style,
  type StyledFunction,
  wait as waitIn,
} from "./cpython/_program.ts";

const LONG = 1000;

type Body = StyledFunction<[], unknown>;

/** A function that waits, and runs another one when it is cancelled there. */
function late(style: Style, body: Body): Body {
  return style.fn(function* () {
    try {
      yield* waitIn(sleep(LONG));
    } finally {
      yield* waitIn(body());
    }
  });
}

/** In which scopes a group fails whose task was cancelled before. */
const SCOPES: Readonly<Record<string, (body: Body, style: Style) => unknown>> =
  {
    "no scope": (body) => body(),
    "timeout()": (body) => timeout(LONG, body),
    "waitFor()": (body) => waitFor(body, LONG),
    "taskGroup()": (body) => taskGroup(body),
    "timeout() in timeout()": (body) =>
      timeout(LONG, () => timeout(LONG, body)),
    "timeout() in taskGroup()": (body) => taskGroup(() => timeout(LONG, body)),
    "a timeout() that has expired": (body, style) =>
      timeout(1, late(style, body)),
    "a waitFor() that has expired": (body, style) =>
      waitFor(late(style, body), 1),
    "a timeout() that has expired in timeout()": (body, style) =>
      timeout(LONG, () => timeout(1, late(style, body))),
    "a timeout() in one that has expired": (body, style) =>
      timeout(1, late(style, () => timeout(LONG, body) as never)),
  };

/** Tasks that have swallowed a cancel, and then had a failing group in a scope. */
function failing(
  style: Style,
  scope: (body: Body, style: Style) => unknown,
  log: string[],
  takesBack = false,
): Task<void> {
  return createTask(style.fn(function* () {
    yield* failureOf(sleep(LONG));
    if (takesBack) currentTask()!.uncancel();
    const raise = style.fn(function* () {
      throw new Error("boom");
    });
    const body = style.fn(function* () {
      yield* waitIn(taskGroup(raise));
    });
    const error = yield* failureOf(scope(body, style));
    assertInstanceOf(error, AggregateError);
    log.push("failed");
    for (let i = 0; i < 2; i++) {
      try {
        yield* waitIn(sleep(1));
        log.push("waited");
      } catch (error) {
        assertInstanceOf(error, CancelledError);
        log.push("cancelled");
      }
    }
  }));
}

for (const [name, scope] of Object.entries(SCOPES)) {
  inBoth(
    `taskGroup() that fails in ${name} asks again for a cancel that was swallowed`,
    function* (style) {
      const log: string[] = [];
      const task = failing(style, scope, log);
      yield* waitIn(sleep(1));
      task.cancel();
      yield* waitIn(wait([task]));
      assertEquals(log, ["failed", "cancelled", "waited"]);
      assertEquals(task.cancelling(), 1);
    },
  );

  inBoth(
    `taskGroup() that fails in ${name} asks for no cancel that was taken back`,
    function* (style) {
      const log: string[] = [];
      const task = failing(style, scope, log, true);
      yield* waitIn(sleep(1));
      task.cancel();
      yield* waitIn(wait([task]));
      assertEquals(log, ["failed", "waited", "waited"]);
      assertEquals(task.cancelling(), 0);
    },
  );
}

inBoth(
  "taskGroup() that fails in a scope that has expired asks only that scope again",
  function* (style) {
    let inner: unknown;
    const raise = style.fn(function* () {
      throw new Error("boom");
    });
    const body = late(
      style,
      style.fn(function* () {
        yield* failureOf(taskGroup(raise));
        inner = yield* failureOf(sleep(1));
        throw inner;
      }),
    );
    assertInstanceOf(yield* failureOf(timeout(1, body)), TimeoutError);
    assertInstanceOf(inner, CancelledError);
    yield* waitIn(sleep(1));
    assertEquals(currentTask()!.cancelling(), 0);
  },
);

Deno.test("taskGroup() that fails in an expired scope asks no scope beside it again", () =>
  runVirtual(async () => {
    const log: string[] = [];
    const fail = () =>
      timeout(1, async () => {
        try {
          await sleep(LONG);
        } finally {
          await taskGroup(() => Promise.reject(new Error("boom")));
        }
      });
    const expire = () =>
      timeout(1, async () => {
        try {
          await sleep(LONG);
        } finally {
          await sleep(5);
          log.push("cleaned up");
        }
      });
    const [failed, expired] = await Promise.allSettled([fail(), expire()]);
    assert(failed.status === "rejected" && expired.status === "rejected");
    assertInstanceOf(failed.reason, AggregateError);
    assertInstanceOf(expired.reason, TimeoutError);
    assertEquals(log, ["cleaned up"]);
    await sleep(1);
  }));
