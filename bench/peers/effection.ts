/**
 * The workloads in Effection.
 *
 * @module
 */
// deno-lint-ignore-file no-import-prefix -- a peer is no dependency of the library
import {
  all,
  type Operation,
  race,
  run,
  sleep,
  spawn,
  suspend,
  until,
  withResolvers,
} from "npm:effection@4";
import {
  below,
  check,
  randoms,
  type Run,
  sum,
  sumBelow,
} from "../_workload.ts";

const resolved = Promise.resolve();

/** How Effection does each workload. */
export const runs: Readonly<Record<string, Run>> = {
  spawn: (count) => run(() => spawnAll(count, child)),
  "spawn-wait": (count) => run(() => spawnAll(count, waitOnce)),
  switch: (count) => run(() => switchAmong(1, count)),
  "switch-1000": (count) =>
    run(() => switchAmong(1000, Math.max(1, Math.round(count / 1000)))),

  "ping-pong": (count) =>
    run(function* () {
      let ping = withResolvers<number>();
      let pong = withResolvers<number>();
      function* server() {
        for (let round = 0; round < count; round++) {
          const number = yield* ping.operation;
          ping = withResolvers();
          pong.resolve(number);
        }
        return 0;
      }
      function* client() {
        let total = 0;
        for (let round = 0; round < count; round++) {
          ping.resolve(round);
          total += yield* pong.operation;
          pong = withResolvers();
        }
        return total;
      }
      const [total] = yield* all([client(), server()]);
      check(total, sumBelow(count));
    }),

  "deep-call": (count) =>
    run(function* () {
      let total = 0;
      for (let done = 0; done < count; done += 1000) total += yield* call(1000);
      check(total, count);
    }),

  "deep-wait": (count) =>
    run(function* () {
      const chain = { [Symbol.iterator]: () => level(100, count) };
      check(yield* chain as Operation<number>, count);
    }),

  sleepers: (count) => {
    const random = randoms();
    return run(() =>
      spawnAll(count, function* (index) {
        yield* sleep(1000 * random());
        return index;
      })
    );
  },

  "cancel-storm": (count) =>
    run(function* () {
      let cancelled = 0;
      function* child() {
        try {
          yield* suspend();
        } finally {
          cancelled++;
        }
      }
      const tasks = [];
      for (const _ of below(count)) tasks.push(yield* spawn(child));
      // They start when their parent waits, and only what has started is halted in full.
      yield* sleep(0);
      for (const task of tasks) yield* task.halt();
      check(cancelled, count);
    }),

  timers: (count) =>
    run(function* () {
      let calledOff = 0;
      for (; calledOff < count; calledOff++) {
        const task = yield* spawn(() => sleep(60_000));
        yield* task.halt();
      }
      check(calledOff, count);
    }),

  "timeout-guard": (count) =>
    run(function* () {
      let total = 0;
      for (const index of below(count)) {
        total += yield* race([waitOnce(index), late()]);
      }
      check(total, sumBelow(count));
    }),

  memory: (count, atPeak) =>
    run(function* () {
      const deferreds = Array.from(
        { length: count },
        () => withResolvers<number>(),
      );
      const tasks = [];
      for (const { operation } of deferreds) {
        tasks.push(yield* spawn(() => operation));
      }
      atPeak();
      deferreds.forEach(({ resolve }, index) => resolve(index));
      const results: number[] = [];
      for (const task of tasks) results.push(yield* task);
      check(sum(results), sumBelow(count));
    }),
};

function* spawnAll(
  count: number,
  work: (index: number) => Operation<number>,
): Operation<void> {
  const tasks = [];
  for (const index of below(count)) {
    tasks.push(yield* spawn(() => work(index)));
  }
  let total = 0;
  for (const task of tasks) total += yield* task;
  check(total, sumBelow(count));
}

function* switchAmong(tasks: number, turns: number): Operation<void> {
  function* turn() {
    for (let turn = 0; turn < turns; turn++) yield* until(resolved);
    return turns;
  }
  const all = [];
  for (const _ of below(tasks)) all.push(yield* spawn(turn));
  let total = 0;
  for (const task of all) total += yield* task;
  check(total, tasks * turns);
}

function* child(index: number): Generator<never, number> {
  return index;
}

function* waitOnce(index: number) {
  yield* until(resolved);
  return index;
}

function* call(depth: number): Generator<never, number> {
  return depth === 0 ? 0 : 1 + (yield* call(depth - 1));
}

function* level(depth: number, count: number): Generator<unknown, number> {
  if (depth > 0) return yield* level(depth - 1, count);
  for (let turn = 0; turn < count; turn++) yield* until(resolved);
  return count;
}

function* late(): Operation<never> {
  yield* sleep(10_000);
  throw new Error("Timed out");
}
