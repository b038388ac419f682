/**
 * Checks of lost workers and broken executors.
 *
 * @module
 */
import { BrokenExecutor, TimeoutError, WorkerLostError } from "../errors.ts";
import { gather } from "../gather.ts";
import {
  type Check,
  check,
  equal,
  errorOf,
  isA,
  numbers,
  thrownBy,
} from "./check.ts";

/** Checks of lost workers. */
export const lossChecks: readonly Check[] = [
  check("a worker that ends fails the job that it ran, and no other", {
    needs: ["crash"],
  }, async (executor, context) => {
    const log = context.newLog();
    const other = executor.submit("logged", [log, 0.1, "other"]);
    await context.until(log, "start other");
    const lost = executor.submit("crash", []);
    isA(await errorOf(lost), WorkerLostError);
    equal(await other, "other");
    const after = numbers(10).map((i) => executor.submit("double", [i]));
    equal(await gather(after), numbers(10).map((i) => 2 * i));
  }),
  check("what a lost worker had not begun runs elsewhere", {
    needs: ["crash", "run elsewhere"],
    with: { maxWorkers: 1 },
  }, async (executor) => {
    const lost = executor.submit("crash", []);
    const jobs = numbers(20).map((i) => executor.submit("double", [i]));
    isA(await errorOf(lost), WorkerLostError);
    equal(await gather(jobs), numbers(20).map((i) => 2 * i));
  }),
  check("each lost job has an error of its own", {
    needs: ["crash", "limits"],
    with: { maxWorkers: 1, concurrency: 3 },
  }, async (executor, context) => {
    const log = context.newLog();
    const jobs = [1, 2].map(() => executor.submit("cleanup", [log, 0]));
    await context.until(log, "start", 2);
    const crash = executor.submit("crash", []);
    const errors = await Promise.all([...jobs, crash].map(errorOf));
    for (const error of errors) isA(error, WorkerLostError);
    equal(new Set(errors).size, 3);
  }),
  check(
    "a stray rejection in a worker is no hang",
    { needs: ["crash"] },
    async (
      executor,
    ) => {
      const error = await errorOf(
        executor.submit("reject", [], { timeout: 3 }),
      );
      if (!(error instanceof TimeoutError)) isA(error, WorkerLostError);
      equal(await executor.submit("double", [4]), 8);
    },
  ),
  {
    name: "a module that cannot be loaded fails all jobs, and says why",
    needs: [],
    needsBroken: true,
    async run(context) {
      const executor = await context.makeBroken();
      const jobs = [1, 2].map((x) => executor.submit("double", [x]));
      for (const job of jobs) {
        const error = await errorOf(job);
        isA(error, BrokenExecutor);
        isA(error.cause, Error);
      }
      isA(thrownBy(() => executor.submit("double", [1])), BrokenExecutor);
      await executor.shutdown();
    },
  },
];
