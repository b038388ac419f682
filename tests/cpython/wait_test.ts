import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
} from "@std/assert";
import {
  CancelledError,
  type Coro,
  createTask,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  Future,
  getRunningLoop,
  sleep,
  type Task,
  wait,
} from "../../mod.ts";
import { both, errorOf, rejectionOf } from "./_both.ts";

const sleeper = (delay: number) => createTask(sleep(delay));

function* failing(delay: number): Coro<void> {
  if (delay > 0) yield* sleep(delay);
  throw new RangeError("failed");
}

async function rejecting(delay: number): Promise<void> {
  if (delay > 0) await sleep(delay);
  throw new RangeError("failed");
}

both("tasks.BaseTaskTests.wait", {
  *generator() {
    const [a, b] = [sleeper(0.1), sleeper(0.15)];
    for (let i = 0; i < 2; i++) {
      const [done, pending] = yield* wait([b, a]);
      assertEquals(done, new Set([a, b]));
      assertEquals(pending.size, 0);
      assertEquals(getRunningLoop().time(), 0.15);
    }
  },
  async async() {
    const [a, b] = [sleeper(0.1), sleeper(0.15)];
    for (let i = 0; i < 2; i++) {
      const [done, pending] = await wait([b, a]);
      assertEquals(done, new Set([a, b]));
      assertEquals(pending.size, 0);
      assertEquals(getRunningLoop().time(), 0.15);
    }
  },
});

both("tasks.BaseTaskTests.wait_duplicate_coroutines", {
  *generator() {
    const c = createTask(sleep(0, "test"));
    const [done, pending] = yield* wait([c, c, createTask(sleep(0, "spam"))]);
    assertEquals(pending.size, 0);
    assertEquals([...done].map((task) => task.result()), ["test", "spam"]);
  },
  async async() {
    const c = createTask(() => sleep(0, "test"));
    const d = createTask(() => sleep(0, "spam"));
    const [done, pending] = await wait([c, c, d]);
    assertEquals(pending.size, 0);
    assertEquals([...done].map((task) => task.result()), ["test", "spam"]);
  },
});

both("tasks.BaseTaskTests.wait_errors", {
  *generator() {
    const options = { returnWhen: "NEVER" as never };
    assertInstanceOf(yield* errorOf(wait(new Set<Future<void>>())), RangeError);
    const error = yield* errorOf(wait([sleeper(0)], options));
    assertInstanceOf(error, RangeError);
  },
  async async() {
    const options = { returnWhen: "NEVER" as never };
    const none = await rejectionOf(wait(new Set<Future<void>>()));
    assertInstanceOf(none, RangeError);
    const error = await rejectionOf(wait([sleeper(0)], options));
    assertInstanceOf(error, RangeError);
  },
});

both("tasks.BaseTaskTests.wait_first_completed", {
  *generator() {
    const [a, b] = [sleeper(10), sleeper(0.1)];
    const options = { returnWhen: FIRST_COMPLETED } as const;
    const [done, pending] = yield* wait([b, a], options);
    assertEquals(done, new Set([b]));
    assertEquals(pending, new Set([a]));
    assertFalse(a.done());
    assertEquals(getRunningLoop().time(), 0.1);
  },
  async async() {
    const [a, b] = [sleeper(10), sleeper(0.1)];
    const options = { returnWhen: FIRST_COMPLETED } as const;
    const [done, pending] = await wait([b, a], options);
    assertEquals(done, new Set([b]));
    assertEquals(pending, new Set([a]));
    assertFalse(a.done());
    assertEquals(getRunningLoop().time(), 0.1);
  },
});

both("tasks.BaseTaskTests.wait_really_done", {
  *generator() {
    const a = createTask(sleep(0));
    const b = createTask(function* () {
      yield* sleep(0);
      yield* sleep(0);
    });
    const options = { returnWhen: FIRST_COMPLETED } as const;
    const [done, pending] = yield* wait([b, a], options);
    assertEquals(done, new Set([a, b]));
    assertEquals(pending.size, 0);
  },
  async async() {
    const a = createTask(async () => await sleep(0));
    const b = createTask(async () => {
      await sleep(0);
      await sleep(0);
    });
    const options = { returnWhen: FIRST_COMPLETED } as const;
    const [done, pending] = await wait([b, a], options);
    assertEquals(done, new Set([a, b]));
    assertEquals(pending.size, 0);
  },
});

both("tasks.BaseTaskTests.wait_first_exception", {
  *generator() {
    const [a, b] = [sleeper(10), createTask(failing(0))];
    const options = { returnWhen: FIRST_EXCEPTION } as const;
    const [done, pending] = yield* wait<Task<void>>([b, a], options);
    assertEquals(done, new Set([b]));
    assertEquals(pending, new Set([a]));
    assertEquals(getRunningLoop().time(), 0);
  },
  async async() {
    const [a, b] = [sleeper(10), createTask(() => rejecting(0))];
    const options = { returnWhen: FIRST_EXCEPTION } as const;
    const [done, pending] = await wait<Task<void>>([b, a], options);
    assertEquals(done, new Set([b]));
    assertEquals(pending, new Set([a]));
    assertEquals(getRunningLoop().time(), 0);
  },
});

both("tasks.BaseTaskTests.wait_first_exception_in_wait", {
  *generator() {
    const [a, b] = [sleeper(10), createTask(failing(0.01))];
    const options = { returnWhen: FIRST_EXCEPTION } as const;
    const [done, pending] = yield* wait<Task<void>>([b, a], options);
    assertEquals(done, new Set([b]));
    assertEquals(pending, new Set([a]));
    assertEquals(getRunningLoop().time(), 0.01);
  },
  async async() {
    const [a, b] = [sleeper(10), createTask(() => rejecting(0.01))];
    const options = { returnWhen: FIRST_EXCEPTION } as const;
    const [done, pending] = await wait<Task<void>>([b, a], options);
    assertEquals(done, new Set([b]));
    assertEquals(pending, new Set([a]));
    assertEquals(getRunningLoop().time(), 0.01);
  },
});

both("tasks.BaseTaskTests.wait_with_exception", {
  *generator() {
    const [a, b] = [sleeper(0.1), createTask(failing(0.15))];
    for (let i = 0; i < 2; i++) {
      const [done, pending] = yield* wait<Task<void>>([b, a]);
      assertEquals([done.size, pending.size], [2, 0]);
      assertEquals([...done].filter((task) => task.exception()), [b]);
    }
  },
  async async() {
    const [a, b] = [sleeper(0.1), createTask(() => rejecting(0.15))];
    for (let i = 0; i < 2; i++) {
      const [done, pending] = await wait<Task<void>>([b, a]);
      assertEquals([done.size, pending.size], [2, 0]);
      assertEquals([...done].filter((task) => task.exception()), [b]);
    }
  },
});

both("tasks.BaseTaskTests.wait_with_timeout", {
  *generator() {
    const [a, b] = [sleeper(0.1), sleeper(0.15)];
    const [done, pending] = yield* wait([b, a], { timeout: 0.11 });
    assertEquals(done, new Set([a]));
    assertEquals(pending, new Set([b]));
    assertEquals(getRunningLoop().time(), 0.11);
    yield* b;
  },
  async async() {
    const [a, b] = [sleeper(0.1), sleeper(0.15)];
    const [done, pending] = await wait([b, a], { timeout: 0.11 });
    assertEquals(done, new Set([a]));
    assertEquals(pending, new Set([b]));
    assertEquals(getRunningLoop().time(), 0.11);
    await b;
  },
});

both("tasks.BaseTaskTests.wait_concurrent_complete", {
  *generator() {
    const [a, b] = [sleeper(0.1), sleeper(0.15)];
    yield* sleep(0);
    const [done, pending] = yield* wait([b, a], { timeout: 0.1 });
    assertEquals(done, new Set([a]));
    assertEquals(pending, new Set([b]));
    assertEquals(getRunningLoop().time(), 0.1);
  },
  async async() {
    const [a, b] = [sleeper(0.1), sleeper(0.15)];
    await sleep(0);
    const [done, pending] = await wait([b, a], { timeout: 0.1 });
    assertEquals(done, new Set([a]));
    assertEquals(pending, new Set([b]));
    assertEquals(getRunningLoop().time(), 0.1);
  },
});

both("tasks.BaseTaskTests.wait_with_iterator_of_tasks", {
  *generator() {
    const [a, b] = [sleeper(0.1), sleeper(0.15)];
    const [done, pending] = yield* wait([b, a].values());
    assertEquals(done, new Set([a, b]));
    assertEquals(pending.size, 0);
  },
  async async() {
    const [a, b] = [sleeper(0.1), sleeper(0.15)];
    const [done, pending] = await wait([b, a].values());
    assertEquals(done, new Set([a, b]));
    assertEquals(pending.size, 0);
  },
});

both("tasks.BaseTaskTests.wait_invalid_args", {
  *generator() {
    for (const single of [new Future(), sleep(0)]) {
      const error = yield* errorOf(wait(single as never));
      assertInstanceOf(error, TypeError);
    }
    assertInstanceOf(yield* errorOf(wait([])), RangeError);
  },
  async async() {
    for (const single of [new Future(), sleep(0)]) {
      assertInstanceOf(await rejectionOf(wait(single as never)), TypeError);
    }
    assertInstanceOf(await rejectionOf(wait([])), RangeError);
  },
});

both("tasks.BaseTaskTests.yield_wait_does_not_shield_cancel", {
  *generator() {
    let proof = 0;
    const waiter = new Future<void>();
    const inner = createTask(function* () {
      yield* waiter;
      proof++;
    });
    const outer = createTask(function* () {
      yield* wait([inner]);
      proof += 100;
    });
    yield* sleep(0);
    outer.cancel();
    assertInstanceOf(yield* errorOf(outer), CancelledError);
    assert(outer.cancelled());
    waiter.setResult();
    yield* sleep(1);
    assertEquals(proof, 1);
  },
  async async() {
    let proof = 0;
    const waiter = new Future<void>();
    const inner = createTask(async () => {
      await waiter;
      proof++;
    });
    const outer = createTask(async () => {
      await wait([inner]);
      proof += 100;
    });
    await sleep(0);
    outer.cancel();
    assertInstanceOf(await rejectionOf(outer), CancelledError);
    assert(outer.cancelled());
    waiter.setResult();
    await sleep(1);
    assertEquals(proof, 1);
  },
});
