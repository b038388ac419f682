/**
 * Deep calls.
 *
 * @module
 */
import { bench } from "./_bench.ts";
import { deepCall } from "./workloads/deep_call.ts";
import { deepWait } from "./workloads/deep_wait.ts";

await bench(deepCall, 10_000);
await bench(deepWait, 10_000);
