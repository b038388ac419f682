import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  Barrier,
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

both("locks.BarrierTests.abort_barrier", {
  *generator() {
    const barrier = new Barrier(1);
    yield* barrier.abort();
    assert(barrier.broken);
    assertEquals(barrier.nWaiting, 0);
    assertEquals(String(barrier), "<Barrier [broken]>");
  },
  async async() {
    const barrier = new Barrier(1);
    await barrier.abort();
    assert(barrier.broken);
    assertEquals(barrier.nWaiting, 0);
  },
});

// The last to arrive fails after the first wait, and aborts.
const failing: Styles<Worker<[Barrier, string[]]>> = {
  generator: (barrier, log) =>
    function* () {
      try {
        const index = yield* barrier.wait();
        if (index === 4) throw new TypeError("failed");
        yield* barrier.wait();
      } catch (error) {
        log.push((error as Error).name);
        if (error instanceof TypeError) yield* barrier.abort();
      }
    },
  async: (barrier, log) => async () => {
    try {
      const index = await barrier.wait();
      if (index === 4) throw new TypeError("failed");
      await barrier.wait();
    } catch (error) {
      log.push((error as Error).name);
      if (error instanceof TypeError) await barrier.abort();
    }
  },
};

const abortOnError = "locks.BarrierTests.abort_barrier_when_exception";
inStyles(abortOnError, failing, function* (work) {
  const barrier = new Barrier(5);
  const log: string[] = [];
  yield* gather(start(5, work(barrier, log)));
  const broken = Array(4).fill("BrokenBarrierError");
  assertEquals(log, ["TypeError", ...broken]);
  assert(barrier.broken);
  assertEquals(barrier.nWaiting, 0);
});

// As above; then all meet at a second barrier, one resets the first, and all pass it.
const recovering: Styles<Worker<[Barrier, Barrier, string[]]>> = {
  generator: (first, second, log) =>
    function* () {
      try {
        const index = yield* first.wait();
        if (index === 4) throw new TypeError("failed");
        yield* first.wait();
      } catch (error) {
        log.push((error as Error).name);
        if (error instanceof TypeError) yield* first.abort();
      }
      if ((yield* second.wait()) === 4) yield* first.reset();
      yield* second.wait();
      yield* first.wait();
      log.push("passed");
    },
  async: (first, second, log) => async () => {
    try {
      const index = await first.wait();
      if (index === 4) throw new TypeError("failed");
      await first.wait();
    } catch (error) {
      log.push((error as Error).name);
      if (error instanceof TypeError) await first.abort();
    }
    if (await second.wait() === 4) await first.reset();
    await second.wait();
    await first.wait();
    log.push("passed");
  },
};

const recover =
  "locks.BarrierTests.abort_barrier_when_exception_then_resetting";
inStyles(recover, recovering, function* (work) {
  const [first, second] = [new Barrier(5), new Barrier(5)];
  const log: string[] = [];
  yield* gather(start(5, work(first, second, log)));
  assertEquals(log.slice(0, 5).sort()[4], "TypeError");
  assertEquals(log.slice(5), Array(5).fill("passed"));
  assertFalse(first.broken);
  assertEquals(first.nWaiting, 0);
});
