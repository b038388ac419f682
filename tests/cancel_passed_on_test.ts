/**
 * A cancel that a wait passes on to a task which is about to end: whoever waits gets the error
 * by which that ends, as in CPython, and the cancel if it keeps a result.
 */
import { assertEquals, assertRejects } from "@std/assert";
import {
  type Coro,
  coroutine,
  createTask,
  gather,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
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

const GROUP_BODIES = ["await", "yield*", "a coroutine"] as const;

for (const wait of GROUP_BODIES) {
  for (const signalled of [false, true]) {
    const how = signalled ? "aborts the signal of" : "cancels";
    for (const end of ["it throws", "it throws some microtasks later"]) {
      Deno.test(`a task ${how} the group whose body waits for it by ${wait}, and then ${end}`, () =>
        runTest(async () => {
          const controller = new AbortController();
          let group: TaskGroup | undefined;
          const inner: Inner = createTask(async () => {
            await sleep(1);
            if (signalled) controller.abort();
            else group!.cancel();
            return await ENDS[end]![0]();
          });
          const body = WAITS[wait]!(inner);
          const { signal } = controller;
          const outer = createTask(() =>
            taskGroup((own) => {
              group = own;
              return body();
            }, { signal })
          );
          const error = await assertRejects(
            async () => await outer,
            AggregateError,
          );
          assertEquals(error.errors.map(String), ["RangeError: failed"]);
        }));
    }
  }
}
