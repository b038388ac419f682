/**
 * Call graphs: which coroutines a task stands in, what waits for it, what waits for those,
 * and so on up. `formatTaskTree()` shows a whole loop from above.
 *
 * Nothing is recorded for them: they are read off the waits when somebody asks.
 * JavaScript shows no frames, so a call stack holds the names of coroutines.
 *
 * ```ts
 * import { createTask, formatCallGraph, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const text = await run(function* main() {
 *   const worker = createTask(() => sleep(3600), { name: "worker" });
 *   const boss = createTask(() => worker, { name: "boss" });
 *   yield* sleep(0.001);
 *   const text = formatCallGraph(worker);
 *   boss.cancel();
 *   return text;
 * });
 * assertEquals(
 *   text.split("\n").map((line) => line.trim()).filter((line) => line.startsWith("*")),
 *   ['* Task(name="worker")', '* Task(name="boss")'],
 * );
 * ```
 *
 * @module
 */
import { type Future, isFuture } from "./future.ts";
import { print } from "./_loop/report.ts";
import { describeCall, describeKind } from "./_base/repr.ts";
import { running } from "./_base/running.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import { currentTask } from "./current_task.ts";
import { Task } from "./task.ts";

/** One coroutine of a call stack. */
export interface FrameCallGraphEntry {
  /** The name of the coroutine. */
  readonly name: string;
}

/** A future or task, and what waits for it. */
export interface FutureCallGraph {
  /** The future or task. */
  readonly future: Future<unknown>;
  /** The coroutines that a task stands in, the innermost first; none for a future. */
  readonly callStack: readonly FrameCallGraphEntry[];
  /** The tasks that wait for it; a task that stands in the graph before has none here. */
  readonly awaitedBy: readonly FutureCallGraph[];
}

/** Options of {@linkcode captureCallGraph} and {@linkcode formatCallGraph}. */
export interface CallGraphOptions {
  /**
   * How many coroutines of each stack to keep: the innermost ones, with a negative number
   * the outermost ones.
   *
   * @default {all}
   */
  readonly limit?: number;
}

/** Options of {@linkcode printCallGraph}. */
export interface PrintCallGraphOptions extends CallGraphOptions {
  /**
   * Takes the text.
   *
   * @default {stderr, by way of the console}
   */
  readonly write?: (text: string) => void;
}

/**
 * Returns the call graph of a future or task.
 *
 * @param future The future or task; the running task if it is left out.
 * @param options How much of each stack to keep.
 * @returns The graph, or `undefined` if there is no task.
 * @throws {RuntimeError} If no future is given and no loop is running.
 * @throws {TypeError} If `future` is none.
 *
 * @example See what waits
 * ```ts
 * import { captureCallGraph, createTask, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   const task = createTask(async () => {
 *     await sleep(0.001);
 *     return captureCallGraph()?.awaitedBy.length;
 *   });
 *   assertEquals(await task, 1);
 * });
 * ```
 */
export function captureCallGraph(
  future?: Future<unknown>,
  options: CallGraphOptions = {},
): FutureCallGraph | undefined {
  const root = future ?? currentTask(requireScheduler());
  if (root === undefined) return undefined;
  if (!isFuture(root)) {
    throw new TypeError(
      `Cannot capture a call graph: a future was expected, got ${
        describeKind(root)
      }`,
    );
  }
  return graphOf(root, options.limit, new Set());
}

/**
 * Returns the call graph of a future or task as text.
 *
 * @param future The future or task; the running task if it is left out.
 * @param options How much of each stack to keep.
 * @returns The text; empty if there is no task.
 * @throws {RuntimeError} If no future is given and no loop is running.
 * @throws {TypeError} If `future` is none.
 *
 * @example Format the running task's
 * ```ts
 * import { currentTask, formatCallGraph, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const text = await run(async function main() {
 *   currentTask()?.setName("Main");
 *   return formatCallGraph();
 * });
 * assertEquals(text, '* Task(name="Main")\n  + Call stack:\n  |   main()');
 * ```
 */
export function formatCallGraph(
  future?: Future<unknown>,
  options: CallGraphOptions = {},
): string {
  const graph = captureCallGraph(future, options);
  return graph === undefined
    ? ""
    : formatGraph(graph, "", new Set()).join("\n");
}

/**
 * Prints the call graph of a future or task.
 *
 * @param future The future or task; the running task if it is left out.
 * @param options How much of each stack to keep, and where to print.
 * @throws {RuntimeError} If no future is given and no loop is running.
 * @throws {TypeError} If `future` is none.
 *
 * @example Print into an array
 * ```ts
 * import { printCallGraph, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const texts: string[] = [];
 * await run(async () => printCallGraph(undefined, { write: (text) => texts.push(text) }));
 * assertEquals(texts.length, 1);
 * ```
 */
export function printCallGraph(
  future?: Future<unknown>,
  options: PrintCallGraphOptions = {},
): void {
  (options.write ?? print)(formatCallGraph(future, options));
}

/**
 * Says that `waiter` waits for `future` by means that the library does not know, for call
 * graphs. Does nothing if one of them is no future.
 *
 * @param future What is waited for.
 * @param waiter Who waits.
 *
 * @example For a primitive of your own
 * ```ts
 * import {
 *   captureCallGraph,
 *   currentTask,
 *   Future,
 *   futureAddToAwaitedBy,
 *   futureDiscardFromAwaitedBy,
 *   run,
 * } from "@asyncio/asyncio";
 * import { assertStrictEquals } from "@std/assert";
 *
 * await run(async () => {
 *   const future = new Future<void>();
 *   const task = currentTask()!;
 *   futureAddToAwaitedBy(future, task);
 *   assertStrictEquals(captureCallGraph(future)?.awaitedBy[0]?.future, task);
 *   futureDiscardFromAwaitedBy(future, task);
 * });
 * ```
 */
export function futureAddToAwaitedBy(
  future: Future<unknown>,
  waiter: Future<unknown>,
): void {
  if (!isFuture(future) || !isFuture(waiter)) return;
  const table = running.awaitedBy ??= new WeakMap();
  const waiters = table.get(future);
  if (waiters === undefined) table.set(future, new Set([waiter]));
  else waiters.add(waiter);
}

/**
 * Takes back what {@linkcode futureAddToAwaitedBy} said.
 *
 * @param future What was waited for.
 * @param waiter Who waited.
 *
 * @example Of something else
 * ```ts
 * import { futureDiscardFromAwaitedBy, newEventLoop } from "@asyncio/asyncio";
 *
 * using loop = newEventLoop();
 * futureDiscardFromAwaitedBy(loop.createFuture(), loop.createFuture());
 * ```
 */
export function futureDiscardFromAwaitedBy(
  future: Future<unknown>,
  waiter: Future<unknown>,
): void {
  running.awaitedBy?.get(future)?.delete(waiter);
}

function graphOf(
  future: Future<unknown>,
  limit: number | undefined,
  shown: Set<Future<unknown>>,
): FutureCallGraph {
  const names = future instanceof Task ? future.getStack().reverse() : [];
  // What has several ways up is gone up from once, or the graph would grow with their number.
  const waiters = shown.has(future) ? [] : [...waitersOf(future)];
  shown.add(future);
  return Object.freeze({
    future,
    callStack: limited(names, limit).map((name) => Object.freeze({ name })),
    awaitedBy: waiters.map((waiter) => graphOf(waiter, limit, shown)),
  });
}

function limited(names: string[], limit: number | undefined): string[] {
  if (limit === undefined) return names;
  return limit >= 0 ? names.slice(0, limit) : names.slice(limit);
}

/** A future, or what a combinator keeps several of them in. */
interface Awaited {
  _awaitedBy(): Iterable<unknown>;
}

/** The tasks that wait for a future, also by way of a combinator's own future. */
function waitersOf(
  future: Awaited,
  found: Set<Future<unknown>> = new Set(),
): Set<Future<unknown>> {
  for (const waiter of future._awaitedBy()) {
    if (waiter instanceof Task) found.add(waiter);
    else waitersOf(waiter as Awaited, found);
  }
  for (const waiter of running.awaitedBy?.get(future) ?? []) {
    found.add(waiter as Future<unknown>);
  }
  return found;
}

function formatGraph(
  graph: FutureCallGraph,
  margin: string,
  shown: Set<Future<unknown>>,
): string[] {
  if (shown.has(graph.future)) {
    return [`${margin}* ${title(graph.future)} (above)`];
  }
  shown.add(graph.future);
  const lines = [`* ${title(graph.future)}`];
  if (graph.callStack.length > 0) {
    lines.push("  + Call stack:");
    lines.push(
      ...graph.callStack.map(({ name }) => `  |   ${describeCall(name)}`),
    );
  }
  if (graph.awaitedBy.length > 0) lines.push("  + Awaited by:");
  return [
    ...lines.map((line) => margin + line),
    ...graph.awaitedBy.flatMap((waiter) =>
      formatGraph(waiter, margin + "    ", shown)
    ),
  ];
}

function title(future: Future<unknown>): string {
  if (future instanceof Task) {
    return `Task(name=${JSON.stringify(future.getName())})`;
  }
  const described = (future as { _describe?(): string })._describe?.();
  return `Future(${described ?? String(future).replace(/^<\w+ |>$/g, "")})`;
}
