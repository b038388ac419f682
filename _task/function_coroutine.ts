/**
 * Coroutines over functions: over those of users, and over the library's own generators.
 *
 * @module
 */
import { runInLine } from "../_host/async_context.ts";
import { callbackName } from "../_base/repr.ts";
import { type Coro, Coroutine, isGeneratorFunction } from "./coroutine.ts";
import { type LineDriver, lineOf } from "./line.ts";

/** A coroutine over a function of either kind, or over a ready generator. */
export class FunctionCoroutine<T> extends Coroutine<T> {
  readonly #function: (...args: never[]) => unknown;
  readonly #args: unknown[];

  constructor(callee: (...args: never[]) => unknown, args: unknown[]) {
    super();
    this.#function = callee;
    this.#args = args;
  }

  override get name(): string {
    return callbackName(this.#function);
  }

  /** @internal */
  override _start(driver: unknown): unknown {
    const callee = this.#function as (...args: unknown[]) => unknown;
    const args = this.#args;
    return callFor(
      driver,
      args.length === 0 ? callee : () => callee(...args),
      callee,
    );
  }
}

/** A coroutine over a generator method, which saves a class for each method. */
export class MethodCoroutine<T> extends Coroutine<T> {
  readonly #name: string;
  readonly #open: () => Coro<T>;

  constructor(name: string, open: () => Coro<T>) {
    super();
    this.#name = name;
    this.#open = open;
  }

  override get name(): string {
    return this.#name;
  }

  /** @internal */
  override _start(): Coro<T> {
    return this.#open();
  }
}

/** Calls a coroutine function so that the waits of an async function are the driver's. */
export function callFor(
  driver: unknown,
  call: () => unknown,
  callee: unknown = call,
): unknown {
  // Entering the host's storage is 0.5 µs, and a generator function needs none.
  if (isGeneratorFunction(callee)) return call();
  return runInLine(lineOf(driver as LineDriver), call);
}
