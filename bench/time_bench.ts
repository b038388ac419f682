/**
 * Timers, timeouts and sleep.
 *
 * @module
 */
import { bench } from "./_bench.ts";
import { sleepers } from "./workloads/sleepers.ts";
import { timeoutGuard } from "./workloads/timeout_guard.ts";
import { timers } from "./workloads/timers.ts";

await bench(timers, 1_000);
await bench(timeoutGuard, 1_000);
// An iteration takes a second whoever runs it: their CPU time is in the table.
await bench(sleepers, 1_000, { n: 2, warmup: 1 });
