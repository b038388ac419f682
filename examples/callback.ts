/**
 * A return value by callback.
 *
 * `deno run examples/callback.ts [generators]`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { type Coro, type Future, getEventLoop, sleep } from "@asyncio/asyncio";

export function callback(future: Future<string>) {
  console.log("返回值:", future.result());
}

export async function returnData() {
  await sleep(1);
  return "to be or not to be";
}

export async function main(loop = getEventLoop()) {
  const task = loop.createTask(returnData);
  task.addDoneCallback(callback);
  await loop.runUntilComplete(task);
  loop.close();
}

/** The same with generators. */
export const generators = {
  *returnData(): Coro<string> {
    yield* sleep(1);
    return "to be or not to be";
  },

  async main(loop = getEventLoop()) {
    const task = loop.createTask(generators.returnData());
    task.addDoneCallback(callback);
    await loop.runUntilComplete(task);
    loop.close();
  },
};

if (import.meta.main) {
  await (Deno.args[0] === "generators" ? generators.main() : main());
}
