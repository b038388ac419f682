/**
 * Growth of errors that nobody has fetched yet: see `_growth.ts`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { createTask, getRunningLoop, run, wait } from "@asyncio/asyncio";
import { cpuSeconds, inLoop, linear } from "./_growth.ts";

// One for all: to make each is more than what is measured.
const error = new Error("failed");

for (const last of [false, true]) {
  linear(
    `an error that is fetched, the ${last ? "newest" : "oldest"} first`,
    (n) =>
      inLoop(async () => {
        const tasks = Array.from({ length: n }, () =>
          // deno-lint-ignore require-yield
          createTask(function* () {
            throw error;
          }));
        await wait(tasks);
        if (last) tasks.reverse();
        const start = cpuSeconds();
        for (const task of tasks) task.exception();
        return cpuSeconds() - start;
      }),
  );
}

Deno.test("errors are told in the order of their tasks, but for those that are fetched", async () => {
  const told: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_, { exception }) => {
      told.push(exception);
    });
    const tasks = Array.from(
      { length: 6 },
      (_, i) => createTask(() => Promise.reject(i)),
    );
    await wait(tasks);
    // The oldest, one in the middle, and the newest: each leaves the others in order.
    for (const i of [0, 3, 1, 5]) assertEquals(tasks[i]!.exception(), i);
    const late = createTask(() => Promise.reject("late"));
    await wait([late]);
  });
  assertEquals(told, [2, 4, "late"]);
});
