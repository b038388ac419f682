import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelledError,
  getRunningLoop,
  sleep,
  staggeredRace,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import {
  failureOf,
  inBoth,
  type Program,
  type Style,
  type StyledFunction,
  wait,
} from "./_program.ts";

function gives(style: Style, index: number): StyledFunction<[], string> {
  return style.fn(function* (): Program<string> {
    return `Res: ${index}`;
  });
}

function fails(style: Style, index: number): StyledFunction<[], string> {
  return style.fn(function* (): Program<string> {
    throw new RangeError(`${index}`);
  });
}

function classOf(error: unknown): unknown {
  return error === undefined ? undefined : (error as Error).constructor;
}

inBoth("staggered.StaggeredTests.empty", function* () {
  assertEquals(
    yield* wait(staggeredRace([], undefined)),
    [undefined, undefined, []],
  );
});

inBoth("staggered.StaggeredTests.one_successful", function* (style) {
  let started = false;
  const second = style.fn(function* (): Program<string> {
    started = true;
    return "Res: 1";
  });
  assertEquals(
    yield* wait(staggeredRace([gives(style, 0), second], 10)),
    ["Res: 0", 0, [undefined]],
  );
  assertEquals(started, false);
});

inBoth(
  "staggered.StaggeredTests.first_error_second_successful",
  function* (style) {
    const [result, index, errors] = yield* wait(
      staggeredRace([fails(style, 0), gives(style, 1)], 10),
    );
    assertEquals([result, index], ["Res: 1", 1]);
    assertEquals(errors.map(classOf), [RangeError, undefined]);
    assertEquals(getRunningLoop().time(), 0);
  },
);

inBoth(
  "staggered.StaggeredTests.first_timeout_second_successful",
  function* (style) {
    const slow = style.fn(function* () {
      return yield* wait(sleep(10, "Res: 0"));
    });
    const [result, index, errors] = yield* wait(
      staggeredRace([slow, gives(style, 1)], 0.1),
    );
    assertEquals([result, index], ["Res: 1", 1]);
    assertEquals(errors.length, 2);
    assertInstanceOf(errors[0], CancelledError);
    assertEquals(errors[1], undefined);
  },
);

inBoth("staggered.StaggeredTests.none_successful", function* (style) {
  for (const delay of [undefined, 0, 0.1, 1]) {
    const [result, index, errors] = yield* wait(
      staggeredRace([fails(style, 0), fails(style, 1)], delay),
    );
    assertEquals([result, index], [undefined, undefined]);
    assertEquals(errors.map(classOf), [RangeError, RangeError]);
  }
});

inBoth("staggered.StaggeredTests.multiple_winners", function* (style) {
  const event = getRunningLoop().createFuture<void>();
  const coro = (index: number) =>
    style.fn(function* () {
      yield* wait(event);
      return index;
    });
  const setter = style.fn(function* (): Program<number> {
    event.setResult(undefined);
    throw new RangeError("setter");
  });
  const [result, index, errors] = yield* wait(
    staggeredRace([coro(0), coro(1), coro(2), setter], 0.1),
  );
  assertEquals([result, index], [0, 0]);
  assertEquals(errors.length, 4);
  assertEquals(errors[0], undefined);
  assertInstanceOf(errors[1], CancelledError);
  assertInstanceOf(errors[2], CancelledError);
  assertInstanceOf(errors[3], RangeError);
});

inBoth("staggered.StaggeredTests.cancelled", function* (style) {
  const log: string[] = [];
  const error = yield* failureOf(timeout(
    0,
    style.fn(function* (outer) {
      const coro = style.fn(function* () {
        for (const number of [1, 2]) {
          try {
            yield* wait(sleep(10));
          } catch (error) {
            log.push(`cancelled ${number}`);
            if (number === 2) throw error;
          }
        }
      });
      try {
        yield* wait(timeout(
          undefined,
          style.fn(function* (inner) {
            // Each expires in a turn of its own.
            const loop = getRunningLoop();
            inner.reschedule(loop.time() + 0.1);
            outer.reschedule(loop.time() + 0.2);
            yield* wait(staggeredRace([coro], undefined));
          }),
        ));
      } catch (error) {
        log.push("cancelled 3");
        throw error;
      }
    }),
  ));
  assertInstanceOf(error, TimeoutError);
  assertEquals(log, ["cancelled 1", "cancelled 2", "cancelled 3"]);
});
