/**
 * A promise of the host that settles about when a cancel comes, beside a wait for this
 * library: whichever of the two a function goes on with, it gets the cancel, and once.
 */
import { assert, assertEquals } from "@std/assert";
import {
  CancelledError,
  createTask,
  Event,
  firstSuccess,
  getRunningLoop,
  race,
  run,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
  type Timeout,
  timeout,
  wait,
} from "@asyncio/asyncio";

type Parts = (() => Promise<string>)[];

/** Ends a body: gives the task of it, and what cancels it. */
type Canceller = (
  body: () => Promise<void>,
) => readonly [task: Task<unknown>, cancel: () => void];

const CANCELLERS: Readonly<Record<string, Canceller>> = {
  "task.cancel()": (body) => {
    const task = createTask(body);
    return [task, () => void task.cancel()];
  },
  "task.cancel() in a turn of the loop": (body) => {
    const task = createTask(body);
    return [task, () => void getRunningLoop().callSoon(() => task.cancel())];
  },
  "a signal": (body) => {
    const controller = new AbortController();
    const { signal } = controller;
    return [createTask(body, { signal }), () => controller.abort()];
  },
  "a deadline": (body) => {
    let scope: Timeout | undefined;
    const task = createTask(() =>
      timeout(100, async (entered) => {
        scope = entered;
        await body();
      })
    );
    return [task, () => scope!.reschedule(0)];
  },
  "the deadline round a generator": (body) => {
    let scope: Timeout | undefined;
    const task = createTask(function* () {
      yield* timeout(100, function* (entered) {
        scope = entered;
        yield* createTask(body);
      });
    });
    return [task, () => scope!.reschedule(0)];
  },
  "a task group that fails": (body) => {
    let group: TaskGroup | undefined;
    const task = createTask(() =>
      taskGroup(async (entered) => {
        group = entered;
        await body();
      })
    );
    const fail = (): Promise<never> => Promise.reject(new Error("fails"));
    return [task, () => void group!.createTask(fail)];
  },
};

type Together = (parts: Promise<string>[]) => Promise<unknown>;

const TOGETHER: Readonly<Record<string, Together>> = {
  "Promise.race()": (parts) => Promise.race(parts),
  "Promise.any()": (parts) => Promise.any(parts),
  "Promise.all()": (parts) => Promise.all(parts),
  // Others than these take the errors of their parts.
  "a helper that nobody awaits": ([wait, host]) => {
    wait!.catch(() => {});
    return host!;
  },
};

/** In how many microtasks from the cancel on the promise of the host settles. */
const MICROTASKS = [undefined, 0, 1, 2, 3, 5, 8, 13];

interface Case {
  readonly canceller: Canceller;
  readonly together: Together;
  readonly isHostFirst: boolean;
  readonly fails: boolean;
  /** `undefined` for before the cancel. */
  readonly microtasks: number | undefined;
}

/** Says what the body got: where it was cancelled, and whether its clean-up was too. */
async function outcome(
  { canceller, together, isHostFirst, fails, microtasks }: Case,
): Promise<string[]> {
  const log: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const settle = (): void =>
    fails ? reject(new Error("host")) : resolve("host");
  const body = async (): Promise<void> => {
    const event = new Event();
    const atLibrary = async (): Promise<string> => {
      await event.wait();
      return "library";
    };
    const atHost = async (): Promise<string> => await promise;
    const isHelper = together === TOGETHER["a helper that nobody awaits"];
    const parts = isHostFirst && !isHelper
      ? [atHost(), atLibrary()]
      : [atLibrary(), atHost()];
    try {
      try {
        await together(parts);
      } catch (error) {
        if (error instanceof CancelledError) throw error;
      }
      await sleep(0.001);
      log.push("not cancelled");
    } catch (error) {
      log.push(`cancelled: ${error instanceof CancelledError}`);
      await sleep(0.001);
      log.push("cleaned up");
      throw error;
    }
  };
  await run(async () => {
    const [task, cancel] = canceller(body);
    for (let turn = 0; turn < 5; turn++) await sleep(0);
    if (microtasks === undefined) settle();
    cancel();
    let before = Promise.resolve();
    for (let i = 0; i < (microtasks ?? 0); i++) before = before.then(() => {});
    if (microtasks !== undefined) before.then(settle);
    await wait([task]);
    assert(task.cancelled() || task.exception() !== undefined);
  });
  return log;
}

for (const [cancelled, canceller] of Object.entries(CANCELLERS)) {
  for (const [name, together] of Object.entries(TOGETHER)) {
    Deno.test(`${cancelled} is not lost when a promise of the host in ${name} settles about then`, async () => {
      for (const microtasks of MICROTASKS) {
        for (const isHostFirst of [false, true]) {
          for (const fails of [false, true]) {
            // Promise.any() makes an AggregateError of both, which the body here drops.
            if (fails && together === TOGETHER["Promise.any()"]) continue;
            assertEquals(
              await outcome({
                canceller,
                together,
                isHostFirst,
                fails,
                microtasks,
              }),
              ["cancelled: true", "cleaned up"],
              `${microtasks} microtasks, host first: ${isHostFirst}, fails: ${fails}`,
            );
          }
        }
      }
    });
  }
}

const TAKES_NONE = { race, firstSuccess };

for (const [name, first] of Object.entries(TAKES_NONE)) {
  Deno.test(`Promise.any() takes a cancel whose clean-up fulfils another branch, and ${name}() does not`, async () => {
    const ends = [];
    for (
      const together of [
        (parts: Parts) => Promise.any(parts.map((part) => part())),
        first,
      ]
    ) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const parts = [
        async () => {
          try {
            await sleep(9);
            return "late";
          } finally {
            resolve("fulfilled");
          }
        },
        () => promise,
      ];
      ends.push(
        await run(async () => {
          const task = createTask(async () => {
            const result = await together(parts);
            await sleep(0);
            return result;
          });
          for (let turn = 0; turn < 5; turn++) await sleep(0);
          task.cancel();
          await wait([task]);
          return task.cancelled() ? "cancelled" : task.result();
        }),
      );
    }
    assertEquals(ends, ["fulfilled", "cancelled"]);
  });
}
