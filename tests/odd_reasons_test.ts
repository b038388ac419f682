/**
 * What can't be looked at, where no task throws it: as the reason of an abort, as the cause
 * of a cancel, and out of sources, callbacks and promises of the host. It ends who waits,
 * and nothing else.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  asCompleted,
  CancelledError,
  createTask,
  Future,
  gather,
  getRunningLoop,
  interruptible,
  iterate,
  mapConcurrent,
  race,
  run,
  sleep,
  StreamReader,
  taskGroup,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { HOSTILE_VALUES } from "./_hostile_values.ts";
import { hostile, ODD_ERRORS } from "./_odd_errors.ts";

class Unmakable extends Error {
  constructor() {
    super(hostile());
  }
}

const VALUES: Readonly<Record<string, () => unknown>> = {
  ...Object.fromEntries(
    Object.entries(ODD_ERRORS).map(([name, [make]]) => [name, make]),
  ),
  ...HOSTILE_VALUES,
  "a frozen error": () => Object.freeze(new Error("frozen")),
  "a class of errors that can't be made": () => Unmakable,
};

/** Cancels a task for a reason. */
const CANCELLED: Readonly<Record<string, (reason: unknown) => unknown>> = {
  "the signal of a run": (reason) => {
    const controller = new AbortController();
    return run(async () => {
      setTimeout(() => controller.abort(reason), 0);
      await sleep(3600);
    }, { signal: controller.signal });
  },
  "the signal of a task": (reason) =>
    run(async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const task = createTask(async () => await sleep(3600), { signal });
      await sleep(0);
      controller.abort(reason);
      await task;
    }),
  "a signal that was aborted before": (reason) =>
    run(() => sleep(3600), { signal: AbortSignal.abort(reason) }),
  "the signal of a taskGroup()": (reason) =>
    run(async () => {
      const controller = new AbortController();
      await taskGroup(async () => {
        controller.abort(reason);
        await sleep(3600);
      }, { signal: controller.signal });
    }),
  "cancel()": (cause) =>
    run(async () => {
      const task = createTask(function* () {
        yield* sleep(3600);
      });
      await sleep(0);
      task.cancel("enough", { cause });
      await task;
    }),
};

const bytes = new Uint8Array(1);

/** Fails with what is not thrown by a task. */
const FAILING: Readonly<Record<string, (error: unknown) => Promise<unknown>>> =
  {
    async "the source of iterate()"(error) {
      async function* source() {
        yield 1;
        throw error;
      }
      for await (const _ of iterate(source()));
    },
    async "the clean-up of the source of iterate()"(error) {
      async function* source() {
        try {
          yield 1;
        } finally {
          // deno-lint-ignore no-unsafe-finally
          throw error;
        }
      }
      for await (const _ of iterate(source())) break;
    },
    async "the source of a StreamReader"(error) {
      async function* source() {
        yield bytes;
        throw error;
      }
      await StreamReader.from(source()).read();
    },
    async "the async source of mapConcurrent()"(error) {
      async function* source() {
        yield 1;
        throw error;
      }
      await mapConcurrent(source(), async () => {}, { limit: 2 }).collect();
    },
    async "the source of mapConcurrent()"(error) {
      function* source() {
        yield 1;
        throw error;
      }
      await mapConcurrent(source(), async () => {}, { limit: 2 }).collect();
    },
    async "the source of gather()"(error) {
      function* source() {
        yield () => sleep(0);
        throw error;
      }
      await gather(source(), { limit: 2 });
    },
    async "a promise of the host"(error) {
      await interruptible(Promise.reject(error));
    },
    async "a thenable that throws"(error) {
      await interruptible({
        then() {
          throw error;
        },
      } as unknown as PromiseLike<never>);
    },
    async "the error of a future"(error) {
      const future = new Future<void>();
      future.setException(error);
      for await (const done of asCompleted([future])) done.result();
    },
    async "all of a race()"(error) {
      await race([() => Promise.reject(error)]);
    },
  };

for (const [name, make] of Object.entries(VALUES)) {
  Deno.test(`${name} may be the reason of a cancel`, async () => {
    for (const [what, cancelled] of Object.entries(CANCELLED)) {
      await assertRejects(
        () => Promise.resolve(cancelled(make())),
        CancelledError,
        undefined,
        what,
      );
    }
  });

  Deno.test(`${name} fails who waits, whoever throws it`, async () => {
    for (const [what, failing] of Object.entries(FAILING)) {
      using loop = new TestLoop();
      const error = make();
      let hasThrown = false;
      await loop.runUntilComplete(async () => {
        try {
          await failing(error);
        } catch {
          hasThrown = true;
        }
      });
      assert(hasThrown, `${what} loses it`);
      assertEquals(loop.reports, [], what);
    }
  });

  Deno.test(`${name} in a callback is reported, and the loop goes on`, async () => {
    using loop = new TestLoop();
    const error = make();
    const fail = (): never => {
      throw error;
    };
    await loop.runUntilComplete(async () => {
      const future = new Future<void>();
      getRunningLoop().callSoon(fail);
      getRunningLoop().callLater(1, fail);
      future.addDoneCallback(fail);
      future.setResult();
      await sleep(2);
    });
    assertEquals(loop.reports.length, 3);
    loop.reports.length = 0;
  });
}
