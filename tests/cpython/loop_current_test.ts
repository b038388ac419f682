import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotStrictEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  EventLoop,
  Future,
  getEventLoop,
  getRunningLoop,
  newEventLoop,
  RuntimeError,
  setEventLoop,
  sleep,
  SystemClock,
} from "../../mod.ts";
import {
  both,
  caseTest,
  errorOf,
  rejectionOf,
  virtualLoop,
  withLoop,
} from "./_both.ts";

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

caseTest("events.PolicyTests.get_event_loop", () => {
  assertThrows(() => getEventLoop(), RuntimeError, "no current event loop");
  assertThrows(() => getEventLoop(), RuntimeError, "no current event loop");
});

caseTest(
  "events.PolicyTests.get_event_loop_after_set_none",
  () =>
    withLoop((loop) => {
      setEventLoop(loop);
      setEventLoop(undefined);
      assertThrows(() => getEventLoop(), RuntimeError);
    }),
);

caseTest("events.PolicyTests.new_event_loop", () => {
  const [one, two] = [newEventLoop(), newEventLoop()];
  assertInstanceOf(one, EventLoop);
  assertNotStrictEquals(one, two);
  for (const loop of [one, two]) loop.close();
});

caseTest("events.PolicyTests.set_event_loop", () =>
  withLoop((loop) => {
    assertThrows(() => setEventLoop("loop" as never), TypeError);
    assertThrows(() => setEventLoop({} as never), TypeError);
    using other = virtualLoop();
    setEventLoop(loop);
    assertStrictEquals(getEventLoop(), loop);
    setEventLoop(other);
    assertStrictEquals(getEventLoop(), other);
  }));
