/**
 * A callback in a future's queue.
 *
 * @module
 */
import type { Context } from "../context.ts";
import { Handle, type Scheduler } from "../handle.ts";
import type { Waiter } from "../_base/roles.ts";
import { callbackName } from "../_base/repr.ts";

/** Calls a function in the turn after a future is done. One may serve many futures. */
export class DoneCallback<F extends { getLoop(): Scheduler }>
  implements Waiter {
  /** What to call. */
  readonly callback: (future: F) => void;
  /** The context to call it in. */
  readonly context: Context;
  // Who waits by way of it, for reports.
  readonly #owner: { _awaitedBy(): Iterable<unknown> } | undefined;

  constructor(
    callback: (future: F) => void,
    context: Context,
    owner?: { _awaitedBy(): Iterable<unknown> },
  ) {
    this.callback = callback;
    this.context = context;
    this.#owner = owner;
  }

  _wake(future: F): void {
    const loop = future.getLoop();
    loop._enqueue(new Handle(this.callback, loop, this, future));
  }

  *_awaitedBy(): Generator<unknown, void, undefined> {
    if (this.#owner !== undefined) yield this.#owner;
  }

  toString(): string {
    return `${callbackName(this.callback)}()`;
  }
}
