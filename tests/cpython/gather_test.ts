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
  coroutine,
  type EventLoop,
  Future,
  gather,
  getRunningLoop,
  RuntimeError,
  setEventLoop,
  sleep,
} from "../../mod.ts";
import {
  both,
  caseTest,
  oneTurn,
  recordReports,
  twoTurns,
  virtualLoop,
  withLoop,
} from "./_both.ts";

/** A gathering of new futures, and how often its callback ran. */
function gathering(loop: EventLoop, size: number, returnExceptions = false) {
  const futures = Array.from({ length: size }, () => loop.createFuture());
  const future = gather(futures, { returnExceptions });
  const seen = { calls: 0 };
  future.addDoneCallback(() => seen.calls++);
  return { future, futures, seen };
}

caseTest("tasks.GatherTestsBase.success", async () => {
  for (const returnExceptions of [false, true]) {
    await withLoop(async (loop) => {
      const { future, futures: [a, b, c], seen } = gathering(
        loop,
        3,
        returnExceptions,
      );
      b!.setResult(1);
      await twoTurns(loop);
      a!.setResult(2);
      await twoTurns(loop);
      assertFalse(future.done());
      c!.setResult(3);
      await twoTurns(loop);
      assertEquals(seen.calls, 1);
      assertEquals(future.result(), [2, 1, 3]);

      const work = coroutine(async (value: number) => await sleep(1, value));
      const all = loop.runUntilComplete(() => gather(work(1), work(2)));
      assertEquals(await all, [1, 2]);
    });
  }
});

caseTest("tasks.GatherTestsBase.one_exception", () =>
  withLoop(async (loop) => {
    const reports = recordReports(loop);
    const { future, futures: [a, b, c, d, e], seen } = gathering(loop, 5);
    const error = new Error("first");
    a!.setResult(1);
    b!.setException(error);
    await twoTurns(loop);
    assert(future.done());
    assertEquals(seen.calls, 1);
    assertStrictEquals(future.exception(), error);
    c!.setResult(3);
    d!.cancel();
    e!.setException(new RuntimeError("unseen"));
    await twoTurns(loop);
    assertStrictEquals(future.exception(), error);
    assertEquals(seen.calls, 1);
    assertEquals(reports, []);
  }));

caseTest(
  "tasks.GatherTestsBase.return_exceptions",
  () =>
    withLoop(async (loop) => {
      const { future, futures: [a, b, c, d], seen } = gathering(loop, 4, true);
      const [one, two] = [new Error("one"), new RangeError("two")];
      b!.setResult(1);
      c!.setException(one);
      a!.setResult(3);
      await twoTurns(loop);
      assertFalse(future.done());
      d!.setException(two);
      await twoTurns(loop);
      assert(future.done());
      assertEquals(seen.calls, 1);
      assertEquals(future.result(), [3, 1, one, two]);
    }),
);

caseTest(
  "tasks.FutureGatherTests.constructor_empty_sequence_without_loop",
  () => {
    assertThrows(() => gather(), RuntimeError, "loop");
  },
);

both("tasks.FutureGatherTests.constructor_empty_sequence_use_running_loop", {
  *generator() {
    const future = gather();
    assertInstanceOf(future, Future);
    assertStrictEquals(future.getLoop(), getRunningLoop());
    yield* sleep(0);
    assert(future.done());
    assertEquals(yield* future, []);
  },
  async async() {
    const future = gather();
    assertInstanceOf(future, Future);
    assertStrictEquals(future.getLoop(), getRunningLoop());
    await sleep(0);
    assert(future.done());
    assertEquals(await future, []);
  },
});

caseTest(
  "tasks.FutureGatherTests.constructor_empty_sequence_use_global_loop",
  () =>
    withLoop(async (loop) => {
      setEventLoop(loop);
      const future = gather();
      assertInstanceOf(future, Future);
      assertStrictEquals(future.getLoop(), loop);
      await oneTurn(loop);
      assertEquals(future.result(), []);
    }),
);

caseTest(
  "tasks.FutureGatherTests.constructor_heterogenous_futures",
  () =>
    withLoop((loop) => {
      using other = virtualLoop();
      const futures = [loop.createFuture(), other.createFuture()];
      assertThrows(() => gather(...futures), RangeError, "different loops");
      assertThrows(() => gather(sleep(0), ...futures), RangeError);
    }),
);

caseTest(
  "tasks.FutureGatherTests.constructor_homogenous_futures",
  () =>
    withLoop((loop) => {
      using other = virtualLoop();
      setEventLoop(loop);
      const children = [other.createFuture(), other.createFuture()];
      for (let i = 0; i < 2; i++) {
        assertStrictEquals(gather(...children).getLoop(), other);
      }
    }),
);

caseTest(
  "tasks.FutureGatherTests.one_cancellation",
  () =>
    withLoop(async (loop) => {
      const { future, futures: [a, b, c, d, e], seen } = gathering(loop, 5);
      a!.setResult(1);
      b!.cancel();
      await twoTurns(loop);
      assert(future.done());
      assertEquals(seen.calls, 1);
      assertFalse(future.cancelled());
      assertInstanceOf(future.exception(), CancelledError);
      c!.setResult(3);
      d!.cancel();
      e!.setException(new RuntimeError("unseen"));
      e!.exception();
      await twoTurns(loop);
      assertEquals(seen.calls, 1);
    }),
);

caseTest(
  "tasks.FutureGatherTests.result_exception_one_cancellation",
  () =>
    withLoop(async (loop) => {
      const { future, futures: [a, b, c, d, e, f], seen } = gathering(
        loop,
        6,
        true,
      );
      const [one, two] = [new Error("one"), new RangeError("two")];
      a!.setResult(1);
      b!.setException(one);
      c!.cancel();
      await twoTurns(loop);
      assertFalse(future.done());
      d!.setResult(4);
      e!.setException(two);
      f!.cancel();
      await twoTurns(loop);
      assert(future.done());
      assertFalse(future.cancelled());
      const [first, second, third, fourth, fifth, sixth] = future.result();
      assertEquals([first, second, fourth, fifth], [1, one, 4, two]);
      assertInstanceOf(third, CancelledError);
      assertInstanceOf(sixth, CancelledError);
      assertEquals(seen.calls, 1);
    }),
);

caseTest("tasks.CoroutineGatherTests.constructor_without_loop", () => {
  assertThrows(() => gather(sleep(0)), RuntimeError, "loop");
});

caseTest(
  "tasks.CoroutineGatherTests.constructor_use_global_loop",
  () =>
    withLoop(async (loop) => {
      setEventLoop(loop);
      const future = gather(sleep(0, 1), sleep(0, 2));
      assertStrictEquals(future.getLoop(), loop);
      assertEquals(await loop.runUntilComplete(future), [1, 2]);
    }),
);

both("tasks.CoroutineGatherTests.duplicate_coroutines", {
  *generator() {
    let calls = 0;
    const work = coroutine(function* (text: string) {
      calls++;
      yield* sleep(0);
      return text;
    });
    const c = work("abc");
    assertEquals(yield* gather(c, c, work("def"), c), [
      "abc",
      "abc",
      "def",
      "abc",
    ]);
    assertEquals(calls, 2);
  },
  async async() {
    let calls = 0;
    const work = coroutine(async (text: string) => {
      calls++;
      await sleep(0);
      return text;
    });
    const c = work("abc");
    assertEquals(await gather(c, c, work("def"), c), [
      "abc",
      "abc",
      "def",
      "abc",
    ]);
    assertEquals(calls, 2);
  },
});
