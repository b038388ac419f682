/**
 * Reads standard input, at which nothing comes, until a timeout: `stdin_test.ts` runs it on
 * every host.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- what it prints is what the test looks at
import process from "node:process";
import { getRunningLoop, iterate, run, StreamReader, timeout } from "../mod.ts";

const LOOPS: Readonly<Record<string, () => AsyncIterable<unknown>>> = {
  iterate: () => iterate(process.stdin),
  lines: () => StreamReader.from(process.stdin).lines(),
};

await run(async () => {
  getRunningLoop().setExceptionHandler((_loop, { message }) =>
    console.log(`report: ${message}`)
  );
  try {
    await timeout(0.05, async () => {
      for await (const _ of LOOPS[process.argv[2]!]!());
    });
  } catch (error) {
    console.log((error as Error).name);
  }
});
console.log("ended");
// A read of standard input that is under way keeps Deno alive.
process.exit();
