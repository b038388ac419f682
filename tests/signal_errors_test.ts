/**
 * What comes out of a scope whose signal has aborted: a CancelledError, whatever its body has
 * made of the cancel.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  type CancelledError,
  coroutine,
  createTask,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

type Work = () => Promise<unknown>;

/** What a cancel comes to in JavaScript, without being a CancelledError. */
const BODIES: Readonly<Record<string, Work>> = {
  "a list of cancels": () => Promise.any([sleep(60), sleep(60)]),
  "an AbortError": async () => {
    try {
      await sleep(60);
    } catch {
      throw new DOMException("The operation was aborted", "AbortError");
    }
  },
  "the error of a `using` block": async () => {
    await using _ = {
      [Symbol.asyncDispose]: () => sleep(1),
    };
    await Promise.any([sleep(60), sleep(60)]);
  },
};

const SCOPES: Readonly<
  Record<string, (body: Work, signal: AbortSignal) => PromiseLike<unknown>>
> = {
  "waitFor()": (body, signal) => waitFor(body, 60, { signal }),
  "waitFor() without a limit": (body, signal) =>
    waitFor(body, undefined, { signal }),
  "waitFor() in a generator": (body, signal) =>
    coroutine(function* () {
      yield* waitFor(body, 60, { signal });
    })(),
  "taskGroup()": (body, signal) => taskGroup(body, { signal }),
  "taskGroup() in a timeout()": (body, signal) =>
    timeout(60, () => taskGroup(body, { signal })),
  "taskGroup() with tasks": (body, signal) =>
    taskGroup(async (group) => {
      group.createTask(() => sleep(60));
      await body();
    }, { signal }),
  "createTask()": (body, signal) => createTask(body, { signal }),
};

for (const [scopeName, scope] of Object.entries(SCOPES)) {
  for (const [bodyName, body] of Object.entries(BODIES)) {
    Deno.test(`${scopeName} whose signal aborts ends in a CancelledError where its body ends in ${bodyName}`, () =>
      runTest(async (loop) => {
        const controller = new AbortController();
        const task = createTask(async () =>
          await scope(body, controller.signal)
        );
        const reason = new Error("no longer needed");
        loop.callLater(1, () => controller.abort(reason));
        await wait([task]);
        assert(task.cancelled(), String(task));
      }));
  }

  Deno.test(`${scopeName} whose signal aborts gives the error that its body has then`, () =>
    runTest(async (loop) => {
      const controller = new AbortController();
      const task = createTask(async () =>
        await scope(async () => {
          try {
            await sleep(60);
          } finally {
            // deno-lint-ignore no-unsafe-finally
            throw new RangeError("in its clean-up");
          }
        }, controller.signal)
      );
      loop.callLater(1, () => controller.abort());
      await wait([task]);
      const error = task.exception();
      const [cause] = error instanceof AggregateError ? error.errors : [error];
      assertEquals(String(cause), "RangeError: in its clean-up");
    }));
}

Deno.test("the CancelledError of a scope whose signal aborts has the reason of the signal", () =>
  runTest(async (loop) => {
    const controller = new AbortController();
    const reason = new Error("no longer needed");
    loop.callLater(1, () => controller.abort(reason));
    let caught: unknown;
    try {
      await taskGroup(BODIES["an AbortError"]!, { signal: controller.signal });
    } catch (error) {
      caught = error;
    }
    assertEquals((caught as CancelledError).cause, reason);
  }));
