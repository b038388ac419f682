import { assertEquals } from "@std/assert";
import { EventLoop } from "../../mod.ts";
import { observe } from "../../testing.ts";
import { caseTest, oneTurn, withLoop } from "./_both.ts";

/** A future with three callbacks that note their names. */
function watched(loop: EventLoop) {
  const calls: string[] = [];
  const future = loop.createFuture<string>();
  const first = () => calls.push("first");
  const second = () => calls.push("second");
  const third = () => calls.push("third");
  for (const callback of [first, second, third]) {
    future.addDoneCallback(callback);
  }
  return { calls, future, first, second, third };
}

caseTest(
  "futures.BaseFutureDoneCallbackTests.callbacks_remove_first_callback",
  () =>
    withLoop(async (loop) => {
      const { calls, future, first } = watched(loop);
      future.removeDoneCallback(first);
      future.removeDoneCallback(first);
      future.setResult("foo");
      assertEquals(calls, []);
      await oneTurn(loop);
      assertEquals(calls, ["second", "third"]);
      assertEquals(future.result(), "foo");
    }),
);

caseTest(
  "futures.BaseFutureDoneCallbackTests.callbacks_remove_first_and_second_callback",
  () =>
    withLoop(async (loop) => {
      const { calls, future, first, second } = watched(loop);
      future.removeDoneCallback(first);
      future.removeDoneCallback(second);
      future.removeDoneCallback(first);
      future.setResult("foo");
      await oneTurn(loop);
      assertEquals(calls, ["third"]);
    }),
);

caseTest(
  "futures.BaseFutureDoneCallbackTests.callbacks_remove_third_callback",
  () =>
    withLoop(async (loop) => {
      const { calls, future, third } = watched(loop);
      future.removeDoneCallback(third);
      future.removeDoneCallback(third);
      future.setResult("foo");
      await oneTurn(loop);
      assertEquals(calls, ["first", "second"]);
    }),
);

caseTest(
  "futures.BaseFutureDoneCallbackTests.callbacks_invoked_on_set_result",
  () =>
    withLoop(async (loop) => {
      const { calls, future } = watched(loop);
      future.setResult("foo");
      assertEquals(calls, []);
      await oneTurn(loop);
      assertEquals(calls, ["first", "second", "third"]);
      assertEquals(future.result(), "foo");
    }),
);

caseTest(
  "futures.BaseFutureDoneCallbackTests.remove_done_callback",
  () =>
    withLoop(async (loop) => {
      const calls: string[] = [];
      const many = () => calls.push("many");
      const once = () => calls.push("once");
      const gone = () => calls.push("gone");
      const future = loop.createFuture<string>();
      for (let i = 0; i < 6; i++) future.addDoneCallback(many);
      future.addDoneCallback(once);
      future.addDoneCallback(gone);
      assertEquals(future.removeDoneCallback(gone), 1);
      assertEquals(future.removeDoneCallback(gone), 0);
      assertEquals(future.removeDoneCallback(many), 6);
      assertEquals(future.removeDoneCallback(many), 0);
      future.setResult("foo");
      await oneTurn(loop);
      assertEquals(calls, ["once"]);
    }),
);

caseTest(
  "futures.BaseFutureDoneCallbackTests.evil_call_soon_list_mutation",
  async () => {
    using loop = new EventLoop();
    const { future, first, second, third } = watched(loop);
    using _ = observe(loop, {
      woken() {
        for (const callback of [first, second, third]) {
          future.removeDoneCallback(callback);
        }
      },
    });
    future.setResult("foo");
    for (const callback of [first, second, third]) {
      assertEquals(future.removeDoneCallback(callback), 0);
    }
    await oneTurn(loop);
  },
);

// A future of somewhere else is a promise here.
