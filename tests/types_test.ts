/**
 * The types: what is inferred, and what a user can get wrong does not compile.
 *
 * Most of this is judged by the type check; the functions that hold it are never called.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  ALL_COMPLETED,
  asCompleted,
  Condition,
  type Coro,
  type Coroutine,
  coroutine,
  createTask,
  ensureFuture,
  firstSuccess,
  type Future,
  gather,
  getRunningLoop,
  mapConcurrent,
  PriorityQueue,
  Queue,
  race,
  run,
  shield,
  sleep,
  staggeredRace,
  type Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles if `A` is exactly `B`. */
function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

async function number(): Promise<number> {
  await sleep(0);
  return 1;
}

function* text(): Coro<string> {
  yield* sleep(0);
  return "text";
}

const cold = coroutine(async (x: number) => {
  await sleep(0);
  return x > 0;
});

const coldGenerator = coroutine(function* (x: number) {
  yield* sleep(0);
  return [x];
});

Deno.test("yield* gives typed results", () =>
  runTest(function* () {
    const word = yield* sleep(0, "word");
    same<typeof word, string>();
    const nothing = yield* sleep(0);
    same<typeof nothing, void>();
    const flag = yield* cold(1);
    same<typeof flag, boolean>();
    const list = yield* coldGenerator(1);
    same<typeof list, number[]>();
    const task = yield* createTask(number);
    same<typeof task, number>();
    const future = getRunningLoop().createFuture<Date>();
    future.setResult(new Date(0));
    const date = yield* future;
    same<typeof date, Date>();
    const both = yield* gather(number, text);
    same<typeof both, [number, string]>();
    assertEquals([word, flag, list, both], ["word", true, [1], [1, "text"]]);
  }));

Deno.test("await gives typed results", () =>
  runTest(async () => {
    const word = await sleep(0, "word");
    same<typeof word, string>();
    const flag = await cold(1);
    same<typeof flag, boolean>();
    const task = await createTask(text);
    same<typeof task, string>();
    const future = getRunningLoop().createFuture<Date>();
    future.setResult(new Date(0));
    const date = await future;
    same<typeof date, Date>();
    assertEquals([word, flag, task], ["word", true, "text"]);
  }));

Deno.test("gather() infers tuples of all kinds of awaitables", () =>
  runTest(async () => {
    const future = getRunningLoop().createFuture<Date>();
    future.setResult(new Date(0));
    const mixed = await gather(
      number,
      text(),
      cold(1),
      createTask(number),
      future,
      Promise.resolve(7n),
      () => sleep(0, "s"),
    );
    same<
      typeof mixed,
      [number, string, boolean, number, Date, bigint, string]
    >();
    const listed = await gather([number, cold(1)]);
    same<typeof listed, [number, boolean]>();
    const outcomes = await gather([number, text], { returnExceptions: true });
    same<typeof outcomes, [number | Error, string | Error]>();
    const many = await gather([1, 2].map((x) => cold(x)));
    same<typeof many, boolean[]>();
    const none = await gather();
    same<typeof none, []>();
    assertEquals(many, [true, true]);
  }));

Deno.test("createTask(), ensureFuture(), shield() and waitFor() keep the type", () =>
  runTest(async () => {
    const task = createTask(number);
    same<typeof task, Task<number>>();
    const fromGenerator = createTask(text());
    same<typeof fromGenerator, Task<string>>();
    const fromCold = createTask(cold(1));
    same<typeof fromCold, Task<boolean>>();
    const ensured = ensureFuture(text);
    same<typeof ensured, Future<string>>();
    const fromPromise = ensureFuture(Promise.resolve(1));
    same<typeof fromPromise, Future<number>>();
    const shielded = await shield(task);
    same<typeof shielded, number>();
    const limited = await waitFor(text, 1);
    same<typeof limited, string>();
    const result = task.result();
    same<typeof result, number>();
    await gather(fromGenerator, fromCold, ensured, fromPromise);
  }));

Deno.test("Condition.waitFor() gives what was true, so neither undefined nor false", () =>
  runTest(async () => {
    const condition = new Condition();
    const items: (Date | undefined)[] = [new Date(0)];
    const item = await condition.waitFor(() => items[0]);
    same<typeof item, Date>();
    const isReady = await condition.waitFor(() => items.length > 0);
    same<typeof isReady, true>();
    const count: number = await condition.waitFor(() => items.length);
    assertEquals([item.getTime(), isReady, count], [0, true, 1]);
  }));

Deno.test("wait() and asCompleted() keep the kind of future", () =>
  runTest(async () => {
    const tasks = [createTask(number), createTask(number)];
    const [done, pending] = await wait(tasks, { returnWhen: ALL_COMPLETED });
    same<typeof done, Set<Task<number>>>();
    same<typeof pending, Set<Task<number>>>();
    for await (const task of asCompleted(tasks)) {
      // The task itself, of which "for await" does not take the result.
      const kept: Task<number> = task;
      assertEquals(kept.result(), 1);
    }
    for (const next of asCompleted(tasks)) {
      same<typeof next, Coroutine<number>>();
      await next;
    }
  }));

Deno.test("scopes, races and queues keep the type", () =>
  runTest(async () => {
    const inTime = await timeout(1, async () => await number());
    same<typeof inTime, number>();
    const inGenerator = await timeout(1, function* () {
      return yield* text();
    });
    same<typeof inGenerator, string>();
    const children = await taskGroup(async (group) => {
      await sleep(0);
      return [group.createTask(number), group.createTask(text)] as const;
    });
    same<typeof children, readonly [Task<number>, Task<string>]>();
    const first = await race([number, number]);
    same<typeof first, number>();
    const success = await firstSuccess([text, number]);
    same<typeof success, string | number>();
    const [winner, index] = await staggeredRace([text, number], 1);
    same<typeof winner, string | number | undefined>();
    same<typeof index, number | undefined>();
    const queue = new Queue<Date>();
    queue.putNowait(new Date(0));
    const item = await queue.get();
    same<typeof item, Date>();
    for await (const length of mapConcurrent(["a"], coldLength, { limit: 1 })) {
      same<typeof length, number>();
    }
    const main = await Promise.resolve(children[0].result());
    same<typeof main, number>();
  }));

async function coldLength(text: string): Promise<number> {
  await sleep(0);
  return text.length;
}

/** What does not compile. */
export async function wrong(): Promise<void> {
  // @ts-expect-error: a promise has started already; pass the function.
  createTask(number());
  // @ts-expect-error: a number can't be waited for.
  ensureFuture(42);
  // @ts-expect-error: nor can a string.
  await gather(number, "text");
  // @ts-expect-error: wait() takes what is started.
  await wait([text()]);
  await wait([
    createTask(number),
    // @ts-expect-error: the compiler points at the one that is not started.
    number,
  ]);
  // @ts-expect-error: wait() takes a list.
  await wait(createTask(number));
  // @ts-expect-error: an unknown constant.
  await wait([createTask(number)], { returnWhen: "SOMETIMES" });
  // @ts-expect-error: seconds, or an object with units.
  await sleep("1");
  // @ts-expect-error: there is no such unit.
  await sleep({ fortnights: 1 });
  // @ts-expect-error: the body is a function.
  await timeout(1, number());
  // @ts-expect-error: so is that of a group.
  await taskGroup(number());
  // @ts-expect-error: a limit is a number.
  await taskGroup(number, { limit: "2" });
  // @ts-expect-error: a misspelled option.
  createTask(number, { nmae: "worker" });
  // @ts-expect-error: a callback takes no arguments.
  getRunningLoop().callSoon((x: number) => x);
  // @ts-expect-error: another type of result.
  getRunningLoop().createFuture<number>().setResult("text");
  // @ts-expect-error: another type of item.
  new Queue<number>().putNowait("text");
  // @ts-expect-error: a comparator of another type.
  new PriorityQueue<number>(0, { compare: (a: string, b: string) => a < b });
  // @ts-expect-error: cold() wants its argument.
  await cold();
  // @ts-expect-error: run() wants something to run.
  await run();
  // @ts-expect-error: a task's result comes from its coroutine.
  const result: string = createTask(number).result();
  void result;
}

/** What does not compile in a generator. */
export function* wrongGenerator(): Coro<void> {
  // @ts-expect-error: a plain promise is not for yield*; use ensureFuture().
  yield* number();
  // @ts-expect-error: yield without the star gives something foreign to the task.
  yield 42;
  // @ts-expect-error: yield without the star would lose the result.
  yield sleep(0);
  // @ts-expect-error: yield without the star would lose the result.
  yield createTask(sleep(0));
  // @ts-expect-error: the result is a string.
  const x: number = yield* sleep(0, "text");
  void x;
}
