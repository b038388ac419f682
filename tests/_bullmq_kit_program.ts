/**
 * Runs the kit over BullMQ on a host, and prints what fails:
 * `_bullmq_kit_program.ts inline 6379 folder`, where the folder has BullMQ in its
 * `node_modules`.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { createRequire } from "node:module";
import process from "node:process";
import type { Bullmq } from "../bullmq.ts";
import { checks } from "../executor_testing.ts";
import { run } from "../mod.ts";
import { contextOf, type Kind } from "./_bullmq_kit.ts";

const [kind, port, folder] = process.argv.slice(2);
const bullmq = createRequire(`${folder}/program.js`)("bullmq") as Bullmq;
const connection = { host: "127.0.0.1", port: Number(port) };
const context = contextOf(kind as Kind, bullmq, connection, true);
let failed = 0;
let passed = 0;
// One run, as who serves the queue ends with it.
await run(async () => {
  for (const check of checks) {
    if (!context.can(check)) continue;
    try {
      await check.run(context);
      passed++;
    } catch (error) {
      failed++;
      console.log(`${check.name}: ${(error as Error).stack}`);
    }
  }
  await context.shutdown();
});
context[Symbol.dispose]();
console.log(failed === 0 ? `${passed > 40} all passed` : `${failed} failed`);
