/**
 * A cancel that comes while the end of a job is on its way: who waits for the job gets it,
 * whatever that end is.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  CancelledError,
  type Coro,
  createTask,
  gather,
  run,
  sleep,
  type Task,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { TestLoop } from "@asyncio/asyncio/testing";
import { afterTurns } from "./_cancel_ways.ts";
import { RealOrderLoop } from "./_real_order_loop.ts";

// The end of a job takes fewer.
const MOST_TURNS = 16;

async function leaveHelper(): Promise<void> {
  try {
    await sleep(60);
  } finally {
    for (let i = 0; i < 3; i++) await sleep(0);
  }
}

const JOBS = {
  async result() {
    for (let i = 0; i < 2; i++) await sleep(0);
    return "its own";
  },
  async resultWithHelper() {
    void leaveHelper();
    for (let i = 0; i < 2; i++) await sleep(0);
    return "its own";
  },
  async error() {
    for (let i = 0; i < 2; i++) await sleep(0);
    throw new RangeError("its own");
  },
  async errorWithHelper() {
    void leaveHelper();
    for (let i = 0; i < 2; i++) await sleep(0);
    throw new RangeError("its own");
  },
  async errorInCleanUp() {
    try {
      await sleep(60);
    } finally {
      // deno-lint-ignore no-unsafe-finally
      throw new RangeError("in its clean-up");
    }
  },
};

type Name = keyof typeof JOBS;
type Executor = InlineExecutor<typeof JOBS>;

const LOOPS: Readonly<Record<string, () => TestLoop | RealOrderLoop>> = {
  "virtual time": () => new TestLoop(),
  "real order": () => new RealOrderLoop(),
};

const WAITS: Readonly<
  Record<string, (executor: Executor, name: Name) => PromiseLike<unknown>>
> = {
  "await": (executor, name) => executor.submit(name, []),
  "timeout()": (executor, name) => timeout(60, () => executor.submit(name, [])),
  "gather()": (executor, name) => gather(executor.submit(name, [])),
  "a generator": (executor, name) =>
    createTask(function* (): Coro<unknown> {
      return yield* executor.submit(name, []);
    }),
};

/** Waits for a job, and goes on whatever comes of it but a cancel. */
function waitFor(work: () => PromiseLike<unknown>): Task<void> {
  return createTask(async () => {
    try {
      await work();
    } catch (error) {
      if (error instanceof CancelledError) throw error;
    }
    await sleep(1);
  });
}

for (const [order, loopFactory] of Object.entries(LOOPS)) {
  for (const [wayName, way] of Object.entries(WAITS)) {
    for (
      const name of [
        "result",
        "resultWithHelper",
        "error",
        "errorWithHelper",
      ] as const
    ) {
      Deno.test(`a cancel of ${wayName} of a job is not lost while its ${name} is on its way, in ${order}`, async () => {
        for (let turns = 0; turns < MOST_TURNS; turns++) {
          const loop = loopFactory();
          await run(async () => {
            await using executor = new InlineExecutor(JOBS);
            const task = waitFor(() => way(executor, name));
            afterTurns(turns, () => task.cancel());
            await wait([task]);
            assertEquals([turns, task.cancelled()], [turns, true]);
          }, { loopFactory: () => loop });
          for (const { exception } of loop.reports) {
            assertEquals(String(exception), "RangeError: its own");
          }
        }
      });
    }
  }

  Deno.test(`a job that fails in its clean-up gives that error to who has cancelled it, in ${order}`, async () => {
    const loop = loopFactory();
    await run(async () => {
      await using executor = new InlineExecutor(JOBS);
      const task = createTask(async () =>
        await executor.submit("errorInCleanUp", [])
      );
      await sleep(1);
      task.cancel();
      await wait([task]);
      assert(!task.cancelled());
      assertEquals(String(task.exception()), "RangeError: in its clean-up");
    }, { loopFactory: () => loop });
    assertEquals(loop.reports, []);
  });
}
