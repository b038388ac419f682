/**
 * A loop over `asCompleted()` that is left can be begun again, whatever has ended it.
 */
import { assertEquals, assertRejects } from "@std/assert";
import {
  type AsCompleted,
  asCompleted,
  type Coro,
  createTask,
  getRunningLoop,
  sleep,
  timeout,
  TimeoutError,
  wait,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

type Names = AsCompleted<PromiseLike<string>>;
type Loop = (
  names: Names,
  taken: string[],
) => () => PromiseLike<void> | Coro<void>;

/** The ways to go over what `asCompleted()` gives; each takes all that is left. */
const LOOPS: Readonly<Record<string, Loop>> = {
  "for await": (names, taken) => async () => {
    for await (const done of names) taken.push(done.result());
  },
  "the iterator in a generator": (names, taken) =>
    function* (): Coro<void> {
      const iterator = names[Symbol.asyncIterator]();
      while (true) {
        const step = yield* iterator.next();
        if (step.done) return;
        taken.push(step.value.result());
      }
    },
  "for in an async function": (names, taken) => async () => {
    for (const next of names) taken.push(await next);
  },
  "for in a generator": (names, taken) =>
    function* (): Coro<void> {
      for (const next of names) taken.push(yield* next);
    },
};

for (const [form, loopOver] of Object.entries(LOOPS)) {
  Deno.test(`asCompleted() gives all that a loop that was cancelled did not take: ${form}`, () =>
    runTest(async () => {
      const names: Names = asCompleted([sleep(2, "a"), sleep(3, "b")]);
      const taken: string[] = [];
      for (const seconds of [1, 1.5]) {
        await assertRejects(
          async () => await timeout(seconds, loopOver(names, taken)),
          TimeoutError,
        );
      }
      assertEquals(taken, ["a"]);
      await createTask(loopOver(names, taken));
      assertEquals(taken, ["a", "b"]);
    }));

  Deno.test(`asCompleted() keeps what is done in the turn of the cancel: ${form}`, () =>
    runTest(async () => {
      const loop = getRunningLoop();
      for (const cancelFirst of [true, false]) {
        const future = loop.createFuture<string>();
        const names: Names = asCompleted([future, sleep(2, "b")]);
        const taken: string[] = [];
        const task = createTask(loopOver(names, taken));
        loop.callLater(1, () => {
          if (cancelFirst) task.cancel();
          future.setResult("a");
          if (!cancelFirst) task.cancel();
        });
        await wait([task]);
        assertEquals([task.cancelled(), ...taken], [true]);
        await createTask(loopOver(names, taken));
        assertEquals(taken, ["a", "b"]);
      }
    }));

  Deno.test(`asCompleted() that is late says so once for each that was not done: ${form}`, () =>
    runTest(async () => {
      const names: Names = asCompleted([sleep(1, "a"), sleep(3, "b")], {
        timeout: 2,
      });
      const taken: string[] = [];
      await assertRejects(
        async () => await createTask(loopOver(names, taken)),
        TimeoutError,
        "no more is done",
      );
      await createTask(loopOver(names, taken));
      assertEquals(taken, ["a"]);
    }));
}
