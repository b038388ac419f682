/**
 * Coroutines over functions: over those of users, and over the library's own generators.
 *
 * @module
 */
import { isGeneratorFunction } from "../_base/function_kinds.ts";
import {
  newestMark,
  runInLine,
  runMarked,
  type Start,
} from "../_host/async_context.ts";
import { callbackName } from "../_base/repr.ts";
import {
  contextOfCall,
  type Coro,
  Coroutine,
} from "../_coroutine/coroutine.ts";
import { claim, isGenerator } from "../_coroutine/generators.ts";
import { markFor } from "../_line/delivery.ts";
import { type LineDriver, lineOf } from "../_line/line.ts";

/** Calls a function in another async context. */
export type InContext = <R>(callback: () => R) => R;

/** A coroutine over a function of either kind, or over a ready generator. */
export class FunctionCoroutine<T> extends Coroutine<T> {
  readonly #function: (...args: never[]) => unknown;
  readonly #args: unknown[];
  readonly #inContext: InContext | undefined;

  /**
   * Makes one.
   *
   * @param callee The function.
   * @param args What to call it with.
   * @param inContext Calls it in the async context of whoever gave it, if that is another one.
   */
  constructor(
    callee: (...args: never[]) => unknown,
    args: unknown[],
    inContext?: InContext,
  ) {
    super();
    this.#function = callee;
    this.#args = args;
    this.#inContext = inContext;
  }

  override get name(): string {
    return callbackName(this.#function);
  }

  /** @internal */
  override get _mayRunAsync(): boolean {
    return !isGeneratorFunction(this.#function);
  }

  /** @internal */
  override _start(driver: unknown): unknown {
    const callee = this.#function as (...args: unknown[]) => unknown;
    const args = this.#args;
    const call = args.length === 0 ? callee : () => callee(...args);
    const inContext = this.#inContext;
    if (inContext === undefined) return callFor(driver, call, callee);
    return inContext(() => callFor(driver, call, callee));
  }
}

/** What a user's function made by `coroutine()` gives. */
export class UserCoroutine<T> extends FunctionCoroutine<T> {
  override readonly _startInContext: Start | undefined = contextOfCall(
    this._mayRunAsync,
  );
}

/** A coroutine over a generator method, which saves a class for each method. */
export class MethodCoroutine<T> extends Coroutine<T> {
  readonly #name: string;
  readonly #open: () => Coro<T>;
  readonly #mayRunAsync: boolean;
  override readonly _startInContext: Start | undefined;

  constructor(name: string, open: () => Coro<T>, mayRunAsync = false) {
    super();
    this.#name = name;
    this.#open = open;
    this.#mayRunAsync = mayRunAsync;
    this._startInContext = contextOfCall(mayRunAsync);
  }

  /** @internal */
  override get _mayRunAsync(): boolean {
    return this.#mayRunAsync;
  }

  override get name(): string {
    return this.#name;
  }

  /** @internal */
  override get _isOfLibrary(): boolean {
    return true;
  }

  /** @internal */
  override _start(): Coro<T> {
    return this.#open();
  }
}

/**
 * Calls a coroutine function so that the waits of an async function are the driver's.
 *
 * @param driver Whose stack it is called on.
 * @param call What to call.
 * @param callee The function that this comes to.
 * @param argument What it is given.
 * @returns What it gives.
 * @throws {RuntimeError} If that is a generator which was used before.
 */
export function callFor<A>(
  driver: unknown,
  call: (argument: A) => unknown,
  callee: unknown,
  argument?: A,
): unknown {
  // Entering the host's storage is 0.5 µs, and a generator function needs none.
  if (isGeneratorFunction(callee)) return call(argument as A);
  const given = callMarked(driver as LineDriver, call, argument as A);
  return isGenerator(given) ? claim(given) : given;
}

function callMarked<A>(
  driver: LineDriver,
  call: (argument: A) => unknown,
  argument: A,
): unknown {
  const line = lineOf(driver);
  const number = markFor(driver);
  return number === 0 || number <= newestMark()
    ? runInLine(line, call, argument)
    : runMarked(number, () => runInLine(line, call, argument));
}
