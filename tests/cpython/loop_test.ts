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
  EventLoop,
  Future,
  getRunningLoop,
  Handle,
  RuntimeError,
  sleep,
  SystemClock,
  TimerHandle,
  VirtualClock,
} from "../../mod.ts";
import {
  both,
  caseTest,
  errorOf,
  oneTurn,
  rejectionOf,
  virtualLoop,
  withLoop,
} from "./_both.ts";
import { collectGarbage } from "./_garbage.ts";

caseTest("base_events.BaseEventLoopTests.close", async () => {
  const loop = virtualLoop();
  assertFalse(loop.isClosed());
  loop.close();
  assert(loop.isClosed());
  loop.close();
  loop.close();
  const work = sleep(0);
  await assertRejects(() => loop.runForever(), RuntimeError, "closed");
  await assertRejects(() => loop.runUntilComplete(work), RuntimeError);
});

caseTest(
  "base_events.BaseEventLoopTests._add_callback_handle",
  () =>
    withLoop(async (loop) => {
      let runs = 0;
      loop.callSoon(() => runs++);
      await oneTurn(loop);
      assertEquals([runs, loop.time()], [1, 0]);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests._add_callback_cancelled_handle",
  () =>
    withLoop(async (loop) => {
      let runs = 0;
      loop.callSoon(() => runs++).cancel();
      await oneTurn(loop);
      assertEquals(runs, 0);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.call_soon",
  () =>
    withLoop(async (loop) => {
      let runs = 0;
      const handle = loop.callSoon(function callback() {
        runs++;
      });
      assertInstanceOf(handle, Handle);
      assertEquals(String(handle), "<Handle callback()>");
      await oneTurn(loop);
      assertEquals(runs, 1);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.call_soon_non_callable",
  () =>
    withLoop((loop) => {
      assertThrows(() => loop.callSoon(1 as never), TypeError, "got 1");
    }, { debug: true }),
);

caseTest(
  "base_events.BaseEventLoopTests.call_later",
  () =>
    withLoop(async (loop) => {
      let runs = 0;
      const timer = loop.callLater(10, () => runs++);
      assertInstanceOf(timer, TimerHandle);
      assertEquals(timer.when(), 10);
      await oneTurn(loop);
      assertEquals(runs, 0);
      assertThrows(() => loop.callLater(null as never, () => {}), TypeError);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.time_and_call_at",
  () =>
    withLoop(async (loop) => {
      loop.callAt(loop.time() + 0.1, () => loop.stop());
      await loop.runForever();
      assertEquals(loop.time(), 0.1);
      assertThrows(() => loop.callAt(null as never, () => {}), TypeError);
    }),
);

caseTest("base_events.BaseEventLoopTests._run_once", async () => {
  const deadlines: (number | undefined)[] = [];
  class Watched extends VirtualClock {
    override wait(...[loop, deadline]: Parameters<VirtualClock["wait"]>): void {
      deadlines.push(deadline);
      super.wait(loop, deadline);
    }
  }
  using loop = new EventLoop({ clock: new Watched() });
  loop.callLater(5, () => {}).cancel();
  loop.callLater(10, () => loop.stop());
  await loop.runForever();
  assertEquals(deadlines, [10]);
});

caseTest(
  "base_events.BaseEventLoopTests._run_once_schedule_handle",
  () =>
    withLoop(async (loop) => {
      const steps: string[] = [];
      loop.callSoon(() => {
        steps.push("first");
        loop.callSoon(() => steps.push("second"));
      });
      await oneTurn(loop);
      assertEquals(steps, ["first"]);
      await oneTurn(loop);
      assertEquals(steps, ["first", "second"]);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests._run_once_cancelled_event_cleanup",
  () =>
    withLoop(async (loop) => {
      const held: WeakRef<TimerHandle>[] = [];
      const add = (when: number) =>
        held.push(new WeakRef(loop.callAt(when, () => {})));
      const cancel = (refs: WeakRef<TimerHandle>[]) => {
        for (const ref of refs) ref.deref()!.cancel();
      };
      const countHeld = async () => {
        // The host forgets a turn later what it has run.
        await collectGarbage();
        await collectGarbage();
        return held.filter((ref) => ref.deref() !== undefined).length;
      };
      // One below and as many as the heap bears, the earliest of them alive.
      for (let when = 1; when <= 100; when++) add(when);
      cancel(held.slice(20));
      assertEquals(await countHeld(), 100);
      add(101);
      add(102);
      cancel(held.slice(-1));
      assertEquals(await countHeld(), 21);

      cancel(held.slice(0, 3));
      assertEquals(await countHeld(), 21);
      await oneTurn(loop);
      assertEquals(await countHeld(), 18);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.run_once",
  () =>
    withLoop(async (loop) => {
      let runs = 0;
      loop.callSoon(() => runs++);
      loop.callSoon(() => loop.stop());
      await loop.runForever();
      assertEquals(runs, 1);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.run_forever_pre_stopped",
  () =>
    withLoop(async (loop) => {
      const steps: string[] = [];
      loop.callSoon(() => {
        steps.push("turn 1");
        loop.callSoon(() => steps.push("turn 2"));
      });
      loop.callLater(1, () => steps.push("timer"));
      loop.stop();
      await loop.runForever();
      assertEquals(steps, ["turn 1"]);
      assertEquals(loop.time(), 0);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.custom_run_forever_integration",
  () =>
    withLoop(async (loop) => {
      let called = 0;
      loop.callSoon(() => {
        called++;
        assert(loop.isRunning());
        assertStrictEquals(getRunningLoop(), loop);
      });
      for (let i = 0; i < 10; i++) await oneTurn(loop);
      assertEquals(called, 1);
      assertThrows(() => getRunningLoop(), RuntimeError);
      assertFalse(loop.isRunning());
    }),
);

caseTest(
  "base_events.BaseEventLoopWithSelectorTests.call_coroutine",
  () =>
    withLoop((loop) => {
      async function work(): Promise<void> {}
      const wrapped = coroutine(work);
      for (const callback of [work, wrapped, wrapped(), function* () {}]) {
        for (
          const schedule of [
            () => loop.callSoon(callback as never),
            () => loop.callSoonThreadsafe(callback as never),
            () => loop.callLater(60, callback as never),
            () => loop.callAt(loop.time() + 60, callback as never),
          ]
        ) assertThrows(schedule, TypeError);
      }
    }, { debug: true }),
);

caseTest(
  "events.EventLoopTestsMixin.call_later",
  () =>
    withLoop(async (loop) => {
      const given: string[] = [];
      const callback = (text: string) => {
        given.push(text);
        loop.stop();
      };
      loop.callLater(0.1, () => callback("hello world"));
      await loop.runForever();
      assertEquals(given, ["hello world"]);
    }),
);

caseTest(
  "events.EventLoopTestsMixin.call_soon_threadsafe_same_thread",
  () =>
    withLoop(async (loop) => {
      const words: string[] = [];
      loop.callSoonThreadsafe(() => words.push("hello"));
      loop.callSoon(() => words.push("world"));
      await oneTurn(loop);
      assertEquals(words, ["hello", "world"]);
    }),
);

both("events.EventLoopTestsMixin.prompt_cancellation", {
  *generator() {
    const task = createTask(function* () {
      return yield* new Future();
    });
    getRunningLoop().callSoon(() => task.cancel());
    assertInstanceOf(yield* errorOf(task), CancelledError);
    assertThrows(() => task.result(), CancelledError);
    assertEquals(getRunningLoop().time(), 0);
  },
  async async() {
    const task = createTask(async () => await new Future());
    getRunningLoop().callSoon(() => task.cancel());
    assertInstanceOf(await rejectionOf(task), CancelledError);
    assertThrows(() => task.result(), CancelledError);
    assertEquals(getRunningLoop().time(), 0);
  },
});

caseTest("events.EventLoopTestsMixin.timeout_rounding", async () => {
  let waits = 0;
  class Watched extends SystemClock {
    override wait(...args: Parameters<SystemClock["wait"]>): void {
      waits++;
      super.wait(...args);
    }
  }
  using loop = new EventLoop({ clock: new Watched() });
  await loop.runUntilComplete(async () => {
    for (const delay of [1e-2, 1e-4, 1e-6, 1e-8, 1e-10]) await sleep(delay);
  });
  assert(waits <= 20, `${waits} waits`);
});

caseTest("events.EventLoopTestsMixin.close", () => {
  const loop = virtualLoop();
  loop.close();
  for (
    const use of [
      () => loop.callSoon(() => {}),
      () => loop.callSoonThreadsafe(() => {}),
      () => loop.callLater(1, () => {}),
      () => loop.callAt(loop.time() + 1, () => {}),
      () => loop.createTask(sleep(0)),
    ]
  ) assertThrows(use, RuntimeError, "closed");
});
