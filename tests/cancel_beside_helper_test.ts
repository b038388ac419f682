/**
 * Cancels that come while an async function is on its way to its next wait, and another that
 * nobody awaits stands at one of its own: what the helper throws is no sign that the function
 * has got the cancel.
 */
import { assertEquals } from "@std/assert";
import {
  type Coro,
  coroutine,
  createTask,
  run,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { afterMicrotasks, deep } from "./_microtasks.ts";

// A lost cancel shows after so many turns: none of them depends on a clock.
const TURNS = 50;

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await sleep(0);
}

const HELPERS: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  "a generator": () =>
    coroutine(function* (): Coro<void> {
      yield* sleep(0);
      yield* coroutine(() => sleep(0))();
    })(),
  "an async function": () => turns(3),
  "a turn": () => sleep(0),
  "a timeout()": () => timeout(3600, () => turns(2)),
  "a taskGroup()": () =>
    taskGroup(async (group) => {
      group.createTask(() => sleep(0));
      await sleep(0);
    }),
};

const EARLIER_WAITS: Readonly<Record<string, () => unknown>> = {
  "nothing": () => undefined,
  "a microtask": () => null,
  "the host": () => new Promise<void>((resolve) => setTimeout(resolve)),
  "sleep(0)": () => sleep(0),
  "a sleep": () => sleep(0.001),
};

const CANCELS: Readonly<
  Record<string, (task: Task<unknown>, cancel: () => void) => unknown>
> = {
  "a callback": (task, cancel) => task.getLoop().callSoon(cancel),
  "a callback of a callback": (task, cancel) =>
    task.getLoop().callSoon(() => task.getLoop().callSoon(cancel)),
  "a timer": (task, cancel) => task.getLoop().callLater(0, cancel),
  "a microtask": (_task, cancel) => queueMicrotask(cancel),
  "the sixth microtask": (_task, cancel) => afterMicrotasks(6, cancel),
  "the twelfth microtask": (_task, cancel) => afterMicrotasks(12, cancel),
  "a task": (_task, cancel) =>
    createTask(async () => {
      await sleep(0);
      cancel();
    }),
  "a generator task": (_task, cancel) =>
    createTask(function* (): Coro<void> {
      cancel();
    }),
};

/** What came of a task, perhaps in a scope, that is cancelled as it does something. */
async function endOf(
  body: (task: Task<unknown>, note: (what: string) => void) => Promise<unknown>,
  inScope: boolean,
): Promise<string[]> {
  const notes: string[] = [];
  const work = async () => {
    try {
      await body(task, (what) => notes.push(what));
      notes.push("went on");
    } finally {
      await turns(3);
      notes.push("cleaned up");
    }
  };
  const task: Task<unknown> = createTask(() =>
    inScope ? timeout(3600, work) : work()
  );
  await wait([task]);
  return [...notes, task.cancelled() ? "cancelled" : "done"];
}

for (const [helper, beginHelper] of Object.entries(HELPERS)) {
  for (const [earlier, waitBefore] of Object.entries(EARLIER_WAITS)) {
    Deno.test(`a cancel on the way from ${earlier} to the next wait is not lost beside ${helper}`, async () => {
      for (const options of [{}, { loopFactory: () => new TestLoop() }]) {
        for (const [by, cancel] of Object.entries(CANCELS)) {
          for (const inScope of [false, true]) {
            for (const levels of [0, 2, 15]) {
              const end = await run(() =>
                endOf(async (task, note) => {
                  await waitBefore();
                  cancel(task, () => note(`asked: ${task.cancel()}`));
                  await deep(levels, () => {
                    beginHelper().then(() => {}, () => {});
                  });
                  await turns(TURNS);
                }, inScope), options);
              assertEquals(
                end,
                ["asked: true", "cleaned up", "cancelled"],
                `by ${by}, ${levels} levels, in a scope: ${inScope}`,
              );
            }
          }
        }
      }
    });
  }
}
