/**
 * Words of the random async functions: those that call others in tasks of their own.
 *
 * @module
 */
import {
  asCompleted,
  type Coro,
  coroutine,
  createTask,
  currentTask,
  firstSuccess,
  gather,
  mapConcurrent,
  race,
  shield,
  sleep,
  staggeredRace,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "../mod.ts";
import { Boom, LONG, withTasks, type Words } from "./_cancel_words.ts";

/** Functions that call others in tasks of their own, none of which fails. */
export const SOUND_TASKS: Words = {
  task: (_probe, first) => createTask(first),
  eagerTask: (_probe, first) => createTask(first, { eagerStart: true }),
  signalTask: (_probe, first) =>
    createTask(first, { signal: new AbortController().signal }),
  taskOfGenerator: (_probe, first) =>
    coroutine(function* (): Coro<void> {
      yield* createTask(first);
      yield* sleep(0);
    })(),
  generatorTask: (_probe, first, second) =>
    createTask(function* (): Coro<void> {
      yield* createTask(first);
      yield* timeout(LONG, second);
    }),
  groupTask: (_probe, first) =>
    taskGroup((group) => {
      group.createTask(first);
      return Promise.resolve();
    }),
  groupTasks: (_probe, first, second) =>
    taskGroup(async (group) => {
      group.createTask(first);
      await second();
    }),
  limitedGroup: (_probe, first, second) =>
    taskGroup((group) => {
      group.createTask(first);
      group.createTask(second);
      return Promise.resolve();
    }, { limit: 1 }),
  nestedGroups: (_probe, first, second) =>
    taskGroup((outer) =>
      taskGroup((inner) => {
        outer.createTask(first);
        inner.createTask(second);
        return Promise.resolve();
      })
    ),
  shield: (_probe, first) =>
    withTasks([first], async ([task]) => void await shield(task!)),
  asCompleted: (_probe, first, second) =>
    withTasks([first, second], async (tasks) => {
      for await (const task of asCompleted(tasks)) await task;
    }),
  wait: (_probe, first, second) =>
    withTasks([first, second], async (tasks) => {
      const [done] = await wait(tasks);
      for (const task of done) await task;
    }),
  waitForTask: (_probe, first) => waitFor(createTask(first), LONG),
  gather: (_probe, first, second) => gather(first, second),
  libraryRace: (_probe, first, second) => race([first, second]),
  firstSuccess: (_probe, first, second) => firstSuccess([first, second]),
  async mapConcurrent(_probe, first, second) {
    const jobs = mapConcurrent([first, second], (job) => job(), { limit: 2 });
    for await (const _ of jobs);
  },
  mapOneByOne: (_probe, first, second) =>
    mapConcurrent(sourceOf([first, second]), (job) => job(), { limit: 1 })
      .collect(),
  mapOfSource: (_probe, first, second) =>
    mapConcurrent(sourceOf([first, second]), (job) => job(), { limit: 3 })
      .forEach(() => sleep(0)),
  async leftMap(_probe, first, second) {
    const jobs = mapConcurrent(sourceOf([first, second]), (job) => job(), {
      limit: 2,
    });
    for await (const _ of jobs) break;
  },
  staggeredRace: (_probe, first, second) => staggered(first, second),
  selfCancel: (_probe, first) =>
    createTask(async () => {
      const task = currentTask()!;
      task.cancel("by itself");
      try {
        await sleep(0);
      } catch (error) {
        if (task.uncancel() > 0) throw error;
      }
      await first();
    }),
  async cancelled(_probe, first) {
    // Who is cancelled by another of the program.
    const task = createTask(first);
    task.cancel("by the program");
    await wait([task]);
  },
  async cancelledLater(_probe, first, _second, seconds) {
    const task = createTask(first);
    try {
      await sleep(seconds);
    } finally {
      task.cancel("by the program");
    }
    await wait([task]);
  },
};

/** Functions of which a part fails, which they catch. */
export const FAILING: Words = {
  failedGroup: (_probe, first, second) =>
    caught(taskGroup((group) => {
      group.createTask(first);
      group.createTask(failAfter(second));
      return Promise.resolve();
    })),
  failedBody: (_probe, first, second) =>
    caught(taskGroup((group) => {
      group.createTask(first);
      return failAfter(second)();
    })),
  failedNested: (_probe, first, second) =>
    caught(taskGroup((outer) => {
      outer.createTask(first);
      return taskGroup((inner) => {
        inner.createTask(failAfter(second));
        return sleep(1);
      });
    })),
  failedTimeout: (_probe, first) => caught(timeout(LONG, failAfter(first))),
  failedTask: (_probe, first) => caught(createTask(failAfter(first))),
  failedMap: (_probe, first, second) =>
    caught(
      mapConcurrent([first, failAfter(second)], (job) => job(), { limit: 2 })
        .collect(),
    ),
  failedRace: (_probe, first, second) =>
    caught(race([first, failAfter(second)])),
  failedFirst: (_probe, first, second) =>
    firstSuccess([first, failAfter(second)]),
  failedWaitFor: (_probe, first) => caught(waitFor(failAfter(first), LONG)),
  failedAbandon: (_probe, first) =>
    caught(timeout(LONG, failAfter(first), { abandon: true })),
  failedGenerator: (_probe, first) =>
    caught(
      coroutine(function* (): Coro<void> {
        try {
          yield* coroutine(failAfter(first))();
        } finally {
          yield* sleep(1);
        }
      })(),
    ),
};

/**
 * Those that cancel their parts themselves, and may so come before the sweep: that is the
 * second one then for what cleans up.
 */
export const CANCELLING: ReadonlySet<string> = new Set([
  "staggeredRace",
  "cancelled",
  "cancelledLater",
  "leftMap",
]);

/** All of them. */
export const AROUND_TASKS: Words = { ...SOUND_TASKS, ...FAILING };

async function staggered(
  first: () => Promise<void>,
  second: () => Promise<void>,
) {
  const [, index, errors] = await staggeredRace([first, second], 1);
  if (index === undefined) throw errors[0];
}

function failAfter(work: () => Promise<void>): () => Promise<void> {
  return async () => {
    await work();
    // Whoever has waited for the host gets a cancel here.
    await sleep(0);
    throw new Boom("boom");
  };
}

async function caught(work: PromiseLike<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isBoom(error)) throw error;
  }
  await sleep(0);
}

function isBoom(error: unknown): boolean {
  return error instanceof AggregateError
    ? error.errors.length > 0 && error.errors.every(isBoom)
    : error instanceof Boom;
}

async function* sourceOf<T>(items: readonly T[]): AsyncGenerator<T> {
  try {
    for (const item of items) {
      await sleep(0);
      yield item;
    }
  } finally {
    await sleep(1);
  }
}
