/**
 * Python's asyncio for TypeScript: tasks that can be cancelled and always clean up,
 * timeouts and task groups that leave nothing running, one deterministic order, and a
 * clock that tests can move.
 *
 * ```ts
 * import { gather, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * async function do1() {
 *   await sleep(0.001);
 *   return "do1";
 * }
 *
 * async function do3() {
 *   await sleep(0.003);
 *   return "do3";
 * }
 *
 * assertEquals(await run(() => gather(do1, do3)), ["do1", "do3"]);
 * ```
 *
 * @module
 */
export * from "./as_completed.ts";
export * from "./barrier.ts";
export * from "./call_graph.ts";
export * from "./clock.ts";
export * from "./condition.ts";
export * from "./context.ts";
export * from "./coroutine.ts";
export * from "./create_task.ts";
export * from "./current_task.ts";
export * from "./eager_tasks.ts";
export * from "./ensure.ts";
export * from "./errors.ts";
export * from "./event.ts";
export * from "./events.ts";
export * from "./every.ts";
export * from "./from_signal.ts";
export * from "./future.ts";
export * from "./gather.ts";
export * from "./handle.ts";
export * from "./handle_requests.ts";
export * from "./interruptible.ts";
export * from "./iterate.ts";
export * from "./lock.ts";
export * from "./loop.ts";
export * from "./map_concurrent.ts";
export * from "./queue.ts";
export * from "./race.ts";
export * from "./run_process.ts";
export * from "./runner.ts";
export * from "./running_loop.ts";
export * from "./semaphore.ts";
export * from "./server.ts";
export * from "./shield.ts";
export * from "./shutdown.ts";
export * from "./sleep.ts";
export * from "./staggered.ts";
export * from "./stream_reader.ts";
export * from "./stream_writer.ts";
export * from "./streams.ts";
export * from "./subprocess.ts";
export * from "./task.ts";
export * from "./task_group.ts";
export * from "./task_signal.ts";
export * from "./task_tree.ts";
export * from "./timeout.ts";
export * from "./wait.ts";
export * from "./wait_for.ts";
