import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import {
  BoundedSemaphore,
  CancelledError,
  Condition,
  type Coroutine,
  createTask,
  Event,
  Lock,
  RuntimeError,
  Semaphore,
} from "../../mod.ts";
import { caseTest, errorOf, rejectionOf, runVirtual } from "./_both.ts";
import { inStyles, type Styles, type Worker } from "./_styles.ts";

// What is bound by a wait that blocks, and that wait.
const bindings: (() => [object, () => Coroutine<unknown>])[] = [
  () => {
    const lock = new Lock();
    return [lock, () => lock.acquire()];
  },
  () => {
    const event = new Event();
    return [event, () => event.wait()];
  },
  () => {
    const semaphore = new Semaphore(0);
    return [semaphore, () => semaphore.acquire()];
  },
  () => {
    const semaphore = new BoundedSemaphore(0);
    return [semaphore, () => semaphore.acquire()];
  },
  () => {
    const condition = new Condition();
    return [condition, () => condition.wait()];
  },
];

caseTest("locks.ConditionTests.ambiguous_loops", async () => {
  for (const make of bindings) {
    const [primitive, wait] = make();
    // The way without a wait binds nothing.
    if (primitive instanceof Lock || primitive instanceof Condition) {
      await runVirtual(() => primitive.acquire());
    }
    await runVirtual(function* () {
      const task = createTask(wait());
      yield* createTask(function* () {});
      task.cancel();
      yield* errorOf(task);
    });
    if (primitive instanceof Condition) assert(primitive.locked());
    const error = await rejectionOf(runVirtual(wait));
    assertInstanceOf(error, RuntimeError, String(primitive));
    assert(error.message.endsWith("is bound to a different event loop"));
  }
});

// Waits for what never comes, and hands over the error that it sees.
const catching: Styles<Worker<[Condition, unknown[]]>> = {
  generator: (condition, seen) =>
    function* () {
      using _ = yield* condition.acquire();
      try {
        yield* condition.waitFor(() => false);
      } catch (error) {
        seen.push(error);
        throw error;
      }
    },
  async: (condition, seen) => async () => {
    using _ = await condition.acquire();
    try {
      await condition.waitFor(() => false);
    } catch (error) {
      seen.push(error);
      throw error;
    }
  },
};

const cancelledWakeup = "locks.ConditionTests.cancelled_error_wakeup";
inStyles(cancelledWakeup, catching, function* (wait, turns) {
  const condition = new Condition();
  const seen: unknown[] = [];
  const task = createTask(wait(condition, seen));
  yield* turns();
  task.cancel("foo");
  const error = yield* errorOf(task);
  assertInstanceOf(error, CancelledError);
  assertEquals(error.message, "foo");
  assertStrictEquals(seen[0], error);
});

const cancelledAcquire = "locks.ConditionTests.cancelled_error_re_aquire";
inStyles(cancelledAcquire, catching, function* (wait, turns) {
  const condition = new Condition();
  const seen: unknown[] = [];
  const task = createTask(wait(condition, seen));
  yield* turns();
  yield* condition.acquire();
  condition.notify();
  yield* turns();
  task.cancel("foo");
  yield* turns();
  condition.release();
  const error = yield* errorOf(task);
  assertInstanceOf(error, CancelledError);
  assertEquals(error.message, "foo");
  assertStrictEquals(seen[0], error);
});

interface Stock {
  items: number;
}

// Takes an item as soon as there is one.
const consuming: Styles<Worker<[Condition, Stock]>> = {
  generator: (condition, stock) =>
    function* () {
      using _ = yield* condition.acquire();
      yield* condition.waitFor(() => stock.items > 0);
      stock.items--;
    },
  async: (condition, stock) => async () => {
    using _ = await condition.acquire();
    await condition.waitFor(() => stock.items > 0);
    stock.items--;
  },
};

const passedOn = "locks.ConditionTests.cancelled_wakeup";
inStyles(passedOn, consuming, function* (consume, turns) {
  const condition = new Condition();
  const stock = { items: 0 };
  const first = createTask(consume(condition, stock));
  const second = createTask(consume(condition, stock));
  yield* turns();
  {
    using _ = yield* condition.acquire();
    stock.items++;
    condition.notify(1);
    first.cancel();
  }
  yield* turns(4);
  assert(first.cancelled());
  assert(second.done() && !second.cancelled());
  assertEquals(stock.items, 0);
});

const passedOnLate = "locks.ConditionTests.cancelled_wakeup_relock";
inStyles(passedOnLate, consuming, function* (consume, turns) {
  const condition = new Condition();
  const stock = { items: 0 };
  const first = createTask(consume(condition, stock));
  const second = createTask(consume(condition, stock));
  yield* turns();
  {
    using _ = yield* condition.acquire();
    stock.items++;
    condition.notify(1);
    yield* turns();
    first.cancel();
  }
  yield* turns(5);
  assert(first.cancelled());
  assert(second.done() && !second.cancelled());
  assertEquals(stock.items, 0);
});
