/**
 * What was begun early with a signal, and rejects with an AbortError of another realm when the
 * task is cancelled: the host must not end the program for it.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import vm from "node:vm";
import { createTask, run, sleep, taskSignal, wait } from "../mod.ts";

const abortError = vm.runInNewContext(
  `(cause) => Object.assign(new Error("Aborted", { cause }), { name: "AbortError" })`,
) as (cause: unknown) => Error;

/** Stands for an API of Node, in a test runner that gives each file globals of its own. */
function call(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(abortError(signal.reason)))
  );
}

await run(async () => {
  const task = createTask(async () => {
    const early = call(taskSignal());
    await sleep(3600);
    await early;
  });
  await sleep(0.001);
  task.cancel();
  await wait([task]);
  await sleep(0.01);
  console.log("cancelled", task.cancelled());
});
