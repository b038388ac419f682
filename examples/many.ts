/**
 * 99 tasks of 2 seconds, which together take 2 seconds, and three ways to their results.
 *
 * `deno run examples/many.ts [generators]`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  type Coro,
  type CoroutineFunction,
  ensureFuture,
  type Future,
  gather,
  newEventLoop,
  setEventLoop,
  sleep,
  wait,
  type WaitResult,
} from "@asyncio/asyncio";

export async function doSomething(t: number) {
  console.log("嵌套waiting:", t);
  await sleep(t);
  return `嵌套Cose ${t}s`;
}

// 1. main handles the results.
export async function main1() {
  const coroutines = Array.from({ length: 99 }, () => () => doSomething(2));
  const tasks = coroutines.map((coroutine) => ensureFuture(coroutine));
  const [done] = await wait(tasks);
  for (const task of done) console.log("返回结果1:", task.result());
}

// 2. It gives what wait gives: the tasks that are done, and those that are not.
export async function main2() {
  const coroutines = Array.from({ length: 99 }, () => () => doSomething(2));
  const tasks = coroutines.map((coroutine) => ensureFuture(coroutine));
  return await wait(tasks);
}

// 3. It gives what gather gives: the results, in the order of the tasks.
export async function main3() {
  const coroutines = Array.from({ length: 99 }, () => () => doSomething(2));
  const tasks = coroutines.map((coroutine) => ensureFuture(coroutine));
  return await gather(tasks);
}

/** Runs `func`, shows what it gives, and says how many seconds it took. */
export async function showPerf<T>(
  func: CoroutineFunction<T>,
  show: (given: T) => void,
  loop = newEventLoop(),
) {
  setEventLoop(loop);
  const start = loop.time();
  show(await loop.runUntilComplete(func));
  console.log("perf:", (loop.time() - start).toFixed(1));
  loop.close();
}

/** The same with generators. */
export const generators = {
  *doSomething(t: number): Coro<string> {
    console.log("嵌套waiting:", t);
    yield* sleep(t);
    return `嵌套Cose ${t}s`;
  },

  *main1(): Coro<void> {
    const [done] = yield* wait(generators.tasks());
    for (const task of done) console.log("返回结果1:", task.result());
  },

  *main2() {
    return yield* wait(generators.tasks());
  },

  *main3() {
    return yield* gather(generators.tasks());
  },

  tasks() {
    const coroutines = Array.from(
      { length: 99 },
      () => generators.doSomething(2),
    );
    return coroutines.map((coroutine) => ensureFuture(coroutine));
  },
};

/** The three ways of one style. */
export interface Ways {
  readonly main1: CoroutineFunction<void>;
  readonly main2: CoroutineFunction<WaitResult<Future<string>>>;
  readonly main3: CoroutineFunction<string[]>;
}

export async function main(
  ways: Ways = { main1, main2, main3 },
  makeLoop = newEventLoop,
) {
  await showPerf(ways.main1, () => {}, makeLoop());
  await showPerf(ways.main2, ([done]) => {
    for (const task of done) console.log("返回结果2:", task.result());
  }, makeLoop());
  await showPerf(ways.main3, (results) => {
    for (const result of results) console.log("返回结果3:", result);
  }, makeLoop());
}

if (import.meta.main) {
  await main(Deno.args[0] === "generators" ? generators : undefined);
}
