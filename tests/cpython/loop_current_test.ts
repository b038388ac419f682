import {
  assertInstanceOf,
  assertNotStrictEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  EventLoop,
  getEventLoop,
  newEventLoop,
  RuntimeError,
  setEventLoop,
} from "../../mod.ts";
import { caseTest, virtualLoop, withLoop } from "./_both.ts";

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
