/**
 * Checks of timeouts and signals.
 *
 * @module
 */
import { CancelledError, TimeoutError } from "../errors.ts";
import { sleep } from "../sleep.ts";
import { wait } from "../wait.ts";
import { type Check, check, equal, errorOf, isA, numbers } from "./check.ts";

/** Checks of timeouts and signals. */
export const deadlineChecks: readonly Check[] = [
  check("the timeout of a job counts its time in the queue", {
    needs: ["limits"],
  }, async (executor, context) => {
    const log = context.newLog();
    const blocked = context.newLog();
    const blockers = numbers(8).map(() =>
      executor.submit("cleanup", [blocked, 0])
    );
    const job = executor.submit("logged", [log, 0, "x"], { timeout: 0.1 });
    isA(await errorOf(job), TimeoutError);
    for (const blocker of blockers) blocker.cancel();
    await wait(blockers);
    equal(await executor.submit("double", [2]), 4);
    equal(await context.lines(log), []);
  }),
  check("a job whose time is over at once never runs", {}, async (
    executor,
    context,
  ) => {
    const log = context.newLog();
    for (const timeout of [0, -1]) {
      const job = executor.submit("logged", [log, 0, "x"], { timeout });
      isA(await errorOf(job), TimeoutError);
    }
    equal(await executor.submit("double", [2]), 4);
    equal(await context.lines(log), []);
  }),
  check(
    "the timeout of a job that runs comes out after its clean-up",
    {},
    async (
      executor,
      context,
    ) => {
      for (const name of ["cleanup", "cleanupGenerator"] as const) {
        // The worker is up, so that the job has begun when its time is over.
        await executor.submit("double", [1]);
        const log = context.newLog();
        const error = await errorOf(
          executor.submit(name, [log, 0.01], { timeout: 0.5 }),
        );
        isA(error, TimeoutError);
        isA(error.cause, CancelledError);
        equal(await context.lines(log), ["start", "cleaning", "clean"]);
      }
    },
  ),
  check("a cancel after the timeout wins", {}, async (executor, context) => {
    const log = context.newLog();
    await executor.submit("double", [1]);
    const job = executor.submit("cleanup", [log, 0.05], { timeout: 0.5 });
    await context.until(log, "cleaning");
    job.cancel("for good");
    const error = await errorOf(job);
    isA(error, CancelledError);
    equal(error.message, "for good");
  }),
  check("a job knows its name and its deadline", {
    needs: ["deadline"],
  }, async (executor) => {
    const now = Date.now() / 1000;
    const info = await executor.submit("info", [], { timeout: 100 });
    equal([info.name, Math.abs(info.deadline! - now - 100) < 50], [
      "info",
      true,
    ]);
    equal((await executor.submit("info", [])).deadline, undefined);
    equal(await executor.submit("infoAfterWait", []), "infoAfterWait");
  }),
  check("a signal cancels a job, before and after its start", {}, async (
    executor,
    context,
  ) => {
    const log = context.newLog();
    const controller = new AbortController();
    const { signal } = controller;
    const job = executor.submit("cleanup", [log, 0], { signal });
    await context.until(log, "start");
    const reason = new Error("The reason");
    controller.abort(reason);
    const late = executor.submit("logged", [log, 0, "late"], { signal });
    for (const one of [job, late]) {
      const error = await errorOf(one);
      isA(error, CancelledError);
      equal(error.cause === reason, true);
    }
    equal(await context.lines(log), ["start", "cleaning", "clean"]);
  }),
  check(
    "nothing listens to a signal once its job is done",
    {},
    async (executor) => {
      const { signal } = new AbortController();
      let listeners = 0;
      const { addEventListener, removeEventListener } = signal;
      Object.assign(signal, {
        addEventListener(...args: Parameters<typeof addEventListener>) {
          listeners++;
          addEventListener.apply(signal, args);
        },
        removeEventListener(...args: Parameters<typeof removeEventListener>) {
          listeners--;
          removeEventListener.apply(signal, args);
        },
      });
      const job = executor.submit("double", [1], { signal });
      equal(listeners, 1);
      equal(await job, 2);
      const cancelled = executor.submit("slow", [3600, 1], { signal });
      await sleep(0.01);
      cancelled.cancel();
      isA(await errorOf(cancelled), CancelledError);
      equal(listeners, 0);
    },
  ),
];
