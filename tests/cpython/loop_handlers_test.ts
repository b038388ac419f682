import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { EventLoop, type ExceptionContext, VirtualClock } from "../../mod.ts";
import { captureErrors, caseTest, oneTurn, withLoop } from "./_both.ts";

function zeroDivision(): void {
  throw new RangeError("division by zero");
}

caseTest(
  "base_events.BaseEventLoopTests.default_exc_handler_callback",
  () =>
    withLoop(async (loop) => {
      const ends: string[] = [];
      const [soon] = await captureErrors(async () => {
        loop.callSoon(zeroDivision);
        loop.callSoon(() => ends.push("soon"));
        await oneTurn(loop);
      });
      assertStringIncludes(soon!, "Exception in callback zeroDivision");
      assertStringIncludes(soon!, "division by zero");

      const [late] = await captureErrors(async () => {
        loop.callLater(0, zeroDivision);
        loop.callLater(0.1, () => loop.stop());
        await loop.runForever();
        ends.push("late");
      });
      assertStringIncludes(late!, "Exception in callback zeroDivision");
      assertEquals(ends, ["soon", "late"]);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.set_exc_handler_invalid",
  () =>
    withLoop((loop) => {
      assertThrows(
        () => loop.setExceptionHandler("spam" as never),
        TypeError,
        "spam",
      );
    }),
);

caseTest("base_events.BaseEventLoopTests.set_exc_handler_custom", async () => {
  for (const debug of [false, true]) {
    await withLoop(async (loop) => {
      const calls: [EventLoop, ExceptionContext][] = [];
      const handler = (loop: EventLoop, context: ExceptionContext) =>
        void calls.push([loop, context]);
      loop.setExceptionHandler(handler);
      assertStrictEquals(loop.getExceptionHandler(), handler);
      const handle = loop.callSoon(zeroDivision);
      await oneTurn(loop);
      assertEquals(calls.length, 1);
      const [[given, context]] = calls as [[EventLoop, ExceptionContext]];
      assertStrictEquals(given, loop);
      assertEquals(context.message, "Exception in callback zeroDivision");
      assertInstanceOf(context.exception, RangeError);
      assertStrictEquals(context.handle, handle);
      assertEquals(context.sourceTraceback !== undefined, debug);

      loop.setExceptionHandler(undefined);
      const lines = await captureErrors(async () => {
        loop.callSoon(zeroDivision);
        await oneTurn(loop);
      });
      assertEquals([calls.length, lines.length], [1, 1]);
    }, { debug });
  }
});

caseTest(
  "base_events.BaseEventLoopTests.set_exc_handler_broken",
  () =>
    withLoop(async (loop) => {
      loop.setExceptionHandler(() => {
        throw new TypeError("spam");
      });
      let later = false;
      const [line] = await captureErrors(async () => {
        loop.callSoon(zeroDivision);
        loop.callSoon(() => later = true);
        await oneTurn(loop);
      });
      assertStringIncludes(line!, "Unhandled error in exception handler");
      assertStringIncludes(line!, "spam");
      assert(later);
    }),
);

caseTest(
  "base_events.BaseEventLoopTests.default_exc_handler_broken",
  async () => {
    const contexts: ExceptionContext[] = [];
    class Broken extends EventLoop {
      override defaultExceptionHandler(context: ExceptionContext): void {
        contexts.push(context);
        throw new TypeError("broken default");
      }
    }
    using loop = new Broken({ clock: new VirtualClock() });
    const [first] = await captureErrors(async () => {
      loop.callSoon(zeroDivision);
      await oneTurn(loop);
    });
    assertStringIncludes(first!, "Exception in default exception handler");
    assertStringIncludes(first!, "broken default");

    loop.setExceptionHandler(() => {
      throw new SyntaxError("broken custom");
    });
    const [second] = await captureErrors(async () => {
      loop.callSoon(zeroDivision);
      await oneTurn(loop);
    });
    const nested = contexts[1]!;
    assertInstanceOf(nested.exception, SyntaxError);
    assertInstanceOf(nested.context!.exception, RangeError);
    assertStringIncludes(second!, "Exception in default exception handler");
    assertStringIncludes(second!, "Unhandled error in exception handler");
  },
);
