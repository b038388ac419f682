/**
 * Futures of users with an `addDoneCallback()` of their own, which may begin their work there:
 * as in CPython, whoever waits for one asks it by that.
 *
 * @module
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  allTasks,
  asCompleted,
  type CallbackOptions,
  type Coro,
  type Coroutine,
  currentTask,
  firstSuccess,
  Future,
  gather,
  race,
  shield,
  sleep,
  Task,
  taskGroup,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

/** Has its result once somebody waits for it. */
class Lazy extends Future<string> {
  override addDoneCallback(
    callback: (future: this) => void,
    options?: CallbackOptions,
  ): void {
    super.addDoneCallback(callback, options);
    if (!this.done()) this.setResult("lazy");
  }
}

type Waiting = Coroutine<unknown> | Future<unknown>;

const WAYS: Record<string, (future: Lazy) => Waiting> = {
  "asCompleted()": (future) => [...asCompleted([future])][0]!,
  "await and yield*": (future) => future,
  "gather()": (future) => gather(future),
  "race()": (future) => race([future]),
  "shield()": (future) => shield(future),
  "wait()": (future) => wait([future]),
  "waitFor()": (future) => waitFor(future, 5),
  "waitFor() at once": (future) => waitFor(future, 0),
};

for (const [way, begin] of Object.entries(WAYS)) {
  Deno.test(`${way} of a subclass asks its addDoneCallback(), in an async function`, () =>
    runTest(async () => {
      const future = new Lazy();
      await begin(future);
      assertEquals(future.result(), "lazy");
    }));

  Deno.test(`${way} of a subclass asks its addDoneCallback(), in a generator`, () =>
    runTest(function* (): Coro<void> {
      const future = new Lazy();
      yield* begin(future) as Coroutine<unknown>;
      assertEquals(future.result(), "lazy");
    }));
}

/** Has its result from elsewhere, and counts who waits. */
class Counting extends Future<string> {
  waiting = 0;

  override addDoneCallback(
    callback: (future: this) => void,
    options?: CallbackOptions,
  ): void {
    this.waiting++;
    super.addDoneCallback(callback, options);
  }

  override removeDoneCallback(callback: (future: this) => void): number {
    const count = super.removeDoneCallback(callback);
    this.waiting -= count;
    return count;
  }
}

Deno.test("wait() and asCompleted() take their callback back from a subclass at their deadline", () =>
  runTest(async () => {
    const future = new Counting();
    const [, pending] = await wait([future], { timeout: 1 });
    assertEquals([pending.size, future.waiting], [1, 0]);
    for (const each of asCompleted([future], { timeout: 1 })) {
      assertEquals(future.waiting, 1);
      await each.catch(() => {});
    }
    assertEquals(future.waiting, 0);
  }));

/** Cannot be waited for. */
class Refusing extends Future<string> {
  override addDoneCallback(): void {
    throw new RangeError("expected");
  }
}

Deno.test("wait() whose future of a user throws in addDoneCallback() leaves the others alone", () =>
  runTest(function* (): Coro<void> {
    const other = new Future<string>();
    let error: unknown;
    try {
      yield* wait([other, new Refusing()], { timeout: 60 });
    } catch (thrown) {
      error = thrown;
    }
    assertEquals([`${error}`, `${other}`], [
      "RangeError: expected",
      "<Future pending>",
    ]);
  }));

const OF_SEVERAL: Record<
  string,
  (futures: (Future<string> | (() => Coro<string>))[]) => Waiting
> = {
  "asCompleted()": (futures) => [...asCompleted(futures)][0]!,
  "firstSuccess()": firstSuccess,
  "gather()": (futures) => gather(futures),
  "race()": race,
};

for (const [way, begin] of Object.entries(OF_SEVERAL)) {
  Deno.test(`${way} of which one throws in addDoneCallback() waits for none and cancels what it has begun`, () =>
    runTest(async () => {
      const plain = new Future<string>();
      const counting = new Counting();
      const begun: Task<unknown>[] = [];
      const work = function* (): Coro<string> {
        begun.push(currentTask()!);
        yield* sleep(3600);
        return "never";
      };
      await assertRejects(
        async () => await begin([plain, counting, work, new Refusing(), work]),
        RangeError,
        "expected",
      );
      await sleep(1);
      assertEquals(`${plain}`, "<Future pending>");
      assertEquals([counting.done(), counting.waiting], [false, 0]);
      assertEquals(begun.every((task) => task.cancelled()), true);
      assertEquals([...allTasks()].length, 1);
      // Its error comes to nobody who has given up.
      counting.setException(new RangeError("of the future"));
      await assertRejects(async () => await counting, RangeError);
    }));
}

Deno.test("taskGroup() whose factory makes a task that throws in addDoneCallback() cancels that and ends", () =>
  runTest(async (loop) => {
    class RefusingTask<T> extends Task<T> {
      override addDoneCallback(): void {
        throw new RangeError("expected");
      }
    }
    const made: Task<unknown>[] = [];
    await taskGroup(async (group) => {
      loop.setTaskFactory((scheduler, coro, options) => {
        const task = new RefusingTask(coro, { ...options, loop: scheduler });
        made.push(task as Task<unknown>);
        return task;
      });
      assertThrows(() => group.createTask(sleep(3600)), RangeError, "expected");
      loop.setTaskFactory(undefined);
      await sleep(1);
    });
    assertEquals(made.map((task) => task.cancelled()), [true]);
  }));
