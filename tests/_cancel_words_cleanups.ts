/**
 * Words of the random async functions: clean-ups of all kinds. Each begins with a wait for
 * the library, so it must not be cancelled by the cancel that it cleans up after.
 *
 * @module
 */
import {
  Condition,
  type Coro,
  coroutine,
  createTask,
  Event,
  firstSuccess,
  fromSignal,
  Future,
  gather,
  getRunningLoop,
  interruptible,
  Lock,
  mapConcurrent,
  Queue,
  shield,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "../mod.ts";
import type { Probe } from "./_cancel_probe.ts";
import { later, LONG, type Words } from "./_cancel_words.ts";
import { deep } from "./_microtasks.ts";

type CleanUp = (probe: Probe) => Promise<void>;

async function byWaits() {
  await sleep(1);
  await sleep(0);
}

const CLEAN_UPS: Readonly<Record<string, CleanUp>> = {
  waits: byWaits,
  /** From an async function to a generator and back. */
  async generator() {
    await coroutine(function* (): Coro<void> {
      yield* sleep(1);
      yield* coroutine(byWaits)();
    })();
  },
  async turns() {
    for (let i = 0; i < 3; i++) await sleep(0);
  },
  async timeout() {
    await timeout(LONG, byWaits);
    await sleep(0);
  },
  async waitFor() {
    await waitFor(byWaits, LONG);
    await waitFor(sleep(1), LONG);
  },
  async group() {
    await taskGroup(async (group) => {
      group.createTask(byWaits);
      await sleep(0);
    });
    await sleep(0);
  },
  async groupOfTasks() {
    await taskGroup((group) => {
      group.createTask(byWaits);
      return Promise.resolve();
    });
    await sleep(0);
  },
  async gather() {
    await gather(byWaits, sleep(1));
    await sleep(0);
  },
  async all() {
    await Promise.all([byWaits(), sleep(1), deep(3, () => sleep(1))]);
    await sleep(0);
  },
  async task() {
    await createTask(byWaits);
    await sleep(0);
  },
  async shield() {
    await shield(createTask(byWaits));
    await sleep(0);
  },
  async wait() {
    await wait([createTask(byWaits)]);
    await sleep(0);
  },
  async waitWithTimeout() {
    await wait([createTask(byWaits)], { timeout: 1 });
    await sleep(0);
  },
  async lock() {
    const lock = new Lock();
    for (let i = 0; i < 2; i++) {
      using _ = await lock.acquire();
      await sleep(1);
    }
  },
  async queue() {
    const queue = new Queue<number>(1);
    await queue.put(1);
    later(1, () => queue.getNowait());
    await queue.put(2);
    await queue.get();
  },
  async condition() {
    const condition = new Condition();
    using _ = await condition.acquire();
    createTask(async () => {
      using _ = await condition.acquire();
      condition.notify();
    });
    await condition.wait();
  },
  async event() {
    const event = new Event();
    later(1, () => event.set());
    await event.wait();
    await event.wait();
    await sleep(0);
  },
  async done() {
    const future = new Future<void>();
    future.setResult(undefined);
    await future;
    await byWaits();
  },
  async thenHost(probe) {
    await sleep(0);
    await probe.host();
    await sleep(1);
  },
  async interruptible(probe) {
    await interruptible(probe.host());
    await sleep(1);
  },
  async fromSignal(probe) {
    await fromSignal(() => probe.host());
    await sleep(1);
  },
  async fromSignalOfWaits() {
    await fromSignal(byWaits);
    await sleep(0);
  },
  async then() {
    await sleep(0).then(() => sleep(1)).finally(() => {});
    await sleep(0);
  },
  async deep() {
    await deep(5, byWaits);
    await deep(5, () => sleep(1));
  },
  async source() {
    for await (const item of source()) await sleep(item);
  },
  async jobs() {
    await mapConcurrent([0, 1], (seconds) => sleep(seconds), { limit: 2 })
      .collect();
    await sleep(0);
  },
  async firstSuccess() {
    await firstSuccess([byWaits, () => sleep(2)]);
    await sleep(0);
  },
  async ofLoop() {
    await sleep(0);
    const loop = getRunningLoop();
    await new Promise<void>((resolve) => loop.callSoon(resolve));
    await sleep(1);
  },
  async disposal() {
    await using _ = { [Symbol.asyncDispose]: byWaits };
    await sleep(0);
  },
  async nested() {
    try {
      await sleep(1);
    } finally {
      await timeout(LONG, () => deep(2, byWaits));
    }
  },
};

async function* source(): AsyncGenerator<number> {
  try {
    await sleep(0);
    yield 1;
    await sleep(1);
    yield 0;
  } finally {
    await sleep(0);
  }
}

/** Functions that work and clean up, by the kind of clean-up. */
export const GUARDED: Words = Object.fromEntries(
  Object.entries(CLEAN_UPS).map(([name, cleanUp]) => [
    `guardedBy${name[0]!.toUpperCase()}${name.slice(1)}`,
    (probe, first, second) => guarded(probe, first, second, cleanUp),
  ]),
);

/** Does some work, and cleans up if it fails. */
export async function guarded(
  probe: Probe,
  work: () => Promise<void>,
  more: () => Promise<void>,
  cleanUp: CleanUp = byWaits,
): Promise<void> {
  using _ = probe.enter("guarded");
  try {
    await work();
  } catch (error) {
    await probe.cleanUp(() => cleanUp(probe));
    throw error;
  }
  await more();
}
