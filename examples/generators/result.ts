/**
 * `../result.ts` with generators: a return value by `task.result()`.
 *
 * `deno run examples/generators/result.ts`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  type Coro,
  createTask,
  InvalidStateError,
  run,
  sleep,
} from "@asyncio/asyncio";

export function* returnData(): Coro<string> {
  yield* sleep(1);
  return "to be or not to be";
}

export function* main(): Coro<void> {
  const task = createTask(returnData());
  try {
    console.log("返回值:", task.result());
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    console.log(`${error.name}, done: ${task.done()}`);
  }
  yield* sleep(2);
  console.log("返回值:", task.result());
}

if (import.meta.main) await run(main);
