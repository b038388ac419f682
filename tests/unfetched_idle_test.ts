/**
 * Errors that nobody fetches while the loop has nothing to do: the host has ended what has
 * failed, and no turn of the loop comes by itself.
 */
import { assertEquals } from "@std/assert";
import {
  EventLoop,
  type ExceptionContext,
  type Future,
  handleRequests,
  interruptible,
  shield,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "@asyncio/asyncio";
import { hostTurns } from "./_host_turns.ts";

async function fail(): Promise<never> {
  await hostTurns();
  throw new RangeError("lost");
}

const LONG = 3600;

const FAILING: Readonly<Record<string, (loop: EventLoop) => Future<unknown>>> =
  {
    "a future": (loop) => {
      const future = loop.createFuture();
      setTimeout(() => future.setException(new RangeError("lost")), 1);
      return future;
    },
    "an async task": (loop) => loop.createTask(fail),
    "a generator task": (loop) =>
      loop.createTask(function* () {
        yield* interruptible(fail());
      }),
    "a task in timeout()": (loop) =>
      loop.createTask(async () => await timeout(LONG, fail)),
    "a task in waitFor()": (loop) =>
      loop.createTask(async () => await waitFor(fail, LONG)),
    "a task in taskGroup()": (loop) =>
      loop.createTask(async () => await taskGroup(fail)),
    "a shield": (loop) => shield(loop.createTask(fail)),
  };

/** Starts a loop that goes on; gives the first report. */
function firstReport(): [EventLoop, Promise<ExceptionContext>] {
  const loop = new EventLoop({ reportUnfetchedAfter: 0.01 });
  loop.runForever();
  const report = new Promise<ExceptionContext>((resolve) =>
    loop.setExceptionHandler((_, context) => resolve(context))
  );
  return [loop, report];
}

for (const [kind, make] of Object.entries(FAILING)) {
  Deno.test(`the error of ${kind} that nobody fetched is reported while the loop has nothing to do`, async () => {
    const [loop, report] = firstReport();
    // Kept: at its collection it would be reported too.
    const future = make(loop);
    const { message, exception } = await report;
    assertEquals(
      [/exception was never retrieved/.test(message), future.exception()],
      [true, exception],
    );
  });
}

Deno.test("an error that a request leaves behind is reported while no request comes", async () => {
  const left: Future<unknown>[] = [];
  const loop = new EventLoop({ reportUnfetchedAfter: 0.01 });
  const report = new Promise<ExceptionContext>((resolve) =>
    loop.setExceptionHandler((_, context) => resolve(context))
  );
  loop.runForever();
  const handler = await loop.createTask(async () => {
    await sleep(0);
    return handleRequests(async () => {
      left.push(loop.createTask(fail));
      await sleep(0);
      return new Response("done");
    });
  });
  assertEquals((await handler(new Request("http://localhost/"))).status, 200);
  assertEquals((await report).exception, left[0]!.exception());
});
