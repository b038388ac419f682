/** checkCancelled() in tasks that are no jobs. */
import { assertEquals, assertRejects } from "@std/assert";
import {
  CancelledError,
  type Coro,
  createTask,
  Future,
  gather,
  getRunningLoop,
  run,
  sleep,
  timeout,
  TimeoutError,
} from "@asyncio/asyncio";
import { checkCancelled } from "@asyncio/asyncio/worker";
import { BLIND } from "./_modules.ts";

/** A promise of the host that is settled by the test. */
function gate(): PromiseWithResolvers<void> {
  return Promise.withResolvers<void>();
}

async function cleanUp(log: string[]): Promise<void> {
  log.push("cleaning");
  await sleep(0.001);
  log.push("clean");
}

const CLEANED = ["cleaning", "clean"];

test("checkCancelled() after a wait for the host leaves the clean-up to its end", () =>
  run(async () => {
    const log: string[] = [];
    const { promise, resolve } = gate();
    const inner = async () => {
      await promise;
      checkCancelled();
    };
    const task = createTask(async () => {
      try {
        await inner();
      } finally {
        await cleanUp(log);
      }
    });
    await sleep(0);
    task.cancel("why");
    resolve();
    await assertRejects(async () => await task, CancelledError, "why");
    assertEquals([log, task.cancelled()], [CLEANED, true]);
  }));

test("checkCancelled() in a generator leaves the clean-up to its end", () =>
  run(async () => {
    const log: string[] = [];
    function* body(): Coro<void> {
      try {
        yield* sleep(0);
        // In the middle of its step, as a callback of the host would.
        task.cancel("why");
        checkCancelled();
      } finally {
        log.push("cleaning");
        yield* sleep(0.001);
        log.push("clean");
      }
    }
    const task = createTask(body);
    await assertRejects(async () => await task, CancelledError, "why");
    assertEquals(log, CLEANED);
  }));

test("checkCancelled() in a body whose time is over leaves its clean-up to its end", () =>
  run(async () => {
    const log: string[] = [];
    const { promise, resolve } = gate();
    const body = timeout(0.001, async () => {
      try {
        await promise;
        checkCancelled();
      } finally {
        await cleanUp(log);
      }
    });
    getRunningLoop().callLater(0.01, resolve);
    await assertRejects(async () => await body, TimeoutError);
    await sleep(0);
    assertEquals(log, CLEANED);
  }));

test("checkCancelled() takes the cancel from nobody beside it", () =>
  run(async () => {
    const log: string[] = [];
    const { promise, resolve } = gate();
    const checks = async () => {
      await promise;
      try {
        checkCancelled();
      } finally {
        await cleanUp(log);
      }
    };
    const waits = async () => {
      try {
        await sleep(3600);
      } finally {
        log.push("waited");
      }
    };
    const task = createTask(() => Promise.allSettled([checks(), waits()]));
    await sleep(0);
    task.cancel();
    resolve();
    const [one, other] = await task;
    assertEquals(
      [one.status, other.status, log.sort()],
      ["rejected", "rejected", [...CLEANED, "waited"].sort()],
    );
  }));

test("checkCancelled() says nothing once the cancel was taken back", () =>
  run(async () => {
    const future = new Future<number>();
    const task = createTask(async () => {
      try {
        await sleep(3600);
      } catch {
        task.uncancel();
      }
      checkCancelled();
      return await future;
    });
    await sleep(0);
    task.cancel();
    await sleep(0);
    future.setResult(1);
    assertEquals(await gather(task), [1]);
  }));

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: BLIND, fn });
}
