import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  BoundedSemaphore,
  createTask,
  formatTaskTree,
  gather,
  getRunningLoop,
  Semaphore,
  sleep,
  waitFor,
} from "../mod.ts";
import { both, caseTest, errorOf, rejectionOf } from "./cpython/_both.ts";

caseTest("Semaphore() takes an integer of at least 0", () => {
  for (const value of [-1, 0.5, NaN, Infinity, "2"]) {
    assertThrows(() => new Semaphore(value as number), RangeError);
    assertThrows(() => new BoundedSemaphore(value as number), RangeError);
  }
});

caseTest("Semaphore.acquire() takes no turn while there are permits", () => {
  const semaphore = new Semaphore(2);
  for (let i = 0; i < 2; i++) {
    assert(semaphore.acquire()[Symbol.iterator]().next().done);
  }
  assert(semaphore.locked());
});

both("Semaphore.acquire() gives a guard that releases once", {
  *generator() {
    const semaphore = new Semaphore(1);
    const guard = yield* semaphore.acquire();
    guard[Symbol.dispose]();
    guard[Symbol.dispose]();
    assertEquals(String(semaphore), "<Semaphore [unlocked, value:1]>");
  },
  async async() {
    const semaphore = new Semaphore(1);
    const guard = await semaphore.acquire();
    guard[Symbol.dispose]();
    guard[Symbol.dispose]();
    assertEquals(String(semaphore), "<Semaphore [unlocked, value:1]>");
  },
});

both("Semaphore.acquire() times out and leaves nobody behind", {
  *generator() {
    const semaphore = new Semaphore(0);
    yield* errorOf(waitFor(semaphore.acquire(), 1));
    assertEquals(String(semaphore), "<Semaphore [locked]>");
    semaphore.release();
    assertEquals(String(semaphore), "<Semaphore [unlocked, value:1]>");
  },
  async async() {
    const semaphore = new Semaphore(0);
    await rejectionOf(waitFor(() => semaphore.acquire(), 1));
    assertEquals(String(semaphore), "<Semaphore [locked]>");
  },
});

both("Semaphore lets as many in as there are permits", {
  *generator() {
    const semaphore = new BoundedSemaphore(3);
    let inside = 0;
    let most = 0;
    yield* gather(Array.from({ length: 100 }, () =>
      createTask(function* () {
        using _ = yield* semaphore.acquire();
        most = Math.max(most, ++inside);
        yield* sleep(0.01);
        inside--;
      })));
    assertEquals(most, 3);
    assertEquals(String(semaphore), "<BoundedSemaphore [unlocked, value:3]>");
  },
  async async() {
    const semaphore = new BoundedSemaphore(3);
    let inside = 0;
    let most = 0;
    await gather(Array.from({ length: 100 }, () =>
      createTask(async () => {
        using _ = await semaphore.acquire();
        most = Math.max(most, ++inside);
        await sleep(0.01);
        inside--;
      })));
    assertEquals(most, 3);
    assertEquals(String(semaphore), "<BoundedSemaphore [unlocked, value:3]>");
  },
});

both("Semaphore tells formatTaskTree() its name", {
  *generator() {
    const semaphore = new Semaphore(0, { name: "sockets" });
    createTask(semaphore.acquire(), { name: "waiter" });
    yield* sleep(0);
    const tree = formatTaskTree(getRunningLoop());
    assert(tree.includes('waiter waits for Semaphore "sockets"'));
  },
  async async() {
    const semaphore = new Semaphore(0, { name: "sockets" });
    createTask(() => semaphore.acquire(), { name: "waiter" });
    await sleep(0.1);
    const tree = formatTaskTree(getRunningLoop());
    assert(tree.includes('waiter waits for Semaphore "sockets"'));
    const text = '<Semaphore "sockets" [locked, waiters:1]>';
    assertEquals(Deno.inspect(semaphore), text);
  },
});
