/**
 * `Queue`, `LifoQueue` and `PriorityQueue`: hand items from tasks to tasks.
 *
 * A queue of limited size slows its producers down to the pace of its consumers.
 *
 * ```ts
 * import { createTask, Queue, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const squares: number[] = [];
 *
 * await run(async () => {
 *   const queue = new Queue<number>(2);
 *   const consumer = createTask(async () => {
 *     for await (const item of queue) squares.push(item * item);
 *   });
 *   for (const item of [1, 2, 3]) await queue.put(item);
 *   queue.shutdown();
 *   await consumer;
 * });
 * assertEquals(squares, [1, 4, 9]);
 * ```
 *
 * @module
 */
import {
  BOOLEAN,
  check,
  checkOptions,
  FUNCTION,
  NUMBER,
  type OptionKinds,
  STRING,
} from "./_base/arguments.ts";
import type { Coroutine } from "./_coroutine/coroutine.ts";
import { compareValues } from "./_sync/compare.ts";
import { FifoStore, HeapStore, LifoStore } from "./_sync/stores.ts";
import { nextItem, QueueCore } from "./_sync/queue_core.ts";
import { WaitOperation } from "./_sync/wait_operation.ts";
import { className, keepName, title } from "./_sync/describe.ts";

/** Options of {@linkcode Queue} and {@linkcode LifoQueue}. */
export interface QueueOptions {
  /** The name, for reports such as `formatTaskTree()`. */
  readonly name?: string | undefined;
}

/** Options of {@linkcode PriorityQueue}. */
export interface PriorityQueueOptions<T> extends QueueOptions {
  /**
   * Compares two items: a negative number if the first comes first, a positive one if
   * the second does, else 0.
   *
   * @default {the order of numbers, strings, and arrays of them}
   */
  readonly compare?: ((a: T, b: T) => number) | undefined;
}

/** Options of {@linkcode Queue.shutdown}. */
export interface ShutdownOptions {
  /**
   * Whether to drop the items that are in the queue.
   *
   * @default {false}
   */
  readonly immediate?: boolean | undefined;
}

const PRIORITY_QUEUE_OPTIONS = { name: STRING, compare: FUNCTION };
const SHUTDOWN_OPTIONS: OptionKinds<ShutdownOptions> = { immediate: BOOLEAN };

/**
 * Hands items from tasks to tasks, first in, first out.
 *
 * - **Order**: those who wait for an item, or for room, are served as they came.
 * - **Cancellation**: a wait that is cancelled takes and leaves no item; the item or
 *   room that it was woken for goes to the next one.
 * - **Shutdown**: after {@linkcode Queue.shutdown} nothing gets in; what is in comes
 *   out, then {@linkcode QueueShutDown} is thrown and `for await` ends.
 * - **Thenables**: `await queue.get()` awaits an item that is a promise; `for await` and
 *   `yield*` give it as it is.
 * - **Loop**: it belongs to the loop in which somebody first waits.
 *
 * @typeParam T The type of the items.
 *
 * @example Consume until the shutdown
 * ```ts
 * import { createTask, Queue, QueueShutDown, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const items: string[] = [];
 *
 * await run(async () => {
 *   const queue = new Queue<string>();
 *   const consumer = createTask(async () => {
 *     try {
 *       for (;;) items.push(await queue.get());
 *     } catch (error) {
 *       if (!(error instanceof QueueShutDown)) throw error;
 *     }
 *   });
 *   await queue.put("one");
 *   await queue.put("two");
 *   queue.shutdown();
 *   await consumer;
 * });
 * assertEquals(items, ["one", "two"]);
 * ```
 */
export class Queue<T> implements AsyncIterable<T> {
  static {
    keepName(this, "Queue");
  }

  /** @internal */
  readonly _core: QueueCore<T>;
  /** How many items it holds at most; 0 or less means no limit. */
  readonly maxsize: number;

  /**
   * Makes an empty queue.
   *
   * @param maxsize How many items it holds at most; no limit with 0, the default, or less.
   * @param options The name.
   * @throws {RangeError} If `maxsize` is NaN.
   * @throws {TypeError} If `maxsize` is no number, or there is an unknown option.
   */
  constructor(maxsize = 0, options: QueueOptions = {}) {
    checkMaxsize(this, maxsize);
    this.maxsize = maxsize;
    this._core = new QueueCore(
      this,
      title(this, options),
      maxsize,
      new FifoStore(),
    );
  }

  /** How many items are in it. */
  qsize(): number {
    return this._core.items.size;
  }

  /** Says whether no item is in it. */
  empty(): boolean {
    return this._core.items.size === 0;
  }

  /** Says whether as many items are in it as it may hold. */
  full(): boolean {
    return this._core.full();
  }

  /**
   * Puts an item in, waiting until there is room. With room, `yield*` takes no turn.
   *
   * @param item The item.
   * @returns A coroutine that ends when the item is in.
   * @throws {QueueShutDown} If the queue is shut down, or gets so while it waits.
   * @throws {RuntimeError} If others wait in another loop.
   *
   * @example Wait for room
   * ```ts
   * import { gather, Queue, run } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * await run(async () => {
   *   const queue = new Queue<number>(1);
   *   await queue.put(1);
   *   assertEquals(await gather(queue.put(2), queue.get()), [undefined, 1]);
   * });
   * ```
   */
  put(item: T): Coroutine<void> {
    return new WaitOperation(this._core.putting, item);
  }

  /**
   * Puts an item in at once.
   *
   * @param item The item.
   * @throws {QueueFull} If there is no room.
   * @throws {QueueShutDown} If the queue is shut down.
   */
  putNowait(item: T): void {
    this._core.putNowait(item);
  }

  /**
   * Takes an item out, waiting until there is one. With one, `yield*` takes no turn.
   *
   * @returns A coroutine that gives the item.
   * @throws {QueueShutDown} If the queue is shut down and empty, or gets so while it waits.
   * @throws {RuntimeError} If others wait in another loop.
   *
   * @example With a time limit
   * ```ts
   * import { Queue, run, TimeoutError, waitFor } from "@asyncio/asyncio";
   * import { assertRejects } from "@std/assert";
   *
   * const queue = new Queue<string>();
   * await assertRejects(() => run(() => waitFor(queue.get(), 0.001)), TimeoutError);
   * ```
   */
  get(): Coroutine<T> {
    return new WaitOperation(this._core.getting, undefined);
  }

  /**
   * Takes an item out at once.
   *
   * @returns The item.
   * @throws {QueueEmpty} If there is none.
   * @throws {QueueShutDown} If there is none, and the queue is shut down.
   */
  getNowait(): T {
    return this._core.getNowait();
  }

  /**
   * Says that the work on an item that was taken out is done.
   *
   * @throws {RangeError} If it was said for every item already.
   */
  taskDone(): void {
    this._core.taskDone();
  }

  /**
   * Waits until {@linkcode Queue.taskDone} was called for each item that was put in.
   *
   * @returns A coroutine that ends then.
   * @throws {RuntimeError} If others wait in another loop.
   *
   * @example Wait for the work, then end the worker
   * ```ts
   * import { createTask, Queue, run } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * let total = 0;
   *
   * await run(async () => {
   *   const queue = new Queue<number>();
   *   const worker = createTask(async () => {
   *     for (;;) {
   *       total += await queue.get();
   *       queue.taskDone();
   *     }
   *   });
   *   for (const item of [1, 2, 3]) queue.putNowait(item);
   *   await queue.join();
   *   worker.cancel();
   * });
   * assertEquals(total, 6);
   * ```
   */
  join(): Coroutine<void> {
    return new WaitOperation(this._core.joining, undefined);
  }

  /**
   * Lets nothing in any more: puts throw {@linkcode QueueShutDown}, and so do gets once
   * the queue is empty. All tasks that wait for room or an item are woken.
   *
   * @param options Whether to drop the items that are in it; each counts as done.
   * @throws {TypeError} If an option is of the wrong kind.
   *
   * @example Finish what is there
   * ```ts
   * import { Queue, QueueShutDown } from "@asyncio/asyncio";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * const queue = new Queue<number>();
   * queue.putNowait(1);
   * queue.shutdown();
   * assertEquals(queue.getNowait(), 1);
   * assertThrows(() => queue.getNowait(), QueueShutDown);
   * ```
   */
  shutdown(options: ShutdownOptions = {}): void {
    options = checkOptions("shut the queue down", options, SHUTDOWN_OPTIONS);
    this._core.shutDown(options.immediate ?? false);
  }

  /**
   * Iterates over the items as they come, until the queue is shut down and empty.
   *
   * Several tasks can iterate: each item goes to one of them.
   *
   * @example Two workers
   * ```ts
   * import { gather, Queue, run } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * const seen = new Set<number>();
   *
   * await run(async () => {
   *   const queue = new Queue<number>();
   *   async function work() {
   *     for await (const item of queue) seen.add(item);
   *   }
   *   for (const item of [1, 2, 3]) queue.putNowait(item);
   *   queue.shutdown();
   *   await gather(() => work(), () => work());
   * });
   * assertEquals(seen, new Set([1, 2, 3]));
   * ```
   */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined, undefined> {
    // Not an async generator, which would await an item that is a promise.
    return {
      next: () =>
        new Promise((resolve, reject) => {
          nextItem(this._core).then(resolve, reject);
        }),
    };
  }

  /** Returns `<Queue maxsize=2 size=1>` and the like. */
  toString(): string {
    return this._core.toString();
  }

  /** Returns {@linkcode Queue.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * A {@linkcode Queue} that gives the item that was put last first.
 *
 * @typeParam T The type of the items.
 *
 * @example A stack
 * ```ts
 * import { LifoQueue } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = new LifoQueue<number>();
 * queue.putNowait(1);
 * queue.putNowait(2);
 * assertEquals([queue.getNowait(), queue.getNowait()], [2, 1]);
 * ```
 */
export class LifoQueue<T> extends Queue<T> {
  static {
    keepName(this, "LifoQueue");
  }

  /**
   * Makes an empty queue.
   *
   * @param maxsize How many items it holds at most; no limit with 0, the default, or less.
   * @param options The name.
   * @throws {RangeError} If `maxsize` is NaN.
   * @throws {TypeError} If `maxsize` is no number, or there is an unknown option.
   */
  constructor(maxsize = 0, options: QueueOptions = {}) {
    super(maxsize, options);
    this._core.items = new LifoStore();
  }
}

/** Options of a {@linkcode PriorityQueue} whose items have no order of their own. */
export interface OrderOptions<T> extends PriorityQueueOptions<T> {
  /** Which of two items comes first, as for `Array.prototype.sort()`. */
  readonly compare: (a: T, b: T) => number;
}

/**
 * What a {@linkcode PriorityQueue} can compare: as a tuple of Python's, by the first items
 * that differ, so that what stands last may be anything.
 */
export type Ordered =
  | number
  | string
  | bigint
  | boolean
  | Date
  | readonly []
  | readonly [Ordered, ...unknown[]]
  | readonly Ordered[];

/**
 * A {@linkcode Queue} that gives the smallest item first.
 *
 * Items are numbers, strings, dates, or arrays of them, which compare element by element:
 * `[priority, count, job]`. For anything else, and where `T` is generic, give `compare`: it
 * does not compile without. Items without an order between them are a TypeError.
 *
 * @typeParam T The type of the items.
 *
 * @example The most urgent first
 * ```ts
 * import { PriorityQueue } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = new PriorityQueue<[number, string]>();
 * queue.putNowait([2, "write"]);
 * queue.putNowait([1, "think"]);
 * assertEquals(queue.getNowait(), [1, "think"]);
 * ```
 *
 * @example An own order
 * ```ts
 * import { PriorityQueue } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = new PriorityQueue<string>(0, {
 *   compare: (a, b) => a.length - b.length,
 * });
 * queue.putNowait("long");
 * queue.putNowait("big");
 * assertEquals(queue.getNowait(), "big");
 * ```
 */
export class PriorityQueue<T = Ordered> extends Queue<T> {
  static {
    keepName(this, "PriorityQueue");
  }

  /**
   * Makes an empty queue.
   *
   * @param maxsize How many items it holds at most; no limit with 0, the default, or less.
   * @param options The name, and how to compare.
   * @throws {RangeError} If `maxsize` is NaN.
   * @throws {TypeError} If `maxsize` is no number, `compare` no function, or there is an
   * unknown option.
   */
  constructor(maxsize: number | undefined, options: OrderOptions<T>);
  /**
   * Makes an empty queue of items that have an order of their own.
   *
   * @param args `maxsize` and the options, as above; `compare` may be left out.
   */
  constructor(
    ...args: [T] extends [Ordered]
      ? [maxsize?: number | undefined, options?: PriorityQueueOptions<T>]
      : [maxsize: number | undefined, options: OrderOptions<T>]
  );
  constructor(maxsize = 0, options: PriorityQueueOptions<T> = {}) {
    const { compare = compareValues, ...rest } = checkOptions(
      "make a PriorityQueue",
      options,
      PRIORITY_QUEUE_OPTIONS,
    );
    super(maxsize, rest);
    this._core.items = new HeapStore(compare);
  }
}

function checkMaxsize(queue: object, maxsize: unknown): void {
  check(`make a ${className(queue)}`, "maxsize", maxsize, NUMBER);
}
