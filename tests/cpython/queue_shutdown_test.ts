import {
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  createTask,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueShutDown,
} from "../../mod.ts";
import { both, caseTest, errorOf, rejectionOf } from "./_both.ts";
import { inStyles, type Styles, type Worker } from "./_styles.ts";
import { putting } from "./_workers.ts";

const kinds = [Queue, LifoQueue, PriorityQueue];

caseTest("queues._QueueJoinTestMixin.task_done_underflow", () => {
  for (const Kind of kinds) {
    const queue = new Kind<number>();
    const error = assertThrows(() => queue.taskDone(), RangeError);
    assertEquals(
      error.message,
      `Cannot mark an item as done: all items of <${Kind.name} maxsize=0> are`,
    );
    queue.putNowait(1);
    queue.taskDone();
    assertThrows(() => queue.taskDone(), RangeError);
  }
});

both("queues._QueueJoinTestMixin.join_empty_queue", {
  *generator() {
    for (const Kind of kinds) {
      const queue = new Kind<number>();
      for (let i = 0; i < 2; i++) {
        const step = queue.join()[Symbol.iterator]().next();
        assertEquals(step, { done: true, value: undefined });
      }
    }
  },
  async async() {
    for (const Kind of kinds) {
      const queue = new Kind<number>();
      await queue.join();
      await queue.join();
    }
  },
});

// Waits for the end of all work.
const joining: Styles<Worker<[Queue<number>]>> = {
  generator: (queue) =>
    function* () {
      yield* queue.join();
    },
  async: (queue) => async () => {
    await queue.join();
  },
};

const shutting = {
  generator: { put: putting.generator, join: joining.generator },
  async: { put: putting.async, join: joining.async },
};

const nonempty = "queues._QueueShutdownTestMixin.shutdown_nonempty";
inStyles(nonempty, shutting, function* ({ put, join }, turns) {
  for (const Kind of kinds) {
    const queue = new Kind<number>(1);
    yield* queue.put(1);
    const putter = createTask(put(queue, 2, []));
    const joiner = createTask(join(queue));
    yield* turns();

    queue.shutdown();
    assertInstanceOf(yield* errorOf(putter), QueueShutDown);
    assertEquals(yield* queue.get(), 1);
    assertInstanceOf(yield* errorOf(queue.get()), QueueShutDown);
    assertInstanceOf(yield* errorOf(queue.put(3)), QueueShutDown);
    assertThrows(() => queue.getNowait(), QueueShutDown);
    assertThrows(() => queue.putNowait(3), QueueShutDown);

    yield* turns(2);
    assertFalse(joiner.done());
    queue.taskDone();
    yield* joiner;
    assertThrows(() => queue.taskDone(), RangeError);
  }
});

const immediate = "queues._QueueShutdownTestMixin.shutdown_immediate";
inStyles(immediate, shutting, function* ({ join }, turns) {
  for (const Kind of kinds) {
    const queue = new Kind<number>();
    queue.putNowait(1);
    const joiner = createTask(join(queue));
    yield* turns();
    queue.shutdown({ immediate: true });
    assertEquals(queue.qsize(), 0);
    yield* joiner;
    assertThrows(() => queue.getNowait(), QueueShutDown);
    assertThrows(() => queue.putNowait(2), QueueShutDown);
    assertInstanceOf(yield* errorOf(queue.get()), QueueShutDown);
    assertInstanceOf(yield* errorOf(queue.put(2)), QueueShutDown);
    assertThrows(() => queue.taskDone(), RangeError);
  }
});

const unfinished =
  "queues._QueueShutdownTestMixin.shutdown_immediate_with_unfinished";
inStyles(unfinished, shutting, function* ({ join }, turns) {
  for (const Kind of kinds) {
    const queue = new Kind<number>();
    queue.putNowait(1);
    queue.putNowait(2);
    const joiner = createTask(join(queue));
    assertEquals(yield* queue.get(), Kind === LifoQueue ? 2 : 1);
    queue.shutdown({ immediate: true });
    yield* turns(3);
    assertFalse(joiner.done());
    queue.taskDone();
    yield* joiner;
    assertThrows(() => queue.taskDone(), RangeError);
  }
});

both("Queue.shutdown() of an empty queue refuses who waits and who comes", {
  *generator() {
    for (const Kind of kinds) {
      const queue = new Kind<number>();
      const getter = createTask(queue.get());
      yield* createTask(function* () {});
      queue.shutdown();
      assertInstanceOf(yield* errorOf(getter), QueueShutDown);
      assertInstanceOf(yield* errorOf(queue.put(1)), QueueShutDown);
      yield* queue.join();
    }
  },
  async async() {
    for (const Kind of kinds) {
      const queue = new Kind<number>();
      const getter = createTask(async () => await queue.get());
      await createTask(async () => {});
      queue.shutdown();
      assertInstanceOf(await rejectionOf(getter), QueueShutDown);
      assertInstanceOf(await rejectionOf(queue.put(1)), QueueShutDown);
      await queue.join();
    }
  },
});
