/**
 * The four ways in which Python has written coroutines, each of which works here.
 *
 * `deno run examples/history.ts`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  coroutine,
  createTask,
  newEventLoop,
  run,
  sleep,
} from "@asyncio/asyncio";

// Python 2: a generator, driven by hand with yield and send.
export function* python2(): Generator<string, string, string> {
  const answer = yield "a question";
  return `python2 got ${answer}`;
}

// Python 3.4: asyncio.coroutine and yield from.
export const python34 = coroutine(function* (name: string) {
  yield* sleep(1);
  return `${name}: coroutine() and yield*`;
});

// Python 3.5: async and await, and a loop to run it.
export async function python35() {
  await sleep(1);
  return "python35: async and await";
}

// Python 3.7: create_task and run.
export async function python37() {
  const task = createTask(python35);
  return `python37: createTask() and run(), over ${await task}`;
}

export async function main(makeLoop = newEventLoop) {
  const generator = python2();
  generator.next();
  console.log(generator.next("an answer").value);

  using loop = makeLoop();
  console.log(await loop.runUntilComplete(python34("python34")));
  console.log(await loop.runUntilComplete(python35));

  console.log(await run(python37, { loopFactory: makeLoop }));
}

if (import.meta.main) await main();
