/**
 * Cancels that find an async function on its way from one wait to the next, in code of its
 * own: it has asked for a signal, but no promise of the host has told it of the cancel.
 */
import { assertEquals } from "@std/assert";
import {
  type Coro,
  createTask,
  currentTask,
  getRunningLoop,
  interruptible,
  run,
  sleep,
  type Task,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { afterMicrotasks, deep } from "./_microtasks.ts";

const MOST_LEVELS = 8;

const host = () => new Promise<void>((resolve) => setTimeout(resolve));

const EARLIER_WAITS: Readonly<Record<string, () => unknown>> = {
  "sleep(0)": () => sleep(0),
  "a sleep": () => sleep(0.001),
  "the host": host,
  "interruptible()": () => interruptible(host()),
  "nothing": () => undefined,
};

/** What cancels the running task, at once or in the next turn. */
const CANCELS: Readonly<Record<string, (task: Task<unknown>) => unknown>> = {
  "itself": (task) => task.cancel(),
  "an eager task": (task) =>
    createTask(async () => {
      task.cancel();
      await sleep(0);
    }, { eagerStart: true }),
  "an eager generator task": (task) =>
    createTask(function* (): Coro<void> {
      task.cancel();
      yield* sleep(0);
    }, { eagerStart: true }),
  "an eager task of an eager task": (task) =>
    createTask(async () => {
      const cancel = async () => {
        task.cancel();
        await sleep(0);
      };
      createTask(cancel, { eagerStart: true });
      await sleep(0);
    }, { eagerStart: true }),
};

async function endOf(
  body: (task: Task<unknown>) => Promise<unknown>,
): Promise<string> {
  return await run(async () => {
    const task: Task<unknown> = createTask(() => body(task));
    await wait([task]);
    return task.cancelled() ? "cancelled" : `gave ${task.result()}`;
  });
}

for (const [name, waitBefore] of Object.entries(EARLIER_WAITS)) {
  for (const [by, cancel] of Object.entries(CANCELS)) {
    Deno.test(`a cancel by ${by} after a wait for ${name} is thrown at the next wait`, async () => {
      for (let levels = 0; levels < MOST_LEVELS; levels++) {
        const end = await endOf(async (task) => {
          void currentTask()!.signal;
          await deep(levels, waitBefore);
          cancel(task);
          await deep(levels, () => sleep(0));
          return "a result";
        });
        assertEquals(end, "cancelled", `${levels} levels`);
      }
    });

    Deno.test(`a cancel by ${by} after a wait for ${name} ends a task that waits no more`, async () => {
      const end = await endOf(async (task) => {
        void currentTask()!.signal;
        await waitBefore();
        cancel(task);
        return "a result";
      });
      assertEquals(end, "cancelled");
    });
  }
}

for (const name of ["sleep(0)", "a sleep"]) {
  Deno.test(`a cancel by a callback, while a function goes on after ${name}, is thrown at its next wait`, async () => {
    for (let levels = 0; levels < MOST_LEVELS; levels++) {
      const end = await endOf(async (task) => {
        void currentTask()!.signal;
        await deep(levels, EARLIER_WAITS[name]!);
        getRunningLoop().callSoon(() => task.cancel());
        await deep(levels, () => null);
        await sleep(0);
        return "a result";
      });
      assertEquals(end, "cancelled", `${levels} levels`);
    }
  });
}

Deno.test("the body of waitFor() that has just begun as it is cancelled cleans up", async () => {
  for (const options of [{}, { loopFactory: () => new TestLoop() }]) {
    for (let hops = 0; hops < 30; hops++) {
      const log: string[] = [];
      const work = async () => {
        log.push("begun");
        try {
          await sleep(3600);
        } finally {
          await sleep(0);
          await sleep(0.001);
          log.push("cleaned up");
        }
      };
      const body = async (task: Task<unknown>) => {
        await interruptible(host());
        afterMicrotasks(hops, () => task.cancel());
        // A plain function, which might give a promise of the host.
        await waitFor(() => work(), 30);
      };
      await run(async () => {
        const task: Task<unknown> = createTask(() => body(task));
        await wait([task]);
        log.push(task.cancelled() ? "cancelled" : "done");
      }, options);
      const expected = log[0] === "begun" ? ["begun", "cleaned up"] : [];
      assertEquals(log, [...expected, "cancelled"], `after ${hops} microtasks`);
    }
  }
});
