/**
 * How many may run at once: the slots of a task group, and the way of a `gather()` that
 * takes its input piece by piece.
 *
 * @module
 */
import {
  closeCoroutine,
  type Coro,
  Coroutine,
  type CoroutineFunction,
  type CoroutineLike,
  FunctionCoroutine,
} from "./_coroutine.ts";
import { isCoroutine } from "./coroutine.ts";
import { kOpen } from "./_protocol.ts";
import { callbackName, describeKind } from "./_repr.ts";
import { Semaphore } from "./semaphore.ts";

/** Places to run in. */
export type Slots = Semaphore;

/** Makes `limit` slots. */
export function slots(limit: number, name: string): Slots {
  return new Semaphore(limit, { name });
}

/** Gives a coroutine that begins `coro` when there is a slot for it. */
export function limited<T>(
  free: Slots,
  coro: CoroutineLike<T> | CoroutineFunction<T>,
): Coroutine<T> {
  if (!isCoroutine(coro) && typeof coro !== "function") {
    throw new TypeError(
      `A coroutine was expected, got ${
        describeKind(coro)
      }: pass the function itself`,
    );
  }
  return new Limited(free, coro);
}

class Limited<T> extends Coroutine<T> {
  readonly #free: Slots;
  readonly #coro: CoroutineLike<T> | CoroutineFunction<T>;
  #begun = false;

  constructor(
    free: Slots,
    coro: CoroutineLike<T> | CoroutineFunction<T>,
  ) {
    super();
    this.#free = free;
    this.#coro = coro;
  }

  override get name(): string {
    const coro = this.#coro;
    if (coro instanceof Coroutine) return coro.name;
    return typeof coro === "function" ? callbackName(coro) : "<generator>";
  }

  /** @internal */
  override *[kOpen](): Coro<T> {
    yield* this.#free.acquire();
    this.#begun = true;
    const coro = this.#coro;
    try {
      return yield* typeof coro === "function"
        ? new FunctionCoroutine<T>(coro, [])
        : coro as Coro<T>;
    } finally {
      this.#free.release();
    }
  }

  /** @internal */
  override throw(error: unknown): IteratorResult<unknown, T> {
    this.#giveUp();
    return super.throw(error);
  }

  override close(): void {
    super.close();
    this.#giveUp();
  }

  #giveUp(): void {
    if (!this.#begun) closeCoroutine(this.#coro);
  }
}
