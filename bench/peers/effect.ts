/**
 * The workloads in Effect.
 *
 * @module
 */
// deno-lint-ignore-file no-import-prefix -- a peer is no dependency of the library
import { Deferred, Effect, Exit, Fiber, Queue, Semaphore } from "npm:effect@4";
import {
  below,
  check,
  randoms,
  type Run,
  sum,
  sumBelow,
} from "../_workload.ts";

const LIMIT = 64;
const UNBOUNDED = { concurrency: "unbounded" } as const;

type Numbers = ReturnType<typeof Effect.succeed<number>>;

const child = Effect.fnUntraced(function* (index: number) {
  return index;
});
const waitOnce = Effect.fnUntraced(function* (index: number) {
  yield* Effect.yieldNow;
  return index;
});
const nap = Effect.fnUntraced(function* (index: number, seconds: number) {
  yield* Effect.sleep(1000 * seconds);
  return index;
});
const turn = Effect.fnUntraced(function* (turns: number) {
  for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow;
  return turns;
});
const call: (depth: number) => Numbers = Effect.fnUntraced(
  function* (depth: number) {
    return depth === 0 ? 0 : 1 + (yield* call(depth - 1));
  },
);
const level: (depth: number, count: number) => Numbers = Effect.fnUntraced(
  function* (depth: number, count: number) {
    return yield* depth > 0 ? level(depth - 1, count) : turn(count);
  },
);

/** How Effect does each workload. */
export const runs: Readonly<Record<string, Run>> = {
  spawn: (count) => forkAll(count, child),
  "spawn-wait": (count) => forkAll(count, waitOnce),
  switch: (count) => switchAmong(1, count),
  "switch-1000": (count) =>
    switchAmong(1000, Math.max(1, Math.round(count / 1000))),

  "ping-pong": (count) => {
    let ping = Deferred.makeUnsafe<number>();
    let pong = Deferred.makeUnsafe<number>();
    const server = Effect.gen(function* () {
      for (let round = 0; round < count; round++) {
        const number = yield* Deferred.await(ping);
        ping = Deferred.makeUnsafe();
        yield* Deferred.succeed(pong, number);
      }
    });
    const client = Effect.gen(function* () {
      let total = 0;
      for (let round = 0; round < count; round++) {
        yield* Deferred.succeed(ping, round);
        total += yield* Deferred.await(pong);
        pong = Deferred.makeUnsafe();
      }
      return total;
    });
    return Effect.runPromise(Effect.gen(function* () {
      const [total] = yield* Effect.all([client, server], UNBOUNDED);
      check(total, sumBelow(count));
    }));
  },

  "queue-ping-pong": (count) =>
    Effect.runPromise(Effect.gen(function* () {
      const pings = yield* Queue.bounded<number>(1);
      const pongs = yield* Queue.bounded<number>(1);
      const server = Effect.gen(function* () {
        for (let round = 0; round < count; round++) {
          yield* Queue.offer(pongs, yield* Queue.take(pings));
        }
      });
      const client = Effect.gen(function* () {
        let total = 0;
        for (let round = 0; round < count; round++) {
          yield* Queue.offer(pings, round);
          total += yield* Queue.take(pongs);
        }
        return total;
      });
      const [total] = yield* Effect.all([client, server], UNBOUNDED);
      check(total, sumBelow(count));
    })),

  "queue-stream": (count) => stream(1, count),
  "queue-stream-10": (count) => stream(10, count),

  "deep-call": (count) =>
    Effect.runPromise(Effect.gen(function* () {
      let total = 0;
      for (let done = 0; done < count; done += 1000) total += yield* call(1000);
      check(total, count);
    })),

  "deep-wait": (count) =>
    Effect.runPromise(Effect.gen(function* () {
      check(yield* level(100, count), count);
    })),

  limit: (count) =>
    Effect.runPromise(Effect.gen(function* () {
      const results = yield* Effect.forEach(below(count), waitOnce, {
        concurrency: LIMIT,
      });
      check(sum(results), sumBelow(count));
    })),

  async semaphore(count) {
    const permits = await Effect.runPromise(Semaphore.make(LIMIT));
    await forkAll(
      count,
      (index) => Semaphore.withPermit(permits, waitOnce(index)),
    );
  },

  sleepers: (count) => {
    const random = randoms();
    return forkAll(count, (index) => nap(index, random()));
  },

  timers: (count) =>
    Effect.runPromise(Effect.gen(function* () {
      let calledOff = 0;
      for (; calledOff < count; calledOff++) {
        const fiber = yield* Effect.forkChild(Effect.sleep(60_000), {
          startImmediately: true,
        });
        yield* Fiber.interrupt(fiber);
      }
      check(calledOff, count);
    })),

  "timeout-guard": (count) =>
    Effect.runPromise(Effect.gen(function* () {
      let total = 0;
      for (const index of below(count)) {
        total += yield* Effect.timeout(waitOnce(index), 10_000);
      }
      check(total, sumBelow(count));
    })),

  "cancel-storm": (count) =>
    Effect.runPromise(Effect.gen(function* () {
      const fibers = [];
      for (const _ of below(count)) {
        fibers.push(yield* Effect.forkChild(Effect.never));
      }
      yield* Effect.yieldNow;
      yield* Fiber.interruptAll(fibers);
      const exits = yield* Fiber.awaitAll(fibers);
      check(exits.filter((exit) => Exit.isFailure(exit)).length, count);
    })),

  memory: (count, atPeak) =>
    Effect.runPromise(Effect.gen(function* () {
      const deferreds = Array.from(
        { length: count },
        () => Deferred.makeUnsafe<number>(),
      );
      const fibers = [];
      for (const deferred of deferreds) {
        fibers.push(yield* Effect.forkChild(Deferred.await(deferred)));
      }
      yield* Effect.yieldNow;
      atPeak();
      for (const [index, deferred] of deferreds.entries()) {
        yield* Deferred.succeed(deferred, index);
      }
      check(sum(yield* Fiber.joinAll(fibers)), sumBelow(count));
    })),
};

function forkAll(
  count: number,
  work: (index: number) => Numbers,
): Promise<void> {
  return Effect.runPromise(Effect.gen(function* () {
    const fibers = [];
    for (const index of below(count)) {
      fibers.push(yield* Effect.forkChild(work(index)));
    }
    check(sum(yield* Fiber.joinAll(fibers)), sumBelow(count));
  }));
}

function switchAmong(tasks: number, turns: number): Promise<void> {
  return Effect.runPromise(Effect.gen(function* () {
    const fibers = [];
    for (const _ of below(tasks)) {
      fibers.push(yield* Effect.forkChild(turn(turns)));
    }
    check(sum(yield* Fiber.joinAll(fibers)), tasks * turns);
  }));
}

function stream(pairs: number, count: number): Promise<void> {
  const share = count / pairs;
  return Effect.runPromise(Effect.gen(function* () {
    const queue = yield* Queue.bounded<number>(100);
    const produce = Effect.gen(function* () {
      for (let item = 0; item < share; item++) yield* Queue.offer(queue, item);
    });
    const consume = Effect.gen(function* () {
      let total = 0;
      for (let item = 0; item < share; item++) {
        total += yield* Queue.take(queue);
      }
      return total;
    });
    const producers = [];
    const consumers = [];
    for (const _ of below(pairs)) {
      producers.push(yield* Effect.forkChild(produce));
      consumers.push(yield* Effect.forkChild(consume));
    }
    yield* Fiber.joinAll(producers);
    check(sum(yield* Fiber.joinAll(consumers)), pairs * sumBelow(share));
  }));
}
