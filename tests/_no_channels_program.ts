/**
 * A host that has neither `setImmediate` nor `MessageChannel`, as jsdom in jest: they are
 * taken away before the library is loaded.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
for (const name of ["setImmediate", "MessageChannel"]) {
  Object.defineProperty(globalThis, name, { value: undefined });
}
const { createTask, run, sleep, timeout, TimeoutError, VirtualClock } =
  await import("../mod.ts");
const { EventLoop } = await import("../loop.ts");

/** Waits for timers of the host while a task never rests. */
async function main(): Promise<void> {
  const busy = createTask(async () => {
    for (;;) await sleep(0);
  });
  await new Promise((resolve) => setTimeout(resolve, 1));
  busy.cancel();
  console.log("the host had its turn");
  try {
    await timeout(0.01, async () => await sleep(60));
  } catch (error) {
    console.log(error instanceof TimeoutError);
  }
}

await run(main);
await run(main, {
  loopFactory: () => new EventLoop({ clock: new VirtualClock() }),
});
console.log("end");
