/**
 * Making tasks, and giving way.
 *
 * @module
 */
import { createTask, gather, run, sleep } from "@asyncio/asyncio";
import { asTask, nativeTasks, TURN, waitLeast } from "./_native.ts";
import {
  asyncTasks,
  below,
  check,
  generatorTasks,
  register,
  sum,
  type Workload,
} from "./_workload.ts";

// Bound by allocation, then by the collector, which copies the live tasks: the bytes of
// a task are its cost.
const spawn: Workload = {
  name: "spawn",
  operation:
    "a task is created whose coroutine returns its number at once; all are joined by one " +
    "`gather` (native: `Promise.all` over the calls of an async function)",
  count: 100_000,
  must: { generator: 10, async: 30 },
  runs: {
    native: (count) => nativeTasks(count, returnAsync),
    least: (count) => nativeTasks(count, returnAsync, asTask),
    generator: (count) => run(generatorTasks(count, returnIt)),
    inline: (count) =>
      run(generatorTasks(count, (index) =>
        function* () {
          return index;
        })),
    async: (count) => run(() => asyncTasks(count, returnAsync)),
  },
};

// As spawn, with one resumption: native makes three promises or reactions a task.
const spawnWait: Workload = {
  name: "spawn-wait",
  operation:
    "a task is created that waits one turn (`sleep(0)`; native: `await undefined`) and " +
    "returns its number; all are joined by one `gather` (native: `Promise.all`)",
  count: 100_000,
  must: { generator: 2.5, async: 8 },
  runs: {
    native: (count) => nativeTasks(count, waitNative),
    least: (count) => nativeTasks(count, waitLeast, asTask),
    generator: (count) => run(generatorTasks(count, waitIt)),
    inline: (count) =>
      run(generatorTasks(count, (index) =>
        function* () {
          yield* sleep(0);
          return index;
        })),
    async: (count) => run(() => asyncTasks(count, waitAsync)),
  },
};

// Bound by the resumption of a generator and its 40-byte result, and a push and a shift
// of the ready queue, against a microtask.
const switches = [
  switchAmong(
    "switch",
    1,
    "`sleep(0)` (native: `await undefined`) in one task",
  ),
  switchAmong("switch-1000", 1000, "the same in 1,000 tasks, which take turns"),
];

function switchAmong(
  name: string,
  tasks: number,
  operation: string,
): Workload {
  const turnsOf = (count: number) => Math.max(1, Math.round(count / tasks));
  return {
    name,
    operation,
    count: 1_000_000,
    must: { generator: 4, async: 20 },
    runs: {
      native: (count) => turnsNative(turnNative, tasks, turnsOf(count)),
      least: (count) => turnsNative(turnLeast, tasks, turnsOf(count)),
      generator: (count) =>
        run(function* () {
          const turns = turnsOf(count);
          const all = [];
          for (const _ of below(tasks)) all.push(createTask(turn(turns)));
          check(sum(yield* gather(all)), tasks * turns);
        }),
      async: (count) =>
        run(async () => {
          const turns = turnsOf(count);
          const all = [];
          for (const _ of below(tasks)) {
            all.push(createTask(() => turnAsync(turns)));
          }
          check(sum(await gather(all)), tasks * turns);
        }),
    },
  };
}

async function turnsNative(
  turn: (turns: number) => Promise<number>,
  tasks: number,
  turns: number,
): Promise<void> {
  const promises = [];
  for (const _ of below(tasks)) promises.push(turn(turns));
  check(sum(await Promise.all(promises)), tasks * turns);
}

// deno-lint-ignore require-await -- an async function is what is measured
async function returnAsync(index: number): Promise<number> {
  return index;
}

function* returnIt(index: number) {
  return index;
}

async function waitNative(index: number): Promise<number> {
  await undefined;
  return index;
}

async function waitAsync(index: number): Promise<number> {
  await sleep(0);
  return index;
}

function* waitIt(index: number) {
  yield* sleep(0);
  return index;
}

async function turnNative(turns: number): Promise<number> {
  for (let turn = 0; turn < turns; turn++) await undefined;
  return turns;
}

async function turnLeast(turns: number): Promise<number> {
  for (let turn = 0; turn < turns; turn++) await TURN;
  return turns;
}

async function turnAsync(turns: number): Promise<number> {
  for (let turn = 0; turn < turns; turn++) await sleep(0);
  return turns;
}

function* turn(turns: number) {
  for (let turn = 0; turn < turns; turn++) yield* sleep(0);
  return turns;
}

/** Making tasks, and giving way. */
export const workloads: readonly Workload[] = [spawn, spawnWait, ...switches];

register(workloads, 0.01);
