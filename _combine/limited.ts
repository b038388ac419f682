/**
 * How many tasks of a group may run at once: the slots that they begin in.
 *
 * @module
 */
import {
  closeCoroutine,
  type Coro,
  Coroutine,
  type CoroutineFunction,
  type CoroutineLike,
  refuseAsyncGenerator,
} from "../_task/coroutine.ts";
import { FunctionCoroutine } from "../_task/function_coroutine.ts";
import { isCoroutine } from "../_task/coroutine.ts";
import { CancelledError } from "../errors.ts";
import { callbackName, describeKind } from "../_base/repr.ts";
import { Semaphore } from "../semaphore.ts";

/** Places to run in. */
export type Slots = Semaphore;

/** Makes `limit` slots. */
export function slots(limit: number, name: string): Slots {
  return new Semaphore(limit, { name });
}

/** Returns a coroutine that begins `coro` when there is a slot for it. */
export function limited<T>(
  free: Slots,
  coro: CoroutineLike<T> | CoroutineFunction<T>,
): Coroutine<T> {
  refuseAsyncGenerator(coro, "create a task");
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
  override *_start(): Coro<T> {
    yield* this.#free.acquire();
    this.#begun = true;
    const coro = this.#coro;
    let result: T;
    try {
      result = yield* typeof coro === "function"
        ? new FunctionCoroutine<T>(coro, [])
        : coro as Coro<T>;
    } catch (error) {
      // An error ends the group, so that nobody is to begin after it. A task that is
      // cancelled alone leaves its slot to the next.
      if (error instanceof CancelledError) this.#free.release();
      throw error;
    }
    this.#free.release();
    return result;
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
