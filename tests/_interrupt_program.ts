/**
 * The program of `runner_interrupt_test.ts`, in a process of its own: `tidy`, `stubborn`,
 * `done` or `lingering`.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { createTask, run, sleep } from "@asyncio/asyncio";

const [mode] = Deno.args;

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
    await sleep(0);
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
  await run(main);
  console.log("run gave its result");
} catch (error) {
  console.log(`run threw ${(error as Error).name}`);
}
if (mode === "lingering") {
  setTimeout(() => {}, 3_600_000);
  console.log("lingering");
}
// Nothing more: the process must end by itself.
