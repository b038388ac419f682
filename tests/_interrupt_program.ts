/**
 * The program of `runner_interrupt_test.ts`, in a process of its own: `tidy`, `stubborn`,
 * `done`, `lingering`, or one that never rests and perhaps goes on after the cancel:
 * `restless async`, `restless generator stubborn`.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { createTask, Queue, run, sleep } from "@asyncio/asyncio";

const [mode, style, temper] = Deno.args;

/** The host comes to write it, so it can hear a signal by then. */
function sayReady() {
  setTimeout(() => console.log("ready"), 0);
}

function cleanUp(error: unknown) {
  console.log("cleaning up");
  if (temper !== "stubborn") throw error;
}

function* restlessGenerator() {
  const queue = new Queue<number>();
  sayReady();
  for (;;) {
    try {
      yield* queue.put(1);
      yield* queue.get();
    } catch (error) {
      cleanUp(error);
    }
  }
}

async function restlessAsync() {
  const queue = new Queue<number>();
  sayReady();
  for (;;) {
    try {
      await queue.put(1);
      await queue.get();
    } catch (error) {
      cleanUp(error);
    }
  }
}

async function main() {
  createTask(function* () {
    try {
      yield* sleep(3600);
    } finally {
      yield* sleep(0.01);
      console.log("background cleaned up");
    }
  });
  try {
    await sleep(0.001);
    console.log("ready");
    if (mode === "done") return;
    await sleep(3600);
  } finally {
    console.log("cleaning up");
    if (mode === "stubborn") await sleep(3600);
    await sleep(0.01);
    console.log("main cleaned up");
  }
}

try {
  if (mode !== "restless") await run(main);
  else if (style === "async") await run(restlessAsync);
  else await run(restlessGenerator);
  console.log("run gave its result");
} catch (error) {
  console.log(`run threw ${(error as Error).name}`);
}
if (mode === "lingering") {
  setTimeout(() => {}, 3_600_000);
  console.log("lingering");
}
// Nothing more: the process must end by itself.
