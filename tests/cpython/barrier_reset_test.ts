import {
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import {
  Barrier,
  BrokenBarrierError,
  coroutine,
  type CoroutineFunction,
  createTask,
  gather,
  type Task,
} from "../../mod.ts";
import { both } from "./_both.ts";
import { inStyles, type Styles, type Worker } from "./_styles.ts";

function start(
  count: number,
  body: CoroutineFunction<unknown>,
): Task<unknown>[] {
  return Array.from({ length: count }, () => createTask(body));
}

// Waits, and tells what came of it.
const trying: Styles<Worker<[Barrier, string[]]>> = {
  generator: (barrier, log) =>
    function* () {
      try {
        yield* barrier.wait();
        log.push("passed");
      } catch (error) {
        assertInstanceOf(error, BrokenBarrierError);
        log.push("broken");
      }
    },
  async: (barrier, log) => async () => {
    try {
      await barrier.wait();
      log.push("passed");
    } catch (error) {
      assertInstanceOf(error, BrokenBarrierError);
      log.push("broken");
    }
  },
};

both("locks.BarrierTests.reset_barrier", {
  *generator() {
    const barrier = new Barrier(1);
    yield* barrier.reset();
    assertEquals(barrier.nWaiting, 0);
    assertFalse(barrier.broken);
  },
  async async() {
    const barrier = new Barrier(1);
    await barrier.reset();
    assertEquals(barrier.nWaiting, 0);
    assertFalse(barrier.broken);
  },
});

const whileWaiting = "locks.BarrierTests.reset_barrier_while_tasks_waiting";
inStyles(whileWaiting, trying, function* (attempt, turns) {
  const barrier = new Barrier(5);
  const log: string[] = [];
  const tasks = start(4, attempt(barrier, log));
  yield* turns();
  assertEquals(barrier.nWaiting, 4);
  yield* barrier.reset();
  assertStringIncludes(String(barrier), "resetting");
  yield* gather(tasks);
  assertEquals(log, ["broken", "broken", "broken", "broken"]);
  assertEquals(String(barrier), "<Barrier [filling, waiters:0/5]>");
});

// Passes; the one after which there are `count` in the log resets. In one piece, since
// an async function goes on after its await only when the turn is over.
const passOrReset = coroutine(
  function* (barrier: Barrier, log: string[], count: number) {
    yield* barrier.wait();
    if (log.push("passed") === count) yield* barrier.reset();
  },
);

// The second that has passed resets.
const resetting: Styles<Worker<[Barrier, string[]]>> = {
  generator: (barrier, log) =>
    function* () {
      try {
        yield* passOrReset(barrier, log, 2);
      } catch (error) {
        assertInstanceOf(error, BrokenBarrierError);
        log.push("broken");
      }
    },
  async: (barrier, log) => async () => {
    try {
      await passOrReset(barrier, log, 2);
    } catch (error) {
      assertInstanceOf(error, BrokenBarrierError);
      log.push("broken");
    }
  },
};

const halfDraining =
  "locks.BarrierTests.reset_barrier_when_tasks_half_draining";
inStyles(halfDraining, resetting, function* (pass) {
  const barrier = new Barrier(5);
  const log: string[] = [];
  yield* gather(start(5, pass(barrier, log)));
  assertEquals(log, ["passed", "passed", "broken", "broken", "broken"]);
  assertEquals(String(barrier), "<Barrier [filling, waiters:0/5]>");
});

interface Halfway {
  readonly passed: string[];
  readonly again: string[];
}

// The third that has passed resets; all come back, whether they passed or not.
const returning: Styles<Worker<[Barrier, Halfway]>> = {
  generator: (barrier, log) =>
    function* () {
      try {
        yield* passOrReset(barrier, log.passed, 3);
      } catch (error) {
        assertInstanceOf(error, BrokenBarrierError);
        log.passed.push("broken");
      }
      yield* barrier.wait();
      log.again.push("passed");
    },
  async: (barrier, log) => async () => {
    try {
      await passOrReset(barrier, log.passed, 3);
    } catch (error) {
      assertInstanceOf(error, BrokenBarrierError);
      log.passed.push("broken");
    }
    await barrier.wait();
    log.again.push("passed");
  },
};

const halfBlocking =
  "locks.BarrierTests.reset_barrier_when_tasks_half_draining_half_blocking";
inStyles(halfBlocking, returning, function* (pass) {
  const barrier = new Barrier(5);
  const log: Halfway = { passed: [], again: [] };
  yield* gather(start(5, pass(barrier, log)));
  assertEquals(log.passed.toSorted(), [
    "broken",
    "broken",
    "passed",
    "passed",
    "passed",
  ]);
  assertEquals(log.again, Array(5).fill("passed"));
  assertEquals(barrier.nWaiting, 0);
  assertFalse(barrier.broken);
});

// Once broken, waits again.
const persisting: Styles<Worker<[Barrier, string[]]>> = {
  generator: (barrier, log) =>
    function* () {
      try {
        yield* barrier.wait();
      } catch (error) {
        assertInstanceOf(error, BrokenBarrierError);
        log.push("broken");
        yield* barrier.wait();
      }
      log.push("passed");
    },
  async: (barrier, log) => async () => {
    try {
      await barrier.wait();
    } catch (error) {
      assertInstanceOf(error, BrokenBarrierError);
      log.push("broken");
      await barrier.wait();
    }
    log.push("passed");
  },
};

const again =
  "locks.BarrierTests.reset_barrier_while_tasks_waiting_and_waiting_again";
inStyles(again, persisting, function* (pass, turns) {
  const barrier = new Barrier(5);
  const log: string[] = [];
  const tasks = start(4, pass(barrier, log));
  yield* turns();
  yield* barrier.reset();
  yield* turns(3);
  assertEquals(log, Array(4).fill("broken"));
  assertEquals(barrier.nWaiting, 4);
  yield* gather([...tasks, ...start(1, pass(barrier, log))]);
  assertEquals(log.slice(4), Array(5).fill("passed"));
  assertEquals(barrier.nWaiting, 0);
});

interface Rounds {
  readonly first: string[];
  readonly second: string[];
  readonly third: string[];
}

// The last of the first round resets, which disturbs nobody.
const threeRounds: Styles<Worker<[Barrier, Rounds]>> = {
  generator: (barrier, log) =>
    function* () {
      yield* passOrReset(barrier, log.first, 5);
      yield* barrier.wait();
      log.second.push("passed");
      yield* barrier.wait();
      log.third.push("passed");
    },
  async: (barrier, log) => async () => {
    await passOrReset(barrier, log.first, 5);
    await barrier.wait();
    log.second.push("passed");
    await barrier.wait();
    log.third.push("passed");
  },
};

const whileDraining = "locks.BarrierTests.reset_barrier_while_tasks_draining";
inStyles(whileDraining, threeRounds, function* (pass) {
  const barrier = new Barrier(5);
  const log: Rounds = { first: [], second: [], third: [] };
  yield* gather(start(5, pass(barrier, log)));
  for (const round of Object.values(log)) {
    assertEquals(round, Array(5).fill("passed"));
  }
  assertEquals(barrier.nWaiting, 0);
  assertFalse(barrier.broken);
});
