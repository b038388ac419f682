/**
 * Every workload, in the table's order.
 *
 * @module
 */
import type { Workload } from "../_workload.ts";
import { cancelStorm } from "./cancel_storm.ts";
import { deepCall } from "./deep_call.ts";
import { deepWait } from "./deep_wait.ts";
import { limit } from "./limit.ts";
import { memory } from "./memory.ts";
import { pingPong } from "./ping_pong.ts";
import { queuePingPong } from "./queue_ping_pong.ts";
import { queueStream, queueStream10 } from "./queue_stream.ts";
import { semaphore } from "./semaphore.ts";
import { sleepers } from "./sleepers.ts";
import { spawn } from "./spawn.ts";
import { spawnWait } from "./spawn_wait.ts";
import { switchMany, switchOne, switchTasks } from "./switch.ts";
import { timeoutGuard } from "./timeout_guard.ts";
import { timers } from "./timers.ts";

/** The workloads of the table. */
export const workloads: readonly Workload[] = [
  spawn,
  spawnWait,
  switchOne,
  switchMany,
  pingPong,
  queuePingPong,
  deepCall,
  deepWait,
  sleepers,
  queueStream,
  queueStream10,
  limit,
  semaphore,
  cancelStorm,
  timers,
  timeoutGuard,
  memory,
];

/** The workloads of the scale run, whose count is a number of tasks. */
export const scaleWorkloads: readonly Workload[] = [
  spawn,
  spawnWait,
  switchTasks,
  sleepers,
  cancelStorm,
];
