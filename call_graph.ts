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
import {
  check,
  checkOptions,
  FUNCTION,
  type Kind,
  NUMBER,
  type OptionKinds,
} from "./_base/arguments.ts";
import { type Future, isFuture } from "./future.ts";
import { Lines } from "./_base/lines.ts";
import { print } from "./_loop/report.ts";
import { describeCall, textOf } from "./_base/repr.ts";
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
  /**
   * The tasks that wait for it. Who waits for one that stands in the graph already is shown
   * there.
   */
  readonly awaitedBy: readonly FutureCallGraph[];
  /** Whether it stands in the graph already, with what waits for it. */
  readonly isAbove?: true;
  /** How many more tasks wait for it that stand in the graph already. */
  readonly moreAwaitedBy?: number;
}

/** Options of {@linkcode captureCallGraph} and {@linkcode formatCallGraph}. */
export interface CallGraphOptions {
  /**
   * How many coroutines of each stack to keep: the innermost ones, with a negative number
   * the outermost ones.
   *
   * @default {all}
   */
  readonly limit?: number | undefined;
}

/** Options of {@linkcode printCallGraph}. */
export interface PrintCallGraphOptions extends CallGraphOptions {
  /**
   * Called with the text.
   *
   * @default {stderr, by way of the console}
   */
  readonly write?: ((text: string) => void) | undefined;
}

const FUTURE: Kind = { words: "a future", fits: isFuture };
const CALL_GRAPH_OPTIONS: OptionKinds<CallGraphOptions> = { limit: NUMBER };
const PRINT_CALL_GRAPH_OPTIONS: OptionKinds<PrintCallGraphOptions> = {
  ...CALL_GRAPH_OPTIONS,
  write: FUNCTION,
};

/**
 * Returns the call graph of a future or task.
 *
 * @param future The future or task; the running task if it is left out.
 * @param options How much of each stack to keep.
 * @returns The graph, or `undefined` if there is no task.
 * @throws {RuntimeError} If no future is given and no loop is running.
 * @throws {TypeError} If `future` is none, or an option is of the wrong kind.
 * @throws {RangeError} If `limit` is NaN.
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
  options = checkOptions("capture a call graph", options, CALL_GRAPH_OPTIONS);
  const root = future === undefined ? currentTask(requireScheduler()) : future;
  if (root === undefined) return undefined;
  check("capture a call graph", "future", root, FUTURE);
  return new GraphMaker(options.limit).make(root);
}

/**
 * Returns the call graph of a future or task as text.
 *
 * @param future The future or task; the running task if it is left out.
 * @param options How much of each stack to keep.
 * @returns The text; empty if there is no task. Of more than 200 lines the rest is counted.
 * @throws {RuntimeError} If no future is given and no loop is running.
 * @throws {TypeError} If `future` is none, or an option is of the wrong kind.
 * @throws {RangeError} If `limit` is NaN.
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
  return graph === undefined ? "" : formatGraph(graph);
}

/**
 * Prints the call graph of a future or task.
 *
 * @param future The future or task; the running task if it is left out.
 * @param options How much of each stack to keep, and where to print.
 * @throws {RuntimeError} If no future is given and no loop is running.
 * @throws {TypeError} If `future` is none, or an option is of the wrong kind.
 * @throws {RangeError} If `limit` is NaN.
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
  const { write = print, ...rest } = checkOptions(
    "print a call graph",
    options,
    PRINT_CALL_GRAPH_OPTIONS,
  );
  write(formatCallGraph(future, rest));
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

// How many of those who wait, and stand in the graph already, an entry names.
const MOST_REPEATED = 10;

/** An entry whose waiters are being looked at. */
interface Frame {
  readonly future: Future<unknown>;
  readonly entry: {
    readonly future: Future<unknown>;
    readonly callStack: readonly FrameCallGraphEntry[];
    readonly awaitedBy: FutureCallGraph[];
    moreAwaitedBy?: number;
  };
  readonly waiters: readonly Future<unknown>[];
  /** How many more wait that are not looked at. */
  readonly more: number;
  next: number;
  repeated: number;
}

/**
 * Makes the graph above a future. Each task is entered once, as many may wait for many, and
 * by a loop, as a chain of tasks may be longer than the stack is deep.
 */
class GraphMaker {
  readonly #limit: number | undefined;
  readonly #entered = new Map<Future<unknown>, Frame["entry"]>();
  // The tasks that wait by way of a combinator; and those of which all are entered.
  readonly #throughs = new Map<Awaited, readonly Future<unknown>[]>();
  readonly #exhausted = new Set<Awaited>();

  constructor(limit: number | undefined) {
    this.#limit = limit;
  }

  make(root: Future<unknown>): FutureCallGraph {
    const frames = [this.#enter(root)];
    for (;;) {
      const frame = frames.at(-1)!;
      const waiter = frame.waiters[frame.next++];
      if (waiter === undefined) {
        this.#leave(frame);
        frames.pop();
        if (frames.length === 0) return frame.entry;
        continue;
      }
      const entry = this.#entered.get(waiter);
      if (entry !== undefined) repeat(frame, entry);
      else {
        const above = this.#enter(waiter);
        frame.entry.awaitedBy.push(above.entry);
        frames.push(above);
      }
    }
  }

  #enter(future: Future<unknown>): Frame {
    const names = future instanceof Task ? future.getStack().reverse() : [];
    const callStack = limited(names, this.#limit)
      .map((name) => Object.freeze({ name }));
    const entry = { future, callStack, awaitedBy: [] };
    this.#entered.set(future, entry);
    return { future, entry, ...this.#waitersOf(future), next: 0, repeated: 0 };
  }

  #leave({ future, entry, repeated, more }: Frame): void {
    const unnamed = more + Math.max(repeated - MOST_REPEATED, 0);
    if (unnamed > 0) entry.moreAwaitedBy = unnamed;
    Object.freeze(entry);
    for (const waiter of directWaiters(future)) {
      if (this.#throughs.has(waiter)) this.#exhausted.add(waiter);
    }
  }

  /** The tasks that wait for a future, also by way of a combinator's own future. */
  #waitersOf(future: Future<unknown>): Pick<Frame, "waiters" | "more"> {
    const found = new Set<Future<unknown>>();
    let more = 0;
    for (const waiter of directWaiters(future)) {
      if (waiter instanceof Task) {
        found.add(waiter);
        continue;
      }
      const tasks = this.#through(waiter);
      // All of them are entered, and some are enough: n futures of one gather that n tasks
      // wait for would give n² waits.
      const count = this.#exhausted.has(waiter)
        ? Math.min(tasks.length, MOST_REPEATED)
        : tasks.length;
      for (let i = 0; i < count; i++) found.add(tasks[i]!);
      more += tasks.length - count;
    }
    for (const waiter of running.awaitedBy?.get(future) ?? []) {
      found.add(waiter as Future<unknown>);
    }
    return { waiters: [...found], more };
  }

  #through(combinator: Awaited): readonly Future<unknown>[] {
    const known = this.#throughs.get(combinator);
    if (known !== undefined) return known;
    const tasks = tasksThrough(combinator);
    this.#throughs.set(combinator, tasks);
    return tasks;
  }
}

function repeat(frame: Frame, { future, callStack }: FutureCallGraph): void {
  if (frame.repeated++ >= MOST_REPEATED) return;
  frame.entry.awaitedBy.push(
    Object.freeze({ future, callStack, awaitedBy: [], isAbove: true }),
  );
}

/** A future, or what a combinator keeps several of them in. */
interface Awaited {
  _awaitedBy(): Iterable<unknown>;
}

function directWaiters(awaited: Awaited): Awaited[] {
  return [...awaited._awaitedBy()] as Awaited[];
}

function tasksThrough(combinator: Awaited): Future<unknown>[] {
  const tasks = new Set<Future<unknown>>();
  const seen = new Set([combinator]);
  for (const awaited of seen) {
    for (const waiter of directWaiters(awaited)) {
      if (waiter instanceof Task) tasks.add(waiter);
      else seen.add(waiter);
    }
    for (const waiter of running.awaitedBy?.get(awaited) ?? []) {
      tasks.add(waiter as Future<unknown>);
    }
  }
  return [...tasks];
}

function limited(names: string[], limit: number | undefined): string[] {
  if (limit === undefined) return names;
  return limit >= 0 ? names.slice(0, limit) : names.slice(limit);
}

/** An entry that is still to be shown. */
interface Branch {
  readonly graph: FutureCallGraph;
  readonly margin: string;
}

function formatGraph(root: FutureCallGraph): string {
  const lines = new Lines();
  const branches: Branch[] = [{ graph: root, margin: "" }];
  for (;;) {
    const branch = branches.pop();
    if (branch === undefined) return lines.text("tasks");
    const { graph, margin } = branch;
    if (lines.isFull) {
      if (graph.isAbove !== true) lines.leaveOut();
    } else formatEntry(graph, lines, margin);
    const { awaitedBy } = graph;
    for (let i = awaitedBy.length - 1; i >= 0; i--) {
      branches.push({ graph: awaitedBy[i]!, margin: margin + "    " });
    }
  }
}

function formatEntry(
  { future, callStack, awaitedBy, isAbove, moreAwaitedBy }: FutureCallGraph,
  lines: Lines,
  margin: string,
): void {
  lines.add(`* ${title(future)}${isAbove ? " (above)" : ""}`, margin);
  if (isAbove) return;
  if (callStack.length > 0) {
    lines.add("  + Call stack:", margin);
    for (const { name } of callStack) {
      lines.add(`  |   ${describeCall(name)}`, margin);
    }
  }
  if (awaitedBy.length === 0) return;
  const more = moreAwaitedBy === undefined
    ? ""
    : ` ${moreAwaitedBy} above, and`;
  lines.add(`  + Awaited by${more}:`, margin);
}

function title(future: Future<unknown>): string {
  if (future instanceof Task) {
    return `Task(name=${JSON.stringify(future.getName())})`;
  }
  const described = (future as { _describe?(): string })._describe?.();
  return `Future(${described ?? textOf(future).replace(/^<\w+ |>$/g, "")})`;
}
