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
  isCoroutine,
  mayRunAsync,
  noCoroutine,
} from "../_coroutine/coroutine.ts";
import { isAsyncGeneratorFunction } from "../_base/function_kinds.ts";
import { claim, isGenerator } from "../_coroutine/generators.ts";
import { FunctionCoroutine } from "../_task/function_coroutine.ts";
import { CancelledError } from "../errors.ts";
import { callbackName, isInstance } from "../_base/repr.ts";
import { HostContext } from "../_host/async_context.ts";
import type { Semaphore } from "../semaphore.ts";

/** Returns a coroutine that begins `coro` when there is a slot for it. */
export function limited<T>(
  free: Semaphore,
  coro: CoroutineLike<T> | CoroutineFunction<T>,
): Coroutine<T> {
  const isFunction = typeof coro === "function" &&
    !isAsyncGeneratorFunction(coro);
  if (!isFunction && !isCoroutine(coro)) throw noCoroutine(coro);
  return new Limited(free, coro);
}

class Limited<T> extends Coroutine<T> {
  readonly #free: Semaphore;
  readonly #coro: CoroutineLike<T> | CoroutineFunction<T>;
  #begun = false;

  constructor(
    free: Semaphore,
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
  override get _mayRunAsync(): boolean {
    return mayRunAsync(this.#coro);
  }

  /** @internal */
  override *_start(): Coro<T> {
    const coro = this.#coro;
    // It may have to wait, and goes on where the loop runs.
    const context = this._mayRunAsync && this.#free.locked()
      ? new HostContext()
      : undefined;
    yield* this.#free.acquire();
    this.#begun = true;
    let result: T;
    try {
      if (context !== undefined) {
        result = yield* runIn<T>(context, coro);
      } else if (typeof coro === "function") {
        result = yield* new FunctionCoroutine<T>(coro, []);
      } else {
        if (isGenerator(coro)) claim(coro);
        result = yield* coro as Coro<T>;
      }
    } catch (error) {
      // An error ends the group, so that nobody is to begin after it. A task that is
      // cancelled alone leaves its slot to the next.
      if (isInstance(error, CancelledError)) this.#free.release();
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

// Runs what gives a promise, or something to await, in the async context of whoever gave it.
function* runIn<T>(
  context: HostContext,
  coro: CoroutineLike<T> | CoroutineFunction<T>,
): Coro<T> {
  const call = typeof coro === "function" ? coro : () => coro;
  const result = yield* new FunctionCoroutine<unknown>(
    () => context.call(call as () => unknown),
    [],
  );
  if (!isGenerator(result)) return result as T;
  claim(result);
  return yield* result as unknown as Coro<T>;
}
