import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  gather,
  getRunningLoop,
  Queue,
  QueueFull,
  sleep,
} from "../../mod.ts";
import { both, caseTest, errorOf } from "./_both.ts";
import { inStyles } from "./_styles.ts";
import { getting, putting } from "./_workers.ts";

caseTest("queues.QueuePutTests.nonblocking_put_exception", () => {
  const queue = new Queue<number>(1);
  queue.putNowait(1);
  const error = assertThrows(() => queue.putNowait(2), QueueFull);
  assertEquals(
    error.message,
    "Cannot put an item: <Queue maxsize=1 size=1 tasks=1> is full",
  );
});

caseTest("queues.QueuePutTests.float_maxsize", () => {
  const queue = new Queue<number>(1.3);
  queue.putNowait(1);
  assertFalse(queue.full());
  queue.putNowait(2);
  assert(queue.full());
  assertThrows(() => queue.putNowait(3), QueueFull);
});

both("queues.QueuePutTests.put_with_waiting_getters", {
  *generator() {
    const queue = new Queue<string>();
    const task = createTask(queue.get());
    yield* createTask(function* () {});
    yield* queue.put("a");
    assertEquals(yield* task, "a");
  },
  async async() {
    const queue = new Queue<string>();
    const task = createTask(async () => await queue.get());
    await createTask(async () => {});
    await queue.put("a");
    assertEquals(await task, "a");
  },
});

both("queues.QueuePutTests.blocking_put", {
  *generator() {
    const queue = new Queue<number>();
    const step = queue.put(1)[Symbol.iterator]().next();
    assertEquals(step, { done: true, value: undefined });
    assertEquals(yield* queue.get(), 1);
  },
  async async() {
    const queue = new Queue<number>();
    await queue.put(1);
    assertEquals(await queue.get(), 1);
  },
});

both("queues.QueuePutTests.blocking_put_wait", {
  *generator() {
    const queue = new Queue<number>(1);
    yield* queue.put(1);
    getRunningLoop().callLater(0.01, () => assertEquals(queue.getNowait(), 1));
    yield* queue.put(2);
    assertEquals(getRunningLoop().time(), 0.01);
    assertEquals(queue.getNowait(), 2);
  },
  async async() {
    const queue = new Queue<number>(1);
    await queue.put(1);
    getRunningLoop().callLater(0.01, () => assertEquals(queue.getNowait(), 1));
    await queue.put(2);
    assertEquals(getRunningLoop().time(), 0.01);
    assertEquals(queue.getNowait(), 2);
  },
});

// Puts an item that must wait, and tells what came of it.
both("queues.QueuePutTests.put_cancelled", {
  *generator() {
    const queue = new Queue<number>();
    const task = createTask(function* () {
      yield* queue.put(1);
      return true;
    });
    assertEquals(yield* queue.get(), 1);
    assert(task.done());
    assert(task.result());
  },
  async async() {
    const queue = new Queue<number>();
    const task = createTask(async () => {
      await queue.put(1);
      return true;
    });
    assertEquals(await queue.get(), 1);
    await sleep(0);
    assert(task.done());
    assert(task.result());
  },
});

const putRace = "queues.QueuePutTests.put_cancelled_race";
inStyles(putRace, putting, function* (put, turns) {
  const queue = new Queue<number>(1);
  const log: number[] = [];
  const a = createTask(put(queue, 1, log));
  const b = createTask(put(queue, 2, log));
  const c = createTask(put(queue, 3, log));
  yield* turns();
  assert(log.includes(1));
  assertFalse(b.done());
  c.cancel();
  yield* turns(2);
  assert(c.cancelled());
  assertEquals(queue.getNowait(), 1);
  yield* turns();
  assertEquals(queue.getNowait(), 2);
  yield* b;
  assert(a.done());
});

const whyPutters = "queues.QueuePutTests.why_are_putters_waiting";
inStyles(whyPutters, putting, function* (put) {
  const queue = new Queue<number>(2);
  const log: number[] = [];
  const getter = createTask(function* () {
    for (let left = 4; left > 0;) {
      const count = queue.qsize();
      for (let i = 0; i < count; i++) queue.getNowait();
      left -= count;
      yield* createTask(function* () {});
    }
  });
  const putters = [0, 1, 2, 3].map((item) => createTask(put(queue, item, log)));
  yield* gather([getter, ...putters]);
  assertEquals(log.toSorted(), [0, 1, 2, 3]);
});

const heldPutters =
  "queues.QueuePutTests.cancelled_puts_not_being_held_in_self_putters";
inStyles(heldPutters, putting, function* (put, turns) {
  const queue = new Queue<number>(1);
  yield* queue.put(1);
  const task = createTask(put(queue, 2, []));
  yield* turns();
  assertEquals(String(queue), "<Queue maxsize=1 size=1 putters=1 tasks=1>");
  task.cancel();
  assertInstanceOf(yield* errorOf(task), CancelledError);
  assertEquals(String(queue), "<Queue maxsize=1 size=1 tasks=1>");
});

const silenced =
  "queues.QueuePutTests.cancelled_put_silence_value_error_exception";
inStyles(silenced, putting, function* (put, turns) {
  const queue = new Queue<number>(1);
  yield* queue.put(1);
  const task = createTask(put(queue, 2, []));
  yield* turns();
  queue.getNowait();
  task.cancel();
  assertInstanceOf(yield* errorOf(task), CancelledError);
  assertEquals(queue.qsize(), 0);
});

const dropOneReader = "queues.QueuePutTests.get_cancel_drop_one_pending_reader";
inStyles(dropOneReader, getting, function* (get, turns) {
  const queue = new Queue<number>();
  const log: number[] = [];
  const reader = createTask(get(queue, 1, log));
  yield* turns();
  queue.putNowait(1);
  queue.putNowait(2);
  reader.cancel();
  yield* errorOf(reader);
  assertEquals(log, []);
  assertEquals(yield* queue.get(), 1);
});

const dropManyReaders =
  "queues.QueuePutTests.get_cancel_drop_many_pending_readers";
inStyles(dropManyReaders, getting, function* (get, turns) {
  const queue = new Queue<number>();
  const log: number[] = [];
  const readers = [1, 2, 3].map(() => createTask(get(queue, 1, log)));
  yield* turns();
  queue.putNowait(1);
  queue.putNowait(2);
  readers[0]!.cancel();
  const error = yield* errorOf(readers[0]!);
  assertInstanceOf(error, CancelledError);
  yield* readers[1]!;
  yield* readers[2]!;
  assertEquals(log.toSorted(), [1, 2]);
});

inStyles(
  "queues.QueuePutTests.put_cancel_drop",
  putting,
  function* (put, turns) {
    const queue = new Queue<number>(1);
    yield* queue.put(1);
    const writer = createTask(put(queue, 2, []));
    yield* turns();
    assertEquals(queue.getNowait(), 1);
    writer.cancel();
    assertInstanceOf(yield* errorOf(writer), CancelledError);
    assertEquals(queue.qsize(), 0);
    yield* queue.put(2);
    assertEquals(yield* queue.get(), 2);
    assertEquals(queue.qsize(), 0);
  },
);
