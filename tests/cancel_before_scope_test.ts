/**
 * A cancel that comes while an async function waits for the host, and meets it in a scope that
 * it has entered since: the deadline of that scope does not hide it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  CancelledError,
  coroutine,
  createTask,
  currentTask,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const never = () => new Promise<void>(() => {});
const hostTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
const abandoned = () => timeout(1, never, { abandon: true });
/** Does not wait for the library before its deadline. */
const late = () => timeout(0, async () => await hostTurn());

const SCOPES: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  "timeout() that abandons its body": abandoned,
  "timeout() that abandons its body at once": () =>
    timeout(0, never, { abandon: true }),
  "timeout() that abandons a scope": () =>
    timeout(1, () => timeout(60, never), { abandon: true }),
  "timeout() that abandons a clean-up": () =>
    timeout(1, async () => {
      try {
        await sleep(60);
      } finally {
        await never();
      }
    }, { abandon: true }),
  "timeout() in a timeout()": () => timeout(60, abandoned),
  "timeout() in the function of a timeout()": () =>
    timeout(60, async () => await abandoned()),
  "timeout() in a generator": () =>
    coroutine(function* () {
      yield* abandoned();
    })(),
  "timeout() in scopes of generators": () =>
    coroutine(function* () {
      yield* timeout(60, function* () {
        yield* taskGroup(function* () {
          yield* abandoned();
        });
      });
    })(),
  "timeout() of a body that comes late": late,
  "timeout() of a body that fails late": () =>
    timeout(0, async () => {
      await hostTurn();
      throw new TimeoutError("its own");
    }),
  "timeout() of a body that comes late to a wait": () =>
    timeout(0, async () => {
      await hostTurn();
      await sleep(60);
    }),
  "timeout() of which the deadline comes at once": () =>
    timeout(0, () => sleep(60)),
  "taskGroup() that is cancelled": () =>
    taskGroup(async (group) => {
      group.cancel();
      await hostTurn();
    }),
};

for (const [name, scope] of Object.entries(SCOPES)) {
  Deno.test(`a cancel before a ${name} is not lost`, () =>
    runTest(async () => {
      const host = Promise.withResolvers<void>();
      const task = createTask(async () => {
        await host.promise;
        try {
          await scope();
        } catch (error) {
          // Its own deadline, or what it was cancelled with.
          if (!(error instanceof TimeoutError)) throw error;
        }
        await sleep(1);
      });
      await sleep(0.5);
      assert(task.cancel());
      host.resolve();
      await wait([task]);
      assert(task.cancelled(), String(task));
    }));
}

Deno.test("a task that cancels itself before a timeout() at the host gets it there", () =>
  runTest(async () => {
    const task = createTask(async () => {
      currentTask()!.cancel();
      try {
        await abandoned();
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      }
      await sleep(1);
    });
    await wait([task]);
    assert(task.cancelled(), String(task));
  }));

Deno.test("a cancel that was met, or taken back, does not end the scopes after it", () =>
  runTest(async () => {
    const seen: string[] = [];
    const task = createTask(async () => {
      for (const takesBack of [false, true]) {
        try {
          await sleep(60);
        } catch {
          if (takesBack) { while (currentTask()!.uncancel() > 0); }
          try {
            await abandoned();
          } catch (error) {
            seen.push((error as Error).name);
          }
        }
      }
      return currentTask()!.cancelling();
    });
    for (let i = 0; i < 2; i++) {
      await sleep(10);
      task.cancel();
    }
    assertEquals(await task, 0);
    assertEquals(seen, ["TimeoutError", "TimeoutError"]);
  }));

Deno.test("a cancel that is taken back in a timeout() leaves its deadline as it is", () =>
  runTest(async () => {
    const host = Promise.withResolvers<void>();
    const task = createTask(async () => {
      await host.promise;
      await timeout(5, async () => {
        try {
          await sleep(60);
        } catch (error) {
          assert(error instanceof CancelledError);
          currentTask()!.uncancel();
        }
        await sleep(60);
      });
    });
    await sleep(0.5);
    task.cancel();
    host.resolve();
    await wait([task]);
    assert(task.exception() instanceof TimeoutError, String(task));
  }));
