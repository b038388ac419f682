/**
 * Timers, timeouts and sleep.
 *
 * @module
 */
import { getRunningLoop, run, sleep, timeout } from "@asyncio/asyncio";
import { asTask, inContext, nativeTasks, waitLeast } from "./_native.ts";
import {
  asyncTasks,
  below,
  check,
  generatorTasks,
  noop,
  randoms,
  register,
  sumBelow,
  type Workload,
} from "./_workload.ts";

// Native: a host timer each, 2.6 µs with 100,000 of them alive; here one heap behind one.
const sleepers: Workload = {
  name: "sleepers",
  operation:
    "a task that sleeps a random time between 0 and 1 s (native: `setTimeout` in a " +
    "promise); all are joined by one `gather`; judged by the CPU time of the whole run",
  count: 100_000,
  judgedBy: "cpu",
  must: { generator: 0.5, async: 1.5 },
  runs: {
    native(count) {
      const random = randoms();
      return nativeTasks(count, (index) => napNative(index, random()));
    },
    least(count) {
      const random = randoms();
      return nativeTasks(count, (index) => napNative(index, random()), asTask);
    },
    generator(count) {
      const random = randoms();
      return run(generatorTasks(count, (index) => nap(index, random())));
    },
    async(count) {
      const random = randoms();
      return run(() => asyncTasks(count, (index) => napAsync(index, random())));
    },
  },
};

async function napNative(index: number, seconds: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  return index;
}

async function napAsync(index: number, seconds: number): Promise<number> {
  await sleep(seconds);
  return index;
}

function* nap(index: number, seconds: number) {
  yield* sleep(seconds);
  return index;
}

// Native: two calls into the host; here one clock read and a place in a heap.
const timers: Workload = {
  name: "timers",
  operation:
    "a callback is scheduled for 60 s later and called off (`callLater`, `cancel`; " +
    "native: `setTimeout`, `clearTimeout`)",
  count: 1_000_000,
  must: { generator: 0.15 },
  runs: {
    // deno-lint-ignore require-await -- a run gives a promise, waiting or not
    async native(count) {
      let calledOff = 0;
      for (; calledOff < count; calledOff++) {
        clearTimeout(setTimeout(noop, 60_000));
      }
      check(calledOff, count);
    },
    generator: (count) =>
      run(function* () {
        const loop = getRunningLoop();
        let calledOff = 0;
        for (let index = 0; index < count; index++) {
          const timer = loop.callLater(60, noop);
          timer.cancel();
          if (timer.cancelled()) calledOff++;
        }
        check(calledOff, count);
      }),
  },
};

// Native: the timer, two calls into the host, and the race; here a timer in the heap and
// the closures. Inline, a generator function costs 0.6 µs: V8 gives each a hidden class.
const timeoutGuard: Workload = {
  name: "timeout-guard",
  operation:
    "a wait of one turn under a timeout of 10 s, which gives a number (`timeout`; native: " +
    "`Promise.race` with a timer that is cleared; at least: no timer)",
  count: 100_000,
  must: { generator: 0.4, async: 1 },
  runs: {
    async native(count) {
      let total = 0;
      for (const index of below(count)) {
        total += await guard(10_000, turnNative(index));
      }
      check(total, sumBelow(count));
    },
    async least(count) {
      let total = 0;
      for (const index of below(count)) {
        total += await inContext(waitLeast, index);
      }
      check(total, sumBelow(count));
    },
    generator: (count) =>
      run(function* () {
        let total = 0;
        let index = 0;
        function* work() {
          yield* sleep(0);
          return index;
        }
        for (; index < count; index++) total += yield* timeout(10, work);
        check(total, sumBelow(count));
      }),
    inline: (count) =>
      run(function* () {
        let total = 0;
        for (const index of below(count)) {
          total += yield* timeout(10, function* () {
            yield* sleep(0);
            return index;
          });
        }
        check(total, sumBelow(count));
      }),
    async: (count) =>
      run(async () => {
        let total = 0;
        for (const index of below(count)) {
          total += await timeout(10, async () => {
            await sleep(0);
            return index;
          });
        }
        check(total, sumBelow(count));
      }),
  },
};

async function turnNative(index: number): Promise<number> {
  await undefined;
  return index;
}

async function guard<T>(
  milliseconds: number,
  guarded: Promise<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("Timed out")), milliseconds);
  });
  try {
    return await Promise.race([guarded, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Timers, timeouts and sleep. */
export const workloads: readonly Workload[] = [sleepers, timers, timeoutGuard];

register(workloads, 0.01);
