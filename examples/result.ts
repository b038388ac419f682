/**
 * A return value by `task.result()`: it does not wait, so asked too early it throws.
 *
 * `deno run examples/result.ts [generators]`
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

export async function returnData() {
  await sleep(1);
  return "to be or not to be";
}

export async function main() {
  const task = createTask(returnData);
  try {
    console.log("返回值:", task.result());
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    console.log(`${error.name}, done: ${task.done()}`);
  }
  await sleep(2);
  console.log("返回值:", task.result());
}

/** The same with generators. */
export const generators = {
  *returnData(): Coro<string> {
    yield* sleep(1);
    return "to be or not to be";
  },

  *main(): Coro<void> {
    const task = createTask(generators.returnData());
    try {
      console.log("返回值:", task.result());
    } catch (error) {
      if (!(error instanceof InvalidStateError)) throw error;
      console.log(`${error.name}, done: ${task.done()}`);
    }
    yield* sleep(2);
    console.log("返回值:", task.result());
  },
};

if (import.meta.main) {
  await run(Deno.args[0] === "generators" ? generators.main : main);
}
