/**
 * Clean-ups of async functions, where something else stands in the place of `Promise`. Prints
 * a line for each that is cancelled twice.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import "./_replaced_promise.ts";
import { run, sleep } from "../mod.ts";
import { byGroup, byTask, byTimeout } from "./_cancel_ways.ts";

async function deep(calls: number): Promise<void> {
  if (calls > 0) await deep(calls - 1);
  else await sleep(60);
}

for (const by of [byTask, byTimeout, byGroup]) {
  for (const calls of [0, 1, 2, 3, 5]) {
    await run(async () => {
      const [work, cancel] = by(async () => {
        try {
          await deep(calls);
        } finally {
          await sleep(0).catch(() => console.log(`${by.name} ${calls}: twice`));
        }
      });
      await sleep(0.001);
      cancel();
      await Promise.allSettled([work]);
    });
  }
}
console.log("end");
