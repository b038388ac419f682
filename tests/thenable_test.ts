/**
 * Promises that do not keep the rules: `then()` throws, calls back twice, or hands over
 * another thenable. They are taken as `await` takes them.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import {
  createTask,
  ensureFuture,
  fromSignal,
  gather,
  mapConcurrent,
  run,
  shield,
  taskGroup,
  timeout,
  TimeoutError,
  waitFor,
} from "@asyncio/asyncio";
import vm from "node:vm";
import { runTest } from "@asyncio/asyncio/testing";

type Then = (
  resolve: (value: unknown) => void,
  reject: (error: unknown) => void,
) => void;

function thenable(then: Then): PromiseLike<unknown> {
  return { then } as PromiseLike<unknown>;
}

/** Each with what `await` gives for it. */
const ODD: Record<string, [make: () => PromiseLike<unknown>, outcome: string]> =
  {
    "throws": [() =>
      thenable(() => {
        throw new RangeError("then() threw");
      }), "RangeError: then() threw"],
    "throws after it has called back": [() =>
      thenable((resolve) => {
        resolve("first");
        throw new RangeError("too late");
      }), "first"],
    "calls back twice": [() =>
      thenable((resolve, reject) => {
        resolve("first");
        resolve("second");
        reject(new RangeError("third"));
      }), "first"],
    "calls back twice, with an error first": [
      () =>
        thenable((resolve, reject) => {
          reject(new RangeError("first"));
          resolve("second");
        }),
      "RangeError: first",
    ],
    "hands over another": [
      () =>
        thenable((resolve) =>
          resolve(thenable((resolve) => resolve("the inner one")))
        ),
      "the inner one",
    ],
  };

/** Each way to hand a promise to the library. */
const WAYS: Record<string, (make: () => PromiseLike<unknown>) => unknown> = {
  "createTask()": (make) => createTask(make),
  "createTask() of an async function": (make) =>
    createTask(async () => await make()),
  "ensureFuture()": (make) => ensureFuture(make()),
  "fromSignal()": (make) => fromSignal(make),
  "gather()": async (make) => (await gather(make()))[0],
  "mapConcurrent()": async (make) =>
    (await mapConcurrent([1], make, { limit: 1 }).collect())[0],
  "shield()": (make) => shield(make()),
  "taskGroup()": (make) => taskGroup(make),
  "timeout()": (make) => timeout(5, make),
  "waitFor()": (make) => waitFor(make(), 5),
  "waitFor() of a function": (make) => waitFor(make, 5),
};

for (const [way, wait] of Object.entries(WAYS)) {
  for (const [what, [make, expected]] of Object.entries(ODD)) {
    Deno.test(`${way} takes a thenable whose then() ${what}`, async () => {
      const outcome = await run(async () => {
        try {
          return await (wait(make) as PromiseLike<unknown>);
        } catch (error) {
          // A group's errors come together.
          const [only = error] = error instanceof AggregateError
            ? error.errors
            : [];
          return String(only);
        }
      });
      assertEquals(outcome, expected);
    });
  }
}

/** What never ends, and is no `Promise` of this realm. */
const ENDLESS: Record<string, () => PromiseLike<unknown>> = {
  "a thenable": () => thenable(() => {}),
  "a promise of another realm": vm.runInNewContext(
    "() => new Promise(() => {})",
  ),
};

for (const [what, make] of Object.entries(ENDLESS)) {
  Deno.test(`waitFor() of a function ends the wait for ${what}, in an async function`, () =>
    runTest(async () => {
      await assertRejects(async () => await waitFor(make, 5), TimeoutError);
    }));

  Deno.test(`waitFor() of a function ends the wait for ${what}, in a generator`, async () => {
    await assertRejects(
      () =>
        runTest(function* () {
          yield* waitFor(make, 5);
        }),
      TimeoutError,
    );
  });
}
