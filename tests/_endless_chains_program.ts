/**
 * The program of `give_way_test.ts`, in a process of its own: sends itself a Ctrl-C in each
 * of the endless chains, and prints the names of those that it has ended.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import process from "node:process";
import { KeyboardInterrupt, run } from "@asyncio/asyncio";
import { CHAINS } from "./_endless_chains.ts";

for (const [name, begin] of CHAINS) {
  // The run listens since before the host has its first turn.
  setTimeout(() => process.kill(process.pid, "SIGINT"), 0);
  try {
    await run(begin);
  } catch (error) {
    if (!(error instanceof KeyboardInterrupt)) throw error;
    console.log(name);
  }
}
