/**
 * A program that waits at the end of a chain of 100,000 tasks, of which each waits for the one before:
 * `generator` or `async`. It says how many have cleaned up, and lets the error of Ctrl-C
 * out.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { createTask, run, sleep, type Task } from "@asyncio/asyncio";

const DEEP = 100_000;
const [style] = Deno.args;
let ended = 0;

function* generatorLink(below: Task<void>) {
  try {
    yield* below;
  } finally {
    yield* sleep(0);
    ended++;
  }
}

async function asyncLink(below: Task<void>) {
  try {
    await below;
  } finally {
    await sleep(0);
    ended++;
  }
}

try {
  await run(async () => {
    let last: Task<void> = createTask(sleep(3600));
    for (let i = 0; i < DEEP; i++) {
      const below: Task<void> = last;
      last = style === "async"
        ? createTask(() => asyncLink(below))
        : createTask(() => generatorLink(below));
    }
    await sleep(0);
    setTimeout(() => console.log("ready"), 0);
    await last;
  });
} finally {
  console.log(`${ended} cleaned up`);
}
