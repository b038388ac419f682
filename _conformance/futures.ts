/**
 * Checks that a job is a future like any other.
 *
 * @module
 */
import { asCompleted } from "../as_completed.ts";
import { createTask } from "../create_task.ts";
import { CancelledError, TimeoutError } from "../errors.ts";
import { gather } from "../gather.ts";
import { getRunningLoop } from "../running_loop.ts";
import { mapConcurrent } from "../map_concurrent.ts";
import { shield } from "../shield.ts";
import { taskGroup } from "../task_group.ts";
import { timeout } from "../timeout.ts";
import { wait } from "../wait.ts";
import { type Check, check, equal, errorOf, isA } from "./check.ts";

const CLEAN_UPS = ["cleanup", "cleanupGenerator"] as const;
const CLEANED_UP = ["start", "cleaning", "clean"];

/** Checks of jobs as futures. */
export const futureChecks: readonly Check[] = [
  check("gather() keeps the order", {}, async (executor) => {
    equal(
      await gather(
        executor.submit("slow", [0.03, "a"]),
        executor.submit("slowGenerator", [0.001, "b"]),
      ),
      ["a", "b"],
    );
  }),
  check("wait() returns when the first is completed", {}, async (executor) => {
    const quick = executor.submit("slow", [0.001, "quick"]);
    const late = executor.submit("slow", [3600, "late"]);
    const [done, pending] = await wait([quick, late], {
      returnWhen: "FIRST_COMPLETED",
    });
    equal([done.has(quick), pending.has(late)], [true, true]);
    late.cancel();
    isA(await errorOf(late), CancelledError);
  }),
  check("asCompleted() gives jobs in the order of their ends", {}, async (
    executor,
    context,
  ) => {
    const log = context.newLog();
    const late = executor.submit("cleanup", [log, 0]);
    await context.until(log, "start");
    const early = executor.submit("double", [1]);
    const got: unknown[] = [];
    for await (const job of asCompleted([late, early])) {
      if (job === early) late.cancel();
      got.push(await errorOr(job));
    }
    equal(got, [2, "CancelledError"]);
  }),
  check("mapConcurrent() runs jobs with a limit", {}, async (executor) => {
    const got: number[] = [];
    const results = mapConcurrent(
      [1, 2, 3, 4, 5],
      async (x) => await executor.submit("double", [x]),
      { limit: 2 },
    );
    for await (const result of results) got.push(result);
    equal(got, [2, 4, 6, 8, 10]);
  }),
  check(
    "a task group that fails ends after the clean-up of its jobs",
    {},
    async (
      executor,
      context,
    ) => {
      for (const name of CLEAN_UPS) {
        const log = context.newLog();
        const error = await errorOf(taskGroup(async (group) => {
          group.createTask(async () =>
            await executor.submit(name, [log, 0.01])
          );
          await context.until(log, "start");
          throw new Error("The body failed");
        }));
        isA(error, AggregateError);
        equal(await context.lines(log), CLEANED_UP);
      }
    },
  ),
  check("timeout() ends after the clean-up of its job", {}, async (
    executor,
    context,
  ) => {
    for (const name of CLEAN_UPS) {
      const log = context.newLog();
      const error = await errorOf(timeout(undefined, async (scope) => {
        const job = executor.submit(name, [log, 0.01]);
        await context.until(log, "start");
        scope.reschedule(getRunningLoop().time() + 0.001);
        await job;
      }));
      isA(error, TimeoutError);
      equal(await context.lines(log), CLEANED_UP);
    }
  }),
  check("shield() keeps a cancel from a job", {}, async (executor, context) => {
    const log = context.newLog();
    const job = executor.submit("cleanup", [log, 0]);
    const waiting = createTask(async () => await shield(job));
    await context.until(log, "start");
    waiting.cancel("not for the job");
    isA(await errorOf(waiting), CancelledError);
    equal([job.done(), await context.lines(log)], [false, ["start"]]);
    // A job takes the first cancel that it gets.
    job.cancel("for the job");
    equal(
      [(await errorOf(job)).message, await context.lines(log)],
      ["for the job", CLEANED_UP],
    );
  }),
  check("callbacks run in the loop, in a turn of their own", {}, async (
    executor,
  ) => {
    const loop = getRunningLoop();
    const called = loop.createFuture<boolean>();
    const job = executor.submit("double", [1]);
    job.addDoneCallback((job) => {
      called.setResult(job.done() && getRunningLoop() === loop);
    });
    equal(await called, true);
  }),
  check("the task that waits is cancelled: so is its job", {}, async (
    executor,
    context,
  ) => {
    for (const name of CLEAN_UPS) {
      const log = context.newLog();
      const generator = createTask(function* () {
        return yield* executor.submit(name, [log, 0.01]);
      });
      await context.until(log, "start");
      generator.cancel();
      isA(await errorOf(generator), CancelledError);
      equal(await context.lines(log), CLEANED_UP);
    }
  }),
];

async function errorOr(job: PromiseLike<unknown>): Promise<unknown> {
  try {
    return await job;
  } catch (error) {
    // The check looks at it.
    return (error as Error).name;
  }
}
