/**
 * Graceful shutdown: `closing()` says that the run is to end, `onClosing()` what
 * is to stop first.
 *
 * `run(main, { signals: ["SIGINT", "SIGTERM"], grace: 10 })` has two phases. At the first
 * signal services are asked to stop, and nothing is cancelled. When the grace is over, or
 * at the second signal, everything is cancelled and cleans up.
 *
 * ```ts ignore
 * import { closing, onClosing, run } from "@asyncio/asyncio";
 *
 * async function main() {
 *   const server = Deno.serve(() => new Response("hello"));
 *   onClosing("http", () => server.shutdown());
 *   await closing();
 * }
 *
 * await run(main, {
 *   signals: ["SIGINT", "SIGTERM"],
 *   grace: 10,
 *   onShutdown: (report) => console.log(`${report}`),
 * });
 * ```
 *
 * A wait for a signal keeps no process alive, as no listener of the host does: what the
 * program is there for does, such as a server.
 *
 * @module
 */
import { check, FUNCTION, STRING } from "./_base/arguments.ts";
import { refuseAsyncGenerator } from "./_coroutine/coroutine.ts";
import { RuntimeError } from "./errors.ts";
import type { Future } from "./future.ts";
import type { SignalName } from "./_host/signals.ts";
import type { EventLoop } from "./loop.ts";
import { runningScheduler } from "./_loop/scheduler.ts";
import type { StopService } from "./_run/services.ts";
import { type Shutdown, shutdownOf } from "./_run/shutdown.ts";

export type { SignalName } from "./_host/signals.ts";
export type { StopService } from "./_run/services.ts";
export type {
  ProcessEnd,
  ServiceEnd,
  ShutdownReport,
  TaskEnd,
} from "./_run/shutdown_report.ts";

/**
 * Returns a future that is done when a signal asks the run to end; its result is the
 * signal's name. Each call makes one, so that a wait for it may be cancelled.
 *
 * Not in CPython.
 *
 * @returns The future.
 * @throws {RuntimeError} If no loop is running.
 *
 * @example Work that ends between two pieces
 * ```ts
 * import { closing, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const pieces = ["a", "b", "c"];
 *
 * async function main() {
 *   const end = closing();
 *   while (!end.done() && pieces.length > 0) {
 *     await sleep(0.001);
 *     pieces.pop();
 *   }
 * }
 *
 * await run(main, { signals: ["SIGTERM"], grace: 10 });
 * assertEquals(pieces, []);
 * ```
 */
export function closing(): Future<SignalName> {
  return runningShutdown("wait for the end of the run").closing();
}

/**
 * Registers what is asked to stop when a signal asks the run to end, such as a server. It
 * has the grace to do so; what it returns is waited for.
 *
 * If the run is ending already, it is asked at once. An error of it is reported.
 *
 * Not in CPython.
 *
 * @param name What it is, for the report.
 * @param stop Asks it to take no more; returns a promise, coroutine or generator of its end.
 * @returns Takes the registration back: at the end of a `using` block, or by hand.
 * @throws {RuntimeError} If no loop is running.
 * @throws {TypeError} If `name` is no string, or `stop` no function or an
 * `async function*`.
 *
 * @example Stop a consumer
 * ```ts
 * import { onClosing, Queue, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * async function main() {
 *   const jobs = new Queue<string>();
 *   // At a signal nobody puts jobs in any more, and those that are in are done.
 *   using _ = onClosing("jobs", () => jobs.shutdown());
 *   await jobs.put("one");
 *   return await jobs.get();
 * }
 *
 * assertEquals(await run(main, { signals: ["SIGTERM"], grace: 10 }), "one");
 * ```
 */
export function onClosing(name: string, stop: StopService): Disposable {
  check("register a service", "name", name, STRING);
  check("register a service", "stop", stop, FUNCTION);
  refuseAsyncGenerator(stop, "register a service");
  const remove = runningShutdown("register a service").addService(name, stop);
  return { [Symbol.dispose]: remove };
}

function runningShutdown(action: string): Shutdown {
  const loop = runningScheduler() as EventLoop | undefined;
  if (loop !== undefined) return shutdownOf(loop);
  throw new RuntimeError(
    `Cannot ${action}: no event loop is running, call it in run()`,
  );
}
