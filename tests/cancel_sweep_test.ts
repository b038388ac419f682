/**
 * Cancels tasks of both kinds at every one of their waits, and tries the sweep itself.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CancelledError,
  type Coro,
  createTask,
  gather,
  getRunningLoop,
  Lock,
  shield,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "@asyncio/asyncio";
import { type Probe, sweepCancels } from "./_cancel_sweep.ts";

/** A future that is done in the next turn. */
function nextTurn() {
  const future = getRunningLoop().createFuture<void>();
  getRunningLoop().callSoon(() => {
    if (!future.done()) future.setResult();
  });
  return future;
}

function* stepInGenerator(probe: Probe): Coro<void> {
  using _ = probe.enter("step");
  yield* nextTurn();
}

async function stepInAsync(probe: Probe) {
  using _ = probe.enter("step");
  await nextTurn();
}

Deno.test("Task.cancel() ends a generator task at each of its 8 waits", async () => {
  const { waits, cancelledAt, cancels, doubleCancels } = await sweepCancels(
    (probe) => ({
      tasks: {
        *victim() {
          using _ = probe.enter("outer");
          try {
            yield* sleep(0);
            yield* sleep(1);
            yield* nextTurn();
            yield* createTask(function* () {
              yield* sleep(1);
            });
            yield* gather(sleep(1), sleep(2));
            yield* stepInGenerator(probe);
          } finally {
            using _cleanup = probe.enter("clean-up");
            yield* sleep(0);
            yield* sleep(1);
          }
        },
      },
    }),
  );
  assertEquals(waits, { victim: 8 });
  assertEquals(cancelledAt, { victim: 8 });
  assert(cancels > 8);
  assert(doubleCancels > 8);
});

Deno.test("Task.cancel() ends an async-function task at each of its 8 waits", async () => {
  const { waits, cancelledAt, cancels, doubleCancels } = await sweepCancels(
    (probe) => ({
      tasks: {
        async victim() {
          using _ = probe.enter("outer");
          try {
            await sleep(0);
            await sleep(1);
            await nextTurn();
            await createTask(async () => {
              await sleep(1);
            });
            await gather(sleep(1), sleep(2));
            await stepInAsync(probe);
          } finally {
            using _cleanup = probe.enter("clean-up");
            await sleep(0);
            await sleep(1);
          }
        },
      },
    }),
  );
  assertEquals(waits, { victim: 8 });
  assertEquals(cancelledAt, { victim: 8 });
  assert(cancels > 8);
  assert(doubleCancels > 8);
});

Deno.test("sweepCancels() finds a swallowed cancel", async () => {
  await assertRejects(
    () =>
      sweepCancels(() => ({
        tasks: {
          async victim() {
            try {
              await sleep(1);
            } catch (error) {
              if (!(error instanceof CancelledError)) throw error;
            }
          },
        },
      })),
    Error,
    "It swallowed the cancel",
  );
});

Deno.test("sweepCancels() finds a section that is not left", async () => {
  await assertRejects(
    () =>
      sweepCancels((probe) => ({
        tasks: {
          async victim() {
            const section = probe.enter("file");
            await sleep(1);
            section[Symbol.dispose]();
          },
        },
      })),
    Error,
    "Not left: file",
  );
});

Deno.test("sweepCancels() finds a hang", async () => {
  await assertRejects(
    () =>
      sweepCancels(() => {
        const lock = new Lock();
        return {
          tasks: {
            async victim() {
              await lock.acquire();
              await sleep(1);
              lock.release();
            },
            async other() {
              using _ = await lock.acquire();
            },
          },
          victims: ["victim"],
        };
      }),
    Error,
    "Deadlock",
  );
});

Deno.test("sweepCancels() finds what the program's check finds", async () => {
  await assertRejects(
    () =>
      sweepCancels(() => {
        let steps = 0;
        return {
          tasks: {
            async victim() {
              await sleep(1);
              steps++;
            },
          },
          check: () => assertEquals(steps, 1),
        };
      }),
    Error,
    '"victim", cancelled before moment 1:',
  );
});

Deno.test("a cancel ends scopes within scopes at each wait", async () => {
  const { waits, cancelledAt } = await sweepCancels((probe) => ({
    tasks: {
      async victim() {
        using _ = probe.enter("outer");
        await timeout(100, async () => {
          await taskGroup(async (group) => {
            group.createTask(async () => {
              using _ = probe.enter("child");
              await sleep(2);
            });
            await waitFor(sleep(1), 50);
            await shield(sleep(1));
          });
        });
      },
    },
  }));
  assertEquals(cancelledAt, waits);
});
