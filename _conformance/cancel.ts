/**
 * Checks of cancellation.
 *
 * @module
 */
import { createTask } from "../create_task.ts";
import { CancelledError, WorkerLostError } from "../errors.ts";
import { sleep } from "../sleep.ts";
import { wait } from "../wait.ts";
import { type Check, check, equal, errorOf, isA, numbers } from "./check.ts";

const CLEAN_UPS = ["cleanup", "cleanupGenerator"] as const;
const CLEANED_UP = ["start", "cleaning", "clean"];

/** Checks of cancellation. */
export const cancelChecks: readonly Check[] = [
  check("a job that has not begun is cancelled at once, and never runs", {
    needs: ["limits"],
  }, async (executor, context) => {
    const log = context.newLog();
    const blocked = context.newLog();
    const blockers = numbers(8).map(() =>
      executor.submit("cleanup", [blocked, 0])
    );
    await context.until(blocked, "start");
    const job = executor.submit("logged", [log, 0, "x"]);
    equal([job.state(), job.cancel("not needed")], ["pending", true]);
    isA(await errorOf(job), CancelledError);
    for (const blocker of blockers) blocker.cancel();
    await wait(blockers);
    equal(await executor.submit("double", [2]), 4);
    equal(await context.lines(log), []);
  }),
  check("a job that is cancelled while workers start never runs", {
    endsIt: true,
  }, async (
    executor,
    context,
  ) => {
    const log = context.newLog();
    const job = executor.submit("logged", [log, 0, "x"]);
    job.cancel();
    isA(await errorOf(job), CancelledError);
    equal(await executor.submit("double", [2]), 4);
    equal(await context.lines(log), []);
  }),
  check("a cancelled job is done when it has cleaned up", {}, async (
    executor,
    context,
  ) => {
    for (const name of CLEAN_UPS) {
      const log = context.newLog();
      const job = executor.submit(name, [log, 0.02]);
      await context.until(log, "start");
      job.cancel("why");
      equal([job.done(), job.state()], [false, "cancelling"]);
      const error = await errorOf(job);
      isA(error, CancelledError);
      equal(
        [error.message, await context.lines(log), job.cancelled(), job.state()],
        ["why", CLEANED_UP, true, "done"],
      );
    }
  }),
  check("the cause of a cancel comes back", {}, async (executor, context) => {
    const log = context.newLog();
    const cause = new Error("The cause");
    const job = executor.submit("cleanup", [log, 0]);
    await context.until(log, "start");
    job.cancel("message", { cause });
    equal((await errorOf(job)).cause === cause, true);
  }),
  check("a job that swallows its cancel gives its result", {}, async (
    executor,
    context,
  ) => {
    for (const name of ["swallow", "swallowGenerator"] as const) {
      const log = context.newLog();
      const job = executor.submit(name, [log]);
      await context.until(log, "start");
      job.cancel();
      equal(await job, "all the same");
    }
  }),
  check("an error of the clean-up comes out", {}, async (executor, context) => {
    for (const name of ["failingCleanup", "failingCleanupGenerator"] as const) {
      const log = context.newLog();
      const job = executor.submit(name, [log]);
      await context.until(log, "start");
      job.cancel();
      isA(await errorOf(job), RangeError);
    }
  }),
  check(
    "to cancel twice is to cancel once, and a done job says false",
    {},
    async (
      executor,
      context,
    ) => {
      const log = context.newLog();
      const job = executor.submit("cleanup", [log, 0.01]);
      await context.until(log, "start");
      equal([job.cancel("first"), job.cancel("second")], [true, true]);
      equal((await errorOf(job)).message, "first");
      equal([job.cancel(), await context.lines(log)], [false, CLEANED_UP]);
    },
  ),
  check("a loop that asks checkCancelled() stops", { needs: ["check"] }, async (
    executor,
    context,
  ) => {
    const log = context.newLog();
    const job = executor.submit("spin", [log]);
    await context.until(log, "start");
    job.cancel();
    isA(await errorOf(job), CancelledError);
    equal(await context.lines(log), ["start", "clean"]);
  }),
  check("what stops by checkCancelled() is not cancelled in its clean-up", {
    needs: ["check"],
  }, async (executor, context) => {
    const names = ["spinAndWait", "waitAndSpin", "spinGenerator"] as const;
    for (const name of [...names, "endless"] as const) {
      const log = context.newLog();
      const job = executor.submit(name, [log]);
      await context.until(log, "start");
      job.cancel();
      isA(await errorOf(job), CancelledError);
      equal([name, ...await context.lines(log)], [name, "start", "clean"]);
    }
  }),
  check("what stops between waits for the host cleans up to the end", {
    needs: ["async context"],
  }, async (executor, context) => {
    for (const name of ["hostAndCheck", "hostStream"] as const) {
      const log = context.newLog();
      const job = executor.submit(name, [log]);
      // Virtual time stands still while a task waits for the host.
      while ((await context.lines(log)).length === 0) await sleep(0);
      job.cancel();
      isA(await errorOf(job), CancelledError);
      equal([name, ...await context.lines(log)], [name, "start", "clean"]);
    }
  }),
  check("what checkCancelled() tells one, all that the job does is told", {
    needs: ["async context", "check"],
  }, async (executor, context) => {
    const log = context.newLog();
    const job = executor.submit("checkBeside", [log]);
    await context.until(log, "start");
    job.cancel();
    equal([await job, ...await context.lines(log)], [
      "refused",
      "start",
      "clean",
    ]);
  }),
  check(
    "the signal of a job's task aborts",
    { needs: ["async context"] },
    async (
      executor,
      context,
    ) => {
      const log = context.newLog();
      const job = executor.submit("bySignal", [log]);
      await context.until(log, "start");
      job.cancel();
      isA(await errorOf(job), CancelledError);
      equal(await context.lines(log), ["start", "aborted CancelledError"]);
    },
  ),
  check("the tasks of a job end with it", { needs: ["async context"] }, async (
    executor,
    context,
  ) => {
    const log = context.newLog();
    const job = executor.submit("children", [log]);
    await context.until(log, "start b");
    job.cancel();
    isA(await errorOf(job), CancelledError);
    equal(
      (await context.lines(log)).sort(),
      ["clean a", "clean b", "start a", "start b"],
    );
  }),
  check(
    "a cancel in the turn of the result never hangs",
    {},
    async (executor) => {
      for (const i of numbers(30)) {
        const job = executor.submit("double", [i]);
        await sleep(i % 3 === 0 ? 0 : 0.0002 * (i % 7));
        job.cancel();
        await wait([job]);
        if (!job.cancelled()) equal(job.result(), 2 * i);
      }
    },
  ),
  check(
    "a cancel ends a loop over jobs, whenever it comes",
    {},
    async (executor) => {
      for (const i of numbers(20)) {
        const task = createTask(async () => {
          for (;;) await executor.submit("double", [i]);
        });
        // Its results come together with that of this one.
        await executor.submit("double", [i]);
        for (const _ of numbers(i)) await sleep(0);
        task.cancel();
        isA(await errorOf(task), CancelledError);
      }
    },
  ),
  check("a job that cancels itself is cancelled once, and says why", {}, async (
    executor,
    context,
  ) => {
    for (const name of ["cancelItself", "cancelItselfLater"] as const) {
      const log = context.newLog();
      const job = executor.submit(name, [log]);
      const error = await errorOf(job);
      isA(error, CancelledError);
      isA(error.cause, RangeError);
      equal(
        [job.cancelled(), error.message, await context.lines(log)],
        [true, "Enough", ["start"]],
      );
    }
  }),
  check("an endless loop is killed after the grace, and its worker replaced", {
    needs: ["kill"],
    with: { maxWorkers: 1, grace: 0.2 },
  }, async (executor, context) => {
    const log = context.newLog();
    const job = executor.submit("stubborn", [log]);
    await context.until(log, "start");
    const next = executor.submit("double", [4]);
    job.cancel();
    const error = await errorOf(job);
    isA(error, CancelledError);
    isA(error.cause, WorkerLostError);
    equal(await next, 8);
  }),
  check("a job that ignores its cancel is given up after the grace", {
    needs: ["give up"],
    with: { maxWorkers: 1, grace: 0.2 },
  }, async (executor, context) => {
    const log = context.newLog();
    const job = executor.submit("stubbornAsync", [log]);
    await context.until(log, "start");
    job.cancel();
    const error = await errorOf(job);
    isA(error, CancelledError);
    isA(error.cause, WorkerLostError);
    equal(await executor.submit("double", [4]), 8);
  }),
  check("the neighbours of a job that is given up are lost", {
    needs: ["give up", "limits"],
    with: { maxWorkers: 1, concurrency: 2, grace: 0.1 },
  }, async (executor, context) => {
    const log = context.newLog();
    const neighbour = executor.submit("logged", [log, 3600, "x"]);
    await context.until(log, "start x");
    const job = executor.submit("stubbornAsync", [log]);
    await context.until(log, "start");
    job.cancel();
    isA(await errorOf(neighbour), WorkerLostError);
    isA(await errorOf(job), CancelledError);
  }),
  check("the grace of a job that has ended ends no other", {
    needs: ["limits"],
    with: { maxWorkers: 1, concurrency: 2, grace: 0.1 },
  }, async (executor, context) => {
    const log = context.newLog();
    const neighbour = executor.submit("slow", [0.3, "x"]);
    const job = executor.submit("cleanup", [log, 0]);
    await context.until(log, "start");
    job.cancel();
    isA(await errorOf(job), CancelledError);
    equal(await neighbour, "x");
  }),
];
