import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  Barrier,
  BrokenBarrierError,
  createTask,
  formatTaskTree,
  gather,
  getRunningLoop,
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

caseTest("Barrier() takes an integer of at least 1", () => {
  for (const parties of [1.5, NaN, Infinity, "2"]) {
    assertThrows(() => new Barrier(parties as number), RangeError);
  }
  assertThrows(() => new Barrier(1, { loop: {} } as object), TypeError);
});

both("Barrier.wait() lets the last one go on in the same turn", {
  *generator() {
    const barrier = new Barrier(2);
    const other = createTask(barrier.wait());
    yield* sleep(0);
    assertEquals(yield* barrier.wait(), 1);
    assertEquals(other.done(), false);
    yield* sleep(0);
    assertEquals(other.result(), 0);
  },
  async async() {
    const barrier = new Barrier(2);
    const other = createTask(async () => await barrier.wait());
    await sleep(0);
    assertEquals(await barrier.wait(), 1);
    assertEquals(await other, 0);
  },
});

both("Barrier.wait() times out and no longer counts", {
  *generator() {
    const barrier = new Barrier(2);
    yield* errorOf(waitFor(barrier.wait(), 1));
    assertEquals(String(barrier), "<Barrier [filling, waiters:0/2]>");
  },
  async async() {
    const barrier = new Barrier(2);
    await rejectionOf(waitFor(() => barrier.wait(), 1));
    assertEquals(String(barrier), "<Barrier [filling, waiters:0/2]>");
  },
});

both("Barrier.abort() breaks those who wait and who come later", {
  *generator() {
    const barrier = new Barrier(3);
    const tasks = [createTask(barrier.wait()), createTask(barrier.wait())];
    yield* sleep(0);
    yield* barrier.abort();
    for (const task of [...tasks, barrier.wait()]) {
      assertInstanceOf(yield* errorOf(task), BrokenBarrierError);
    }
    assert(barrier.broken);
    assertEquals(barrier.nWaiting, 0);
  },
  async async() {
    const barrier = new Barrier(3);
    const wait = async () => await barrier.wait();
    const tasks = [createTask(wait), createTask(wait)];
    await sleep(0);
    await barrier.abort();
    for (const task of [...tasks, barrier.wait()]) {
      assertInstanceOf(await rejectionOf(task), BrokenBarrierError);
    }
    assert(barrier.broken);
  },
});

both("Barrier.abort() breaks a barrier of one, too, which needs no others", {
  *generator() {
    const barrier = new Barrier(1);
    yield* barrier.abort();
    assertInstanceOf(yield* errorOf(barrier.wait()), BrokenBarrierError);
    assert(barrier.broken);
    yield* barrier.reset();
    assertEquals(yield* barrier.wait(), 0);
  },
  async async() {
    const barrier = new Barrier(1);
    await barrier.abort();
    assertInstanceOf(await rejectionOf(barrier.wait()), BrokenBarrierError);
    assert(barrier.broken);
    await barrier.reset();
    assertEquals(await barrier.wait(), 0);
  },
});

both("Barrier tells formatTaskTree() who is there", {
  *generator() {
    const barrier = new Barrier(3, { name: "start" });
    createTask(barrier.wait(), { name: "waiter" });
    yield* sleep(0);
    const tree = formatTaskTree(getRunningLoop());
    assert(tree.includes('waiter waits for Barrier "start", 1 of 3 there'));
  },
  async async() {
    const barrier = new Barrier(3, { name: "start" });
    createTask(async () => await barrier.wait(), { name: "waiter" });
    await sleep(0.1);
    const tree = formatTaskTree(getRunningLoop());
    assert(tree.includes('waiter waits for Barrier "start", 1 of 3 there'));
    const text = '<Barrier "start" [filling, waiters:1/3]>';
    assertEquals(Deno.inspect(barrier), text);
  },
});

caseTest("Barrier.wait() belongs to the loop of its first wait", async () => {
  const barrier = new Barrier(2);
  await runVirtual(function* () {
    yield* errorOf(waitFor(barrier.wait(), 1));
  });
  const error = await rejectionOf(runVirtual(() => barrier.wait()));
  assertInstanceOf(error, RuntimeError);
  assert(error.message.endsWith("is bound to a different event loop"));
});

both("Barrier.wait() gives each of a round another place, after cancels too", {
  *generator() {
    const barrier = new Barrier(3);
    for (let round = 0; round < 3; round++) {
      const tasks = [0, 1].map(() => createTask(barrier.wait()));
      yield* sleep(1);
      tasks[round % 2]!.cancel();
      yield* errorOf(tasks[round % 2]!);
      const rest = gather(
        tasks[1 - round % 2]!,
        barrier.wait(),
        barrier.wait(),
      );
      assertEquals(yield* rest, [0, 1, 2]);
    }
  },
  async async() {
    const barrier = new Barrier(2);
    const first = createTask(async () => await barrier.wait());
    await sleep(1);
    first.cancel();
    const places = await gather(
      async () => await barrier.wait(),
      async () => await barrier.wait(),
    );
    assertEquals(places, [0, 1]);
  },
});
