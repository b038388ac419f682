/**
 * Finds the event loop: the one that runs now, and the one that is set for a thread.
 *
 * Code that runs in a task asks {@linkcode getRunningLoop}; most needs no loop at all.
 *
 * ```ts
 * import { getRunningLoop, run } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * assert(await run(async () => getRunningLoop().isRunning()));
 * ```
 *
 * @module
 */
import { refusal } from "./_base/arguments.ts";
import { isInstance } from "./_base/repr.ts";
import { running } from "./_base/running.ts";
import { RuntimeError } from "./errors.ts";
import { isMainThread } from "./_host/environment.ts";
import { EventLoop, type EventLoopOptions } from "./loop.ts";
import { requireScheduler, runningScheduler } from "./_loop/scheduler.ts";

/**
 * Returns the loop whose task or callback runs now.
 *
 * @returns The loop.
 * @throws {RuntimeError} If none runs here.
 *
 * @example Schedule a callback
 * ```ts
 * import { getRunningLoop, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const calls: string[] = [];
 * await run(async () => {
 *   getRunningLoop().callSoon(() => calls.push("called"));
 *   await sleep(0);
 * });
 * assertEquals(calls, ["called"]);
 * ```
 */
export function getRunningLoop(): EventLoop {
  return requireScheduler() as EventLoop;
}

/**
 * Returns the running loop, else the current one. On the main thread it makes one the
 * first time and gives the same one after; in a worker it throws until
 * {@linkcode setEventLoop} was called.
 *
 * Differs from CPython 3.14, which never makes one.
 *
 * @returns The loop.
 * @throws {RuntimeError} If there is none.
 *
 * @example Always the same
 * ```ts
 * import { getEventLoop } from "@asyncio/asyncio";
 * import { assertStrictEquals } from "@std/assert";
 *
 * assertStrictEquals(getEventLoop(), getEventLoop());
 * ```
 */
export function getEventLoop(): EventLoop {
  const scheduler = runningScheduler();
  if (scheduler !== undefined) return scheduler as EventLoop;
  if (running.currentLoop === undefined && isMainThread()) {
    running.currentLoop = new EventLoop();
  }
  if (running.currentLoop instanceof EventLoop) return running.currentLoop;
  throw new RuntimeError(
    "There is no current event loop in this thread: call setEventLoop(newEventLoop()) first",
  );
}

/**
 * Makes `loop` the one that {@linkcode getEventLoop} gives on this thread.
 *
 * @param loop The loop; `undefined` for none.
 * @throws {TypeError} If it is neither.
 *
 * @example Set up a worker
 * ```ts
 * import { getEventLoop, newEventLoop, setEventLoop } from "@asyncio/asyncio";
 * import { assertStrictEquals } from "@std/assert";
 *
 * const loop = newEventLoop();
 * setEventLoop(loop);
 * assertStrictEquals(getEventLoop(), loop);
 * loop.close();
 * ```
 */
export function setEventLoop(loop: EventLoop | undefined): void {
  if (loop !== undefined && !isInstance(loop, EventLoop)) {
    throw new TypeError(
      refusal("set the event loop", "loop", "an event loop or undefined", loop),
    );
  }
  // null: unset on purpose, so that none is made by itself.
  running.currentLoop = loop ?? null;
}

/**
 * Makes a loop.
 *
 * @param options The clock, and whether debug mode is on.
 * @returns The loop.
 * @throws {TypeError} If an option is of the wrong kind.
 * @throws {RangeError} If a time is NaN.
 *
 * @example Use it and close it
 * ```ts
 * import { newEventLoop } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * const loop = newEventLoop();
 * loop.close();
 * assert(loop.isClosed());
 * ```
 */
export function newEventLoop(options?: EventLoopOptions): EventLoop {
  return new EventLoop(options);
}
