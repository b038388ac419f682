/**
 * Items that come by themselves, such as events and ticks, for whoever iterates over them.
 *
 * @module
 */
import type { CancelReason } from "../_base/cancelled.ts";
import { HostWait } from "../_coroutine/to_future.ts";
import { failureWith } from "../_future/failure.ts";
import type { Body } from "../_coroutine/body.ts";
import { begin, Coroutine, ended } from "../_coroutine/coroutine.ts";
import { QueueFull } from "../errors.ts";
import type { Scheduler } from "../handle.ts";
import { RingBuffer } from "../_base/ring_buffer.ts";
import { mustGiveWay, NEXT_TURN } from "../_base/running.ts";
import { type Resource, resourcesOf } from "../_loop/resources.ts";

/**
 * What iterates over items that come by themselves. `for await` takes them in an async
 * function, `yield* items.next()` in a generator.
 *
 * @typeParam T The type of the items.
 */
export interface ItemIterator<T>
  extends AsyncIterableIterator<T, undefined, undefined>, Disposable {
  /**
   * Waits for the next item. A wait that is cancelled closes the iterator, since
   * `for await` would not do it.
   */
  next(): NextItem<T>;
  /** Closes it: waits that are under way end, and what was not taken is dropped. */
  return(): Promise<IteratorResult<T, undefined>>;
}

/** The next item: something to wait for with `await` and with `yield*`. */
export type NextItem<T> =
  & Promise<IteratorResult<T, undefined>>
  & Coroutine<IteratorResult<T, undefined>>;

/** What becomes of an item for which there is no room. */
export type Overflow = "error" | "dropOldest" | "dropNewest";

/** What makes one stream different from another. */
export interface ItemStreamPlan {
  /** What is waited for, for reports. */
  readonly what: string;
  /** Whether the host brings the items, without the loop's knowledge. */
  readonly ofHost: boolean;
  /** How many items are kept that nobody has taken; 0 means no limit. */
  readonly maxsize: number;
  /** What becomes of an item for which there is no room. */
  readonly overflow: Overflow;
  /** Is called when someone begins to wait. */
  onWait?(): void;
  /** Stops the items. Called once, at the end of the loop at the latest. */
  stop(): void;
}

/** Takes items from whoever has them, and hands them to whoever asks. */
export class ItemStream<T> implements ItemIterator<T>, Resource {
  readonly #loop: Scheduler;
  readonly #plan: ItemStreamPlan;
  readonly #items = new RingBuffer<T>(8);
  // In the order in which they came.
  readonly #waits = new Set<ItemWait<T>>();
  // What comes after the items that are left.
  #failure: { readonly error: unknown } | undefined = undefined;
  #closed = false;

  constructor(loop: Scheduler, plan: ItemStreamPlan) {
    this.#loop = loop;
    this.#plan = plan;
    resourcesOf(this.#loop)?.add(this);
  }

  /** @internal */
  get _isClosing(): boolean {
    return this.#closed;
  }

  /** Whether it takes no more items. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether someone waits. */
  get wanted(): boolean {
    return this.#waits.size > 0;
  }

  /** Hands an item to whoever waits the longest, or keeps it. */
  push(item: T): void {
    if (this.#closed) return;
    const [wait] = this.#waits;
    if (wait !== undefined) {
      this.#waits.delete(wait);
      return wait.setResult({ done: false, value: item });
    }
    const { maxsize, overflow, what } = this.#plan;
    if (maxsize === 0 || this.#items.size < maxsize) {
      return this.#items.push(item);
    }
    if (overflow === "dropNewest") return;
    if (overflow === "dropOldest") {
      this.#items.shift();
      return this.#items.push(item);
    }
    this.fail(
      new QueueFull(
        `Cannot keep ${what}: ${maxsize} wait to be taken, set maxsize higher or overflow to "dropOldest" or "dropNewest"`,
      ),
    );
  }

  /** Ends the iteration with an error, after the items that are left. */
  fail(error: unknown): void {
    if (this.#closed) return;
    const reason = failureWith(error);
    const [wait] = this.#waits;
    if (wait === undefined) this.#failure = { error: reason };
    else {
      this.#waits.delete(wait);
      wait.setException(reason);
    }
    this.close();
  }

  /** Takes no more items; what is left can still be taken. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // The end of the loop has to hear of an error that nobody has taken.
    if (this.#failure === undefined) resourcesOf(this.#loop)?.delete(this);
    try {
      this.#plan.stop();
    } catch (exception) {
      // A cancel may have come here, which must not fail for that.
      this.#loop.callExceptionHandler({
        message: `Exception while stopping to listen for ${this.#plan.what}`,
        exception,
      });
    }
    const waits = [...this.#waits];
    this.#waits.clear();
    for (const wait of waits) wait.setResult(ended<undefined>(undefined));
  }

  /** Closes it, and drops what is left: whoever iterates has gone. */
  drop(): void {
    this.#items.clear();
    const failure = this.#takeFailure();
    this.close();
    if (failure === undefined) return;
    this.#loop.callExceptionHandler({
      message: `Exception of ${this.#plan.what} was never retrieved`,
      exception: failure.error,
    });
  }

  #takeFailure(): { readonly error: unknown } | undefined {
    const failure = this.#failure;
    if (failure === undefined) return undefined;
    this.#failure = undefined;
    if (this.#closed) resourcesOf(this.#loop)?.delete(this);
    return failure;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): NextItem<T> {
    return new ItemRequest(this) as NextItem<T>;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.drop();
    return Promise.resolve(ended<undefined>(undefined));
  }

  [Symbol.dispose](): void {
    this.drop();
  }

  _endWithLoop(): void {
    this.drop();
  }

  _abandon(): void {
    this.drop();
  }

  toString(): string {
    return `<${this.#plan.what}${this.#closed ? ", closed" : ""}>`;
  }

  /** What there is without waiting; throws the error that ended it. */
  takeNow(): IteratorResult<T, undefined> | undefined {
    if (this.#items.size > 0) {
      return { done: false, value: this.#items.shift() };
    }
    const failure = this.#takeFailure();
    if (failure !== undefined) throw failure.error;
    return this.#closed ? ended<undefined>(undefined) : undefined;
  }

  /** Makes a wait for the next item. */
  wait(): ItemWait<T> {
    const wait = new ItemWait<T>(this.#loop, this.#plan, this);
    this.#waits.add(wait);
    this.#plan.onWait?.();
    return wait;
  }

  /** Takes a wait back, and closes all: whoever waited will not come again. */
  leave(wait: ItemWait<T> | undefined): void {
    if (wait !== undefined) this.#waits.delete(wait);
    this.drop();
  }
}

/** The future of one wait. */
class ItemWait<T> extends HostWait<IteratorResult<T, undefined>> {
  /** @internal */
  readonly _ofHost: boolean;
  readonly #what: string;
  readonly #stream: ItemStream<T>;

  constructor(
    loop: Scheduler,
    { what, ofHost }: ItemStreamPlan,
    stream: ItemStream<T>,
  ) {
    super({ loop });
    this.#what = what;
    this._ofHost = ofHost;
    this.#stream = stream;
  }

  /** @internal */
  override _settleCancelled(reason: CancelReason): void {
    // Before who waits runs: an item may come in between.
    this.#stream.leave(this);
    super._settleCancelled(reason);
  }

  _describe(): string {
    return this.#what;
  }
}

/**
 * One `next()`. A coroutine, since a plain future is not told of a cancel that comes when
 * it is done and its waiter has not run yet. It is its own body.
 */
class ItemRequest<T> extends Coroutine<IteratorResult<T, undefined>> {
  readonly #stream: ItemStream<T>;

  constructor(stream: ItemStream<T>) {
    super();
    this.#stream = stream;
  }

  override get name(): string {
    return "next";
  }

  override next(): IteratorResult<unknown, IteratorResult<T, undefined>> {
    // The slot for the body below is free, since there is no other body.
    let wait = this._callerBody as ItemWait<T> | undefined;
    if (wait === undefined) {
      if (mustGiveWay()) return NEXT_TURN;
      if (!begin(this)) return ended<never>(undefined as never);
      const item = this.#takeNow();
      if (item !== undefined) return this.#end(item);
      wait = this.#stream.wait();
      this._callerBody = wait as unknown as Body;
    }
    if (!wait.done()) return { done: false, value: wait._requestWait() };
    let item: IteratorResult<T, undefined>;
    try {
      item = wait.result();
    } catch (error) {
      // A CancelledError too: it goes on to whoever waits.
      return this.throw(error);
    }
    return this.#end(item);
  }

  override throw(
    error: unknown,
  ): IteratorResult<unknown, IteratorResult<T, undefined>> {
    this.#leave();
    return super.throw(error);
  }

  override return(
    value: IteratorResult<T, undefined>,
  ): IteratorResult<unknown, IteratorResult<T, undefined>> {
    this.#leave();
    return super.return(value);
  }

  #takeNow(): IteratorResult<T, undefined> | undefined {
    try {
      return this.#stream.takeNow();
    } catch (error) {
      this.throw(error);
      return undefined;
    }
  }

  #end(
    item: IteratorResult<T, undefined>,
  ): IteratorResult<unknown, IteratorResult<T, undefined>> {
    this._callerBody = undefined;
    // It is under way, so this ends it.
    begin(this);
    return { done: true, value: item };
  }

  #leave(): void {
    const wait = this._callerBody as ItemWait<T> | undefined;
    this._callerBody = undefined;
    this.#stream.leave(wait);
  }
}
