import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  Condition,
  createTask,
  formatTaskTree,
  getRunningLoop,
  Lock,
  sleep,
  TimeoutError,
  waitFor,
} from "../mod.ts";
import { both, caseTest, errorOf, rejectionOf } from "./cpython/_both.ts";

both("Condition.wait() gives the lock back to the guard of the block", {
  *generator() {
    const condition = new Condition();
    const waiter = createTask(function* () {
      using _ = yield* condition.acquire();
      yield* condition.wait();
      assert(condition.locked());
    });
    yield* sleep(0);
    const guard = yield* condition.acquire();
    condition.notify();
    guard[Symbol.dispose]();
    yield* waiter;
    assertFalse(condition.locked());
  },
  async async() {
    const condition = new Condition();
    const waiter = createTask(async () => {
      using _ = await condition.acquire();
      await condition.wait();
      assert(condition.locked());
    });
    await sleep(0);
    const guard = await condition.acquire();
    condition.notify();
    guard[Symbol.dispose]();
    await waiter;
    assertFalse(condition.locked());
  },
});

both("Condition.wait() times out holding the lock", {
  *generator() {
    const condition = new Condition();
    {
      using _ = yield* condition.acquire();
      const error = yield* errorOf(waitFor(condition.wait(), 1));
      assertInstanceOf(error, TimeoutError);
      assert(condition.locked());
    }
    assertEquals(String(condition), "<Condition [unlocked]>");
  },
  async async() {
    const condition = new Condition();
    {
      using _ = await condition.acquire();
      const error = await rejectionOf(waitFor(() => condition.wait(), 1));
      assertInstanceOf(error, TimeoutError);
      assert(condition.locked());
    }
    assertEquals(String(condition), "<Condition [unlocked]>");
  },
});

both("Condition.wait() holds the lock again after two cancels", {
  *generator() {
    const condition = new Condition();
    let held = false;
    const waiter = createTask(function* () {
      using _ = yield* condition.acquire();
      try {
        yield* condition.wait();
      } finally {
        held = condition.locked();
      }
    });
    yield* sleep(0);
    using guard = yield* condition.acquire();
    waiter.cancel("first");
    yield* sleep(0);
    waiter.cancel("second");
    yield* sleep(0);
    assertFalse(waiter.done());
    guard[Symbol.dispose]();
    const error = yield* errorOf(waiter);
    assertEquals((error as Error).message, "second");
    assert(held);
  },
  async async() {
    const condition = new Condition();
    const waiter = createTask(async () => {
      using _ = await condition.acquire();
      await condition.wait();
    });
    await sleep(0);
    using guard = await condition.acquire();
    waiter.cancel("first");
    await sleep(0);
    waiter.cancel("second");
    await sleep(0);
    assertFalse(waiter.done());
    guard[Symbol.dispose]();
    const error = await rejectionOf(waiter);
    assertEquals((error as Error).message, "second");
  },
});

// Each is something true, so the wait would end at once.
const ALWAYS_TRUE = {
  "an async function": async () => await Promise.resolve(false),
  "a generator function": function* () {},
  "a function that gives a promise": () => Promise.resolve(false),
};

for (const [kind, predicate] of Object.entries(ALWAYS_TRUE)) {
  both(`Condition.waitFor() refuses ${kind} as its predicate`, {
    *generator() {
      const condition = new Condition();
      using _ = yield* condition.acquire();
      const error = yield* errorOf(
        waitFor(() => condition.waitFor<unknown>(predicate), 1),
      );
      assertInstanceOf(error, TypeError);
      assert(condition.locked());
    },
    async async() {
      const condition = new Condition();
      using _ = await condition.acquire();
      const error = await rejectionOf(
        waitFor(() => condition.waitFor<unknown>(predicate), 1),
      );
      assertInstanceOf(error, TypeError);
      assert(condition.locked());
    },
  });
}

both("Condition.waitFor() gives what its predicate finds, a task too", {
  *generator() {
    const condition = new Condition();
    using _ = yield* condition.acquire();
    const task = createTask(sleep(0, 1));
    const found: unknown = yield* condition.waitFor(() => task);
    assert(found === task);
  },
  async async() {
    const condition = new Condition();
    using _ = await condition.acquire();
    assertEquals(await condition.waitFor(() => [1]), [1]);
  },
});

both("Condition.waitFor() hands on an error of the predicate, and the lock", {
  *generator() {
    const condition = new Condition();
    using _ = yield* condition.acquire();
    const error = yield* errorOf(condition.waitFor(() => {
      throw new RangeError("failed");
    }));
    assertInstanceOf(error, RangeError);
    assert(condition.locked());
  },
  async async() {
    const condition = new Condition();
    using _ = await condition.acquire();
    const error = await rejectionOf(condition.waitFor(() => {
      throw new RangeError("failed");
    }));
    assertInstanceOf(error, RangeError);
    assert(condition.locked());
  },
});

caseTest("Condition() takes a Lock only", () => {
  const wrong = {} as Lock;
  const error = assertThrows(() => new Condition(wrong), TypeError);
  assertEquals(
    error.message,
    "Cannot make a Condition: a Lock was expected, got {}",
  );
});

both("Condition tells formatTaskTree() its name", {
  *generator() {
    const condition = new Condition(new Lock(), { name: "stock" });
    createTask(function* () {
      using _ = yield* condition.acquire();
      yield* condition.wait();
    }, { name: "waiter" });
    yield* sleep(0);
    const tree = formatTaskTree(getRunningLoop());
    assert(tree.includes('waiter waits for Condition "stock"'), tree);
  },
  async async() {
    const condition = new Condition(undefined, { name: "stock" });
    createTask(async () => {
      using _ = await condition.acquire();
      await condition.wait();
    }, { name: "waiter" });
    await sleep(0.1);
    const tree = formatTaskTree(getRunningLoop());
    assert(tree.includes('waiter waits for Condition "stock"'), tree);
    const text = '<Condition "stock" [unlocked, waiters:1]>';
    assertEquals(Deno.inspect(condition), text);
  },
});

Deno.test("Condition.waitFor() refuses a predicate whose answer is always true", () => {
  const condition = new Condition();
  const predicates: (() => unknown)[] = [
    // deno-lint-ignore require-await -- a wrong predicate
    async () => false,
    function* () {},
    async function* () {},
  ];
  for (const predicate of predicates) {
    assertThrows(
      () => condition.waitFor(predicate),
      TypeError,
      "predicate must be a plain function",
    );
  }
});
