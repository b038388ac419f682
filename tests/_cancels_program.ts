/**
 * What cancels do to async functions, on the host that it is run by: those that main leaves
 * behind, those that go on in one turn with who gets the cancel, and random ones.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import { createTask, run, sleep, wait } from "../mod.ts";
import { afterTurns } from "./_cancel_ways.ts";
import { FORGOTTEN } from "./_forgotten_cases.ts";
import { sweepSeeds } from "./_random_cancels.ts";

const PROGRAMS = 40;

for (const { name, check } of FORGOTTEN) {
  const wrong = await check();
  if (wrong !== "") console.log(`${name}: ${wrong}`);
}

/** A helper gets a cancel in the turn in which the loop settles what its function waits for. */
async function sameTurn(turns: number, isFirst: boolean): Promise<string> {
  const log: string[] = [];
  await run(async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const task = createTask(async () => {
      void (async () => {
        try {
          await sleep(60);
        } finally {
          await null;
          await sleep(0);
          log.push("helper");
        }
      })();
      await promise;
      log.push("on");
      await sleep(0.01);
      log.push("lost");
    });
    await sleep(0);
    await sleep(0);
    if (isFirst) task.cancel();
    afterTurns(turns, resolve);
    if (!isFirst) task.cancel();
    await wait([task]);
  });
  return log.sort().join(" ");
}

for (const turns of [0, 1, 2, 3]) {
  for (const isFirst of [true, false]) {
    const log = await sameTurn(turns, isFirst);
    if (log !== "helper on") console.log(`${turns} ${isFirst}: ${log}`);
  }
}
const failure = await sweepSeeds(0, PROGRAMS);
if (failure !== undefined) console.log(failure);
console.log("end");
