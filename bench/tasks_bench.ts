/**
 * Making tasks, and giving way.
 *
 * @module
 */
import { bench } from "./_bench.ts";
import { spawn } from "./workloads/spawn.ts";
import { spawnWait } from "./workloads/spawn_wait.ts";
import { switchMany, switchOne } from "./workloads/switch.ts";

await bench(spawn, 1_000);
await bench(spawnWait, 1_000);
await bench(switchOne, 10_000);
await bench(switchMany, 10_000);
