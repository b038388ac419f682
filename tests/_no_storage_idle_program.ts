/**
 * What the host calls while loops are idle, or when a run has ended, belongs to no task, on a
 * host without async storage. Prints a line for each that went wrong.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import "./_no_storage.ts";
import {
  type Coro,
  createTask,
  currentTask,
  EventLoop,
  type Future,
  getRunningLoop,
  run,
  sleep,
} from "../mod.ts";

function* waitIn(seconds: number): Coro<string> {
  yield* sleep(seconds);
  return "waited";
}

/** Lets the host have some turns. */
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Says what code that belongs to no task sees. */
async function look(name: string, loop: EventLoop): Promise<void> {
  const task = currentTask(loop);
  if (task !== undefined) console.log(`${name}: ${task} is the current one`);
  const other = loop.createTask(() => waitIn(0));
  const awaited = await other.catch(String);
  if (awaited !== "waited") console.log(`${name}, its task: ${awaited}`);
  const ran = await run(() => sleep(0, "ran")).catch(String);
  if (ran !== "ran") console.log(`${name}, run(): ${ran}`);
}

const MAINS = {
  "a function that gives a generator": (end: Future<void>) => () =>
    function* (): Coro<void> {
      yield* end;
    }(),
  "a generator function": (end: Future<void>) =>
    function* (): Coro<void> {
      yield* createTask(async () => await end);
    },
  "an async function": (end: Future<void>) => async () => await end,
};

for (const [name, make] of Object.entries(MAINS)) {
  const started = Promise.withResolvers<EventLoop>();
  let stop!: () => void;
  const ended = run(() => {
    const loop = getRunningLoop();
    const end = loop.createFuture<void>();
    stop = () => end.setResult();
    started.resolve(loop);
    return make(end)() as Coro<void>;
  });
  const loop = await started.promise;
  await turns();
  await look(`while ${name} waits`, loop);
  await run(() => waitIn(0));
  await look(`beside ${name}, after another run`, loop);
  stop();
  await ended;
}

using loop = new EventLoop();
await loop.runUntilComplete(waitIn(0));
await loop.runUntilComplete(() => waitIn(0));
if (currentTask(loop) !== undefined) console.log("a task is left");

console.log("end");
Deno.exit();
