import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  createTask,
  formatTaskTree,
  gather,
  getRunningLoop,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueShutDown,
  RuntimeError,
  sleep,
  waitFor,
} from "../mod.ts";
import {
  both,
  caseTest,
  errorOf,
  rejectionOf,
  runVirtual,
} from "./cpython/_both.ts";
import { inBoth, wait } from "./cpython/_program.ts";

const kinds = [Queue, LifoQueue, PriorityQueue];

function drain<T>(queue: Queue<T>): T[] {
  const items: T[] = [];
  while (!queue.empty()) items.push(queue.getNowait());
  return items;
}

caseTest("Queue() refuses a maxsize that is no number", () => {
  for (const Kind of kinds) {
    assertThrows(() => new Kind(NaN), RangeError);
    assertThrows(() => new Kind("2" as unknown as number), TypeError);
    assertThrows(() => new Kind(0, { loop: {} } as object), TypeError);
    assertFalse(new Kind(-1).full());
    assertEquals(new Kind(-1).maxsize, -1);
  }
});

caseTest("Queue keeps the order of a hundred thousand items", () => {
  const queue = new Queue<number>();
  const got: number[] = [];
  for (let item = 0; item < 100_000; item++) {
    queue.putNowait(item);
    if (item % 3 === 0) got.push(queue.getNowait());
  }
  got.push(...drain(queue));
  assert(got.every((item, index) => item === index));
  queue.putNowait(7);
  assertEquals(drain(queue), [7]);
});

caseTest("Queue keeps undefined and other odd items", () => {
  const items = [undefined, null, NaN, false, Symbol.iterator];
  const queue = new Queue<unknown>();
  for (const item of items) queue.putNowait(item);
  assertEquals(drain(queue), items);
});

both("Queue.get() gives undefined as an item", {
  *generator() {
    const queue = new Queue<undefined>();
    const getter = createTask(queue.get());
    yield* sleep(0);
    queue.putNowait(undefined);
    assertEquals(yield* getter, undefined);
    assertEquals(queue.qsize(), 0);
  },
  async async() {
    const queue = new Queue<undefined>();
    queue.putNowait(undefined);
    assertEquals(await queue.get(), undefined);
  },
});

both("Queue gives an item that is a promise as it is", {
  *generator() {
    const queue = new Queue<Promise<number>>();
    const item = Promise.resolve(1);
    queue.putNowait(item);
    assertStrictEquals(yield* queue.get(), item);
  },
  async async() {
    const queue = new Queue<Promise<number>>();
    const never = new Promise<number>(() => {});
    queue.putNowait(never);
    queue.shutdown();
    for await (const item of queue) assertStrictEquals(item, never);
  },
});

both("Queue.get() and put() time out and leave nobody behind", {
  *generator() {
    const queue = new Queue<number>(1);
    yield* errorOf(waitFor(queue.get(), 1));
    queue.putNowait(1);
    yield* errorOf(waitFor(queue.put(2), 1));
    yield* errorOf(waitFor(queue.join(), 1));
    assertEquals(String(queue), "<Queue maxsize=1 size=1 tasks=1>");
  },
  async async() {
    const queue = new Queue<number>(1);
    await rejectionOf(waitFor(() => queue.get(), 1));
    queue.putNowait(1);
    await rejectionOf(waitFor(() => queue.put(2), 1));
    await rejectionOf(waitFor(() => queue.join(), 1));
    assertEquals(String(queue), "<Queue maxsize=1 size=1 tasks=1>");
  },
});

for (const immediate of [false, true]) {
  both(`Queue.shutdown({ immediate: ${immediate} }) wakes who waits`, {
    *generator() {
      const [empty, full] = [new Queue<number>(), new Queue<number>(1)];
      full.putNowait(1);
      const tasks = [
        createTask(empty.get()),
        createTask(empty.get()),
        createTask(full.put(2)),
        createTask(full.put(3)),
      ];
      const cancelled = createTask(empty.get());
      yield* sleep(0);
      cancelled.cancel();
      empty.shutdown({ immediate });
      full.shutdown({ immediate });
      for (const task of tasks) {
        assertInstanceOf(yield* errorOf(task), QueueShutDown);
      }
      yield* errorOf(cancelled);
      assert(cancelled.cancelled());
      assertEquals(full.qsize(), immediate ? 0 : 1);
    },
    async async() {
      const [empty, full] = [new Queue<number>(), new Queue<number>(1)];
      full.putNowait(1);
      const tasks = [
        createTask(async () => void await empty.get()),
        createTask(async () => await full.put(2)),
      ];
      await sleep(0.1);
      empty.shutdown({ immediate });
      full.shutdown({ immediate });
      for (const task of tasks) {
        assertInstanceOf(await rejectionOf(task), QueueShutDown);
      }
      assertEquals(full.qsize(), immediate ? 0 : 1);
    },
  });
}

caseTest("Queue iterates until the shutdown, in several tasks", async () => {
  await runVirtual(async () => {
    const queue = new Queue<number>(2);
    const log: number[][] = [[], []];
    const workers = log.map((items) =>
      createTask(async () => {
        for await (const item of queue) {
          items.push(item);
          await sleep(0.01);
          queue.taskDone();
        }
      })
    );
    for (let item = 0; item < 6; item++) await queue.put(item);
    await queue.join();
    queue.shutdown();
    await gather(workers);
    assertEquals(log.flat().toSorted(), [0, 1, 2, 3, 4, 5]);
    assert(log.every((items) => items.length > 0));
  });
});

caseTest("Queue's iteration is cancelled with its task", async () => {
  await runVirtual(async () => {
    const queue = new Queue<number>();
    const worker = createTask(async () => {
      for await (const item of queue) assert(item > 0);
    });
    queue.putNowait(1);
    await sleep(0.1);
    worker.cancel();
    await rejectionOf(worker);
    assert(worker.cancelled());
    assertEquals(String(queue), "<Queue maxsize=0 tasks=1>");
  });
});

caseTest("Queue belongs to the loop of its first wait", async () => {
  const queue = new Queue<number>();
  await runVirtual(function* () {
    yield* errorOf(waitFor(queue.get(), 1));
  });
  for (const wait of [() => queue.get(), () => queue.join()]) {
    const error = await rejectionOf(runVirtual<unknown>(function* () {
      if (queue.empty()) return yield* wait();
      return yield* wait();
    }));
    assertInstanceOf(error, RuntimeError);
    assert(error.message.endsWith("is bound to a different event loop"));
    queue.putNowait(1);
    queue.getNowait();
  }
});

both("Queue tells formatTaskTree() its name", {
  *generator() {
    const queue = new Queue<number>(1, { name: "jobs" });
    createTask(queue.get(), { name: "getter" });
    yield* sleep(0);
    const tree = () => formatTaskTree(getRunningLoop());
    assert(tree().includes('getter waits for Queue "jobs" to get an item'));
  },
  async async() {
    const queue = new Queue<number>(1, { name: "jobs" });
    queue.putNowait(1);
    createTask(async () => await queue.put(2), { name: "putter" });
    createTask(async () => await queue.join(), { name: "joiner" });
    await sleep(0.1);
    const tree = formatTaskTree(getRunningLoop());
    assert(tree.includes('putter waits for Queue "jobs" to put an item'));
    assert(tree.includes('joiner waits for Queue "jobs" to be done'));
    const text = '<Queue "jobs" maxsize=1 size=1 putters=1 tasks=1>';
    assertEquals(Deno.inspect(queue), text);
  },
});

for (const kind of kinds) {
  both(`${kind.name} serves those who wait in the order of their arrival`, {
    *generator() {
      const queue = new kind<number>(0);
      const order: string[] = [];
      function* get(name: string) {
        order.push(`${name}=${yield* queue.get()}`);
      }
      createTask(() => get("first"));
      yield* sleep(1);
      createTask(() => get("second"));
      yield* sleep(1);
      queue.putNowait(1);
      // It comes while the first is on its way to its item.
      createTask(() => get("late"), { eagerStart: true });
      for (const item of [2, 3]) {
        yield* sleep(1);
        queue.putNowait(item);
      }
      yield* sleep(1);
      assertEquals(order, ["first=1", "second=2", "late=3"]);
    },
    async async() {
      const queue = new kind<number>(0);
      const order: string[] = [];
      const get = async (name: string) =>
        order.push(`${name}=${await queue.get()}`);
      createTask(() => get("first"));
      await sleep(1);
      createTask(() => get("second"));
      await sleep(1);
      queue.putNowait(1);
      const late = get("late");
      for (const item of [2, 3]) {
        await sleep(1);
        queue.putNowait(item);
      }
      await late;
      assertEquals(order, ["first=1", "second=2", "late=3"]);
    },
  });

  both(`${kind.name} gives room in the order of arrival`, {
    *generator() {
      const queue = new kind<number>(1);
      const order: string[] = [];
      function* put(name: string, item: number) {
        yield* queue.put(item);
        order.push(name);
      }
      yield* queue.put(0);
      createTask(() => put("first", 1));
      createTask(() => put("second", 2));
      yield* sleep(1);
      queue.getNowait();
      createTask(() => put("late", 3), { eagerStart: true });
      for (let i = 0; i < 3; i++) {
        yield* sleep(1);
        queue.getNowait();
      }
      assertEquals(order, ["first", "second", "late"]);
    },
    async async() {
      const queue = new kind<number>(1);
      const order: string[] = [];
      const put = async (name: string, item: number) => {
        await queue.put(item);
        order.push(name);
      };
      await queue.put(0);
      createTask(() => put("first", 1));
      createTask(() => put("second", 2));
      await sleep(1);
      queue.getNowait();
      const late = put("late", 3);
      for (let i = 0; i < 3; i++) {
        await sleep(1);
        queue.getNowait();
      }
      await late;
      assertEquals(order, ["first", "second", "late"]);
    },
  });

  both(`${kind.name} lets who was robbed by getNowait() stay the first`, {
    *generator() {
      const queue = new kind<number>(0);
      const first = createTask(queue.get());
      const second = createTask(queue.get());
      yield* sleep(1);
      queue.putNowait(1);
      assertEquals(queue.getNowait(), 1);
      yield* sleep(1);
      queue.putNowait(2);
      yield* sleep(1);
      assertEquals([first.done(), second.done()], [true, false]);
      // What a cancelled one was woken for goes to who waits longest after it.
      const third = createTask(queue.get());
      yield* sleep(1);
      queue.putNowait(3);
      second.cancel();
      yield* sleep(1);
      assertEquals(third.result(), 3);
    },
    async async() {
      const queue = new kind<number>(1);
      await queue.put(0);
      const first = createTask(async () => await queue.put(1));
      const second = createTask(async () => await queue.put(2));
      await sleep(1);
      queue.getNowait();
      queue.putNowait(9);
      await sleep(1);
      assertEquals([first.done(), second.done()], [false, false]);
      queue.getNowait();
      await sleep(1);
      assertEquals([first.done(), second.done()], [true, false]);
    },
  });

  both(`${kind.name} leaves nobody waiting after a shutdown`, {
    *generator() {
      const queue = new kind<number>(0);
      const getters = [1, 2].map(() => createTask(queue.get()));
      yield* sleep(1);
      queue.putNowait(1);
      queue.shutdown();
      const late = createTask(queue.get(), { eagerStart: true });
      assertInstanceOf(yield* errorOf(late), QueueShutDown);
      assertEquals(yield* getters[0]!, 1);
      assertInstanceOf(yield* errorOf(getters[1]!), QueueShutDown);
    },
    async async() {
      const queue = new kind<number>(1);
      await queue.put(0);
      const putter = createTask(async () => await queue.put(1));
      await sleep(1);
      queue.getNowait();
      queue.shutdown();
      assertInstanceOf(await errorOfAsync(putter), QueueShutDown);
      assertInstanceOf(await errorOfAsync(queue.put(2)), QueueShutDown);
    },
  });
}

async function errorOfAsync(awaitable: PromiseLike<unknown>): Promise<unknown> {
  try {
    await awaitable;
  } catch (error) {
    return error;
  }
  throw new Error("An error was expected");
}

inBoth(
  "Queue keeps who was woken for an item that another took before all who wait",
  function* (style) {
    const log: string[] = [];
    const queue = new Queue<number>();
    const tasks = ["a", "b", "c", "d"].map((name) =>
      createTask(style.fn(function* () {
        log.push(`${name} ${yield* wait(queue.get())}`);
      }))
    );
    yield* wait(sleep(0));
    // Each is woken, and finds nothing; the others wait behind it all the while.
    for (let n = 0; n < 3; n++) {
      queue.putNowait(n);
      assertEquals(queue.getNowait(), n);
      yield* wait(sleep(0));
    }
    // The one behind it leaves.
    tasks[1]!.cancel();
    yield* wait(sleep(0));
    assert(tasks[1]!.cancelled());
    assertEquals(String(queue), "<Queue maxsize=0 getters=3 tasks=3>");
    for (const n of [10, 11, 12]) queue.putNowait(n);
    yield* wait(sleep(1));
    assertEquals(log, ["a 10", "c 11", "d 12"]);
  },
);

inBoth(
  "Queue keeps who was woken for room that another took before all who wait",
  function* (style) {
    const queue = new Queue<string>(1);
    queue.putNowait("first");
    const tasks = ["a", "b", "c", "d"].map((name) =>
      createTask(style.fn(function* () {
        yield* wait(queue.put(name));
      }))
    );
    yield* wait(sleep(0));
    for (const name of ["second", "third"]) {
      queue.getNowait();
      queue.putNowait(name);
      yield* wait(sleep(0));
    }
    tasks[2]!.cancel();
    const got: string[] = [];
    for (let n = 0; n < 4; n++) got.push(yield* wait(queue.get()));
    assertEquals(got, ["third", "a", "b", "d"]);
    assert(tasks[2]!.cancelled());
  },
);
