/**
 * What a queue and the waits at it share.
 *
 * @module
 */
import type { Coro, Coroutine } from "../_coroutine/coroutine.ts";
import { unplacedAtAwait } from "../_coroutine/refusals.ts";
import { QueueEmpty, QueueFull, QueueShutDown } from "../errors.ts";
import type { Store } from "./stores.ts";
import { type Waitable, WaitOperation, WOULD_BLOCK } from "./wait_operation.ts";
import type { OwnedFuture } from "../_task/owned_future.ts";
import { bindLoop, WaiterList, wasWoken } from "./waiter_list.ts";
import { MethodCoroutine } from "../_task/function_coroutine.ts";

/** The items of a queue, and the tasks that wait for one, for room, and for their end. */
export class QueueCore<T> {
  readonly getters: WaiterList;
  readonly putters: WaiterList;
  readonly joiners: WaiterList;
  readonly getting: GetWaitable<T>;
  readonly putting: PutWaitable<T>;
  readonly joining: Waitable<undefined, void>;
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
    const binding = bindLoop(queue);
    const waitersFor = (what: string): WaiterList =>
      new WaiterList(binding, { describeWait: () => `${title} ${what}` });
    this.getters = waitersFor("to get an item");
    this.putters = waitersFor("to put an item");
    this.joiners = waitersFor("to be done");
    this.getting = new GetWaitable<T>(this, this.getters);
    this.putting = new PutWaitable<T>(this, this.putters);
    this.joining = new JoinWaitable(this, this.joiners);
  }

  full(): boolean {
    return this.items.size >= this.#capacity;
  }

  /** How many more items it may hold. */
  get room(): number {
    return this.#capacity - this.items.size;
  }

  /**
   * Puts an item in, if there is room.
   *
   * @param item The item.
   * @param promised How much of the room is for others.
   * @param isOperation Whether an operation does it that may wait.
   * @throws {QueueShutDown} If the queue is shut down.
   */
  tryPut(
    item: T,
    promised = 0,
    isOperation = false,
  ): undefined | typeof WOULD_BLOCK {
    if (this.#isShutDown) throw this.#shutDownError("put", isOperation);
    if (this.room <= promised) return WOULD_BLOCK;
    this.items.push(item);
    this.unfinished++;
    if (this.getters.first !== undefined) this.getting.wakeNext();
    return undefined;
  }

  /**
   * Takes an item out, if there is one.
   *
   * @param promised How many of the items are for others.
   * @param isOperation Whether an operation does it that may wait.
   * @throws {QueueShutDown} If there is none, and the queue is shut down.
   */
  tryGet(promised = 0, isOperation = false): T | typeof WOULD_BLOCK {
    if (this.items.size <= promised) {
      if (!this.#isShutDown) return WOULD_BLOCK;
      throw this.#shutDownError("get", isOperation);
    }
    const item = this.items.pop();
    if (this.putters.first !== undefined) this.putting.wakeNext();
    return item;
  }

  putNowait(item: T): void {
    if (this.tryPut(item) === WOULD_BLOCK) {
      throw new QueueFull(`Cannot put an item: ${this} is full`);
    }
  }

  getNowait(): T {
    const item = this.tryGet();
    if (item === WOULD_BLOCK) {
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
    while (this.getters.first !== undefined) this.getting.wakeNext();
    while (this.putters.first !== undefined) this.putting.wakeNext();
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

  #shutDownError(verb: "get" | "put", isOperation: boolean): QueueShutDown {
    const error = new QueueShutDown(
      `Cannot ${verb} an item: ${this} is shut down`,
    );
    return isOperation ? unplacedAtAwait(error) : error;
  }

  #dropItems(): void {
    while (this.items.size > 0) {
      this.items.pop();
      if (this.unfinished > 0) this.unfinished--;
    }
    if (this.unfinished === 0) this.joiners.wakeAll();
  }
}

/**
 * Passes while there is room: takes the item in.
 *
 * Whoever was woken has nothing until it runs, so what it was woken for is promised to it:
 * whoever comes later does not overtake.
 */
class PutWaitable<T> implements Waitable<T, void> {
  readonly name = "put";
  readonly waiters: WaiterList;
  readonly #core: QueueCore<T>;
  // How many were woken and have not run.
  #promised = 0;

  constructor(core: QueueCore<T>, waiters: WaiterList) {
    this.#core = core;
    this.waiters = waiters;
  }

  tryNow(item: T): undefined | typeof WOULD_BLOCK {
    return this.#core.tryPut(item, this.#promised, true);
  }

  afterWake(item: T): undefined | typeof WOULD_BLOCK {
    this.#promised--;
    try {
      return this.#core.tryPut(item, 0, true);
    } catch (error) {
      // A comparison of the user's may throw: the room is for the next one.
      this.#passOn();
      throw error;
    }
  }

  abandon(waiter: OwnedFuture): void {
    this.waiters.remove(waiter);
    if (!wasWoken(waiter)) return;
    this.#promised--;
    this.#passOn();
  }

  wakeNext(): void {
    if (this.waiters.releaseNext()) this.#promised++;
  }

  #passOn(): void {
    if (this.#core.room > this.#promised) this.wakeNext();
  }
}

/** Passes while there are items: gives one. The items are promised as the room is. */
class GetWaitable<T> implements Waitable<undefined, T> {
  readonly name = "get";
  readonly waiters: WaiterList;
  readonly #core: QueueCore<T>;
  #promised = 0;

  constructor(core: QueueCore<T>, waiters: WaiterList) {
    this.#core = core;
    this.waiters = waiters;
  }

  tryNow(): T | typeof WOULD_BLOCK {
    return this.#core.tryGet(this.#promised, true);
  }

  afterWake(): T | typeof WOULD_BLOCK {
    this.#promised--;
    try {
      return this.#core.tryGet(0, true);
    } catch (error) {
      // A comparison of the user's may throw: the item is for the next one.
      this.#passOn();
      throw error;
    }
  }

  abandon(waiter: OwnedFuture): void {
    this.waiters.remove(waiter);
    if (!wasWoken(waiter)) return;
    this.#promised--;
    this.#passOn();
  }

  wakeNext(): void {
    if (this.waiters.releaseNext()) this.#promised++;
  }

  #passOn(): void {
    if (this.#core.items.size > this.#promised) this.wakeNext();
  }
}

/** Passes while all items are marked as done. */
class JoinWaitable implements Waitable<undefined, void> {
  readonly name = "join";
  readonly waiters: WaiterList;
  readonly #core: { readonly unfinished: number };

  constructor(core: { readonly unfinished: number }, waiters: WaiterList) {
    this.#core = core;
    this.waiters = waiters;
  }

  tryNow(): undefined | typeof WOULD_BLOCK {
    return this.#core.unfinished === 0 ? undefined : WOULD_BLOCK;
  }

  afterWake(_: undefined, waiter: OwnedFuture): undefined {
    this.waiters.remove(waiter);
  }

  abandon(waiter: OwnedFuture): void {
    this.waiters.remove(waiter);
  }
}

/** Waits for an item, and for an iterator's result: the shutdown is its end. */
export function nextItem<T>(
  core: QueueCore<T>,
): Coroutine<IteratorResult<T, undefined>> {
  return new MethodCoroutine("get", () => takeItem(core));
}

function* takeItem<T>(core: QueueCore<T>): Coro<IteratorResult<T, undefined>> {
  try {
    return {
      done: false,
      value: yield* new WaitOperation(core.getting, undefined),
    };
  } catch (error) {
    if (!(error instanceof QueueShutDown)) throw error;
    return { done: true, value: undefined };
  }
}
