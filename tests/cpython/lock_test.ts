import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  BoundedSemaphore,
  Condition,
  type Coro,
  createTask,
  Event,
  Future,
  Lock,
  RuntimeError,
  Semaphore,
  sleep,
} from "../../mod.ts";
import { both, caseTest, errorOf, rejectionOf } from "./_both.ts";
import { inStyles, type Styles, type Worker } from "./_styles.ts";

type Lockable = Lock | Condition | Semaphore;

const lockables = (): Lockable[] => [
  new Lock(),
  new Condition(),
  new Semaphore(),
  new BoundedSemaphore(),
];

// Acquires and keeps the lock.
const taking: Styles<Worker<[Lock, string[], string]>> = {
  generator: (lock, log, name) =>
    function* () {
      assert(yield* lock.acquire());
      log.push(name);
    },
  async: (lock, log, name) => async () => {
    assert(await lock.acquire());
    log.push(name);
  },
};

both("locks.LockTests.lock", {
  *generator() {
    const lock = new Lock();
    const error = yield* errorOf(lock as unknown as Iterable<unknown>);
    assertInstanceOf(error, TypeError);
    assertFalse(lock.locked());
  },
  async async() {
    const lock = new Lock();
    assertEquals(await lock, lock);
    assertFalse(lock.locked());
  },
});

caseTest("locks.LockTests.lock_doesnt_accept_loop_parameter", () => {
  const options = { loop: {} } as object;
  const makers = [
    () => new Lock(options),
    () => new Event(options),
    () => new Condition(undefined, options),
    () => new Semaphore(1, options),
    () => new BoundedSemaphore(1, options),
  ];
  for (const make of makers) {
    assertThrows(make, TypeError, 'unknown option "loop"');
  }
});

both("locks.LockTests.lock_by_with_statement", {
  *generator() {
    for (const lock of lockables()) {
      assertThrows(() => {
        using _ = lock as unknown as Disposable;
      }, TypeError);
      assertFalse(lock.locked());
    }
  },
  async async() {
    for (const lock of lockables()) {
      const notThenable = await lock;
      assertThrows(() => {
        using _ = notThenable as unknown as Disposable;
      }, TypeError);
      assertFalse(lock.locked());
    }
  },
});

inStyles("locks.LockTests.acquire", taking, function* (take, turns) {
  const lock = new Lock();
  const log: string[] = [];
  assert(yield* lock.acquire());
  const tasks = [createTask(take(lock, log, "1"))];
  tasks.push(createTask(take(lock, log, "2")));
  yield* turns();
  assertEquals(log, []);

  lock.release();
  yield* turns();
  assertEquals(log, ["1"]);
  yield* turns();
  assertEquals(log, ["1"]);

  tasks.push(createTask(take(lock, log, "3")));
  lock.release();
  yield* turns();
  assertEquals(log, ["1", "2"]);

  lock.release();
  yield* turns();
  assertEquals(log, ["1", "2", "3"]);
  yield* turns();
  assert(tasks.every((task) => task.done() && !task.cancelled()));
});

inStyles("locks.LockTests.acquire_cancel", taking, function* (take, turns) {
  const lock = new Lock();
  assert(yield* lock.acquire());
  const task = createTask(take(lock, [], "never"));
  yield* turns();
  task.cancel();
  yield* turns(2);
  assert(task.cancelled());
  assertEquals(String(lock), "<Lock [locked]>");
});

// Waits for a future while it holds the lock.
const holding: Styles<Worker<[Lock, Future<void> | undefined]>> = {
  generator: (lock, blocker) =>
    function* () {
      using _ = yield* lock.acquire();
      if (blocker !== undefined) yield* blocker;
    },
  async: (lock, blocker) => async () => {
    using _ = await lock.acquire();
    if (blocker !== undefined) await blocker;
  },
};

inStyles("locks.LockTests.cancel_race", holding, function* (hold, turns) {
  const lock = new Lock();
  const blocker = new Future<void>();
  const a = createTask(hold(lock, blocker));
  yield* turns();
  assert(lock.locked());
  const b = createTask(hold(lock, undefined));
  yield* turns();
  const c = createTask(hold(lock, undefined));
  yield* turns();
  assertEquals(String(lock), "<Lock [locked, waiters:2]>");

  blocker.setResult(undefined);
  b.cancel();
  yield* a;
  yield* turns(4);
  assert(b.cancelled());
  assert(c.done() && !c.cancelled());
  assertFalse(lock.locked());
});

inStyles(
  "locks.LockTests.cancel_release_race",
  taking,
  function* (take, turns) {
    const lock = new Lock();
    const log: string[] = [];
    yield* lock.acquire();
    const t1 = createTask(take(lock, log, "1"));
    const t2 = createTask(take(lock, log, "2"));
    const t3 = createTask(take(lock, log, "3"));
    yield* turns();
    t1.cancel();
    lock.release();
    yield* turns(4);
    assertEquals(log, ["2"]);
    assert(t1.cancelled());
    assert(t2.done());
    assertFalse(t3.done());
    t3.cancel();
  },
);

inStyles(
  "locks.LockTests.finished_waiter_cancelled",
  taking,
  function* (take, turns) {
    const lock = new Lock();
    const log: string[] = [];
    yield* lock.acquire();
    const tb = createTask(take(lock, log, "b"));
    yield* turns();
    createTask(take(lock, log, "c"));
    tb.cancel();
    lock.release();
    yield* turns();
    assertEquals(log, ["c"]);
    assert(lock.locked());
    yield* turns();
    assert(tb.cancelled());
  },
);

caseTest("locks.LockTests.release_not_acquired", () => {
  const error = assertThrows(() => new Lock().release(), RuntimeError);
  assertEquals(
    error.message,
    "Cannot release <Lock [unlocked]>: it is not acquired",
  );
});

both("locks.LockTests.release_no_waiters", {
  *generator() {
    const lock = new Lock();
    yield* lock.acquire();
    assert(lock.locked());
    lock.release();
    assertFalse(lock.locked());
  },
  async async() {
    const lock = new Lock();
    await lock.acquire();
    assert(lock.locked());
    lock.release();
    assertFalse(lock.locked());
  },
});

both("locks.LockTests.context_manager", {
  *generator() {
    const lock = new Lock();
    {
      using _ = yield* lock.acquire();
      assert(lock.locked());
    }
    assertFalse(lock.locked());
  },
  async async() {
    const lock = new Lock();
    {
      using _ = await lock.acquire();
      assert(lock.locked());
    }
    assertFalse(lock.locked());
  },
});

both("pep492.LockTests.context_manager_async_with", {
  *generator() {
    for (const lock of lockables()) {
      {
        using guard = yield* lock.acquire();
        assert((guard as unknown) !== lock);
        assert(lock.locked());
        yield* sleep(0.01);
        assert(lock.locked());
      }
      assertFalse(lock.locked());
    }
  },
  async async() {
    for (const lock of lockables()) {
      {
        using guard = await lock.acquire();
        assert((guard as unknown) !== lock);
        assert(lock.locked());
        await sleep(0.01);
        assert(lock.locked());
      }
      assertFalse(lock.locked());
    }
  },
});

both("pep492.LockTests.context_manager_with_await", {
  *generator() {
    for (const lock of lockables()) {
      const error = yield* errorOf((function* (): Coro<void> {
        using _ = yield* lock as unknown as Coro<Disposable>;
      })());
      assertInstanceOf(error, TypeError);
      assertFalse(lock.locked());
    }
  },
  async async() {
    for (const lock of lockables()) {
      const error = await rejectionOf((async () => {
        using _ = await (lock as unknown as Disposable);
      })());
      assertInstanceOf(error, TypeError);
      assertFalse(lock.locked());
    }
  },
});
