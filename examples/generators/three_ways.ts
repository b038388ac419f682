/**
 * `../three_ways.ts` with generators: `function*` and `yield*` for `async` and `await`.
 *
 * `deno run examples/generators/three_ways.ts`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  type Coro,
  ensureFuture,
  gather,
  getRunningLoop,
  newEventLoop,
  run,
  sleep,
} from "@asyncio/asyncio";

export function* do1(): Coro<string> {
  console.log("do1:Starting");
  yield* sleep(1);
  console.log("do1:Ending");
  return "do1";
}

export function* do3(): Coro<string> {
  console.log("do3:Starting");
  yield* sleep(3);
  console.log("do3:Ending");
  return "do3";
}

export function* main(): Coro<void> {
  const lap = stopwatch();

  // Way 1: gather (or wait) runs both at once.
  const [return1, return3] = yield* gather(do1(), do3());
  console.log(return1, return3);
  lap("gather");

  // Way 2: tasks (ensureFuture or createTask) run from now on; then wait for them.
  const task1 = ensureFuture(do1());
  const task3 = ensureFuture(do3());
  yield* task1;
  yield* task3;
  lap("ensureFuture");

  // Way 3: waiting directly is one after the other.
  yield* do1();
  yield* do3();
  lap("await");
}

/** Runs `func` and says how many seconds it took. */
export async function perf(func: () => Coro<void>, loop = newEventLoop()) {
  const start = loop.time();
  await run(func, { loopFactory: () => loop });
  console.log(`${func.name}花费：${(loop.time() - start).toFixed(1)}`);
}

function stopwatch() {
  const loop = getRunningLoop();
  let start = loop.time();
  return (way: string) => {
    console.log(`${way}花费：${(loop.time() - start).toFixed(1)}`);
    start = loop.time();
  };
}

if (import.meta.main) await perf(main);
