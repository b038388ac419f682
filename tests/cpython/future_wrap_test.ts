import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  ensureFuture,
  fromSignal,
  Future,
  getRunningLoop,
  InvalidStateError,
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

/** A source of a promise that can be called off. */
function abortable() {
  let aborted = false;
  const source = (signal: AbortSignal) =>
    new Promise<number>((_resolve, reject) =>
      signal.addEventListener("abort", () => {
        aborted = true;
        reject(signal.reason);
      }, { once: true })
    );
  return { source, aborted: () => aborted };
}

both("futures.BaseFutureTests.copy_state", {
  *generator() {
    assertEquals(yield* ensureFuture(Promise.resolve(42)), 42);

    const error = new Error("foo");
    const { stack } = error;
    for (let i = 0; i < 3; i++) {
      assertStrictEquals(
        yield* errorOf(ensureFuture(Promise.reject(error))),
        error,
      );
    }
    assertEquals(error.stack, stack);

    const cancelled = ensureFuture(Promise.reject(new CancelledError()));
    yield* errorOf(cancelled);
    assert(cancelled.cancelled());
  },
  async async() {
    assertEquals(await ensureFuture(Promise.resolve(42)), 42);

    const error = new Error("foo");
    const { stack } = error;
    for (let i = 0; i < 3; i++) {
      assertStrictEquals(
        await rejectionOf(ensureFuture(Promise.reject(error))),
        error,
      );
    }
    assertEquals(error.stack, stack);

    const cancelled = ensureFuture(Promise.reject(new CancelledError()));
    await rejectionOf(cancelled);
    assert(cancelled.cancelled());
  },
});

both("futures.BaseFutureTests.copy_state_from_concurrent_futures", {
  *generator() {
    const reports = recordReports();
    const { promise, resolve } = Promise.withResolvers<number>();
    const copy = ensureFuture(promise);
    yield* sleep(0);
    copy.cancel();
    resolve(42);
    yield* errorOf(copy);
    assert(copy.cancelled());
    assertEquals(reports, []);

    const error = new InvalidStateError("no state");
    assertStrictEquals(
      yield* errorOf(ensureFuture(Promise.reject(error))),
      error,
    );
  },
  async async() {
    const reports = recordReports();
    const { promise, resolve } = Promise.withResolvers<number>();
    const copy = ensureFuture(promise);
    await sleep(0);
    copy.cancel();
    resolve(42);
    await rejectionOf(copy);
    assert(copy.cancelled());
    assertEquals(reports, []);

    const error = new InvalidStateError("no state");
    assertStrictEquals(
      await rejectionOf(ensureFuture(Promise.reject(error))),
      error,
    );
  },
});

caseTest("futures.BaseFutureTests.wrap_future", () =>
  withLoop(async (loop) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const future = ensureFuture(promise, { loop });
    assertInstanceOf(future, Future);
    assertStrictEquals(future.getLoop(), loop);
    queueMicrotask(() => resolve("oi"));
    assertEquals(await loop.runUntilComplete(future), "oi");
  }));

caseTest(
  "futures.BaseFutureTests.wrap_future_future",
  () =>
    withLoop((loop) => {
      const future = loop.createFuture();
      assertStrictEquals(ensureFuture(future), future);
    }),
);

both("futures.BaseFutureTests.wrap_future_use_running_loop", {
  *generator() {
    const future = ensureFuture(Promise.resolve());
    assertStrictEquals(future.getLoop(), getRunningLoop());
    yield* future;
  },
  async async() {
    const future = ensureFuture(Promise.resolve());
    assertStrictEquals(future.getLoop(), getRunningLoop());
    await future;
  },
});

both("futures.BaseFutureTests.wrap_future_cancel2", {
  *generator() {
    const reports = recordReports();
    const source = Promise.resolve(42);
    const future = ensureFuture(source);
    future.cancel();
    yield* errorOf(future);
    assert(future.cancelled());
    assertEquals(yield* ensureFuture(source), 42);
    assertEquals(reports, []);
  },
  async async() {
    const reports = recordReports();
    const source = Promise.resolve(42);
    const future = ensureFuture(source);
    future.cancel();
    await rejectionOf(future);
    assert(future.cancelled());
    assertEquals(await source, 42);
    assertEquals(reports, []);
  },
});

both("futures.BaseFutureTests.wrap_future_cancel", {
  *generator() {
    const { source, aborted } = abortable();
    const future = createTask(fromSignal(source));
    yield* sleep(0);
    future.cancel();
    yield* sleep(0);
    yield* errorOf(future);
    assert(aborted());
    assert(future.cancelled());
  },
  async async() {
    const { source, aborted } = abortable();
    const future = createTask(fromSignal(source));
    await sleep(0);
    future.cancel();
    await rejectionOf(future);
    assert(aborted());
    assert(future.cancelled());
  },
});
