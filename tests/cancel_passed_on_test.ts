/**
 * A cancel that a wait passes on to a task which is about to end: whoever waits gets the error
 * by which that ends, as in CPython, and the cancel if it keeps a result.
 */
import { assertEquals } from "@std/assert";
import {
  type Coro,
  coroutine,
  createTask,
  gather,
  sleep,
  type Task,
  timeout,
  waitFor,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const LONG = 3600;

type Inner = Task<string>;
type Body = () => PromiseLike<unknown> | Coro<unknown>;

const WAITS: Readonly<Record<string, (inner: Inner) => Body>> = {
  "await": (inner) => async () => await inner,
  "yield*": (inner) =>
    function* () {
      return yield* inner;
    },
  "timeout() of an async function": (inner) => async () =>
    await timeout(LONG, async () => await inner),
  "timeout() of a generator function": (inner) => async () =>
    await timeout(LONG, function* () {
      return yield* inner;
    }),
  "timeout() of an async function, in a generator": (inner) =>
    function* () {
      return yield* timeout(LONG, async () => await inner);
    },
  "timeout() of a generator function, in a generator": (inner) =>
    function* () {
      return yield* timeout(LONG, function* () {
        return yield* inner;
      });
    },
  "waitFor()": (inner) => async () => await waitFor(inner, LONG),
  "gather()": (inner) => async () => await gather(inner),
  "gather() in a generator": (inner) =>
    function* () {
      return yield* gather(inner);
    },
  "a coroutine": (inner) => async () =>
    await coroutine(function* () {
      return yield* inner;
    })(),
  "Promise.all()": (inner) => async () => await Promise.all([inner]),
};

/** How the inner task ends in the turn of the cancel; and how the outer one ends. */
const ENDS: Readonly<Record<string, readonly [() => Promise<string>, string]>> =
  {
    "it throws": [
      () => Promise.reject(new RangeError("failed")),
      "RangeError: failed",
    ],
    "it throws some microtasks later": [
      async () => {
        await null;
        throw new RangeError("failed");
      },
      "RangeError: failed",
    ],
    "it returns": [() => Promise.resolve("result"), "CancelledError: enough"],
    "it waits on": [
      async () => {
        await sleep(1);
        return "result";
      },
      "CancelledError: enough",
    ],
  };

for (const [wait, make] of Object.entries(WAITS)) {
  for (const [end, [finish, expected]] of Object.entries(ENDS)) {
    Deno.test(`a task cancels the one that waits for it by ${wait}, and then ${end}`, () =>
      runTest(async () => {
        const inner: Inner = createTask(async () => {
          await sleep(1);
          outer.cancel("enough");
          return await finish();
        });
        const outer: Task<unknown> = createTask(make(inner));
        const [ended] = await Promise.allSettled([outer, inner]);
        assertEquals(
          ended.status === "rejected" ? String(ended.reason) : ended.value,
          expected,
        );
      }));
  }
}

Deno.test("a task that had failed before the cancel leaves it to whoever waits", () =>
  runTest(async () => {
    const inner = createTask(async () => {
      await sleep(1);
      throw new RangeError("failed");
    });
    const outer = createTask(async () => await inner);
    inner.addDoneCallback(() => outer.cancel("enough"));
    const [ended] = await Promise.allSettled([outer, inner]);
    assertEquals(
      ended.status === "rejected" && String(ended.reason),
      "CancelledError: enough",
    );
  }));
