/**
 * The types: what is inferred, and what a user can get wrong does not compile.
 *
 * Most of this is judged by the type check; the functions that hold it are never called.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { EventEmitter } from "node:events";
import {
  ALL_COMPLETED,
  asCompleted,
  Condition,
  type Coro,
  type Coroutine,
  coroutine,
  createEagerTaskFactory,
  createTask,
  eagerTaskFactory,
  ensureFuture,
  firstSuccess,
  fromSignal,
  type Future,
  gather,
  type GatherOptions,
  getRunningLoop,
  interruptible,
  type ItemIterator,
  iterate,
  LifoQueue,
  mapConcurrent,
  on,
  once,
  PriorityQueue,
  Queue,
  race,
  run,
  shield,
  sleep,
  staggeredRace,
  Task,
  type TaskFactory,
  taskGroup,
  timeout,
  timeoutAt,
  type Wait,
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

Deno.test("gather() whose options may ask for errors gives errors among the results", () =>
  runTest(async () => {
    const fail = () => Promise.reject<number>(new RangeError("failed"));
    // Of a variable it is known as a boolean alone.
    const options = { returnExceptions: true };
    const outcomes = await gather([fail, text], options);
    same<typeof outcomes, [number | Error, string | Error]>();
    const named: GatherOptions = options;
    const listed = await gather([fail, text].slice(0, 1), named);
    same<typeof listed, (number | string | Error)[]>();
    const limited = await gather(new Set([fail]), { ...options, limit: 1 });
    same<typeof limited, (number | Error)[]>();
    const strict = await gather([number, text], { returnExceptions: false });
    same<typeof strict, [number, string]>();
    const few = await gather(new Set([number]), { limit: 1 });
    same<typeof few, number[]>();
    const helper = (given?: GatherOptions) => gather([number], given);
    same<ReturnType<typeof helper>, Future<[number | Error]>>();
    assertEquals(await helper(), [1]);
    const [failure] = outcomes;
    // @ts-expect-error: it may be an error.
    assertEquals(failure.toFixed, undefined);
    assertEquals(String(failure), "RangeError: failed");
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

Deno.test("once() and on() take emitters, whatever names they have", () =>
  runTest(async () => {
    const sign = Symbol("sign");
    type Heard<N> = N extends "connect" ? () => void
      : (...args: unknown[]) => void;
    /** As the client of socket.io has it: no symbols, and all may be left out. */
    class OfStrings {
      readonly emitter = new EventEmitter();
      on<N extends string>(name: N, listener: Heard<N>): this {
        this.emitter.on(name, listener);
        return this;
      }
      off<N extends string>(name?: N, listener?: Heard<N>): this {
        this.emitter.off(name!, listener!);
        return this;
      }
    }
    class OfTwo {
      on<N extends "data" | typeof sign>(name: N, f: (x: number) => void) {
        if (name === sign) f(1);
      }
      off<N extends "data" | typeof sign>(_: N, _f: (x: number) => void) {}
    }
    const socket = new OfStrings();
    const event = once<string>(socket, "connect");
    socket.emitter.emit("connect", "here");
    assertEquals(await event, "here");
    using events = on(socket, "message");
    same<typeof events, ItemIterator<unknown>>();
    assertEquals(await once<number>(new OfTwo(), sign), 1);
    // @ts-expect-error: this is none.
    const none = () => once({ on: 1, off: 2 }, "data");
    assertThrows(none, TypeError);
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

Deno.test("functions of different results give either, without a type argument", () =>
  runTest(async () => {
    const quick = [1].length > 0;
    const choice = quick ? number : text;
    const task = createTask(choice);
    same<typeof task, Task<number | string>>();
    const called = createTask(() => quick ? sleep(0, 1) : sleep(0, "s"));
    same<typeof called, Task<number | string>>();
    const made = createTask(quick ? cold(1) : coldGenerator(1));
    same<typeof made, Task<boolean | number[]>>();
    const loop = getRunningLoop();
    const ofLoop = loop.createTask(choice);
    same<typeof ofLoop, Task<number | string>>();
    const inTime = await timeout(1, choice);
    same<typeof inTime, number | string>();
    const at = await timeoutAt(undefined, () => quick ? number() : text());
    same<typeof at, number | string>();
    const grouped = await taskGroup(async (group) => {
      const child = group.createTask(choice);
      same<typeof child, Task<number | string>>();
      return await child;
    });
    same<typeof grouped, number | string>();
    const body = await taskGroup(() => quick ? number() : text());
    same<typeof body, number | string>();
    const mapped = mapConcurrent([1, "a"], (x) => {
      same<typeof x, number | string>();
      return typeof x === "number" ? number() : cold(1);
    }, { limit: 1 });
    const all = await mapped.collect();
    same<typeof all, (number | boolean)[]>();
    const asked = await fromSignal(() => quick ? number() : cold(1));
    same<typeof asked, number | boolean>();
    const freed = await interruptible(quick ? number() : cold(1));
    same<typeof freed, number | boolean>();
    const factory = eagerTaskFactory(loop, choice);
    same<typeof factory, Task<number | string>>();
    const ofClass = createEagerTaskFactory(Task)(loop, choice);
    same<typeof ofClass, Task<number | string>>();
    // A constructor has the type parameters of its class alone, and none for the function.
    // @ts-expect-error: the first of the results is taken for all of them
    const refused = new Task(choice);
    const told = new Task<number | string>(choice);
    const toldOf = new Task<boolean | number[]>(
      quick ? cold(1) : coldGenerator(1),
    );
    await gather(task, called, made, ofLoop, factory, ofClass);
    await gather(refused, told, toldOf);
  }));

Deno.test("a task factory is what setTaskFactory() takes", () =>
  runTest(async (loop) => {
    const factory: TaskFactory = eagerTaskFactory;
    for (const each of [factory, createEagerTaskFactory(Task)]) {
      loop.setTaskFactory(each);
      assertEquals(await createTask(number), 1);
    }
    loop.setTaskFactory((loop, coro, options) =>
      eagerTaskFactory(loop, coro, options)
    );
    assertEquals(await createTask(number), 1);
  }));

Deno.test("lists of different results give either, without a type argument", () =>
  runTest(async () => {
    const quick = [1].length > 0;
    const numbers = [createTask(number)];
    const tasks = quick ? numbers : [createTask(text)];
    const functions = quick ? [number] : [text];
    const first = await race(tasks);
    same<typeof first, number | string>();
    const worked = await firstSuccess(functions);
    same<typeof worked, number | string>();
    for (const next of asCompleted(functions)) {
      const result = await next;
      same<typeof result, number | string>();
    }
    for await (const task of asCompleted(tasks)) {
      const result = task.result();
      same<typeof result, number | string>();
    }
    const [done] = await wait(tasks);
    same<typeof done, Set<Task<number> | Task<string>>>();
    const [staggered] = await staggeredRace(functions, 1);
    same<typeof staggered, number | string | undefined>();
    const all = await gather(tasks);
    same<typeof all, number[] | string[]>();
    assertEquals([first, worked, staggered, all], [1, 1, 1, [1]]);
  }));

Deno.test("a wanted type reaches into the function, and a given one holds", async () => {
  const main = async () => {
    const pair: [number, string] = await createTask(async () => [
      await number(),
      "a",
    ]);
    const limited: [number, string] = await timeout(1, async () => [
      await number(),
      "a",
    ]);
    const state: { kind: "open"; at: number } | { kind: "shut" } =
      await taskGroup(
        async () => ({ kind: "open", at: await number() }),
      );
    const given = createTask<number | string>(number);
    same<typeof given, Task<number | string>>();
    await given;
    return [pair, limited, state];
  };
  const never = () => createTask(async () => await Promise.reject<never>());
  same<ReturnType<typeof never>, Task<never>>();
  assertEquals((await runTest(main)).length, 3);
});

Deno.test("a generic function that is called in the work keeps its own type", () =>
  runTest(async () => {
    const target = new EventTarget();
    const load = <R = Date>(): Promise<R> =>
      Promise.resolve(new Date(0) as unknown as R);
    const event = timeout(1, () => once(target, "change"));
    same<typeof event, Coroutine<Event>>();
    event.close();
    const ended = await timeout(1, load);
    const called = await timeout(1, () => load());
    same<typeof called, Date>();
    const made = await createTask(() => load());
    same<typeof made, Date>();
    const [one, two] = await gather(() => load(), load());
    same<typeof one, Date>();
    same<typeof two, Date>();
    const limited = await waitFor(() => load(), 1);
    same<typeof limited, Date>();
    const first = await race([() => load()]);
    same<typeof first, Date>();
    for (const next of asCompleted([() => load()])) {
      const completed = await next;
      same<typeof completed, Date>();
    }
    const [staggered] = await staggeredRace([() => load()], 1);
    same<typeof staggered, Date | undefined>();
    const ofLoop = await getRunningLoop().createTask(() => load());
    same<typeof ofLoop, Date>();
    const kept = await shield(() => load());
    same<typeof kept, Date>();
    const ensured = await ensureFuture(() => load());
    same<typeof ensured, Date>();
    const aborted = await fromSignal(() => load());
    same<typeof aborted, Date>();
    const mapped = await mapConcurrent([1], () => load(), { limit: 1 })
      .collect();
    same<typeof mapped, Date[]>();
    const [head, tail] = await taskGroup(async (group) => {
      await sleep(0);
      return [group.createTask(number), group.createTask(() => load())];
    });
    same<typeof head, Task<number>>();
    same<typeof tail, Task<Date>>();
    assertEquals([ended, one, made].length, 3);
  }));

/** A generator as ES2022 declares it: without `[Symbol.dispose]`, so coroutines have all of it. */
interface Generator2022<Y, R, N> {
  next(...value: [] | [N]): IteratorResult<Y, R>;
  return(value: R): IteratorResult<Y, R>;
  throw(error: unknown): IteratorResult<Y, R>;
  [Symbol.iterator](): Generator2022<Y, R, N>;
}

/** As the library's functions take work, for a project whose `lib` is ES2022. */
function taken2022<T>(
  _work: () => Generator2022<Wait | undefined, T, never> | PromiseLike<T>,
): (result: T) => T {
  return (result) => result;
}

Deno.test("the library of ES2022 finds no undefined in what a coroutine or a future gives", () => {
  const ofCoroutine = taken2022(() => sleep(0, "word"));
  same<typeof ofCoroutine, (result: string) => string>();
  const ofQueue = taken2022(() => new Queue<Date>().get());
  same<typeof ofQueue, (result: Date) => Date>();
  const ofFuture = taken2022(() => gather(number));
  same<typeof ofFuture, (result: [number]) => [number]>();
  const ofTask = taken2022(() => createTask(text));
  same<typeof ofTask, (result: string) => string>();
  assertEquals(ofCoroutine("word"), "word");
});

/** Takes work of a generic type through, as users' helpers do. */
export function limited<T>(work: () => Promise<T>): Coroutine<T> {
  const limited = timeout(1, work);
  return limited;
}

/** The same for a task. */
export function started<T>(work: () => Promise<T> | Coro<T>): Task<T> {
  const task = createTask(work);
  return task;
}

/** As `node:stream/web` declares a stream, whose last result may lack its value. */
interface NodeStream<R> extends Omit<ReadableStream<R>, "getReader"> {
  getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  getReader(): Omit<ReadableStreamDefaultReader<R>, "read"> & {
    read(): Promise<
      { done: false; value: R } | { done: true; value?: R }
    >;
  };
}

Deno.test("catch() and then() take a function that names the type of its error, as a promise's do", () =>
  run(async () => {
    const fail = async (): Promise<number> => {
      await sleep(0);
      throw new RangeError("failed");
    };
    const messages: (number | string)[] = [
      await createTask(fail).catch((error: Error) => error.message),
      await coroutine(fail)().catch((error: RangeError) => error.message),
      await timeout(1, fail).then(String, ({ name }: Error) => name),
      await createTask(fail).then(String, ({ name }: Error) => name),
      await createTask(fail).catch((error) => {
        // @ts-expect-error: without a type it is unknown.
        void error.message;
        return "unknown";
      }),
      await createTask(fail).catch<string>(String),
    ];
    const promise: Promise<number> = createTask(fail);
    await promise.catch((error: Error) => messages.push(error.name));
    assertEquals(messages, [
      "failed",
      "failed",
      "RangeError",
      "RangeError",
      "unknown",
      "RangeError: failed",
      "RangeError",
    ]);
  }));

Deno.test("iterate() and mapConcurrent() give the items of the streams that Node declares", () => {
  async function listen(
    ofNode: NodeStream<string>,
    either: ReadableStream<string> | AsyncIterable<string>,
  ): Promise<void> {
    for await (const item of iterate(ofNode)) same<typeof item, string>();
    for await (const item of iterate(either)) same<typeof item, string>();
    for (const source of [ofNode, either]) {
      const lengths = mapConcurrent(source, async (item) => {
        same<typeof item, string>();
        return await Promise.resolve(item.length);
      }, { limit: 1 });
      for await (const length of lengths) same<typeof length, number>();
    }
  }
  assertEquals(listen.length, 2);
});

Deno.test("PriorityQueue takes what has an order without compare", () => {
  interface Job {
    readonly priority: number;
  }
  const jobs = new PriorityQueue<[number, Job]>();
  jobs.putNowait([2, { priority: 2 }]);
  jobs.putNowait([1, { priority: 1 }]);
  assertEquals(jobs.getNowait()[0], 1);
  const compare = (a: Job, b: Job) => a.priority - b.priority;
  const own: PriorityQueue<Job> = new PriorityQueue(0, { compare });
  const dates: Queue<Date> = new PriorityQueue(1);
  const any = new PriorityQueue();
  any.putNowait(["b", 1]);
  any.putNowait(["a", 2]);
  assertEquals(any.getNowait(), ["a", 2]);
  class Ranked<T> extends PriorityQueue<[number, number, T]> {}
  for (const Class of [Queue, LifoQueue, PriorityQueue]) new Class<number>(1);
  assertEquals([own, dates, new Ranked<Job>()].map(String).length, 3);
});

async function coldLength(text: string): Promise<number> {
  await sleep(0);
  return text.length;
}

const quickOrNot = [1].length > 0;

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
  // @ts-expect-error: an event of an EventTarget has no arguments.
  on(new EventTarget(), "change", { args: true }).return();
  // @ts-expect-error: a callback takes no arguments.
  getRunningLoop().callSoon((x: number) => x);
  // @ts-expect-error: another type of result.
  getRunningLoop().createFuture<number>().setResult("text");
  // @ts-expect-error: another type of item.
  new Queue<number>().putNowait("text");
  // @ts-expect-error: a comparator of another type.
  new PriorityQueue<number>(0, { compare: (a: string, b: string) => a < b });
  // @ts-expect-error: an object has no order: it needs compare.
  new PriorityQueue<object>();
  // @ts-expect-error: nor has it with a size alone.
  new PriorityQueue<{ priority: number }>(1);
  // @ts-expect-error: nor does an array that begins with one.
  new PriorityQueue<[object, number]>();
  // @ts-expect-error: either function may be called.
  const either: number = await createTask(quickOrNot ? number : text);
  // @ts-expect-error: the body of a timeout gives one of the two.
  const limit: number = await timeout(1, () => quickOrNot ? number() : text());
  void [either, limit];
  // @ts-expect-error: what is not waited for can't be yielded, in a body either.
  await timeout(1, function* () {
    yield 42;
  });
  // @ts-expect-error: an async generator gives no result.
  await taskGroup(async function* () {});
  // @ts-expect-error: a list is no work.
  await timeout(1, () => [1]);
  // @ts-expect-error: nor is what has only a member "then".
  await gather({ then: 1 });
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
