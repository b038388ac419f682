import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  type Coro,
  createTask,
  formatTaskTree,
  getRunningLoop,
  Lock,
  RuntimeError,
  sleep,
} from "../mod.ts";
import {
  both,
  caseTest,
  errorOf,
  rejectionOf,
  runVirtual,
} from "./cpython/_both.ts";

caseTest(
  "Lock.acquire() takes no turn and no loop when the lock is free",
  () => {
    const lock = new Lock();
    assert(lock.acquire()[Symbol.iterator]().next().done);
    assert(lock.locked());
  },
);

both("Lock.acquire() gives a guard that releases once", {
  *generator() {
    const lock = new Lock();
    const guard = yield* lock.acquire();
    guard[Symbol.dispose]();
    assertFalse(lock.locked());
    guard[Symbol.dispose]();
    assertFalse(lock.locked());
  },
  async async() {
    const lock = new Lock();
    const guard = await lock.acquire();
    guard[Symbol.dispose]();
    guard[Symbol.dispose]();
    assertFalse(lock.locked());
  },
});

both("Lock.acquire() gives a guard that never releases another's lock", {
  *generator() {
    const lock = new Lock();
    const old = yield* lock.acquire();
    lock.release();
    using _ = yield* lock.acquire();
    old[Symbol.dispose]();
    assert(lock.locked());
  },
  async async() {
    const lock = new Lock();
    const old = await lock.acquire();
    old[Symbol.dispose]();
    using _ = await lock.acquire();
    old[Symbol.dispose]();
    assert(lock.locked());
  },
});

both("Lock.acquire() gives a guard that does nothing once the block released", {
  *generator() {
    const lock = new Lock();
    {
      using _ = yield* lock.acquire();
      lock.release();
    }
    assertFalse(lock.locked());
  },
  async async() {
    const lock = new Lock();
    {
      using _ = await lock.acquire();
      lock.release();
    }
    assertFalse(lock.locked());
  },
});

both("Lock.acquire() releases when the block throws", {
  *generator() {
    const lock = new Lock();
    const error = yield* errorOf((function* (): Coro<void> {
      using _ = yield* lock.acquire();
      throw new RangeError("failed");
    })());
    assertInstanceOf(error, RangeError);
    assertFalse(lock.locked());
  },
  async async() {
    const lock = new Lock();
    const error = await rejectionOf((async () => {
      using _ = await lock.acquire();
      throw new RangeError("failed");
    })());
    assertInstanceOf(error, RangeError);
    assertFalse(lock.locked());
  },
});

both("Lock.acquire() waits in line while the lock is on its way to another", {
  *generator() {
    const lock = new Lock();
    yield* lock.acquire();
    const first = createTask(lock.acquire());
    yield* sleep(0);
    lock.release();
    assertFalse(lock.locked());
    const second = createTask(lock.acquire());
    yield* sleep(0);
    assert(first.done());
    assertFalse(second.done());
    second.cancel();
  },
  async async() {
    const lock = new Lock();
    await lock.acquire();
    const first = createTask(() => lock.acquire());
    await sleep(0);
    lock.release();
    const second = createTask(() => lock.acquire());
    await sleep(0);
    assert(first.done());
    assertFalse(second.done());
    second.cancel();
  },
});

both("Lock.acquire() takes a lock that only cancelled tasks wait for", {
  *generator() {
    const lock = new Lock();
    yield* lock.acquire();
    const waiter = createTask(lock.acquire());
    yield* sleep(0);
    waiter.cancel();
    lock.release();
    using _ = yield* lock.acquire();
    assert(lock.locked());
    yield* errorOf(waiter);
    assert(lock.locked());
  },
  async async() {
    const lock = new Lock();
    await lock.acquire();
    const waiter = createTask(() => lock.acquire());
    await sleep(0);
    waiter.cancel();
    lock.release();
    using _ = await lock.acquire();
    await rejectionOf(waiter);
    assert(lock.locked());
  },
});

caseTest(
  "Lock.acquire() leaves the line when its generator is closed",
  async () => {
    await runVirtual(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const body = (function* (): Coro<void> {
        yield* lock.acquire();
      })();
      body.next();
      assertEquals(String(lock), "<Lock [locked, waiters:1]>");
      body.return();
      assertEquals(String(lock), "<Lock [locked]>");
    });
  },
);

both("Lock tells formatTaskTree() its name and holder", {
  *generator() {
    const lock = new Lock({ name: "db" });
    const tree = () => formatTaskTree(getRunningLoop());
    const holder = createTask(function* () {
      using _ = yield* lock.acquire();
      yield* sleep(1);
    }, { name: "holder" });
    createTask(lock.acquire(), { name: "waiter" });
    yield* sleep(0);
    assert(tree().includes('waiter waits for Lock "db", held by holder'));
    yield* holder;
    assertEquals(String(lock), '<Lock "db" [locked]>');
  },
  async async() {
    const lock = new Lock();
    const tree = () => formatTaskTree(getRunningLoop());
    const holder = createTask(async () => {
      using _ = await lock.acquire();
      await sleep(1);
    }, { name: "holder" });
    await sleep(0);
    createTask(async () => await lock.acquire(), { name: "waiter" });
    await sleep(0);
    await sleep(0);
    assert(tree().includes("waiter waits for Lock, held by holder"), tree());
    await holder;
  },
});

caseTest("Lock.release() says which lock is not acquired", () => {
  const lock = new Lock({ name: "db" });
  const error = assertThrows(() => lock.release(), RuntimeError);
  const wanted = 'Cannot release <Lock "db" [unlocked]>: it is not acquired';
  assertEquals(error.message, wanted);
  assertEquals(Deno.inspect(lock), '<Lock "db" [unlocked]>');
});
