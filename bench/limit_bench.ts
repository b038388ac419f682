/**
 * A few jobs at a time.
 *
 * @module
 */
import { bench } from "./_bench.ts";
import { limit } from "./workloads/limit.ts";
import { semaphore } from "./workloads/semaphore.ts";

await bench(limit, 10_000);
await bench(semaphore, 1_000);
