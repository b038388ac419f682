/**
 * A cancel is not lost where the host resumes the functions of a task in turns of its own,
 * while the loop has nothing to do.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelledError,
  coroutine,
  createTask,
  Event,
  gather,
  interruptible,
  run,
  sleep,
  type Task,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
} from "@asyncio/asyncio";
import { setImmediate } from "node:timers";
import { runVirtual } from "./cpython/_both.ts";
import { inBoth, wait as waitIn } from "./cpython/_program.ts";

const LONG = 1000;

/** The two kinds of clocks: under one the host has its turn after each async function. */
const RUNS: Readonly<
  Record<string, (main: () => Promise<void>) => Promise<void>>
> = {
  "the virtual clock": (main) => runVirtual(main),
  "the clock of the system": (main) => run(main),
};

/**
 * A promise of the host that settles in its next turn but one.
 *
 * @param between Is called in the next one.
 * @param after Is called as it settles.
 */
function host(between?: () => void, after?: () => void): Promise<void> {
  return new Promise((resolve) =>
    setImmediate(() => {
      between?.();
      setImmediate(() => {
        resolve();
        after?.();
      });
    })
  );
}

/** Returns after so many microtasks. */
async function deep(levels: number): Promise<void> {
  if (levels > 0) await deep(levels - 1);
}

/** What waits for a promise of the host, inside something of this library. */
const AT_HOST: Readonly<
  Record<string, (between?: () => void) => PromiseLike<void>>
> = {
  "a coroutine()": coroutine(async (between) => await host(between)),
  "a generator": coroutine(function* (between) {
    yield* coroutine(() => host(between))();
  }),
  "a generator that has waited": coroutine(function* (between) {
    yield* sleep(0);
    yield* coroutine(() => host(between))();
  }),
  "timeout()": (between) => timeout(LONG, () => host(between)),
};

for (const [clock, runOn] of Object.entries(RUNS)) {
  for (const [name, atHost] of Object.entries(AT_HOST)) {
    Deno.test(`a cancel that comes after ${name} has ended in an earlier turn of the host, with no wait after it, ends the task as cancelled, on ${clock}`, () =>
      runOn(async () => {
        const task: Task<string> = createTask(async () => {
          await atHost();
          await host(() => assert(task.cancel()));
          return "result";
        });
        await wait([task]);
        assert(task.cancelled(), `${task}`);
      }));

    Deno.test(`a cancel that finds ${name} at a promise of the host, with no wait after it, ends the task as cancelled, on ${clock}`, () =>
      runOn(async () => {
        const task: Task<string> = createTask(async () => {
          await atHost(() => assert(task.cancel()));
          return "result";
        });
        await wait([task]);
        assert(task.cancelled(), `${task}`);
      }));
  }

  Deno.test(`a cancel in the turn of the host that settles one of the waits of Promise.any() ends the task as cancelled, with no wait after it, on ${clock}`, () =>
    runOn(async () => {
      const task: Task<string> = createTask(async () => {
        await Promise.any([
          host(undefined, () => assert(task.cancel())),
          interruptible(host()),
        ]);
        return "result";
      });
      await wait([task]);
      assert(task.cancelled(), `${task}`);
    }));

  for (const levels of [0, 3, 6, 9]) {
    for (
      const [name, helper] of Object.entries({
        "waits for a turn": () => sleep(0),
        "waits": () => sleep(LONG),
        "waits for a future": () => new Event().wait(),
      })
    ) {
      Deno.test(`a cancel that reaches a helper that ${name} reaches who has called it too, ${levels} functions further in, on ${clock}`, () =>
        runOn(async () => {
          const log: string[] = [];
          const task: Task<void> = createTask(async () => {
            // The host goes on, as if there was no cancel.
            await Promise.any([
              new Event().wait(),
              host(() => void task.cancel()),
            ]);
            void Promise.resolve(helper()).catch(() => log.push("helper"));
            await deep(levels);
            await sleep(0).catch(() => log.push("caller"));
          });
          await wait([task]);
          assertEquals(log.sort(), ["caller", "helper"]);
        }));
    }
  }
}

for (let turns = 0; turns < 6; turns++) {
  inBoth(
    `a cancel in turn ${turns} of a generator that goes on to a promise of the host ends the task as cancelled, with no wait after it`,
    function* (style) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const work = coroutine(function* () {
        yield* sleep(0);
        yield* coroutine(() => promise)();
      });
      const task = createTask(style.fn(function* () {
        yield* waitIn(work());
        return "result";
      }));
      for (let turn = 0; turn < turns; turn++) yield* waitIn(sleep(0));
      assert(task.cancel());
      const settled = interruptible(host().then(resolve));
      yield* waitIn(wait([task]));
      yield* waitIn(settled);
      assert(task.cancelled(), `${task}`);
    },
  );
}

inBoth(
  "a task that has returned, and whose helpers are still to end, keeps its result and says so to who cancels it",
  function* () {
    const log: string[] = [];
    const child = createTask(async () => {
      (async () => {
        try {
          await sleep(LONG);
        } finally {
          await sleep(5).catch(() => log.push("interrupted"));
        }
      })().catch(() => {});
      await sleep(0);
      return "result";
    });
    yield* waitIn(sleep(1));
    assert(!child.done());
    assert(!child.cancel());
    assertEquals(child.cancelling(), 0);
    yield* waitIn(wait([child]));
    assertEquals([child.result(), log], ["result", ["interrupted"]]);
  },
);

/** Who waits for a task. */
const WAITERS = {
  "await": (child: Task<string>) => child,
  "gather()": (child: Task<string>) => gather(child),
  "timeout()": (child: Task<string>) => timeout(LONG, () => child),
};

for (const [name, waitFor] of Object.entries(WAITERS)) {
  inBoth(
    `${name} of a task that has returned, and whose helpers are still to end, throws the cancel of who waits`,
    function* (style) {
      let error: unknown;
      const child = createTask(async () => {
        sleep(LONG).catch(() => sleep(2)).catch(() => {});
        await sleep(0);
        return "result";
      });
      const parent = createTask(style.fn(function* () {
        try {
          yield* waitIn(waitFor(child));
        } catch (thrown) {
          error = thrown;
          throw thrown;
        }
      }));
      yield* waitIn(sleep(1));
      assert(parent.cancel());
      yield* waitIn(wait([parent]));
      assertInstanceOf(error, CancelledError);
      assert(parent.cancelled());
      assertEquals(child.result(), "result");
    },
  );
}

/** What Promise.any() makes of a cancel, in several calls that stand in each other. */
const nested = () =>
  Promise.any([
    sleep(LONG),
    Promise.any([sleep(LONG), Promise.any([sleep(LONG)])]),
  ]);

Deno.test("a cancel that Promise.any() in Promise.any() has met is one, of tasks and scopes", () =>
  runVirtual(async () => {
    const task = createTask(nested);
    const group = createTask(() =>
      taskGroup(async (group) => {
        group.createTask(async () => {
          await sleep(1);
          group.cancel();
        });
        await nested();
      })
    );
    const timed = createTask(() => timeout(1, nested));
    await sleep(1);
    task.cancel();
    await wait([task, group, timed]);
    assert(task.cancelled(), `${task}`);
    assertEquals(group.result(), undefined);
    assertInstanceOf(timed.exception(), TimeoutError);
  }));

Deno.test("an error in what Promise.any() has met with a cancel is an error, and so are empty lists and circles", () =>
  runVirtual(async () => {
    const circle = new AggregateError([]);
    circle.errors.push(circle);
    const errors: (() => unknown)[] = [
      () => Promise.any([sleep(LONG), Promise.any([Promise.reject("own")])]),
      () => Promise.reject(new AggregateError([new AggregateError([])])),
      () => Promise.reject(circle),
    ];
    for (const fail of errors) {
      const task = createTask(async () => {
        await sleep(LONG).catch(() => {});
        await fail();
      });
      await sleep(1);
      task.cancel();
      await sleep(1);
      task.cancel();
      await wait([task]);
      assert(!task.cancelled(), `${task}`);
      assertInstanceOf(task.exception(), AggregateError);
    }
  }));
