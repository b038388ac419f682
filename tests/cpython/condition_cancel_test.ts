import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import { CancelledError, Condition, createTask } from "../../mod.ts";
import { errorOf } from "./_both.ts";
import { inStyles, type Styles, type Worker } from "./_styles.ts";
import { waiting } from "./_workers.ts";

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

inStyles("locks.ConditionTests.wait_cancel", waiting, function* (wait, turns) {
  const condition = new Condition();
  const task = createTask(wait(condition, [], 1));
  yield* turns();
  assertEquals(String(condition), "<Condition [unlocked, waiters:1]>");
  task.cancel();
  yield* turns(2);
  assert(task.cancelled());
  assertEquals(String(condition), "<Condition [locked]>");
});

const cancelContested = "locks.ConditionTests.wait_cancel_contested";
inStyles(cancelContested, waiting, function* (wait, turns) {
  const condition = new Condition();
  const task = createTask(wait(condition, [], 1));
  yield* turns();
  yield* condition.acquire();
  condition.notify();
  task.cancel();
  yield* turns();
  assert(condition.locked());
  assertFalse(task.done());

  condition.release();
  yield* turns(2);
  assert(task.cancelled());
  assert(condition.locked());
});

const cancelAfterNotify = "locks.ConditionTests.wait_cancel_after_notify";
inStyles(cancelAfterNotify, waiting, function* (wait, turns) {
  const condition = new Condition();
  const task = createTask(wait(condition, [], 1));
  yield* turns();
  yield* condition.acquire();
  condition.notify();
  yield* turns();
  task.cancel();
  yield* turns();
  assertFalse(task.done());
  condition.release();
  yield* turns(3);
  assert(task.cancelled());
  assert(condition.locked());
});
