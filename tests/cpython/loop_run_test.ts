import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  coroutine,
  createTask,
  getEventLoop,
  getRunningLoop,
  KeyboardInterrupt,
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
  virtualLoop,
  withLoop,
} from "./_both.ts";

caseTest(
  "tasks.BaseTaskTests.stop_while_run_in_complete",
  () =>
    withLoop(async (loop) => {
      let steps = 0;
      const task = loop.createTask(async () => {
        while (steps < 10) {
          await sleep(0.1);
          steps++;
          if (steps === 2) loop.stop();
        }
      });
      await assertRejects(
        () => loop.runUntilComplete(task),
        RuntimeError,
        "Event loop stopped before the future completed",
      );
      assertFalse(task.done());
      assertEquals([steps, loop.time()], [2, 0.2]);
      task.cancel();
      await assertRejects(() => loop.runUntilComplete(task), CancelledError);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.run_until_complete_type_error",
  () =>
    withLoop(async (loop) => {
      await assertRejects(
        () => loop.runUntilComplete("blah" as never),
        TypeError,
        "blah",
      );
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.run_until_complete_loop",
  () =>
    withLoop(async (loop) => {
      using other = virtualLoop();
      const task = other.createFuture();
      await assertRejects(() => loop.runUntilComplete(task), RangeError);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.run_until_complete_loop_orphan_future_close_loop",
  () =>
    withLoop(async (loop) => {
      recordReports(loop);
      loop.callSoon(() => {
        throw new KeyboardInterrupt();
      });
      const orphan = loop.runUntilComplete(sleep(0.1));
      await assertRejects(() => orphan, KeyboardInterrupt);
      assertEquals(await loop.runUntilComplete(sleep(0.2, "whole")), "whole");
      assertEquals(loop.time(), 0.2);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.run_forever_keyboard_interrupt",
  () =>
    withLoop(async (loop) => {
      const reports = recordReports(loop);
      const interrupt = new KeyboardInterrupt();
      await assertRejects(
        () =>
          loop.runUntilComplete(async () => {
            await sleep(0);
            throw interrupt;
          }),
        KeyboardInterrupt,
      );
      await assertRejects(
        () =>
          loop.runUntilComplete(function* () {
            throw interrupt;
          }),
        KeyboardInterrupt,
      );
      loop.close();
      assertEquals(reports, []);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.run_until_complete_baseexception",
  () =>
    withLoop(async (loop) => {
      await assertRejects(
        () =>
          loop.runUntilComplete(function* () {
            throw new KeyboardInterrupt();
          }),
        KeyboardInterrupt,
      );
      let called = false;
      loop.callSoon(() => {
        loop.callSoon(() => {
          called = true;
          loop.stop();
        });
      });
      await loop.runForever();
      assert(called);
    }),
);

both("base_events.RunningLoopTests.running_loop_within_a_loop", {
  *generator() {
    using other = virtualLoop();
    const refused = other.runForever();
    const error = yield* errorOf(createTask(() => refused));
    assertInstanceOf(error, RuntimeError);
    assert(error.message.includes("while another loop is running"));
  },
  async async() {
    using other = virtualLoop();
    await assertRejects(
      () => other.runForever(),
      RuntimeError,
      "while another loop is running",
    );
  },
});

both("events.EventLoopTestsMixin.run_until_complete_nesting", {
  *generator() {
    let started = false;
    const other = coroutine(function* () {
      started = true;
    });
    const loop = getRunningLoop();
    assert(loop.isRunning());
    const refused = loop.runUntilComplete(other());
    assertInstanceOf(
      yield* errorOf(createTask(() => refused)),
      RuntimeError,
    );
    assertFalse(started);
  },
  async async() {
    let started = false;
    const other = coroutine(async () => {
      await sleep(0);
      started = true;
    });
    const loop = getRunningLoop();
    assert(loop.isRunning());
    await assertRejects(() => loop.runUntilComplete(other()), RuntimeError);
    assertFalse(started);
  },
});

caseTest(
  "events.EventLoopTestsMixin.run_until_complete_stopped",
  () =>
    withLoop(async (loop) => {
      await assertRejects(
        () =>
          loop.runUntilComplete(async () => {
            loop.stop();
            await sleep(3600);
          }),
        RuntimeError,
        "Event loop stopped before the future completed",
      );
      await assertRejects(
        () =>
          loop.runUntilComplete(function* () {
            loop.stop();
            yield* sleep(3600);
          }),
        RuntimeError,
      );
      assertEquals(loop.time(), 0);
      loop.setExceptionHandler(() => {});
    }),
);

both("events.EventLoopTestsMixin.close_running_event_loop", {
  *generator() {
    assertThrows(
      () => getRunningLoop().close(),
      RuntimeError,
      "Cannot close a running event loop",
    );
  },
  async async() {
    await sleep(0);
    assertThrows(
      () => getRunningLoop().close(),
      RuntimeError,
      "Cannot close a running event loop",
    );
  },
});

both("events.GetEventLoopTestsMixin.get_running_loop_already_running", {
  *generator() {
    using other = virtualLoop();
    const loop = getRunningLoop();
    const refused = other.runForever();
    assertStrictEquals(getRunningLoop(), loop);
    yield* errorOf(createTask(() => refused));
    assertStrictEquals(getRunningLoop(), loop);
  },
  async async() {
    using other = virtualLoop();
    const loop = getRunningLoop();
    await rejectionOf(other.runForever());
    assertStrictEquals(getRunningLoop(), loop);
  },
});

caseTest(
  "events.GetEventLoopTestsMixin.get_event_loop_returns_running_loop",
  () =>
    withLoop(async (loop) => {
      using other = virtualLoop();
      setEventLoop(other);
      await loop.runUntilComplete(async () => {
        await sleep(0);
        assertStrictEquals(getEventLoop(), loop);
        assertStrictEquals(getRunningLoop(), loop);
      });
      await loop.runUntilComplete(function* () {
        assertStrictEquals(getEventLoop(), loop);
        assertStrictEquals(getRunningLoop(), loop);
      });
      assertThrows(() => getRunningLoop(), RuntimeError, "No running");
    }),
);

caseTest(
  "events.GetEventLoopTestsMixin.get_event_loop_returns_running_loop2",
  () =>
    withLoop(async (loop) => {
      assertThrows(() => getEventLoop(), RuntimeError, "no current event loop");
      await loop.runUntilComplete(async () => {
        await sleep(0);
        assertStrictEquals(getEventLoop(), loop);
      });
      setEventLoop(loop);
      assertStrictEquals(getEventLoop(), loop);
      assertThrows(() => getRunningLoop(), RuntimeError);
      setEventLoop(undefined);
      assertThrows(() => getEventLoop(), RuntimeError);
      assertThrows(() => getRunningLoop(), RuntimeError);
    }),
);
