import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  BoundedSemaphore,
  Condition,
  type Coroutine,
  createTask,
  Event,
  Lock,
  RuntimeError,
  Semaphore,
} from "../../mod.ts";
import { both, caseTest, errorOf, rejectionOf, runVirtual } from "./_both.ts";
import { inStyles, type Styles, type Worker } from "./_styles.ts";
import { waiting } from "./_workers.ts";

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

// Waits for a notification, and releases the lock.
const passing: Styles<Worker<[Condition, number[], number]>> = {
  generator: (condition, log, name) =>
    function* () {
      using _ = yield* condition.acquire();
      yield* condition.wait();
      log.push(name);
    },
  async: (condition, log, name) => async () => {
    using _ = await condition.acquire();
    await condition.wait();
    log.push(name);
  },
};

inStyles("locks.ConditionTests.wait", waiting, function* (wait, turns) {
  const condition = new Condition();
  const log: number[] = [];
  const tasks = [1, 2, 3].map((name) => createTask(wait(condition, log, name)));
  yield* turns();
  assertEquals(log, []);
  assertFalse(condition.locked());

  yield* condition.acquire();
  condition.notify();
  yield* turns();
  assertEquals(log, []);
  condition.release();
  yield* turns();
  assertEquals(log, [1]);
  assert(condition.locked());

  condition.notify(2);
  yield* turns();
  assertEquals(log, [1]);
  condition.release();
  yield* turns();
  assertEquals(log, [1, 2]);
  condition.release();
  yield* turns();
  assertEquals(log, [1, 2, 3]);
  assert(condition.locked());
  yield* turns();
  assert(tasks.every((task) => task.done()));
});

both("locks.ConditionTests.wait_unacquired", {
  *generator() {
    const error = yield* errorOf(new Condition().wait());
    assertInstanceOf(error, RuntimeError);
    assertEquals(
      error.message,
      "Cannot wait: the lock of <Condition [unlocked]> is not acquired, acquire() it first",
    );
  },
  async async() {
    const error = await rejectionOf(new Condition().wait());
    assertInstanceOf(error, RuntimeError);
  },
});

// Waits until the value is true, and keeps the lock.
const predicating: Styles<Worker<[Condition, () => number, number[]]>> = {
  generator: (condition, predicate, log) =>
    function* () {
      yield* condition.acquire();
      log.push(yield* condition.waitFor(predicate));
    },
  async: (condition, predicate, log) => async () => {
    await condition.acquire();
    log.push(await condition.waitFor(predicate));
  },
};

inStyles("locks.ConditionTests.wait_for", predicating, function* (wait, turns) {
  const condition = new Condition();
  const log: number[] = [];
  let value = 0;
  createTask(wait(condition, () => value, log));
  yield* turns();
  yield* condition.acquire();
  condition.notify();
  condition.release();
  yield* turns(2);
  assertEquals(log, []);

  value = 7;
  yield* condition.acquire();
  condition.notify();
  condition.release();
  yield* turns(2);
  assertEquals(log, [7]);
  assert(condition.locked());
});

both("locks.ConditionTests.wait_for_unacquired", {
  *generator() {
    const condition = new Condition();
    const value = [1, 2, 3];
    assertStrictEquals(yield* condition.waitFor(() => value), value);
    const error = yield* errorOf(condition.waitFor(() => false));
    assertInstanceOf(error, RuntimeError);
  },
  async async() {
    const condition = new Condition();
    const value = [1, 2, 3];
    assertStrictEquals(await condition.waitFor(() => value), value);
    const error = await rejectionOf(condition.waitFor(() => false));
    assertInstanceOf(error, RuntimeError);
  },
});

inStyles("locks.ConditionTests.notify", passing, function* (wait, turns) {
  const condition = new Condition();
  const log: number[] = [];
  for (const name of [1, 2, 3]) createTask(wait(condition, log, name));
  yield* turns();
  yield* condition.acquire();
  condition.notify(1);
  condition.release();
  yield* turns(2);
  assertEquals(log, [1]);

  yield* condition.acquire();
  condition.notify(1);
  condition.notify(2048);
  condition.release();
  yield* turns(4);
  assertEquals(log, [1, 2, 3]);
});

inStyles("locks.ConditionTests.notify_all", passing, function* (wait, turns) {
  const condition = new Condition();
  const log: number[] = [];
  for (const name of [1, 2]) createTask(wait(condition, log, name));
  yield* turns();
  yield* condition.acquire();
  condition.notifyAll();
  condition.release();
  yield* turns(3);
  assertEquals(log, [1, 2]);
});

caseTest("locks.ConditionTests.notify_unacquired", () => {
  const error = assertThrows(() => new Condition().notify(), RuntimeError);
  assertEquals(
    error.message,
    "Cannot notify: the lock of <Condition [unlocked]> is not acquired, acquire() it first",
  );
});

caseTest("locks.ConditionTests.notify_all_unacquired", () => {
  assertThrows(() => new Condition().notifyAll(), RuntimeError);
});

both("locks.ConditionTests.context_manager", {
  *generator() {
    const condition = new Condition();
    {
      using _ = yield* condition.acquire();
      assert(condition.locked());
    }
    assertFalse(condition.locked());
  },
  async async() {
    const condition = new Condition();
    {
      using _ = await condition.acquire();
      assert(condition.locked());
    }
    assertFalse(condition.locked());
  },
});

both("locks.ConditionTests.explicit_lock", {
  *generator() {
    for (const lock of [new Lock(), undefined]) {
      const condition = new Condition(lock);
      yield* (lock ?? condition).acquire();
      assert(condition.locked());
      assertEquals(lock?.locked() ?? true, true);
      condition.release();
      assertFalse(condition.locked());
      assertEquals(lock?.locked() ?? false, false);
    }
  },
  async async() {
    for (const lock of [new Lock(), undefined]) {
      const condition = new Condition(lock);
      await (lock ?? condition).acquire();
      assert(condition.locked());
      assertEquals(lock?.locked() ?? true, true);
      condition.release();
      assertFalse(condition.locked());
      assertEquals(lock?.locked() ?? false, false);
    }
  },
});

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
