/**
 * Cancelling many tasks, and parking them.
 *
 * @module
 */
import { bench } from "./_bench.ts";
import { cancelStorm } from "./workloads/cancel_storm.ts";
import { memory } from "./workloads/memory.ts";

await bench(cancelStorm, 1_000);
// The time to park and wake them: the memory they hold is in the table.
await bench(memory, 1_000);
