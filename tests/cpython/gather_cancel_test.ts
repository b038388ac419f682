import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  Future,
  gather,
  shield,
  sleep,
} from "../../mod.ts";
import {
  both,
  caseTest,
  errorOf,
  oneTurn,
  rejectionOf,
  twoTurns,
  withLoop,
} from "./_both.ts";

both("tasks.CoroutineGatherTests.cancellation_broadcast", {
  *generator() {
    let proof = 0;
    const waiter = new Future();
    const inner = function* () {
      yield* waiter;
      proof++;
    };
    const [one, two] = [createTask(inner), createTask(inner)];
    const gathered = gather(one, two);
    const outer = createTask(function* () {
      yield* gathered;
      proof += 100;
    });
    yield* sleep(0);
    assert(outer.cancel());
    assertInstanceOf(yield* errorOf(outer), CancelledError);
    assertFalse(gathered.cancel());
    for (const future of [waiter, one, two]) assert(future.cancelled());
    yield* sleep(1);
    assertEquals(proof, 0);
  },
  async async() {
    let proof = 0;
    const waiter = new Future();
    const inner = async () => {
      await waiter;
      proof++;
    };
    const [one, two] = [createTask(inner), createTask(inner)];
    const gathered = gather(one, two);
    const outer = createTask(async () => {
      await gathered;
      proof += 100;
    });
    await sleep(0);
    assert(outer.cancel());
    assertInstanceOf(await rejectionOf(outer), CancelledError);
    assertFalse(gathered.cancel());
    for (const future of [waiter, one, two]) assert(future.cancelled());
    await sleep(1);
    assertEquals(proof, 0);
  },
});

caseTest("tasks.BaseTaskTests.gather_shield", () =>
  withLoop(async (loop) => {
    const children = [loop.createFuture<number>(), loop.createFuture<number>()];
    const shields = children.map((child) => shield(child));
    const parent = gather(...shields);
    await oneTurn(loop);
    parent.cancel();
    for (const outer of shields) assert(outer.cancelled());
    for (const child of children) assertFalse(child.cancelled());
    await twoTurns(loop);
    assertInstanceOf(parent.exception(), CancelledError);
    for (const child of children) child.setResult(1);
    await twoTurns(loop);
  }));

caseTest("tasks.BaseTaskTests.cancel_gather_1", () =>
  withLoop(async (loop) => {
    const child = loop.createFuture<number>();
    const future = gather(child);
    child.setResult(42);
    assertFalse(future.cancel());
    await loop.runUntilComplete(future);
    assertFalse(future.cancelled());
    assertEquals(future.result(), [42]);
  }));

caseTest("tasks.BaseTaskTests.cancel_gather_2", async () => {
  for (
    const [given, message] of [
      [[], ""],
      [[undefined], ""],
      [["my message"], "my message"],
      [[5], "5"],
    ] as [[string?], string][]
  ) {
    await withLoop(async (loop) => {
      const task = loop.createTask(async () => {
        for (;;) await gather([sleep(0.05)], { returnExceptions: true });
      });
      loop.callLater(0.02, () => task.cancel(...given));
      const error = await assertRejects(
        () => loop.runUntilComplete(task),
        CancelledError,
      );
      assertEquals(error.message, message);
      assertEquals(error.cause, undefined);
    });
  }
});
