/**
 * 99 tasks of 2 seconds, which together take 2 seconds, and three ways to their results.
 *
 * `deno run examples/many.ts`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  ensureFuture,
  gather,
  newEventLoop,
  setEventLoop,
  sleep,
  wait,
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
  func: () => Promise<T>,
  show: (given: T) => void,
  loop = newEventLoop(),
) {
  setEventLoop(loop);
  const start = loop.time();
  show(await loop.runUntilComplete(func));
  console.log("perf:", (loop.time() - start).toFixed(1));
  loop.close();
}

export async function main(makeLoop = newEventLoop) {
  await showPerf(main1, () => {}, makeLoop());
  await showPerf(main2, ([done]) => {
    for (const task of done) console.log("返回结果2:", task.result());
  }, makeLoop());
  await showPerf(main3, (results) => {
    for (const result of results) console.log("返回结果3:", result);
  }, makeLoop());
}

if (import.meta.main) await main();
