/**
 * What a queue and the waits at it share.
 *
 * @module
 */
import { type Coroutine, MUST_WAIT } from "./_coroutine.ts";
import { QueueEmpty, QueueFull, QueueShutDown } from "./errors.ts";
import { kAttempt } from "./_protocol.ts";
import type { Store } from "./_stores.ts";
import {
  LoopBinding,
  MethodCoroutine,
  type Waiter,
  WaiterList,
  WaitingCoroutine,
  wasWoken,
} from "./_waiters.ts";

/** A queue's core: its items, and who waits. */
export const kCore: unique symbol = Symbol("asyncio.core");

/** The items of a queue, and who waits for them, for room, and for their end. */
export class QueueCore<T> {
  readonly getters: WaiterList;
  readonly putters: WaiterList;
  readonly joiners: WaiterList;
  /** A subclass of the queue brings its own, for its own order. */
  items: Store<T>;
  /** How many items are not marked as done. */
  unfinished = 0;
  readonly #title: string;
  readonly #maxsize: number;
  readonly #capacity: number;
  #isShutDown = false;

  constructor(queue: object, title: string, maxsize: number, items: Store<T>) {
    this.items = items;
    this.#title = title;
    this.#maxsize = maxsize;
    this.#capacity = maxsize > 0 ? maxsize : Infinity;
    const binding = new LoopBinding(queue);
    this.getters = new WaiterList(binding, () => `${title} to get an item`);
    this.putters = new WaiterList(binding, () => `${title} to put an item`);
    this.joiners = new WaiterList(binding, () => `${title} to be done`);
  }

  full(): boolean {
    return this.items.size >= this.#capacity;
  }

  /**
   * Puts an item in, if there is room.
   *
   * @throws {QueueShutDown} If the queue is shut down.
   */
  tryPut(item: T): undefined | typeof MUST_WAIT {
    if (this.#isShutDown) {
      throw new QueueShutDown(`Cannot put an item: ${this} is shut down`);
    }
    if (this.items.size >= this.#capacity) return MUST_WAIT;
    this.items.push(item);
    this.unfinished++;
    if (this.getters.first !== undefined) this.getters.releaseNext();
    return undefined;
  }

  /**
   * Takes an item out, if there is one.
   *
   * @throws {QueueShutDown} If there is none, and the queue is shut down.
   */
  tryGet(): T | typeof MUST_WAIT {
    if (this.items.size === 0) {
      if (!this.#isShutDown) return MUST_WAIT;
      throw new QueueShutDown(`Cannot get an item: ${this} is shut down`);
    }
    const item = this.items.pop();
    if (this.putters.first !== undefined) this.putters.releaseNext();
    return item;
  }

  putNowait(item: T): void {
    if (this.tryPut(item) === MUST_WAIT) {
      throw new QueueFull(`Cannot put an item: ${this} is full`);
    }
  }

  getNowait(): T {
    const item = this.tryGet();
    if (item === MUST_WAIT) {
      throw new QueueEmpty(`Cannot get an item: ${this} is empty`);
    }
    return item;
  }

  taskDone(): void {
    if (this.unfinished === 0) {
      throw new RangeError(
        `Cannot mark an item as done: all items of ${this} are`,
      );
    }
    if (--this.unfinished === 0) this.joiners.wakeAll();
  }

  shutDown(immediate: boolean): void {
    this.#isShutDown = true;
    if (immediate) this.#dropItems();
    this.getters.releaseAll();
    this.putters.releaseAll();
  }

  toString(): string {
    const words = [this.#title, `maxsize=${this.#maxsize}`];
    const counts = {
      size: this.items.size,
      getters: this.getters.size,
      putters: this.putters.size,
      tasks: this.unfinished,
    };
    for (const [name, count] of Object.entries(counts)) {
      if (count > 0) words.push(`${name}=${count}`);
    }
    if (this.#isShutDown) words.push("shutdown");
    return `<${words.join(" ")}>`;
  }

  #dropItems(): void {
    while (this.items.size > 0) {
      this.items.pop();
      if (this.unfinished > 0) this.unfinished--;
    }
    if (this.unfinished === 0) this.joiners.wakeAll();
  }
}

/** A wait for room. */
export class Put<T> extends WaitingCoroutine<void> {
  readonly #core: QueueCore<T>;
  readonly #item: T;

  constructor(core: QueueCore<T>, item: T) {
    super();
    this.#core = core;
    this.#item = item;
  }

  override get name(): string {
    return "put";
  }

  override [kAttempt](): undefined | typeof MUST_WAIT {
    return this.#core.tryPut(this.#item);
  }

  protected override enqueue(): Waiter {
    const { putters } = this.#core;
    return putters.append(putters.makeWaiter());
  }

  protected override resume(): undefined | typeof MUST_WAIT {
    return this.#core.tryPut(this.#item);
  }

  protected override giveUp(waiter: Waiter): void {
    const { putters } = this.#core;
    putters.remove(waiter);
    if (wasWoken(waiter) && !this.#core.full()) putters.releaseNext();
  }
}

/** A wait for an item. */
export class Get<T> extends WaitingCoroutine<T> {
  readonly #core: QueueCore<T>;

  constructor(core: QueueCore<T>) {
    super();
    this.#core = core;
  }

  override get name(): string {
    return "get";
  }

  override [kAttempt](): T | typeof MUST_WAIT {
    return this.#core.tryGet();
  }

  protected override enqueue(): Waiter {
    const { getters } = this.#core;
    return getters.append(getters.makeWaiter());
  }

  protected override resume(): T | typeof MUST_WAIT {
    return this.#core.tryGet();
  }

  protected override giveUp(waiter: Waiter): void {
    const { getters } = this.#core;
    getters.remove(waiter);
    if (wasWoken(waiter) && this.#core.items.size > 0) getters.releaseNext();
  }
}

/** A wait until all items are marked as done. */
export class Join extends WaitingCoroutine<void> {
  readonly #core: QueueCore<unknown>;

  constructor(core: QueueCore<unknown>) {
    super();
    this.#core = core;
  }

  override get name(): string {
    return "join";
  }

  override [kAttempt](): undefined | typeof MUST_WAIT {
    return this.#core.unfinished === 0 ? undefined : MUST_WAIT;
  }

  protected override enqueue(): Waiter {
    const { joiners } = this.#core;
    return joiners.append(joiners.makeWaiter());
  }

  protected override resume(waiter: Waiter): undefined {
    this.#core.joiners.remove(waiter);
  }

  protected override giveUp(waiter: Waiter): void {
    this.#core.joiners.remove(waiter);
  }
}

/** Waits for an item, and for an iterator's result: the shutdown is its end. */
export function nextItem<T>(
  core: QueueCore<T>,
): Coroutine<IteratorResult<T, undefined>> {
  return new MethodCoroutine("get", function* () {
    try {
      return { done: false, value: yield* new Get(core) };
    } catch (error) {
      if (!(error instanceof QueueShutDown)) throw error;
      return { done: true, value: undefined };
    }
  });
}
