/**
 * The async source of `mapConcurrent()`: asked in a task that may be cancelled.
 *
 * @module
 */
import type { Coro } from "../_coroutine/coroutine.ts";
import {
  askForEnd,
  askForEndAfter,
  askForItems,
  HostItems,
  type HostIterable,
  type SourceOwner,
} from "../_io/host_items.ts";
import type { EventLoop } from "../loop.ts";
import type { InContext } from "../_task/function_coroutine.ts";

/** Asks a source, and closes it. */
export class SourceReader<T> implements SourceOwner {
  readonly loop: EventLoop;
  /** Where the source's own code runs: where it was given. */
  readonly context: { readonly call: InContext };
  readonly #items: HostItems<T>;
  #isClosed = false;

  /**
   * Begins.
   *
   * @param loop The running loop.
   * @param source The source.
   * @param inContext Calls a function in the async context of whoever has given the source.
   */
  constructor(loop: EventLoop, source: HostIterable<T>, inContext: InContext) {
    this.loop = loop;
    this.context = { call: inContext };
    this.#items = new HostItems(source, "mapConcurrent");
  }

  /**
   * Reads items as long as they are wanted. A cancel closes the source and waits for its
   * clean-up.
   *
   * @param take Takes an item; false if no more is wanted now.
   * @returns Whether there may be more.
   */
  *read(take: (item: T) => boolean): Coro<boolean> {
    const question = askForItems(this.#items, this, take);
    try {
      return yield* question.future;
    } catch (error) {
      this.#isClosed = true;
      yield* askForEndAfter(this.#items, this, question, error)?.future ?? [];
      throw error;
    }
  }

  /**
   * Closes the source and waits for its clean-up.
   */
  *close(): Coro<void> {
    if (!this.#isClosed) yield* askForEnd(this.#items, this).future;
  }

  /** Shows itself in reports. */
  toString(): string {
    return "mapConcurrent";
  }
}
