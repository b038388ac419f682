/**
 * Words of the random async functions: waits, for the library and for the host.
 *
 * @module
 */
import {
  Barrier,
  Condition,
  type Coro,
  createTask,
  currentTask,
  Event,
  every,
  Future,
  getRunningLoop,
  interruptible,
  Lock,
  once,
  PriorityQueue,
  Queue,
  QueueShutDown,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "../mod.ts";
import { connectionPair } from "../testing.ts";
import { later, LONG, must, type Words } from "./_cancel_words.ts";
import { deep } from "./_microtasks.ts";
import { sharedOf } from "./_cancel_shared.ts";

/** Waits that need nothing else. */
export const PLAIN_WAITS: Words = {
  sleep: (_probe, _first, _second, seconds) => sleep(seconds),
  turn: () => sleep(0),
  host: (probe) => probe.host(),
  interruptible: (probe) => interruptible(probe.host()),
  microtask: () => null,
  async microtasks(_probe, _first, _second, seconds) {
    for (let i = 0; i < 4 * seconds; i++) await null;
  },
  async done() {
    const future = new Future<void>();
    future.setResult(undefined);
    await future;
  },
  signal: () => void currentTask()!.signal,
  async thenable(_probe, _first, _second, seconds) {
    await {
      then: (
        resolve: (value: undefined) => void,
        reject: (error: unknown) => void,
      ) => void sleep(seconds).then(() => resolve(undefined), reject),
    };
  },
  adopted: (_probe, _first, _second, seconds) =>
    new Promise((resolve) => resolve(sleep(seconds))),
  // A promise of the host that the loop itself settles, in a turn.
  ofLoop: (_probe, _first, _second, seconds) =>
    new Promise<void>((resolve) => afterTurns(seconds, resolve)),
  async once(_probe, _first, _second, seconds) {
    const target = new EventTarget();
    afterTurns(
      seconds,
      () => target.dispatchEvent(new globalThis.Event("tick")),
    );
    await once(target, "tick");
  },
  async every() {
    for await (const _ of every(1)) break;
  },
  async stream(_probe, _first, _second, seconds) {
    const [[reader], [, writer]] = connectionPair();
    later(seconds, () => void writer.write(new Uint8Array(1)));
    await reader.readexactly(1);
  },
};

/** Waits for primitives. */
export const PRIMITIVE_WAITS: Words = {
  async lock() {
    using _ = await new Lock().acquire();
  },
  async queue(_probe, _first, _second, seconds) {
    const queue = new Queue<number>();
    later(seconds, () => queue.putNowait(1));
    await queue.get();
  },
  async priorityQueue(_probe, _first, _second, seconds) {
    const queue = new PriorityQueue<number>(1);
    queue.putNowait(1);
    later(seconds, () => queue.getNowait());
    await queue.put(0);
  },
  async shutDown(_probe, _first, _second, seconds) {
    const queue = new Queue<number>();
    later(seconds, () => queue.shutdown());
    try {
      await queue.get();
    } catch (error) {
      if (!(error instanceof QueueShutDown)) throw error;
    }
  },
  async join(_probe, _first, _second, seconds) {
    const queue = new Queue<number>();
    queue.putNowait(1);
    later(seconds, () => queue.taskDone());
    await queue.join();
  },
  async event(_probe, _first, _second, seconds) {
    const event = new Event();
    later(seconds, () => event.set());
    await event.wait();
  },
  async condition(_probe, _first, _second, seconds) {
    const condition = new Condition();
    let isReady = false;
    using _ = await condition.acquire();
    createTask(function* (): Coro<void> {
      yield* sleep(seconds);
      using _ = yield* condition.acquire();
      isReady = true;
      condition.notify();
    });
    try {
      await condition.waitFor(() => isReady);
    } finally {
      must(condition.locked(), "A condition has lost its lock");
    }
  },
  async barrier(_probe, _first, _second, seconds) {
    const barrier = new Barrier(2);
    const other = createTask(function* (): Coro<void> {
      yield* sleep(seconds);
      yield* barrier.wait();
    });
    try {
      await barrier.wait();
    } finally {
      other.cancel();
    }
  },
  async sharedLock(_probe, _first, _second, seconds) {
    const { lock } = sharedOf(getRunningLoop());
    using _ = await lock.acquire();
    must(lock.locked(), "A lock is not held");
    await sleep(seconds);
  },
  async sharedSemaphore(_probe, _first, _second, seconds) {
    const shared = sharedOf(getRunningLoop());
    using _ = await shared.semaphore.acquire();
    using _holder = shared.hold();
    await sleep(seconds);
  },
  async sharedQueue(_probe, _first, _second, seconds) {
    const shared = sharedOf(getRunningLoop());
    later(seconds, () => shared.put());
    await shared.get();
  },
};

// One that comes at once hides the cancel of a task by itself, as in CPython.
const SOON = 0.5;

/** Waits for what has a limit of time. */
export const LIMITED_WAITS: Words = {
  async expired(_probe, _first, _second, more) {
    const seconds = SOON + more;
    const began = getRunningLoop().time();
    try {
      await timeout(seconds, () => sleep(LONG));
    } catch (error) {
      mustBeDue(error, began + seconds);
    }
  },
  async expiredFor(_probe, _first, _second, more) {
    const seconds = SOON + more;
    const began = getRunningLoop().time();
    try {
      await waitFor(sleep(LONG), seconds);
    } catch (error) {
      mustBeDue(error, began + seconds);
    }
  },
  async abandoned(_probe, _first, _second, more) {
    const seconds = SOON + more;
    const began = getRunningLoop().time();
    try {
      await timeout(seconds, () => deep(2, () => sleep(LONG)), {
        abandon: true,
      });
    } catch (error) {
      mustBeDue(error, began + seconds);
    }
  },
  async left(probe) {
    const began = getRunningLoop().time();
    try {
      await timeout(0, () => probe.host(), { abandon: true });
    } catch (error) {
      mustBeDue(error, began);
    }
  },
  async late(probe) {
    await timeout(0, async () => await probe.host());
  },
  async cancelledGroup(probe) {
    await taskGroup(async (group) => {
      group.cancel();
      await probe.host();
    });
  },
  async rescheduled(_probe, _first, _second, more) {
    const seconds = SOON + more;
    const loop = getRunningLoop();
    const began = loop.time();
    try {
      await timeout(LONG, async (scope) => {
        using _ = later(seconds, () => scope.reschedule(loop.time()));
        await sleep(LONG);
      });
    } catch (error) {
      mustBeDue(error, began + seconds);
    }
  },
  async waitedFor(_probe, _first, _second, seconds) {
    const task = createTask(() => sleep(2));
    try {
      await wait([task], { timeout: seconds });
    } finally {
      task.cancel();
    }
  },
};

/** All of them. */
export const WAITS: Words = {
  ...PLAIN_WAITS,
  ...PRIMITIVE_WAITS,
  ...LIMITED_WAITS,
};

/**
 * What waits for a promise of the host. Where one ends Promise.race() or Promise.any() in
 * the burst of microtasks in which another branch throws the CancelledError, it looks as
 * if somebody has caught that.
 */
export const HOST_WAITS: ReadonlySet<string> = new Set([
  "host",
  "interruptible",
  "ofLoop",
  "left",
  "late",
  "cancelledGroup",
  "otherRun",
]);

function afterTurns(turns: number, callback: () => void): void {
  later(0, () => turns === 0 ? callback() : afterTurns(turns - 1, callback));
}

function mustBeDue(error: unknown, deadline: number): void {
  if (!(error instanceof TimeoutError)) throw error;
  must(
    getRunningLoop().time() >= deadline,
    "A time limit has passed before its deadline",
  );
}
