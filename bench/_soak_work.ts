/**
 * What the soak does, in both styles: each function does some operations and says how many.
 *
 * @module
 */
import {
  CancelledError,
  type Coro,
  createTask,
  Event,
  EventLoop,
  every,
  firstSuccess,
  gather,
  getRunningLoop,
  mapConcurrent,
  newEventLoop,
  Queue,
  race,
  run,
  Semaphore,
  shield,
  sleep,
  taskGroup,
  timeout,
  VirtualClock,
  wait,
  waitFor,
} from "@asyncio/asyncio";

/** Does some operations; returns how many. */
type Work = () => Promise<number>;

const COUNT = 200;
const LONG = 3600;

function virtual(): { readonly loopFactory: () => EventLoop } {
  return {
    loopFactory: () => new EventLoop({ clock: new VirtualClock() }),
  };
}

/** Runs a body of `COUNT` operations in both styles. */
function both(
  generator: () => Coro<void>,
  async: () => Promise<void>,
): Record<"generator" | "async", Work> {
  const counted = async (main: () => Coro<void> | Promise<void>) => {
    await run(main as () => Promise<void>, { signals: [] });
    return COUNT;
  };
  return {
    generator: () => counted(generator),
    async: () => counted(async),
  };
}

const STYLED: Readonly<Record<string, Record<"generator" | "async", Work>>> = {
  tasks: both(
    function* () {
      const tasks = Array.from({ length: COUNT }, () => createTask(sleep(0)));
      for (const task of tasks) yield* task;
    },
    async () => {
      const tasks = Array.from(
        { length: COUNT },
        () => createTask(async () => await sleep(0)),
      );
      for (const task of tasks) await task;
    },
  ),
  cancels: both(
    function* () {
      const event = new Event();
      const tasks = Array.from(
        { length: COUNT },
        () => createTask(() => event.wait()),
      );
      yield* sleep(0);
      for (const task of tasks) task.cancel();
      yield* wait(tasks);
    },
    async () => {
      const event = new Event();
      const tasks = Array.from(
        { length: COUNT },
        () => createTask(async () => await event.wait()),
      );
      await sleep(0);
      for (const task of tasks) task.cancel();
      await wait(tasks);
    },
  ),
  timeouts: both(
    function* () {
      for (let i = 0; i < COUNT; i++) {
        try {
          yield* timeout(i % 8 === 0 ? 0 : LONG, function* () {
            yield* sleep(i % 8 === 0 ? LONG : 0);
          });
        } catch { /* its deadline */ }
      }
    },
    async () => {
      for (let i = 0; i < COUNT; i++) {
        await timeout(i % 8 === 0 ? 0 : LONG, async () => {
          await sleep(i % 8 === 0 ? LONG : 0);
        }).catch(noop);
      }
    },
  ),
  signals: both(
    function* () {
      for (let i = 0; i < COUNT; i++) yield* underSignal(i);
    },
    async () => {
      for (let i = 0; i < COUNT; i++) {
        const controller = new AbortController();
        const { signal } = controller;
        const task = createTask(async () => await sleep(LONG), { signal });
        await sleep(0);
        if (i % 2 === 0) controller.abort();
        else task.cancel();
        await wait([task]);
      }
    },
  ),
  errors: both(
    function* () {
      for (let i = 0; i < COUNT; i++) {
        const task = createTask(function* () {
          yield* sleep(0);
          throw new DOMException("odd", "DataError");
        });
        try {
          yield* task;
        } catch { /* expected */ }
      }
    },
    async () => {
      for (let i = 0; i < COUNT; i++) {
        const task = createTask(async () => {
          await sleep(0);
          throw new Error("odd", { cause: new Error("deep") });
        });
        await task.catch(noop);
      }
    },
  ),
  "unfetched errors": both(
    function* () {
      getRunningLoop().setExceptionHandler(noop);
      for (let i = 0; i < COUNT; i++) {
        createTask(function* (): Coro<void> {
          throw new Error("nobody asks");
        });
      }
      yield* sleep(0);
    },
    async () => {
      getRunningLoop().setExceptionHandler(noop);
      for (let i = 0; i < COUNT; i++) {
        createTask(() => Promise.reject(new Error("nobody asks")));
      }
      await sleep(0);
      await sleep(0);
    },
  ),
  combinators: both(
    function* () {
      for (let i = 0; i < COUNT / 5; i++) {
        yield* gather(sleep(0), sleep(0));
        yield* race([sleep(0), sleep(LONG)]);
        yield* firstSuccess([() => sleep(0), () => sleep(LONG)]);
        yield* waitFor(shield(createTask(sleep(0))), LONG);
        yield* taskGroup(function* (group) {
          group.createTask(sleep(0));
        });
      }
    },
    async () => {
      for (let i = 0; i < COUNT / 5; i++) {
        await gather(() => sleep(0), () => sleep(0));
        await race([() => sleep(0), () => sleep(LONG)]);
        await firstSuccess([() => sleep(0), () => sleep(LONG)]);
        await waitFor(shield(createTask(async () => await sleep(0))), LONG);
        await mapConcurrent([1, 2], async (n) => {
          await sleep(0);
          return n;
        }, { limit: 2 });
      }
    },
  ),
  service: {
    generator: async () => {
      await run(() => serviceDay(), { ...virtual(), signals: [] });
      return MINUTES;
    },
    async: async () => {
      await run(() => asyncServiceDay(), { ...virtual(), signals: [] });
      return MINUTES;
    },
  },
};

const MINUTES = 24 * 60;

function noop(): void {}

function* underSignal(i: number): Coro<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const task = createTask(sleep(LONG), { signal });
  yield* sleep(0);
  if (i % 2 === 0) controller.abort();
  else task.cancel();
  yield* wait([task]);
}

/** A day of a service: jobs each minute, a limit, time limits, some cancels and errors. */
function* serviceDay(): Coro<void> {
  const jobs = new Queue<number>(4);
  const permits = new Semaphore(2);
  const worker = createTask(function* () {
    for (;;) {
      const job = yield* jobs.get();
      const permit = yield* permits.acquire();
      try {
        yield* timeout(10, () => sleep(job % 7 === 0 ? 20 : 1));
      } catch (error) {
        if (error instanceof CancelledError) throw error;
      } finally {
        permit[Symbol.dispose]();
        jobs.taskDone();
      }
    }
  });
  for (let minute = 0; minute < MINUTES; minute++) {
    yield* jobs.put(minute);
    yield* sleep(60);
  }
  yield* jobs.join();
  worker.cancel();
}

async function asyncServiceDay(): Promise<void> {
  const jobs = new Queue<number>(4);
  const permits = new Semaphore(2);
  const worker = createTask(async () => {
    for await (const job of jobs) {
      const permit = await permits.acquire();
      try {
        await timeout(10, async () => await sleep(job % 7 === 0 ? 20 : 1));
      } catch (error) {
        if (error instanceof CancelledError) throw error;
      } finally {
        permit[Symbol.dispose]();
        jobs.taskDone();
      }
    }
  });
  let minute = 0;
  for await (const _ of every(60)) {
    await jobs.put(minute);
    if (++minute === MINUTES) break;
  }
  await jobs.join();
  worker.cancel();
}

/** All kinds of work, by name. */
export const workloads: Readonly<Record<string, Work>> = {
  ...Object.fromEntries(
    Object.entries(STYLED).flatMap(([name, styles]) =>
      Object.entries(styles).map((
        [style, work],
      ) => [`${name} (${style})`, work])
    ),
  ),
  "runs": async () => {
    for (let i = 0; i < COUNT; i++) {
      await run(i % 2 === 0 ? sleep(0) : async () => await sleep(0));
    }
    return COUNT;
  },
  "loops": async () => {
    for (let i = 0; i < COUNT; i++) {
      const loop = newEventLoop();
      loop.callLater(LONG, noop);
      loop.createFuture();
      await loop.runUntilComplete(sleep(0));
      loop.close();
    }
    return COUNT;
  },
};
