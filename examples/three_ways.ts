/**
 * Three ways to wait for two coroutines. The first two run them at the same time.
 *
 * `deno run examples/three_ways.ts [generators]`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  type Coro,
  type CoroutineFunction,
  ensureFuture,
  gather,
  getRunningLoop,
  newEventLoop,
  run,
  sleep,
} from "@asyncio/asyncio";

export async function do1() {
  console.log("do1:Starting");
  await sleep(1);
  console.log("do1:Ending");
  return "do1";
}

export async function do3() {
  console.log("do3:Starting");
  await sleep(3);
  console.log("do3:Ending");
  return "do3";
}

export async function main() {
  const lap = stopwatch();

  // Way 1: gather (or wait) runs both at once.
  const [return1, return3] = await gather(do1, do3);
  console.log(return1, return3);
  lap("gather");

  // Way 2: tasks (ensureFuture or createTask) run from now on; then await them.
  const task1 = ensureFuture(do1);
  const task3 = ensureFuture(do3);
  await task1;
  await task3;
  lap("ensureFuture");

  // Way 3: awaiting directly is one after the other.
  await do1();
  await do3();
  lap("await");
}

/** The same with generators. */
export const generators = {
  *do1(): Coro<string> {
    console.log("do1:Starting");
    yield* sleep(1);
    console.log("do1:Ending");
    return "do1";
  },

  *do3(): Coro<string> {
    console.log("do3:Starting");
    yield* sleep(3);
    console.log("do3:Ending");
    return "do3";
  },

  *main(): Coro<void> {
    const { do1, do3 } = generators;
    const lap = stopwatch();

    const [return1, return3] = yield* gather(do1(), do3());
    console.log(return1, return3);
    lap("gather");

    const task1 = ensureFuture(do1());
    const task3 = ensureFuture(do3());
    yield* task1;
    yield* task3;
    lap("ensureFuture");

    yield* do1();
    yield* do3();
    lap("await");
  },
};

/** Runs `func` and says how many seconds it took. */
export async function perf(
  func: CoroutineFunction<void>,
  loop = newEventLoop(),
) {
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

if (import.meta.main) {
  await perf(Deno.args[0] === "generators" ? generators.main : main);
}
