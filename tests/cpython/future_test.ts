import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  Future,
  FUTURE_MARKER,
  getRunningLoop,
  InvalidStateError,
  isFuture,
  RuntimeError,
  setEventLoop,
  sleep,
} from "../../mod.ts";
import {
  both,
  caseTest,
  errorOf,
  recordReports,
  rejectionOf,
  withLoop,
} from "./_both.ts";

caseTest("futures.BaseFutureTests.isfuture", () =>
  withLoop((loop) => {
    class Duck {
      get [FUTURE_MARKER](): true {
        return true;
      }
    }
    const answersAll = new Proxy({}, { get: () => true, has: () => true });
    assert(isFuture(loop.createFuture()));
    assert(isFuture(new Duck()));
    for (const other of [1, Future, answersAll, undefined, null]) {
      assertFalse(isFuture(other));
    }
  }));

caseTest("futures.BaseFutureTests.initial_state", () =>
  withLoop((loop) => {
    const future = loop.createFuture();
    assertFalse(future.cancelled());
    assertFalse(future.done());
    future.cancel();
    assert(future.cancelled());
  }));

caseTest("futures.BaseFutureTests.constructor_without_loop", () => {
  assertThrows(() => new Future(), RuntimeError, "loop");
});

both("futures.BaseFutureTests.constructor_use_running_loop", {
  *generator() {
    assertStrictEquals(new Future().getLoop(), getRunningLoop());
  },
  async async() {
    assertStrictEquals(new Future().getLoop(), getRunningLoop());
    await sleep(0);
    assertStrictEquals(new Future().getLoop(), getRunningLoop());
  },
});

caseTest(
  "futures.BaseFutureTests.constructor_use_global_loop",
  () =>
    withLoop((loop) => {
      setEventLoop(loop);
      assertStrictEquals(new Future().getLoop(), loop);
    }),
);

caseTest(
  "futures.BaseFutureTests.constructor_positional",
  () =>
    withLoop((loop) => {
      setEventLoop(loop);
      assertThrows(() => new Future(42 as never), TypeError, "42");
      assertThrows(() => new Future({ loop: 42 as never }), TypeError, "42");
    }),
);

both("futures.BaseFutureTests.future_cancel_message_getter", {
  *generator() {
    const future = new Future();
    future.cancel("my message");
    const error = yield* errorOf(future);
    assertInstanceOf(error, CancelledError);
    assertEquals(error.message, "my message");
  },
  async async() {
    const future = new Future();
    future.cancel("my message");
    const error = await rejectionOf(future);
    assertInstanceOf(error, CancelledError);
    assertEquals(error.message, "my message");
  },
});

caseTest("futures.BaseFutureTests.cancel", () =>
  withLoop((loop) => {
    const future = loop.createFuture<number>();
    assert(future.cancel());
    assert(future.cancelled());
    assert(future.done());
    assertThrows(() => future.result(), CancelledError);
    assertThrows(() => future.exception(), CancelledError);
    assertThrows(() => future.setResult(1), InvalidStateError);
    assertThrows(() => future.setException(new Error()), InvalidStateError);
    assertFalse(future.cancel());
  }));

caseTest("futures.BaseFutureTests.result", () =>
  withLoop((loop) => {
    const future = loop.createFuture<number>();
    assertThrows(() => future.result(), InvalidStateError);
    future.setResult(42);
    assert(future.done());
    assertFalse(future.cancelled());
    assertEquals(future.result(), 42);
    assertEquals(future.exception(), undefined);
    assertThrows(() => future.setResult(1), InvalidStateError);
    assertThrows(() => future.setException(new Error()), InvalidStateError);
    assertFalse(future.cancel());
  }));

caseTest("futures.BaseFutureTests.exception", () =>
  withLoop((loop) => {
    const future = loop.createFuture<number>();
    const error = new RangeError("no");
    assertThrows(() => future.exception(), InvalidStateError);
    future.setException(error);
    assert(future.done());
    assertFalse(future.cancelled());
    assertStrictEquals(assertThrows(() => future.result()), error);
    assertStrictEquals(future.exception(), error);
    assertThrows(() => future.setResult(1), InvalidStateError);
    assertThrows(() => future.setException(new Error()), InvalidStateError);
    assertFalse(future.cancel());
  }));

caseTest("futures.BaseFutureTests.exception_class", () =>
  withLoop((loop) => {
    const future = loop.createFuture();
    future.setException(RuntimeError);
    assertInstanceOf(future.exception(), RuntimeError);
  }));

both("futures.BaseFutureTests.yield_from_twice", {
  *generator() {
    const future = new Future<number>();
    getRunningLoop().callSoon(() => future.setResult(42));
    let turns = 0;
    const count = () => {
      turns++;
      if (turns < 5) getRunningLoop().callSoon(count);
    };
    getRunningLoop().callSoon(count);
    assertEquals(yield* future, 42);
    const before = turns;
    assertEquals(yield* future, 42);
    assertEquals(turns, before);
  },
  async async() {
    const future = new Future<number>();
    getRunningLoop().callSoon(() => future.setResult(42));
    assertEquals(await future, 42);
    let turned = false;
    getRunningLoop().callSoon(() => turned = true);
    assertEquals(await future, 42);
    assertFalse(turned);
  },
});

both("futures.BaseFutureTests.iter", {
  *generator() {
    function* wait() {
      return yield* new Future();
    }
    assertThrows(
      () => {
        const [_a, _b] = wait();
      },
      RuntimeError,
      "yield*",
    );
  },
  async async() {
    assertThrows(
      () => {
        const [_a, _b] = new Future() as Iterable<unknown>;
      },
      RuntimeError,
      "yield*",
    );
    await sleep(0);
  },
});

both("futures.BaseFutureTests.set_result_unless_cancelled", {
  *generator() {
    const reports = recordReports();
    const sleeper = createTask(sleep(1, 2));
    // Due in the turn in which the sleep's own timer is, and before it.
    getRunningLoop().callLater(1, () => sleeper.cancel());
    assertInstanceOf(yield* errorOf(sleeper), CancelledError);
    assert(sleeper.cancelled());
    assertEquals(reports, []);
  },
  async async() {
    const reports = recordReports();
    const sleeper = createTask(() => sleep(1, 2));
    getRunningLoop().callLater(1, () => sleeper.cancel());
    assertInstanceOf(await rejectionOf(sleeper), CancelledError);
    assert(sleeper.cancelled());
    assertEquals(reports, []);
  },
});

both("futures.BaseFutureTests.future_stop_iteration_args", {
  *generator() {
    const future = new Future<number[]>();
    future.setResult([1, 2]);
    assertEquals(yield* future, [1, 2]);
  },
  async async() {
    const future = new Future<number[]>();
    future.setResult([1, 2]);
    assertEquals(await future, [1, 2]);
  },
});

both("futures2.FutureTests.future_traceback", {
  *generator() {
    const task = createTask(function* fail() {
      throw new TypeError("failed");
    });
    const first = yield* errorOf(task);
    assertInstanceOf(first, TypeError);
    const { stack } = first;
    for (let i = 0; i < 5; i++) {
      assertStrictEquals(yield* errorOf(task), first);
      assertEquals(first.stack, stack);
    }
  },
  async async() {
    // deno-lint-ignore require-await
    const task = createTask(async () => {
      throw new TypeError("failed");
    });
    const first = await rejectionOf(task);
    assertInstanceOf(first, TypeError);
    const { stack } = first;
    for (let i = 0; i < 5; i++) {
      assertStrictEquals(await rejectionOf(task), first);
      assertEquals(first.stack, stack);
    }
  },
});
