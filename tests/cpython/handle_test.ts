import {
  assert,
  assertEquals,
  assertFalse,
  assertStrictEquals,
} from "@std/assert";
import { EventLoop, Handle, TimerHandle, VirtualClock } from "../../mod.ts";
import { caseTest, oneTurn, recordReports, withLoop } from "./_both.ts";
import { collectGarbage } from "./_garbage.ts";

caseTest(
  "events.EventLoopTestsMixin.call_soon_threadsafe_handle_cancel_same_thread",
  () =>
    withLoop(async (loop) => {
      let runs = 0;
      const handle = loop.callSoonThreadsafe(() => {
        runs++;
        handle.cancel();
        assert(handle.cancelled());
      });
      assertFalse(handle.cancelled());
      await oneTurn(loop);
      await oneTurn(loop);
      assertEquals(runs, 1);
      assert(handle.cancelled());
    }),
);

caseTest(
  "events.EventLoopTestsMixin.call_soon_threadsafe_handle_cancel_other_thread",
  () =>
    withLoop(async (loop) => {
      let runs = 0;
      const handle = loop.callSoonThreadsafe(() => runs++);
      loop.callSoon(() => {});
      handle.cancel();
      await oneTurn(loop);
      assertEquals(runs, 0);
      assert(handle.cancelled());
    }),
);

caseTest("events.HandleTests.handle", () =>
  withLoop((loop) => {
    const handle = new Handle(() => {}, loop);
    assertFalse(handle.cancelled());
    handle.cancel();
    assert(handle.cancelled());
  }));

caseTest("events.HandleTests.callback_with_exception", async () => {
  for (const debug of [false, true]) {
    await withLoop(async (loop) => {
      const reports = recordReports(loop);
      const error = new RangeError("failed");
      const handle = loop.callSoon(function callback() {
        throw error;
      });
      await oneTurn(loop);
      assertEquals(reports.length, 1);
      const [report] = reports;
      assertEquals(report!.message, "Exception in callback callback");
      assertStrictEquals(report!.exception, error);
      assertStrictEquals(report!.handle, handle);
      assertEquals(typeof report!.sourceTraceback === "string", debug);
    }, { debug });
  }
});

caseTest("events.TimerTests.when", () =>
  withLoop((loop) => {
    assertEquals(new TimerHandle(12.5, () => {}, loop).when(), 12.5);
    assertEquals(loop.callAt(7, () => {}).when(), 7);
  }));

caseTest("events.TimerTests.timer", async () => {
  const clock = new VirtualClock();
  using loop = new EventLoop({ clock });
  // What a callback needs is in its closure: it must go with the callback.
  let big: object | undefined = { bytes: new Uint8Array(1 << 20) };
  const gone = new WeakRef(big);
  const timer = loop.callLater(1000, ((held) => () => held)(big));
  big = undefined;
  assertFalse(timer.cancelled());
  assertEquals(String(timer), "<TimerHandle when=1000 <anonymous>()>");
  timer.cancel();
  assert(timer.cancelled());
  assertEquals(String(timer), "<TimerHandle when=1000 cancelled>");
  await collected(gone);
});

async function collected(reference: WeakRef<object>): Promise<void> {
  for (let i = 0; i < 10 && reference.deref() !== undefined; i++) {
    await collectGarbage();
  }
  assertEquals(reference.deref(), undefined);
}

// JavaScript can't overload `<` and `==`: timers are ordered by the loop.
caseTest("events.TimerTests.timer_comparison", () =>
  withLoop(async (loop) => {
    const order: string[] = [];
    loop.callAt(2, () => order.push("2"));
    loop.callAt(1, () => order.push("1, first"));
    loop.callAt(1, () => order.push("1, second"));
    loop.callAt(3, () => loop.stop());
    await loop.runForever();
    assertEquals(order, ["1, first", "1, second", "2"]);
  }));
