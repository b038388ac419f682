/**
 * Whether the error of a timeout begins with the frame of its caller, on any host. Prints a
 * line for each error.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import { type Coro, createTask, run, sleep, timeout } from "../mod.ts";

async function inAsync(): Promise<void> {
  await sleep(0.001);
  await timeout(0.001, async () => await sleep(9));
}

function* inGenerator(): Coro<void> {
  yield* sleep(0.001);
  yield* timeout(0.001, () => sleep(9));
}

function* inGeneratorByTask(): Coro<void> {
  yield* createTask(timeout(0.001, () => sleep(9)));
}

async function inRun(): Promise<void> {
  await run(() => timeout(0.001, () => sleep(9)));
}

async function show(caller: () => unknown, debug?: boolean): Promise<void> {
  try {
    if (debug === undefined) await caller();
    else await run(caller as () => Promise<void>, { debug });
  } catch (error) {
    const [message, place] = (error as Error).stack!.split("\n    at ");
    const name = /\bin[A-Z]\w*/.exec(place ?? "")?.[0];
    console.log(`${caller.name} debug=${debug}: ${name}`);
    if (!debug) console.log(message);
  }
}

for (const debug of [false, true]) {
  await show(inAsync, debug);
  await show(inGenerator, debug);
}
await show(inGeneratorByTask, false);
await show(inRun);
