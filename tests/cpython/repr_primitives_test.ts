import { assertEquals } from "@std/assert";
import {
  Barrier,
  Condition,
  createTask,
  Event,
  Lock,
  Queue,
  Semaphore,
  sleep,
  timeout,
  timeoutAt,
  wait,
} from "../../mod.ts";
import { both, caseTest, errorOf, rejectionOf } from "./_both.ts";

both("locks.LockTests.repr", {
  *generator() {
    const lock = new Lock();
    assertEquals(String(lock), "<Lock [unlocked]>");
    yield* lock.acquire();
    assertEquals(String(lock), "<Lock [locked]>");
  },
  async async() {
    const lock = new Lock();
    assertEquals(String(lock), "<Lock [unlocked]>");
    await lock.acquire();
    assertEquals(String(lock), "<Lock [locked]>");
  },
});

both("locks.EventTests.repr", {
  *generator() {
    const event = new Event();
    assertEquals(String(event), "<Event [unset]>");
    event.set();
    assertEquals(String(event), "<Event [set]>");
    event.clear();
    const waiter = createTask(event.wait());
    yield* sleep(0);
    assertEquals(String(event), "<Event [unset, waiters:1]>");
    event.set();
    yield* waiter;
  },
  async async() {
    const event = new Event();
    const waiter = createTask(async () => await event.wait());
    await sleep(0);
    assertEquals(String(event), "<Event [unset, waiters:1]>");
    event.set();
    await waiter;
    assertEquals(String(event), "<Event [set]>");
  },
});

both("locks.ConditionTests.repr", {
  *generator() {
    const condition = new Condition();
    assertEquals(String(condition), "<Condition [unlocked]>");
    yield* condition.acquire();
    assertEquals(String(condition), "<Condition [locked]>");
    condition.release();
    const waiters = [waitOn(condition), waitOn(condition)];
    yield* sleep(0);
    assertEquals(String(condition), "<Condition [unlocked, waiters:2]>");
    yield* condition.acquire();
    condition.notifyAll();
    condition.release();
    yield* wait(waiters);
  },
  async async() {
    const condition = new Condition();
    await condition.acquire();
    assertEquals(String(condition), "<Condition [locked]>");
    condition.release();
    const waiters = [waitOn(condition), waitOn(condition)];
    await sleep(0);
    assertEquals(String(condition), "<Condition [unlocked, waiters:2]>");
    await condition.acquire();
    condition.notifyAll();
    condition.release();
    await wait(waiters);
  },
});

function waitOn(condition: Condition) {
  return createTask(function* () {
    using _ = yield* condition.acquire();
    yield* condition.wait();
  });
}

both("locks.SemaphoreTests.repr", {
  *generator() {
    const semaphore = new Semaphore();
    assertEquals(String(semaphore), "<Semaphore [unlocked, value:1]>");
    yield* semaphore.acquire();
    assertEquals(String(semaphore), "<Semaphore [locked]>");
    const waiters = [
      createTask(semaphore.acquire()),
      createTask(semaphore.acquire()),
    ];
    yield* sleep(0);
    assertEquals(String(semaphore), "<Semaphore [locked, waiters:2]>");
    for (const waiter of waiters) {
      semaphore.release();
      yield* waiter;
    }
  },
  async async() {
    const semaphore = new Semaphore();
    await semaphore.acquire();
    assertEquals(String(semaphore), "<Semaphore [locked]>");
    const waiter = createTask(async () => await semaphore.acquire());
    await sleep(0);
    assertEquals(String(semaphore), "<Semaphore [locked, waiters:1]>");
    semaphore.release();
    await waiter;
  },
});

both("locks.BarrierTests.repr", {
  *generator() {
    const barrier = new Barrier(5);
    assertEquals(String(barrier), "<Barrier [filling, waiters:0/5]>");
    const join = () => createTask(barrier.wait());
    const waiters = [join(), join()];
    yield* sleep(0);
    assertEquals(String(barrier), "<Barrier [filling, waiters:2/5]>");
    waiters.push(join(), join());
    yield* createTask(function* () {
      yield* barrier.wait();
      assertEquals(String(barrier), "<Barrier [draining, waiters:0/5]>");
      yield* barrier.reset();
      assertEquals(String(barrier), "<Barrier [resetting, waiters:0/5]>");
    });
    yield* wait(waiters);
    for (const waiter of waiters) waiter.exception();
    assertEquals(String(barrier), "<Barrier [filling, waiters:0/5]>");
    yield* barrier.abort();
    assertEquals(String(barrier), "<Barrier [broken]>");
  },
  async async() {
    const barrier = new Barrier(2);
    assertEquals(String(barrier), "<Barrier [filling, waiters:0/2]>");
    const waiter = createTask(async () => await barrier.wait());
    await sleep(0);
    assertEquals(String(barrier), "<Barrier [filling, waiters:1/2]>");
    await barrier.wait();
    await waiter;
    await barrier.abort();
    assertEquals(String(barrier), "<Barrier [broken]>");
  },
});

both("queues.QueueBasicTests.repr", {
  *generator() {
    const queue = new Queue<number>(1);
    assertEquals(String(queue), "<Queue maxsize=1>");
    const getter = createTask(queue.get());
    yield* sleep(0);
    assertEquals(String(queue), "<Queue maxsize=1 getters=1>");
    getter.cancel();
    yield* errorOf(getter);
    queue.putNowait(1);
    const putter = createTask(queue.put(2));
    yield* sleep(0);
    assertEquals(
      String(queue),
      "<Queue maxsize=1 size=1 putters=1 tasks=1>",
    );
    putter.cancel();
    yield* errorOf(putter);
  },
  async async() {
    const queue = new Queue<number>(1);
    const getter = createTask(async () => await queue.get());
    await sleep(0);
    assertEquals(String(queue), "<Queue maxsize=1 getters=1>");
    getter.cancel();
    await rejectionOf(getter);
  },
});

caseTest("queues.QueueBasicTests.str", () => {
  const queue = new Queue<number>();
  queue.putNowait(1);
  assertEquals(String(queue), "<Queue maxsize=0 size=1 tasks=1>");
});

caseTest("queues._QueueJoinTestMixin.format", () => {
  const queue = new Queue<number>();
  assertEquals(String(queue), "<Queue maxsize=0>");
  queue.putNowait(1);
  queue.putNowait(2);
  queue.getNowait();
  queue.getNowait();
  assertEquals(String(queue), "<Queue maxsize=0 tasks=2>");
});

caseTest("queues._QueueShutdownTestMixin.format", () => {
  const queue = new Queue<number>();
  queue.shutdown();
  assertEquals(String(queue), "<Queue maxsize=0 shutdown>");
});

both("timeouts.TimeoutTests.repr_active", {
  *generator() {
    const text = yield* timeoutAt(123.456, function* (scope) {
      return String(scope);
    });
    assertEquals(text, "<Timeout [active] when=123.456>");
  },
  async async() {
    const text = await timeoutAt(123.456, async (scope) => {
      await sleep(0);
      return String(scope);
    });
    assertEquals(text, "<Timeout [active] when=123.456>");
  },
});

both("timeouts.TimeoutTests.repr_expired", {
  *generator() {
    let text = () => "";
    yield* errorOf(timeout(0.01, function* (scope) {
      text = () => String(scope);
      yield* sleep(10);
    }));
    assertEquals(text(), "<Timeout [expired]>");
  },
  async async() {
    let text = () => "";
    await rejectionOf(timeout(0.01, async (scope) => {
      text = () => String(scope);
      await sleep(10);
    }));
    assertEquals(text(), "<Timeout [expired]>");
  },
});

both("timeouts.TimeoutTests.repr_finished", {
  *generator() {
    let text = () => "";
    yield* timeout(10, function* (scope) {
      text = () => String(scope);
      yield* sleep(0);
    });
    assertEquals(text(), "<Timeout [finished]>");
  },
  async async() {
    let text = () => "";
    await timeout(10, async (scope) => {
      text = () => String(scope);
      await sleep(0);
    });
    assertEquals(text(), "<Timeout [finished]>");
  },
});

both("timeouts.TimeoutTests.repr_disabled", {
  *generator() {
    const text = yield* timeout(undefined, function* (scope) {
      return String(scope);
    });
    assertEquals(text, "<Timeout [active] when=undefined>");
  },
  async async() {
    const text = await timeout(undefined, async (scope) => {
      await sleep(0);
      return String(scope);
    });
    assertEquals(text, "<Timeout [active] when=undefined>");
  },
});
