/**
 * Checks of limits, order and shutdown, and of keys.
 *
 * @module
 */
import { CancelledError, QueueFull, RuntimeError } from "../errors.ts";
import { gather } from "../gather.ts";
import type { Job } from "../executor.ts";
import {
  type Check,
  check,
  equal,
  errorOf,
  isA,
  numbers,
  thrownBy,
} from "./check.ts";

// So many jobs do not pass by one that came before them.
const MOST_OTHERS = 200_000;

/** Checks of limits, order, shutdown and keys. */
export const poolChecks: readonly Check[] = [
  check("no more jobs run at once than there are workers", {
    needs: ["limits"],
    with: { maxWorkers: 2 },
  }, async (executor, context) => {
    const log = context.newLog();
    await gather(
      numbers(8).map((i) => executor.submit("logged", [log, 0.01, `${i}`])),
    );
    equal(mostAtOnce(await context.lines(log)) <= 2, true);
  }),
  check("no more jobs run at once in a worker than its concurrency", {
    needs: ["limits"],
    with: { maxWorkers: 1, concurrency: 3 },
  }, async (executor, context) => {
    const log = context.newLog();
    await gather(
      numbers(12).map((i) => executor.submit("logged", [log, 0.01, `${i}`])),
    );
    equal(mostAtOnce(await context.lines(log)), 3);
  }),
  check("one worker begins jobs in their order", {
    needs: ["limits"],
    with: { maxWorkers: 1 },
  }, async (executor, context) => {
    const log = context.newLog();
    await gather(
      numbers(10).map((i) => executor.submit("logged", [log, 0, `${i}`])),
    );
    equal(
      (await context.lines(log)).filter((line) => line.startsWith("start")),
      numbers(10).map((i) => `start ${i}`),
    );
  }),
  check("a full queue says so", {
    needs: ["limits"],
    with: { maxWorkers: 1, maxQueue: 3 },
  }, async (executor) => {
    const jobs: Job<unknown>[] = [];
    const error = thrownBy(() => {
      for (const i of numbers(20)) {
        jobs.push(executor.submit("slow", [0.001, i]));
      }
    });
    isA(error, QueueFull);
    equal(await gather(jobs), numbers(jobs.length));
    equal(await executor.submit("double", [1]), 2);
  }),
  check("a thousand jobs at once give each its own result", {}, async (
    executor,
  ) => {
    const results = await gather(
      numbers(1000).map((i) =>
        executor.submit(i % 2 ? "double" : "doubleGenerator", [i])
      ),
    );
    equal(results.every((result, i) => result === 2 * i), true);
  }),
  check(
    "jobs that go from one worker to the other and back all end",
    { needs: ["limits"], with: { maxWorkers: 2 } },
    async (executor) => {
      // One more than there are workers: whoever is idle takes it from the other.
      for (const _ of numbers(1_000)) {
        const jobs = numbers(3).map((i) => executor.submit("double", [i]));
        equal(await gather(jobs), [0, 2, 4]);
      }
    },
  ),
  check(
    "jobs that came to a worker behind a long one go to another that is busy",
    { needs: ["limits"], with: { maxWorkers: 2 } },
    async (executor, context) => {
      const log = context.newLog();
      // From now on each worker is known to be fast, and is given many at once.
      await gather(numbers(2_000).map((i) => executor.submit("echo", [i])));
      const behind: Job<unknown>[] = [];
      const submit = (i: number) => behind.push(executor.submit("echo", [i]));
      numbers(100).forEach(submit);
      const long = executor.submit("cleanup", [log, 0]);
      numbers(300).forEach(submit);
      let isOver = false;
      let others = 0;
      const more = () => {
        if (isOver || ++others > MOST_OTHERS) return;
        executor.submit("echo", [others]).addDoneCallback(more);
      };
      numbers(2_500).forEach(more);
      const all = gather(behind);
      all.addDoneCallback(() => isOver = true);
      await all;
      equal(others <= MOST_OTHERS, true);
      long.cancel();
      isA(await errorOf(long), CancelledError);
    },
  ),
  check(
    "shutdown() waits for what is left",
    { with: { maxWorkers: 1 } },
    async (
      executor,
    ) => {
      const jobs = ["a", "b"].map((x) => executor.submit("slow", [0.01, x]));
      await executor.shutdown();
      equal(jobs.map((job) => job.result()), ["a", "b"]);
      isA(thrownBy(() => executor.submit("double", [1])), RuntimeError);
      isA(thrownBy(() => executor.stream("count", [1])), RuntimeError);
      await executor.shutdown();
    },
  ),
  check("shutdown() with cancelFutures waits for the clean-up", {
    endsIt: true,
  }, async (
    executor,
    context,
  ) => {
    const log = context.newLog();
    const job = executor.submit("cleanup", [log, 0.01]);
    await context.until(log, "start");
    await executor.shutdown({ cancelFutures: true });
    equal(
      [job.cancelled(), await context.lines(log)],
      [true, ["start", "cleaning", "clean"]],
    );
  }),
  check(
    "who is cancelled while it waits for shutdown() stops no shutdown",
    { endsIt: true },
    async (
      executor,
    ) => {
      const job = executor.submit("slow", [0.02, "a"]);
      const waiting = executor.shutdown();
      waiting.cancel();
      isA(await errorOf(waiting), CancelledError);
      await executor.shutdown();
      equal(job.result(), "a");
    },
  ),
  check("the same key is the same job, also later", {
    needs: ["durable"],
  }, async (executor, context) => {
    const log = context.newLog();
    const submit = (name: string): Job<string> =>
      executor.submit("logged", [log, 0.02, name], { key: log });
    const [first, second] = await gather(submit("x"), submit("y"));
    equal([first, second, await submit("z")], ["x", "x", "x"]);
    equal(await context.lines(log), ["start x", "end x"]);
  }),
];

function mostAtOnce(lines: readonly string[]): number {
  let now = 0;
  let most = 0;
  for (const line of lines) {
    now += line.startsWith("start") ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}
