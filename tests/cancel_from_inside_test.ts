/**
 * A cancel by a callback that was given to the host inside of what it ends: the clean-up
 * that it leads to is cancelled once, and goes to its end.
 */
import { assertEquals } from "@std/assert";
import {
  type Coro,
  coroutine,
  createTask,
  fromSignal,
  gather,
  interruptible,
  race,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const LONG = 3600;

let hostEnd: Promise<void> = Promise.resolve();

/** Waits for the host, which cancels meanwhile, in a callback of its own. */
function hostThat(cancel: () => void): Promise<void> {
  return hostEnd = new Promise((resolve) =>
    setTimeout(() => {
      cancel();
      setTimeout(resolve, 1);
    })
  );
}

const WAITS: Readonly<
  Record<string, (cancel: () => void) => PromiseLike<unknown>>
> = {
  "waitFor() of a function": (cancel) => waitFor(() => hostThat(cancel), LONG),
  "waitFor() in waitFor()": (cancel) =>
    waitFor(() => waitFor(() => hostThat(cancel), LONG), LONG),
  "waitFor() of a promise": (cancel) => waitFor(hostThat(cancel), LONG),
  "interruptible()": (cancel) => interruptible(hostThat(cancel)),
  "fromSignal()": (cancel) => fromSignal(() => hostThat(cancel)),
  "timeout() with abandon": (cancel) =>
    timeout(LONG, () => hostThat(cancel), { abandon: true }),
  "timeout()": (cancel) =>
    timeout(LONG, async () => {
      await hostThat(cancel);
      await sleep(LONG);
    }),
  "coroutine()": (cancel) =>
    coroutine(async () => {
      await hostThat(cancel);
      await sleep(LONG);
    })(),
  "gather()": (cancel) => gather(() => hostThat(cancel)),
  "race()": (cancel) => race([() => hostThat(cancel)]),
};

type Body = (cancel: () => void) => Promise<void>;

const CANCELS: Readonly<
  Record<string, (body: Body) => () => PromiseLike<unknown> | Coro<unknown>>
> = {
  "Task.cancel()": (body) => async () => {
    const task = createTask(() => body(() => task.cancel()));
    await wait([task]);
  },
  "the signal of a task": (body) => async () => {
    const controller = new AbortController();
    const { signal } = controller;
    await wait([createTask(() => body(() => controller.abort()), { signal })]);
  },
  "TaskGroup.cancel()": (body) => () =>
    taskGroup((group) => body(() => group.cancel())),
  "the signal of a group": (body) => async () => {
    const controller = new AbortController();
    const { signal } = controller;
    await taskGroup(() => body(() => controller.abort()), { signal })
      .catch(() => {});
  },
  "a deadline": (body) => () =>
    timeout(undefined, (scope) => body(() => scope.reschedule(-Infinity)))
      .catch(() => {}),
};

for (const [cancel, begin] of Object.entries(CANCELS)) {
  for (const [name, waitAt] of Object.entries(WAITS)) {
    Deno.test(`${cancel} from inside ${name} cancels who waits there once`, () =>
      runTest(async () => {
        const log: string[] = [];
        await createTask(begin(async (cancelNow) => {
          await sleep(0);
          try {
            await waitAt(cancelNow);
          } finally {
            log.push("cancelled");
            await sleep(1);
            await sleep(0);
            log.push("clean");
          }
        }));
        await hostEnd;
        assertEquals(log, ["cancelled", "clean"]);
      }));
  }
}
