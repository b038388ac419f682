/**
 * The program of `runner_signals_test.ts` that has handlers of its end; it asks for a Ctrl-C.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import process from "node:process";
import { run, sleep } from "../mod.ts";

process.on("exit", (code) => console.log(`exit ${code}`));

await run(async () => {
  try {
    setTimeout(() => console.log("kill SIGINT"), 0);
    await sleep(60);
  } finally {
    console.log("cleaned up");
  }
});
