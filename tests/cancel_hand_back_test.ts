/**
 * Who is cancelled in the turn in which one of its branches was handed something gives that
 * back: the result of the branch would be dropped, and the thing with it.
 */
import { assert, assertEquals } from "@std/assert";
import {
  type Coro,
  type CoroutineFunction,
  createTask,
  firstSuccess,
  gather,
  getRunningLoop,
  Lock,
  mapConcurrent,
  Queue,
  race,
  Semaphore,
  sleep,
  staggeredRace,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

/** Something that is handed out. */
interface Thing {
  get(): PromiseLike<unknown> & Coro<unknown>;
  /** Hands it to who waits. */
  put(): void;
  /** Whether it can be had. */
  isThere(): boolean;
}

const THINGS: Readonly<Record<string, () => Promise<Thing>>> = {
  "a queue": () => {
    const queue = new Queue<string>();
    return Promise.resolve({
      get: () => queue.get() as never,
      put: () => queue.putNowait("item"),
      isThere: () => queue.qsize() === 1,
    });
  },
  "a lock": async () => {
    const lock = new Lock();
    await lock.acquire();
    return {
      get: () => lock.acquire() as never,
      put: () => lock.release(),
      isThere: () => !lock.locked(),
    };
  },
  "a semaphore": async () => {
    const semaphore = new Semaphore(1);
    await semaphore.acquire();
    return {
      get: () => semaphore.acquire() as never,
      put: () => semaphore.release(),
      isThere: () => !semaphore.locked(),
    };
  },
};

type Branch = () => PromiseLike<unknown> | Coro<unknown>;

const BRANCHES: Readonly<
  Record<string, (thing: Thing) => Branch>
> = {
  "an async function": (thing) => async () => await thing.get(),
  "an async function in a time limit": (thing) => () =>
    timeout(9, async () => await thing.get()),
  "a generator": (thing) =>
    function* (): Coro<unknown> {
      return yield* thing.get();
    },
  "the wait itself": (thing) => () => thing.get(),
};

const FORMS: Readonly<
  Record<string, (branch: Branch) => PromiseLike<unknown>>
> = {
  "race()": (branch) => race([branch, sleep(9)]),
  "firstSuccess()": (branch) => firstSuccess([branch, sleep(9)]),
  "staggeredRace()": (branch) =>
    staggeredRace([branch as CoroutineFunction<unknown>, () => sleep(9)], 9),
  "gather()": (branch) => gather(branch, sleep(9)),
  "gather() with a limit": (branch) => gather([branch], { limit: 1 }),
  "mapConcurrent().collect()": (branch) =>
    mapConcurrent([1], branch, { limit: 1 }).collect(),
  "mapConcurrent().forEach()": (branch) =>
    mapConcurrent([1], branch, { limit: 1 }).forEach(() => {}),
  "mapConcurrent() in a loop": async (branch) => {
    for await (const _ of mapConcurrent([1], branch, { limit: 1 }));
  },
};

for (const [form, begin] of Object.entries(FORMS)) {
  for (const [kind, branchOf] of Object.entries(BRANCHES)) {
    for (const [name, make] of Object.entries(THINGS)) {
      Deno.test(`${form} that is cancelled in the turn in which ${name} was handed to ${kind} gives it back`, () =>
        runTest(async () => {
          for (const isFirst of [true, false]) {
            const thing = await make();
            const task = createTask(async () => {
              await begin(branchOf(thing));
            });
            getRunningLoop().callLater(1, () => {
              if (isFirst) thing.put();
              task.cancel();
              if (!isFirst) thing.put();
            });
            await wait([task]);
            assert(task.cancelled());
            assertEquals(thing.isThere(), true);
          }
        }));
    }
  }
}
