/**
 * The primitives that promises lack, as one writes them by hand: the baseline of
 * the workloads that need them.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { below, check, sum, sumBelow } from "./_workload.ts";

/** How a native peer calls the async function that stands for a task. */
export type Start = <A, R>(
  child: (argument: A) => Promise<R>,
  argument: A,
) => Promise<R>;

/** Calls it. */
export const plainly: Start = (child, argument) => child(argument);

const storage = new AsyncLocalStorage<object>();

/** Calls it in an async context of its own, which tells later whose `await` is whose. */
export const inContext: Start = (child, argument) =>
  storage.run({}, child, argument);

// Of those that are to start next.
let starts: (() => void)[] = [];

/** As {@linkcode inContext}, a turn later and in the async context of who asks for it. */
export const asTask: Start = (child, argument) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (starts.push(resolve) === 1) queueMicrotask(startAll);
  return promise.then(() => inContext(child, argument));
};

function startAll(): void {
  const due = starts;
  starts = [];
  for (const start of due) start();
}

/**
 * A wait that is no promise, as that of any library that can cancel it.
 *
 * @param begin Is called by an `await` with what resumes it.
 */
export function wait<T>(
  begin: (resume: (value: T) => void) => void,
): PromiseLike<T> {
  return { then: begin } as unknown as PromiseLike<T>;
}

/** Such a wait for nothing. */
export const TURN: PromiseLike<void> = wait((resume) => resume());

/** A job that waits so once, and gives its number. */
export async function waitLeast(index: number): Promise<number> {
  await TURN;
  return index;
}

/** First in, first out: an array with a head index, as its own `shift()` moves every item. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1024 && 2 * this.#head > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** A bounded queue. */
export class PromiseQueue<T> {
  #items = new Fifo<T>();
  #getters = new Fifo<() => void>();
  #putters = new Fifo<() => void>();
  #maxsize: number;

  constructor(maxsize: number) {
    this.#maxsize = maxsize;
  }

  async put(item: T): Promise<void> {
    while (this.#items.length >= this.#maxsize) {
      await new Promise<void>((resolve) => this.#putters.push(resolve));
    }
    this.#items.push(item);
    this.#getters.shift()?.();
  }

  async get(): Promise<T> {
    while (this.#items.length === 0) {
      await new Promise<void>((resolve) => this.#getters.push(resolve));
    }
    const item = this.#items.shift()!;
    this.#putters.shift()?.();
    return item;
  }
}

/** A bounded queue whose waits are no promises. */
export class WaitQueue<T> {
  #items = new Fifo<T>();
  #getters = new Fifo<(item: T) => void>();
  #putters = new Fifo<() => void>();
  #maxsize: number;

  constructor(maxsize: number) {
    this.#maxsize = maxsize;
  }

  put(item: T): PromiseLike<void> {
    return wait((resume) => {
      if (this.#items.length < this.#maxsize) return this.#add(item, resume);
      this.#putters.push(() => this.#add(item, resume));
    });
  }

  get(): PromiseLike<T> {
    return wait((resume) => {
      if (this.#items.length === 0) return void this.#getters.push(resume);
      resume(this.#items.shift()!);
      this.#putters.shift()?.();
    });
  }

  #add(item: T, resume: () => void): void {
    const getter = this.#getters.shift();
    if (getter === undefined) this.#items.push(item);
    else getter(item);
    resume();
  }
}

/** A semaphore. A release hands its permit to the first who waits. */
export class PromiseSemaphore {
  #permits: number;
  #waiters = new Fifo<() => void>();

  constructor(permits: number) {
    this.#permits = permits;
  }

  async acquire(): Promise<void> {
    if (this.#permits > 0) this.#permits--;
    else await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  release(): void {
    const wake = this.#waiters.shift();
    if (wake === undefined) this.#permits++;
    else wake();
  }
}

/** Calls `child` for each whole number below `count`, and joins what it gives. */
export async function nativeTasks(
  count: number,
  child: (index: number) => Promise<number>,
  start: Start = plainly,
): Promise<void> {
  const promises: Promise<number>[] = [];
  for (const index of below(count)) promises.push(start(child, index));
  check(sum(await Promise.all(promises)), sumBelow(count));
}
