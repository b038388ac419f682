/**
 * Words of the random async functions: limits and shields in each other, and those that end
 * their parts before these have ended.
 *
 * @module
 */
import {
  type Coro,
  coroutine,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  mapConcurrent,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "../mod.ts";
import { later, LONG, must, withTasks, type Words } from "./_cancel_words.ts";

/** Functions with limits and shields that end nothing. */
const AMPLE: Words = {
  shieldChain: (_probe, first) =>
    withTasks([first], async ([task]) => {
      await shield(shield(shield(task!)));
    }),
  shieldOfGather: (_probe, first, second) =>
    withTasks([first, second], async (tasks) => {
      await shield(gather(...tasks));
    }),
  shieldInLimits: (_probe, first) =>
    withTasks([first], async ([task]) => {
      await timeout(LONG, () => waitFor(shield(task!), LONG));
    }),
  limits: (_probe, first) =>
    taskGroup((group) => {
      group.createTask(() => timeout(LONG, () => waitFor(first, LONG)));
      return Promise.resolve();
    }),
  limitsOfGroup: (_probe, first, second) =>
    waitFor(() =>
      timeout(LONG, () =>
        taskGroup(async (group) => {
          group.createTask(first);
          await waitFor(second, LONG);
        })), LONG),
  limitsOfGenerator: (_probe, first) =>
    coroutine(function* (): Coro<void> {
      yield* waitFor(function* (): Coro<void> {
        yield* timeout(LONG, function* (): Coro<void> {
          yield* waitFor(coroutine(first), LONG);
        });
      }, LONG);
    })(),
  eagerGroup: (_probe, first, second) =>
    taskGroup(async (group) => {
      group.createTask(first, { eagerStart: true });
      await second();
    }),
  async ownedTask(_probe, first) {
    await using stack = new AsyncDisposableStack();
    const task = stack.adopt(createTask(first), async (task) => {
      task.cancel();
      await wait([task]);
    });
    await task;
  },
  async usings(_probe, first, second) {
    await using _ = { [Symbol.asyncDispose]: () => timeout(LONG, byTurns) };
    await first();
    await using _more = { [Symbol.asyncDispose]: () => waitFor(byTurns, LONG) };
    await second();
  },
  takenBack: (_probe, first, _second, seconds) =>
    withTasks([async () => {
      try {
        await sleep(LONG);
      } catch (error) {
        if (currentTask()!.uncancel() > 0) throw error;
      }
      await first();
    }], async ([task]) => {
      using _ = later(seconds, () => task!.cancel("by the program"));
      // Or it would take back what was meant for who waits for it.
      await shield(task!);
    }),
};

// One that comes at once hides the cancel of a task by itself, as in CPython.
const SOON = 0.5;

/** Functions that end their parts some seconds later, where these have not ended by then. */
const SHORT: Words = {
  cutOff: (_probe, first, _second, seconds) =>
    due(SOON + seconds, (limit) => timeout(limit, first)),
  cutOffFor: (_probe, first, _second, seconds) =>
    due(SOON + seconds, (limit) => waitFor(first, limit)),
  cutOffLimits: (_probe, first, _second, seconds) =>
    due(
      SOON + seconds,
      (limit) =>
        timeout(limit, () => timeout(limit, () => waitFor(first, limit))),
    ),
  cutOffGroup: (_probe, first, second, seconds) =>
    due(SOON + seconds, (limit) =>
      taskGroup(async (group) => {
        group.createTask(first);
        await timeout(limit, second);
      })),
  cutOffChild: (_probe, first, second, seconds) =>
    due(SOON + seconds, (limit) =>
      taskGroup(async (group) => {
        group.createTask(() => waitFor(first, limit));
        await second();
      })),
  cutOffJobs: (_probe, first, second, seconds) =>
    due(
      SOON + seconds,
      (limit) =>
        timeout(limit, () =>
          mapConcurrent([first, second], (job) =>
            job(), { limit: 1 })
            .collect()),
    ),
  cutOffGather: (_probe, first, second, seconds) =>
    due(SOON + seconds, (limit) => waitFor(gather(first, second), limit)),
  aborted: (_probe, first, _second, seconds) =>
    abortedAfter(seconds, (signal) => createTask(first, { signal })),
  abortedGroup: (_probe, first, _second, seconds) =>
    abortedAfter(
      seconds,
      (signal) => createTask(() => taskGroup(first, { signal })),
    ),
  abortedFor: (_probe, first, _second, seconds) =>
    abortedAfter(
      seconds,
      (signal) => createTask(() => waitFor(first, LONG, { signal })),
    ),
  endedGroup: (_probe, first, second, seconds) =>
    taskGroup(async (group) => {
      using _ = later(seconds, () => group.cancel());
      group.createTask(first);
      await second();
    }),
};

/** All of them. */
export const AROUND_LIMITS: Words = { ...AMPLE, ...SHORT };

/** Those that cancel their parts themselves. */
export const ENDING: ReadonlySet<string> = new Set(Object.keys(SHORT));

async function byTurns() {
  await sleep(0);
  await sleep(1);
}

/** Does what may fail with a TimeoutError, but not before the time is up. */
async function due(
  seconds: number,
  work: (limit: number) => PromiseLike<unknown>,
): Promise<void> {
  const deadline = getRunningLoop().time() + seconds;
  try {
    await work(seconds);
  } catch (error) {
    if (!isTimeout(error)) throw error;
    must(
      getRunningLoop().time() >= deadline,
      "A time limit has passed before its deadline",
    );
  }
  await sleep(0);
}

function isTimeout(error: unknown): boolean {
  return error instanceof AggregateError
    ? error.errors.length > 0 && error.errors.every(isTimeout)
    : error instanceof TimeoutError;
}

/** Waits for a task that is aborted some seconds later. */
async function abortedAfter(
  seconds: number,
  make: (signal: AbortSignal) => Task<unknown>,
): Promise<void> {
  const controller = new AbortController();
  using _ = later(seconds, () => controller.abort());
  const task = make(controller.signal);
  try {
    await wait([task]);
  } finally {
    controller.abort();
  }
}
