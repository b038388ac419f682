/**
 * Handing values from task to task.
 *
 * @module
 */
import { bench } from "./_bench.ts";
import { pingPong } from "./workloads/ping_pong.ts";
import { queuePingPong } from "./workloads/queue_ping_pong.ts";
import { queueStream, queueStream10 } from "./workloads/queue_stream.ts";

await bench(pingPong, 1_000);
await bench(queuePingPong, 1_000);
await bench(queueStream, 10_000);
await bench(queueStream10, 10_000);
