import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  createTask,
  gather,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmpty,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { both, caseTest, errorOf, rejectionOf } from "./_both.ts";
import { inStyles, type Styles, type Worker } from "./_styles.ts";
import { getting } from "./_workers.ts";

// Puts the items one after the other, and hands over each that is in.
const putting: Styles<Worker<[Queue<number>, number[], number[]]>> = {
  generator: (queue, items, log) =>
    function* () {
      for (const item of items) {
        yield* queue.put(item);
        log.push(item);
      }
    },
  async: (queue, items, log) => async () => {
    for (const item of items) {
      await queue.put(item);
      log.push(item);
    }
  },
};

const moving = {
  generator: { put: putting.generator, get: getting.generator },
  async: { put: putting.async, get: getting.async },
};

both("queues.QueueBasicTests.empty", {
  *generator() {
    const queue = new Queue<number>();
    assert(queue.empty());
    yield* queue.put(1);
    assertFalse(queue.empty());
    assertEquals(yield* queue.get(), 1);
    assert(queue.empty());
  },
  async async() {
    const queue = new Queue<number>();
    assert(queue.empty());
    await queue.put(1);
    assertFalse(queue.empty());
    assertEquals(await queue.get(), 1);
    assert(queue.empty());
  },
});

both("queues.QueueBasicTests.full", {
  *generator() {
    const unbounded = new Queue<number>();
    assertFalse(unbounded.full());
    const queue = new Queue<number>(1);
    assertEquals(queue.maxsize, 1);
    assertFalse(queue.full());
    yield* queue.put(1);
    assert(queue.full());
  },
  async async() {
    const queue = new Queue<number>(1);
    assertFalse(queue.full());
    await queue.put(1);
    assert(queue.full());
  },
});

both("queues.QueueBasicTests.order", {
  *generator() {
    const queue = new Queue<number>();
    for (const item of [1, 3, 2]) yield* queue.put(item);
    const items = [queue.getNowait(), yield* queue.get(), queue.getNowait()];
    assertEquals(items, [1, 3, 2]);
  },
  async async() {
    const queue = new Queue<number>();
    for (const item of [1, 3, 2]) await queue.put(item);
    const items = [queue.getNowait(), await queue.get(), queue.getNowait()];
    assertEquals(items, [1, 3, 2]);
  },
});

inStyles("queues.QueueBasicTests.maxsize", putting, function* (put, turns) {
  const queue = new Queue<number>(2);
  const log: number[] = [];
  const task = createTask(put(queue, [0, 1, 2], log));
  yield* turns();
  assertEquals(log, [0, 1]);
  assertEquals(yield* queue.get(), 0);
  yield* turns();
  assertEquals(log, [0, 1, 2]);
  assertEquals(yield* queue.get(), 1);
  assertEquals(yield* queue.get(), 2);
  yield* turns();
  assert(task.done());
});

both("queues.QueueGetTests.blocking_get", {
  *generator() {
    const queue = new Queue<number>();
    queue.putNowait(1);
    const step = queue.get()[Symbol.iterator]().next();
    assertEquals(step, { done: true, value: 1 });
  },
  async async() {
    const queue = new Queue<number>();
    queue.putNowait(1);
    assertEquals(await queue.get(), 1);
  },
});

inStyles(
  "queues.QueueGetTests.get_with_putters",
  putting,
  function* (put, turns) {
    const queue = new Queue<number>(1);
    queue.putNowait(1);
    const log: number[] = [];
    createTask(put(queue, [2], log));
    yield* turns();
    assertEquals(String(queue), "<Queue maxsize=1 size=1 putters=1 tasks=1>");
    assertEquals(yield* queue.get(), 1);
    assertEquals(String(queue), "<Queue maxsize=1 tasks=1>");
    yield* turns();
    assertEquals(log, [2]);
  },
);

caseTest("queues.QueueGetTests.nonblocking_get", () => {
  const queue = new Queue<number>();
  queue.putNowait(1);
  assertEquals(queue.getNowait(), 1);
});

caseTest("queues.QueueGetTests.nonblocking_get_exception", () => {
  const error = assertThrows(() => new Queue().getNowait(), QueueEmpty);
  assertEquals(error.message, "Cannot get an item: <Queue maxsize=0> is empty");
});

const getRace = "queues.QueueGetTests.get_cancelled_race";
inStyles(getRace, getting, function* (get, turns) {
  const queue = new Queue<number>();
  const log: number[] = [];
  const t1 = createTask(get(queue, 1, log));
  const t2 = createTask(get(queue, 1, log));
  yield* turns();
  t1.cancel();
  yield* turns(2);
  assert(t1.cancelled());
  yield* queue.put(5);
  yield* t2;
  assertEquals(log, [5]);
});

const waitingPutters = "queues.QueueGetTests.get_with_waiting_putters";
inStyles(waitingPutters, putting, function* (put) {
  const queue = new Queue<number>(1);
  createTask(put(queue, [1], []));
  createTask(put(queue, [2], []));
  assertEquals(yield* queue.get(), 1);
  assertEquals(yield* queue.get(), 2);
});

const whyGetters = "queues.QueueGetTests.why_are_getters_waiting";
inStyles(whyGetters, moving, function* ({ put, get }) {
  const queue = new Queue<number>(1);
  const items = [0, 1, 2, 3, 4];
  const log: number[] = [];
  const producer = createTask(put(queue, items, []));
  const consumer = createTask(get(queue, 5, log));
  yield* gather(producer, consumer);
  assertEquals(log, items);
});

both("queues.QueueGetTests.cancelled_getters_not_being_held_in_self_getters", {
  *generator() {
    const queue = new Queue<number>(5);
    const error = yield* errorOf(waitFor(queue.get(), 0.1));
    assertInstanceOf(error, TimeoutError);
    assertEquals(String(queue), "<Queue maxsize=5>");
  },
  async async() {
    const queue = new Queue<number>(5);
    const error = await rejectionOf(waitFor(() => queue.get(), 0.1));
    assertInstanceOf(error, TimeoutError);
    assertEquals(String(queue), "<Queue maxsize=5>");
  },
});

caseTest("queues.LifoQueueTests.order", () => {
  const queue = new LifoQueue<number>();
  for (const item of [1, 3, 2]) queue.putNowait(item);
  assertEquals([2, 3, 1].map(() => queue.getNowait()), [2, 3, 1]);
});

caseTest("queues.PriorityQueueTests.order", () => {
  const queue = new PriorityQueue<number>();
  for (const item of [1, 3, 2]) queue.putNowait(item);
  assertEquals([1, 2, 3].map(() => queue.getNowait()), [1, 2, 3]);
});
