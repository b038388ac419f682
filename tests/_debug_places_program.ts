/**
 * Where debug mode says that things were made, on any host: a line for each frame.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import {
  createTask,
  Future,
  getRunningLoop,
  run,
  sleep,
  timeout,
} from "../mod.ts";

function note(what: string, stack: unknown): void {
  console.log(what);
  for (const frame of String(stack).split("\n")) {
    const place = /[^\s()]+:\d+:\d+/.exec(frame)?.[0];
    if (place === undefined) continue;
    // Its frames, and what else there may be but those of the host.
    const isOurs = place.includes("_debug_places_program.ts");
    console.log(isOurs ? "a frame of the program" : frame.trim());
  }
}

function makeTask(): unknown {
  return createTask(async function work() {
    await sleep(0);
  });
}

async function main(): Promise<void> {
  const loop = getRunningLoop();
  // A busy machine makes anything slow.
  loop.slowCallbackDuration = Infinity;
  loop.setExceptionHandler((_loop, context) =>
    note(context.message, context.sourceTraceback)
  );
  note("a task", makeTask());
  note("a future", new Future());
  const failing = function fail(): void {
    throw new Error("fails");
  };
  note("a timer", loop.callLater(0.001, failing));
  await sleep(0.01);
  await timeout(0.001, async () => await sleep(9)).catch((error) => {
    note("a timeout", (error as Error).stack?.replace(/^.*\n/, ""));
  });
}

await run(main, { debug: true });
