/**
 * A cancel that a helper gets in the very turn of the loop in which its function's promise of the
 * host settles: both go on in the same burst of microtasks, and only one of them has got it. That
 * shows in who follows from whom.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  coroutine,
  createTask,
  Event,
  type EventLoop,
  fromSignal,
  Future,
  Queue,
  run,
  sleep,
  taskGroup,
  taskSignal,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import {
  afterTurns,
  byGroup,
  byTask,
  byTimeout,
  type Cancel,
  HELPERS as FEW_HELPERS,
  LOOPS,
} from "./_cancel_ways.ts";

// The helper's wait ends in one of these turns.
const TURNS = [0, 1, 2, 3, 4, 5];

/** What a helper stands at, that nobody awaits. */
const HELPERS: typeof FEW_HELPERS = {
  ...FEW_HELPERS,
  "a queue": () => new Queue().get(),
  "a generator": () =>
    coroutine(function* () {
      yield* sleep(60);
    })(),
  "a function in functions": async () => {
    const inside = async (depth: number): Promise<void> => {
      if (depth === 0) await sleep(60);
      else await inside(depth - 1);
    };
    await inside(6);
  },
  "a race of two": () => Promise.race([sleep(60), new Event().wait()]),
};

/** How a function is cancelled: calls it, and gives what cancels it. */
const CANCELS: Readonly<Record<string, Cancel>> = {
  "a task": byTask,
  "a child of a group"(work) {
    const task = createTask(() =>
      taskGroup(async (group) => {
        await group.createTask(work);
      })
    );
    return [task, () => task.cancel()];
  },
  "waitFor()"(work) {
    const task = createTask(() => waitFor(work, 60));
    return [task, () => task.cancel()];
  },
  "a timeout()": byTimeout,
  "a group": byGroup,
};

/** Who settles the promise, so many turns later. */
const SETTLERS: Readonly<
  Record<string, (turns: number, settle: () => void) => void>
> = {
  "a callback": afterTurns,
  "a task"(turns, settle) {
    createTask(async () => {
      for (let turn = 1; turn < turns; turn++) await sleep(0);
      settle();
    });
  },
  "a generator"(turns, settle) {
    createTask(function* () {
      for (let turn = 1; turn < turns; turn++) yield* sleep(0);
      settle();
    });
  },
  "a done callback"(turns, settle) {
    const future = new Future<void>();
    future.addDoneCallback(settle);
    afterTurns(Math.max(turns - 1, 0), () => future.setResult());
  },
  "a function that waits for an event"(turns, settle) {
    const event = new Event();
    createTask(async () => {
      await event.wait();
      settle();
    });
    afterTurns(Math.max(turns - 2, 0), () => event.set());
  },
};

interface Sample {
  readonly loopFactory: (() => EventLoop) | undefined;
  readonly stand?: () => PromiseLike<unknown>;
  readonly begin?: (typeof CANCELS)[string];
  readonly settleAfter?: (typeof SETTLERS)[string];
  /** How the function waits for the promise, and for the helper perhaps. */
  readonly waitBeside?: (
    promise: Promise<void>,
    help: () => Promise<void>,
  ) => Promise<unknown>;
  /** How many microtasks the function takes to its next wait. */
  readonly hops?: number;
}

/** Gives what a function and its helper do, for each turn and both orders. */
async function inEachTurn(
  {
    loopFactory,
    stand = () => sleep(60),
    begin = CANCELS["a task"]!,
    settleAfter = afterTurns,
    waitBeside = (promise, help) => {
      void help();
      return promise;
    },
    hops = 0,
  }: Sample,
  check: (log: string[], where: string) => void,
): Promise<void> {
  for (const turns of TURNS) {
    for (const isFirst of [true, false]) {
      await run(async () => {
        const log: string[] = [];
        const { promise, resolve } = Promise.withResolvers<void>();
        const [task, cancel] = begin(async () => {
          await waitBeside(promise, async () => {
            try {
              await stand();
            } finally {
              await sleep(0);
              log.push("helper cleaned up");
            }
          });
          for (let hop = 0; hop < hops; hop++) await null;
          log.push("on");
          await sleep(1);
          log.push("lost");
        });
        // Whoever settles it may have to begin first.
        await sleep(0);
        await sleep(0);
        await sleep(0);
        if (isFirst) cancel();
        settleAfter(turns, resolve);
        if (!isFirst) cancel();
        await wait([createTask(() => task)]);
        check(log.sort(), `${turns} ${isFirst}`);
      }, { loopFactory });
    }
  }
}

function isOnce(log: string[], where: string): void {
  assertEquals(log, ["helper cleaned up", "on"], where);
}

for (const [time, loopFactory] of Object.entries(LOOPS)) {
  for (const [name, stand] of Object.entries(HELPERS)) {
    Deno.test(`a cancel that a helper gets at ${name} reaches a function that goes on in that turn (${time})`, async () => {
      await inEachTurn({ loopFactory, stand }, isOnce);
    });
  }

  for (const [by, begin] of Object.entries(CANCELS)) {
    Deno.test(`a cancel of ${by} reaches a function that goes on in that turn (${time})`, async () => {
      await inEachTurn({ loopFactory, begin }, isOnce);
    });
  }

  for (const [who, settleAfter] of Object.entries(SETTLERS)) {
    Deno.test(`a cancel reaches a function that ${who} has go on in that turn (${time})`, async () => {
      await inEachTurn({ loopFactory, settleAfter }, isOnce);
    });
  }

  for (const hops of [1, 2, 5, 12]) {
    Deno.test(`a cancel reaches a function that goes on in that turn and takes ${hops} microtasks to its next wait (${time})`, async () => {
      await inEachTurn({ loopFactory, hops }, isOnce);
    });
  }

  const beside = {
    "Promise.race()": (promise: Promise<void>, help: () => Promise<void>) =>
      Promise.race([help(), promise]),
    "Promise.any()": (promise: Promise<void>, help: () => Promise<void>) =>
      Promise.any([help(), promise]),
    "Promise.all()": (promise: Promise<void>, help: () => Promise<void>) =>
      Promise.all([help(), promise]),
  };
  for (const [how, waitBeside] of Object.entries(beside)) {
    Deno.test(`a cancel reaches a function that waits for a promise and a helper by ${how} in that turn (${time})`, async () => {
      await inEachTurn({ loopFactory, waitBeside }, (log, where) => {
        assert(log.includes("helper cleaned up"), where);
        assert(!log.includes("lost"), where);
      });
    });
  }

  Deno.test(`a cancel reaches a function whose promise the clean-up of another task settles, cancelled in that turn (${time})`, async () => {
    for (const isFirst of [true, false]) {
      await run(async () => {
        const log: string[] = [];
        const { promise, resolve } = Promise.withResolvers<void>();
        const work = async () => {
          void (async () => await sleep(60))();
          await promise;
          log.push("on");
          await sleep(1);
          log.push("lost");
        };
        const cleanUp = async () => {
          try {
            await sleep(60);
          } finally {
            resolve();
          }
        };
        const tasks = (isFirst ? [work, cleanUp] : [cleanUp, work])
          .map((each) => createTask(each));
        await sleep(0);
        await sleep(0);
        for (const task of tasks) task.cancel();
        await wait(tasks);
        assertEquals(log, ["on"], `${isFirst}`);
      }, { loopFactory });
    }
  });

  Deno.test(`a cancel reaches a function whose promise a generator settles as it is cancelled beside helpers (${time})`, async () => {
    for (const isFirst of [true, false]) {
      await run(async () => {
        const log: string[] = [];
        const { promise, resolve } = Promise.withResolvers<void>();
        const settle = coroutine(function* () {
          try {
            yield* sleep(60);
          } finally {
            resolve();
          }
        });
        const task = createTask(async () => {
          if (isFirst) settle().then();
          void (async () => await new Event().wait())();
          void (async () => await new Future<void>())();
          if (!isFirst) settle().then();
          void (async () => await new Future<void>())();
          await promise;
          log.push("on");
          await sleep(1);
          log.push("lost");
        });
        await sleep(0);
        await sleep(0);
        task.cancel();
        await wait([task]);
        assertEquals(log, ["on"], `${isFirst}`);
      }, { loopFactory });
    }
  });

  Deno.test(`a cancel that a signal hands to a helper reaches a function that goes on in that turn (${time})`, async () => {
    for (const turns of TURNS) {
      for (const isFirst of [true, false]) {
        await run(async () => {
          const log: string[] = [];
          const { promise, resolve } = Promise.withResolvers<void>();
          const task = createTask(async () => {
            const signal = taskSignal();
            void (async () => {
              try {
                await fromSignal((own) =>
                  new Promise((_, reject) => {
                    own.addEventListener("abort", () => reject(own.reason));
                  })
                );
              } finally {
                await sleep(0);
                log.push("helper cleaned up");
              }
            })();
            await promise;
            log.push(signal.aborted ? "on" : "before the abort");
            await sleep(1);
            log.push("lost");
          });
          await sleep(0);
          await sleep(0);
          if (isFirst) task.cancel();
          afterTurns(turns, resolve);
          if (!isFirst) task.cancel();
          await wait([task]);
          isOnce(log.sort(), `${turns} ${isFirst}`);
        }, { loopFactory });
      }
    }
  });

  Deno.test(`a function that settles its promise as it gets the cancel has handed that on (${time})`, async () => {
    await run(async () => {
      const log: string[] = [];
      const task = createTask(async () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        void (async () => {
          try {
            await sleep(60);
          } catch {
            resolve();
          }
        })();
        await promise;
        await sleep(0);
        log.push("cleaned up");
      });
      await sleep(0);
      await sleep(0);
      task.cancel();
      await wait([task]);
      assertEquals(log, ["cleaned up"]);
    }, { loopFactory });
  });

  Deno.test(`of several functions of a task each gets the cancel once, in whichever order they go on (${time})`, async () => {
    for (const turns of TURNS) {
      await run(async () => {
        const log: string[] = [];
        const { promise, resolve } = Promise.withResolvers<void>();
        const work = async (name: string, first: PromiseLike<unknown>) => {
          try {
            await first;
            await sleep(60);
            log.push(`${name} was not cancelled`);
          } finally {
            try {
              await sleep(0);
              await sleep(0);
              log.push(name);
            } catch {
              log.push(`${name} was cancelled twice`);
            }
          }
        };
        const task = createTask(() =>
          Promise.allSettled([
            work("at a sleep", sleep(60)),
            work("at the host", promise),
            work("at an event", new Event().wait()),
            work("at the host too", promise),
          ])
        );
        await sleep(0);
        await sleep(0);
        task.cancel();
        afterTurns(turns, resolve);
        await wait([task]);
        assertEquals(log.sort(), [
          "at a sleep",
          "at an event",
          "at the host",
          "at the host too",
        ], `${turns}`);
      }, { loopFactory });
    }
  });
}
