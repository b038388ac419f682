import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  Barrier,
  coroutine,
  createTask,
  gather,
  type Task,
} from "../../mod.ts";
import { both, caseTest, errorOf } from "./_both.ts";
import { inStyles, type Styles, type Worker } from "./_styles.ts";

// Waits once, and hands over the index.
const waiting: Styles<Worker<[Barrier, number[]]>> = {
  generator: (barrier, log) =>
    function* () {
      log.push(yield* barrier.wait());
    },
  async: (barrier, log) => async () => {
    log.push(await barrier.wait());
  },
};

function start(
  wait: Worker<[Barrier, number[]]>,
  barrier: Barrier,
  log: number[],
  count: number,
): Task<unknown>[] {
  return Array.from({ length: count }, () => createTask(wait(barrier, log)));
}

both("locks.BarrierTests.barrier", {
  *generator() {
    const barrier = new Barrier(2);
    assertStringIncludes(String(barrier), "filling");
    const error = yield* errorOf(barrier as unknown as Iterable<unknown>);
    assertInstanceOf(error, TypeError);
  },
  async async() {
    const barrier = new Barrier(2);
    assertEquals(await barrier, barrier);
    assertEquals(String(barrier), "<Barrier [filling, waiters:0/2]>");
  },
});

caseTest("locks.BarrierTests.barrier_parties", () => {
  for (const parties of [0, -4]) {
    const error = assertThrows(() => new Barrier(parties), RangeError);
    assertEquals(
      error.message,
      `Cannot make a Barrier: parties must be an integer of at least 1, got ${parties}`,
    );
  }
  assertEquals(new Barrier(3).parties, 3);
});

inStyles("locks.BarrierTests.context_manager", waiting, function* (wait) {
  const barrier = new Barrier(3);
  const log: number[] = [];
  yield* gather(start(wait, barrier, log, 3));
  assertEquals(log.toSorted(), [0, 1, 2]);
  assertEquals(barrier.nWaiting, 0);
  assertFalse(barrier.broken);
});

both("locks.BarrierTests.filling_one_task", {
  *generator() {
    const barrier = new Barrier(1);
    assertEquals(yield* barrier.wait(), 0);
    assertEquals(barrier.nWaiting, 0);
    assertFalse(barrier.broken);
  },
  async async() {
    const barrier = new Barrier(1);
    assertEquals(await barrier.wait(), 0);
    assertEquals(barrier.nWaiting, 0);
    assertFalse(barrier.broken);
  },
});

const oneTwice = "locks.BarrierTests.filling_one_task_twice";
inStyles(oneTwice, waiting, function* (wait, turns) {
  const barrier = new Barrier(1);
  const log: number[] = [];
  const t1 = start(wait, barrier, log, 1)[0]!;
  yield* turns();
  assertEquals(barrier.nWaiting, 0);
  const t2 = start(wait, barrier, log, 1)[0]!;
  yield* turns(2);
  assert(t1.done() && t2.done());
  assertEquals(log, [0, 0]);
  assertEquals(barrier.nWaiting, 0);
});

const oneByOne = "locks.BarrierTests.filling_task_by_task";
inStyles(oneByOne, waiting, function* (wait, turns) {
  const barrier = new Barrier(3);
  const log: number[] = [];
  const tasks: Task<unknown>[] = [];
  for (const count of [1, 2]) {
    tasks.push(...start(wait, barrier, log, 1));
    yield* turns();
    assertEquals(barrier.nWaiting, count);
    assertStringIncludes(String(barrier), "filling");
  }
  tasks.push(...start(wait, barrier, log, 1));
  yield* gather(tasks);
  assertEquals(log.toSorted(), [0, 1, 2]);
  assertEquals(barrier.nWaiting, 0);
  assertFalse(barrier.broken);
});

// Waits twice, and hands over both indexes.
const waitingTwice: Styles<Worker<[Barrier, number[], number[]]>> = {
  generator: (barrier, first, second) =>
    function* () {
      first.push(yield* barrier.wait());
      second.push(yield* barrier.wait());
    },
  async: (barrier, first, second) => async () => {
    first.push(await barrier.wait());
    second.push(await barrier.wait());
  },
};

for (
  const id of ["filling_tasks_wait_twice", "filling_tasks_check_return_value"]
) {
  inStyles(`locks.BarrierTests.${id}`, waitingTwice, function* (wait) {
    const barrier = new Barrier(5);
    const [first, second]: number[][] = [[], []];
    const five = Array.from(
      { length: 5 },
      () => wait(barrier, first!, second!),
    );
    yield* gather(five.map((one) => createTask(one)));
    assertEquals(first!.toSorted(), [0, 1, 2, 3, 4]);
    assertEquals(second!.toSorted(), [0, 1, 2, 3, 4]);
    assertEquals(barrier.nWaiting, 0);
    assertFalse(barrier.broken);
  });
}

// Hands over what the barrier says of itself in the turn in which the wait ends.
const describeAfter = coroutine(function* (barrier: Barrier, log: string[]) {
  yield* barrier.wait();
  log.push(String(barrier));
});

const describing: Styles<Worker<[Barrier, string[]]>> = {
  generator: (barrier, log) =>
    function* () {
      yield* describeAfter(barrier, log);
    },
  async: (barrier, log) => async () => {
    await describeAfter(barrier, log);
  },
};

inStyles("locks.BarrierTests.draining_state", describing, function* (wait) {
  const barrier = new Barrier(5);
  const log: string[] = [];
  const five = Array.from({ length: 5 }, () => wait(barrier, log));
  yield* gather(five.map((one) => createTask(one)));
  const states = log.map((text) => text.includes("draining"));
  assertEquals(states, [true, true, true, true, false]);
  assertStringIncludes(log[4]!, "filling");
  assertFalse(barrier.broken);
});

// Passes the barrier, counts the passes, and passes again until there were enough.
const blocking: Styles<Worker<[Barrier, number[], number]>> = {
  generator: (barrier, log, rounds) =>
    function* () {
      for (let round = 0; round < rounds; round++) {
        yield* barrier.wait();
        log.push(round);
      }
    },
  async: (barrier, log, rounds) => async () => {
    for (let round = 0; round < rounds; round++) {
      await barrier.wait();
      log.push(round);
    }
  },
};

const whileDraining = "locks.BarrierTests.blocking_tasks_while_draining";
inStyles(whileDraining, blocking, function* (pass, turns) {
  const barrier = new Barrier(3);
  const log: number[] = [];
  // The first comes back while the others still leave.
  const tasks = [3, 2, 1].map((n) => createTask(pass(barrier, log, n)));
  yield* turns(5);
  assertEquals(log, [0, 0, 0]);
  assertEquals(barrier.nWaiting, 2);
  tasks.push(createTask(pass(barrier, log, 1)));
  yield* turns(5);
  assertEquals(barrier.nWaiting, 1);
  tasks.push(...[1, 1].map((n) => createTask(pass(barrier, log, n))));
  yield* gather(tasks);
  assertEquals(log.toSorted(), [0, 0, 0, 0, 0, 0, 1, 1, 2]);
  assertFalse(barrier.broken);
});

const cancelOne = "locks.BarrierTests.filling_tasks_cancel_one";
inStyles(cancelOne, waiting, function* (wait, turns) {
  const barrier = new Barrier(3);
  const log: number[] = [];
  const [t1, t2] = start(wait, barrier, log, 2);
  yield* turns();
  assertEquals(barrier.nWaiting, 2);
  t1!.cancel();
  yield* turns(2);
  assert(t1!.cancelled());
  assertEquals(barrier.nWaiting, 1);
  assertFalse(barrier.broken);
  yield* gather([t2!, ...start(wait, barrier, log, 2)]);
  assertEquals(log.length, 3);
  assertEquals(barrier.nWaiting, 0);
});
