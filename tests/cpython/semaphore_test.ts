import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import { BoundedSemaphore, createTask, Semaphore, sleep } from "../../mod.ts";
import { both, caseTest, errorOf } from "./_both.ts";
import { inStyles, type Styles, type Worker } from "./_styles.ts";

// Takes a permit and keeps it.
const taking: Styles<Worker<[Semaphore, (number | string)[], number]>> = {
  generator: (semaphore, log, name) =>
    function* () {
      assert(yield* semaphore.acquire());
      log.push(name);
    },
  async: (semaphore, log, name) => async () => {
    assert(await semaphore.acquire());
    log.push(name);
  },
};

caseTest("locks.SemaphoreTests.initial_value_zero", () => {
  assert(new Semaphore(0).locked());
});

both("locks.SemaphoreTests.semaphore", {
  *generator() {
    const semaphore = new Semaphore();
    assertEquals(String(semaphore), "<Semaphore [unlocked, value:1]>");
    const error = yield* errorOf(semaphore as unknown as Iterable<unknown>);
    assertInstanceOf(error, TypeError);
    assertEquals(String(semaphore), "<Semaphore [unlocked, value:1]>");
  },
  async async() {
    const semaphore = new Semaphore();
    assertEquals(await semaphore, semaphore);
    assertEquals(String(semaphore), "<Semaphore [unlocked, value:1]>");
  },
});

caseTest("locks.SemaphoreTests.semaphore_value", () => {
  const error = assertThrows(() => new Semaphore(-1), RangeError);
  assertEquals(
    error.message,
    "Cannot make a Semaphore: value must be an integer of at least 0, got -1",
  );
});

inStyles("locks.SemaphoreTests.acquire", taking, function* (take, turns) {
  const semaphore = new Semaphore(3);
  const log: number[] = [];
  yield* semaphore.acquire();
  yield* semaphore.acquire();
  assertFalse(semaphore.locked());
  const tasks = [1, 2, 3].map((name) => createTask(take(semaphore, log, name)));
  yield* turns();
  assert(semaphore.locked());
  assertEquals(log, [1]);

  tasks.push(createTask(take(semaphore, log, 4)));
  semaphore.release();
  semaphore.release();
  assertEquals(String(semaphore), "<Semaphore [locked, waiters:2]>");
  yield* turns();
  assertEquals(log, [1, 2, 3]);
  assert(semaphore.locked());
  assertEquals(String(semaphore), "<Semaphore [locked, waiters:1]>");
  yield* turns();
  assertEquals(tasks.map((task) => task.done()), [true, true, true, false]);
  tasks[3]!.cancel();
});

inStyles(
  "locks.SemaphoreTests.acquire_cancel",
  taking,
  function* (take, turns) {
    const semaphore = new Semaphore();
    yield* semaphore.acquire();
    const task = createTask(take(semaphore, [], 1));
    yield* turns();
    task.cancel();
    yield* turns(2);
    assert(task.cancelled());
    assertEquals(String(semaphore), "<Semaphore [locked]>");
  },
);

const cancelFirst = "locks.SemaphoreTests.acquire_cancel_before_awoken";
inStyles(cancelFirst, taking, function* (take, turns) {
  const semaphore = new Semaphore(0);
  const log: number[] = [];
  const tasks = [1, 2, 3, 4].map((name) =>
    createTask(take(semaphore, log, name))
  );
  yield* turns();
  tasks[0]!.cancel();
  tasks[1]!.cancel();
  semaphore.release();
  yield* turns(2);
  assertEquals(log, [3]);
  assertEquals(
    tasks.map((task) => [task.done(), task.cancelled()]),
    [[true, true], [true, true], [true, false], [false, false]],
  );
  tasks[3]!.cancel();
});

inStyles("locks.SemaphoreTests.acquire_hang", taking, function* (take, turns) {
  const semaphore = new Semaphore(0);
  const log: number[] = [];
  const t1 = createTask(take(semaphore, log, 1));
  const t2 = createTask(take(semaphore, log, 2));
  yield* turns();
  t1.cancel();
  semaphore.release();
  yield* turns(2);
  assert(semaphore.locked());
  assertEquals(log, [2]);
  assert(t1.cancelled() && t2.done());
});

caseTest("locks.SemaphoreTests.release_not_acquired", () => {
  const semaphore = new BoundedSemaphore();
  const error = assertThrows(() => semaphore.release(), RangeError);
  assertEquals(
    error.message,
    "Cannot release <BoundedSemaphore [unlocked, value:1]>: " +
      "it was released more often than acquired",
  );
});

both("locks.SemaphoreTests.release_no_waiters", {
  *generator() {
    const semaphore = new Semaphore();
    yield* semaphore.acquire();
    assert(semaphore.locked());
    semaphore.release();
    assertFalse(semaphore.locked());
  },
  async async() {
    const semaphore = new Semaphore();
    await semaphore.acquire();
    assert(semaphore.locked());
    semaphore.release();
    assertFalse(semaphore.locked());
  },
});

// Acquires twice round sleeps.
const twice: Styles<Worker<[Semaphore, string[], string]>> = {
  generator: (semaphore, log, name) =>
    function* () {
      yield* semaphore.acquire();
      log.push(`${name}_1`);
      yield* sleep(0.01);
      semaphore.release();
      yield* semaphore.acquire();
      log.push(`${name}_2`);
      semaphore.release();
    },
  async: (semaphore, log, name) => async () => {
    await semaphore.acquire();
    log.push(`${name}_1`);
    await sleep(0.01);
    semaphore.release();
    await semaphore.acquire();
    log.push(`${name}_2`);
    semaphore.release();
  },
};

inStyles("locks.SemaphoreTests.acquire_fifo_order", twice, function* (pass) {
  const semaphore = new Semaphore(1);
  const log: string[] = [];
  const tasks = ["c1", "c2", "c3"].map((name) =>
    createTask(pass(semaphore, log, name))
  );
  for (const task of tasks) yield* task;
  assertEquals(log, ["c1_1", "c2_1", "c3_1", "c1_2", "c2_2", "c3_2"]);
});

type Entering = Styles<Worker<[Semaphore, number[]]>>;

const entering: Styles<
  { c1: Entering["async"]; c2: Entering["async"]; c3: Entering["async"] }
> = {
  generator: {
    c1: (semaphore, log) =>
      function* () {
        yield* semaphore.acquire();
        log.push(1);
      },
    c2: (semaphore, log) =>
      function* () {
        yield* semaphore.acquire();
        log.push(2);
        semaphore.release();
        yield* semaphore.acquire();
        log.push(4);
      },
    c3: (semaphore, log) =>
      function* () {
        yield* semaphore.acquire();
        log.push(3);
      },
  },
  async: {
    c1: (semaphore, log) => async () => {
      await semaphore.acquire();
      log.push(1);
    },
    c2: (semaphore, log) => async () => {
      await semaphore.acquire();
      log.push(2);
      semaphore.release();
      await semaphore.acquire();
      log.push(4);
    },
    c3: (semaphore, log) => async () => {
      await semaphore.acquire();
      log.push(3);
    },
  },
};

const fifo2 = "locks.SemaphoreTests.acquire_fifo_order_2";
inStyles(fifo2, entering, function* ({ c1, c2, c3 }, turns) {
  const semaphore = new Semaphore(1);
  const log: number[] = [];
  const t1 = createTask(c1(semaphore, log));
  const t2 = createTask(c2(semaphore, log));
  const t3 = createTask(c3(semaphore, log));
  yield* turns();
  semaphore.release();
  semaphore.release();
  yield* t1;
  yield* t2;
  yield* t3;
  assertEquals(log, [1, 2, 3, 4]);
});

const fifo3 = "locks.SemaphoreTests.acquire_fifo_order_3";
inStyles(fifo3, taking, function* (take, turns) {
  const semaphore = new Semaphore(0);
  const log: number[] = [];
  const [t1, t2, t3] = [1, 2, 3].map((name) =>
    createTask(take(semaphore, log, name))
  );
  yield* turns();
  t1!.cancel();
  yield* turns();
  semaphore.release();
  semaphore.release();
  yield* t2!;
  yield* t3!;
  assertEquals(log, [2, 3]);
});

const releasing: Styles<Worker<[Semaphore, number[], () => void]>> = {
  generator: (semaphore, log, check) =>
    function* () {
      for (let i = 0; i < 3; i++) semaphore.release();
      check();
      yield* semaphore.acquire();
      log.push(2);
    },
  async: (semaphore, log, check) => async () => {
    for (let i = 0; i < 3; i++) semaphore.release();
    check();
    await semaphore.acquire();
    log.push(2);
  },
};

inStyles("locks.SemaphoreTests.acquire_fifo_order_4", {
  generator: { take: taking.generator, release: releasing.generator },
  async: { take: taking.async, release: releasing.async },
}, function* ({ take, release }, turns) {
  const semaphore = new Semaphore(0);
  const log: number[] = [];
  const t1 = createTask(take(semaphore, log, 1));
  yield* turns();
  assertEquals(String(semaphore), "<Semaphore [locked, waiters:1]>");
  const check = () => {
    // Two permits are free, but the first who waits has not woken yet.
    assertEquals(String(semaphore), "<Semaphore [locked, waiters:1]>");
    assert(semaphore.locked());
  };
  const t2 = createTask(release(semaphore, log, check));
  const t3 = createTask(take(semaphore, log, 3));
  yield* turns();
  const t4 = createTask(take(semaphore, log, 4));
  yield* turns(2);
  semaphore.release();
  for (const task of [t1, t2, t3, t4]) yield* task;
  assertEquals(log, [1, 2, 3, 4]);
});
