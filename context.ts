/**
 * Context variables: values that follow a task, as Python's `contextvars`.
 *
 * A task runs in a copy of the context that it was made in, so that what it sets
 * is seen by what it calls and by the tasks that it makes later, and by nobody else.
 *
 * ```ts
 * import { ContextVar, createTask, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const user = new ContextVar<string>("user", { default: "nobody" });
 *
 * await run(async () => {
 *   user.set("ann");
 *   const task = createTask(async () => {
 *     user.set("bob");
 *     await sleep(0);
 *     return user.get();
 *   });
 *   assertEquals(await task, "bob");
 *   assertEquals(user.get(), "ann");
 * });
 * ```
 *
 * @module
 */
import {
  check,
  checkOptions,
  CONTEXT,
  FUNCTION,
  instance,
  type Kind,
  STRING,
  VALUE,
} from "./_base/arguments.ts";
import { RuntimeError } from "./errors.ts";
import { runningTask } from "./_host/async_context.ts";
import { PersistentMap } from "./_base/persistent_map.ts";
import { isInstance, isRevoked } from "./_base/repr.ts";
import { callIn, running } from "./_base/running.ts";

/** What a context holds; never changed in place, so that a copy is one pointer. */
export interface ContextValues {
  /** How many variables were set. */
  readonly size: number;
  /**
   * Looks up the value of a variable.
   *
   * @param variable The variable.
   * @returns The value, or `undefined`.
   */
  get(variable: ContextVar<unknown>): unknown;
  /**
   * Says whether a variable was set.
   *
   * @param variable The variable.
   * @returns Whether it was.
   */
  has(variable: ContextVar<unknown>): boolean;
  /** Returns the variables with their values. */
  entries(): IterableIterator<[ContextVar<unknown>, unknown]>;
}

type Values = PersistentMap<ContextVar<unknown>, unknown>;

const NOTHING: Values = PersistentMap.empty();

/** Options of {@linkcode ContextVar}. */
export interface ContextVarOptions<T> {
  /** What `get()` gives where the variable was not set. */
  readonly default?: T;
}

/**
 * What {@linkcode ContextVar.set} gives back, to undo it.
 *
 * @example Undo a change
 * ```ts
 * import { ContextVar } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const depth = new ContextVar("depth", { default: 0 });
 * const token = depth.set(1);
 * assertEquals(token.oldValue, undefined);
 * depth.reset(token);
 * assertEquals(depth.get(), 0);
 * ```
 */
export class Token<T> {
  /** The variable that was set. */
  readonly variable: ContextVar<T>;
  /** The value before, or `undefined` if there was none. */
  readonly oldValue: T | undefined;
  #context: Context;
  #wasSet: boolean;
  #used = false;

  /**
   * Makes a token; {@linkcode ContextVar.set} does it for you.
   *
   * @param variable The variable that was set.
   * @param context The context that it was set in.
   * @param wasSet Whether it had a value before.
   * @param oldValue That value.
   * @throws {TypeError} If `variable` is no ContextVar, or `context` no Context.
   */
  constructor(
    variable: ContextVar<T>,
    context: Context,
    wasSet: boolean,
    oldValue: T | undefined,
  ) {
    check("make a token", "variable", variable, CONTEXT_VAR);
    check("make a token", "context", context, CONTEXT);
    this.variable = variable;
    this.#context = context;
    this.#wasSet = wasSet;
    this.oldValue = oldValue;
  }

  /**
   * Puts the old value back; {@linkcode ContextVar.reset} does it for you.
   *
   * @param variable The variable to reset.
   * @param context The context to reset it in.
   * @throws {RuntimeError} If the token was used before.
   * @throws {RangeError} If it belongs to another variable or context.
   * @throws {TypeError} If `variable` is no ContextVar, or `context` no Context.
   */
  restore(variable: ContextVar<T>, context: Context): void {
    check("reset a variable", "variable", variable, CONTEXT_VAR);
    check("reset a variable", "context", context, CONTEXT);
    if (this.#used) {
      throw new RuntimeError(
        `Cannot reset ${variable}: the token was used before`,
      );
    }
    if (this.variable !== variable) {
      throw new RangeError(
        `Cannot reset ${variable}: the token is of ${this.variable}`,
      );
    }
    if (this.#context !== context) {
      throw new RangeError(
        `Cannot reset ${variable}: the token was made in another context`,
      );
    }
    this.#used = true;
    if (this.#wasSet) context.assign(variable, this.oldValue as T);
    else context.unset(variable);
  }
}

/**
 * A variable whose value follows the task. Make it once, at the top of a module.
 *
 * @typeParam T The type of its value.
 *
 * @example Give each request its id
 * ```ts
 * import { ContextVar, createTask, gather, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const requestId = new ContextVar<number>("requestId");
 *
 * async function handle(id: number) {
 *   requestId.set(id);
 *   await sleep(0);
 *   return requestId.get();
 * }
 *
 * const ids = await run(() => gather(() => handle(1), () => handle(2)));
 * assertEquals(ids, [1, 2]);
 * ```
 */
export class ContextVar<T> {
  /** @internal */
  readonly _number: number = running.contextVarCount++;
  /** The name, for reports. */
  readonly name: string;
  #options: ContextVarOptions<T>;

  /**
   * Makes a variable.
   *
   * @param name The name, for reports.
   * @param options The default value.
   * @throws {TypeError} If `name` is no string, or there is no such option.
   */
  constructor(name: string, options: ContextVarOptions<T> = {}) {
    check("make a ContextVar", "name", name, STRING);
    this.#options = checkOptions(
      "make a ContextVar",
      options,
      CONTEXT_VAR_OPTIONS,
    );
    this.name = name;
  }

  /**
   * Returns the value in the current context, else `fallback`, else the default.
   *
   * @param fallback What to give where the variable was not set.
   * @returns The value.
   * @throws {ReferenceError} If there is none of the three (Python: LookupError).
   */
  get(...fallback: [fallback?: T]): T {
    const context = currentContext();
    if (context.has(this)) return context.get(this) as T;
    if (fallback.length > 0) return fallback[0] as T;
    if ("default" in this.#options) return this.#options.default as T;
    throw new ReferenceError(
      `Cannot get ${this}: it has no value in this context and no default, set() it or give a default`,
    );
  }

  /**
   * Sets the value in the current context.
   *
   * @param value The new value.
   * @returns A token that {@linkcode ContextVar.reset} takes.
   */
  set(value: T): Token<T> {
    const context = currentContext();
    const token = new Token(
      this,
      context,
      context.has(this),
      context.get(this),
    );
    context.assign(this, value);
    return token;
  }

  /**
   * Puts back the value from before the `set()` that gave `token`.
   *
   * @param token What `set()` gave.
   * @throws {RuntimeError} If the token was used before.
   * @throws {RangeError} If it belongs to another variable or context.
   * @throws {TypeError} If `token` is no token.
   */
  reset(token: Token<T>): void {
    check(`reset ${this}`, "token", token, TOKEN);
    token.restore(this, currentContext());
  }

  /** Returns `<ContextVar name="…">`. */
  toString(): string {
    return `<ContextVar name=${JSON.stringify(this.name)}>`;
  }
}

/**
 * A set of values of context variables.
 *
 * @example Run a function apart
 * ```ts
 * import { ContextVar, copyContext } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const level = new ContextVar("level", { default: 0 });
 * const context = copyContext();
 * context.run(() => level.set(1));
 * assertEquals(level.get(), 0);
 * assertEquals(context.get(level), 1);
 * ```
 */
export class Context {
  #values: Values;
  // Which was current when run() entered this one.
  #outer: Context | undefined;

  /**
   * Makes a context, empty unless values are given.
   *
   * @param values What another context holds, or a Map of variables and their values.
   * @throws {TypeError} If `values` is neither.
   */
  constructor(values: ContextValues = NOTHING) {
    this.#values = isValues(values) ? values : valuesOf(values);
  }

  /** What the context holds. */
  get values(): ContextValues {
    return this.#values;
  }

  /**
   * Runs `callback` with this as the current context.
   *
   * An async function has it up to its first `await`, and from there on that of its task:
   * give the context to a task, `createTask(work, { context })`.
   *
   * @param callback What to run, synchronously.
   * @param args Its arguments.
   * @returns What it gives.
   * @throws {RuntimeError} If code that has entered this context calls.
   * @throws {TypeError} If `callback` is no function.
   */
  run<A extends unknown[], R>(callback: (...args: A) => R, ...args: A): R {
    check("run in a context", "callback", callback, FUNCTION);
    const outer = currentContext();
    let each: Context | undefined = outer;
    for (; each !== undefined; each = each.#outer) {
      if (each !== this) continue;
      throw new RuntimeError(
        "Cannot enter context: it is entered already, run in a copy() of it",
      );
    }
    this.#outer = outer;
    try {
      return callIn(this, () => callback(...args));
    } finally {
      this.#outer = undefined;
    }
  }

  /** Returns a new context with the same values. */
  copy(): Context {
    return new Context(this.#values);
  }

  /**
   * Looks up the value of a variable here; defaults do not count.
   *
   * @param variable The variable.
   * @returns The value, or `undefined`.
   * @throws {TypeError} If `variable` is no ContextVar.
   */
  get<T>(variable: ContextVar<T>): T | undefined {
    checkVariable(LOOK, variable);
    return this.#values.get(variable as ContextVar<unknown>) as T | undefined;
  }

  /**
   * Says whether a variable was set here.
   *
   * @param variable The variable.
   * @returns Whether it was.
   * @throws {TypeError} If `variable` is no ContextVar.
   */
  has<T>(variable: ContextVar<T>): boolean {
    checkVariable(LOOK, variable);
    return this.#values.has(variable as ContextVar<unknown>);
  }

  /** How many variables were set. */
  get size(): number {
    return this.#values.size;
  }

  /** Returns the variables that were set, with their values. */
  [Symbol.iterator](): IterableIterator<[ContextVar<unknown>, unknown]> {
    return this.#values.entries();
  }

  /**
   * Sets a variable here, be this the current context or not.
   *
   * @param variable The variable.
   * @param value Its value.
   * @throws {TypeError} If `variable` is no ContextVar.
   */
  assign<T>(variable: ContextVar<T>, value: T): void {
    checkVariable("set a variable", variable);
    this.#values = this.#values.with(variable as ContextVar<unknown>, value);
  }

  /**
   * Takes the value of a variable away.
   *
   * @param variable The variable.
   * @throws {TypeError} If `variable` is no ContextVar.
   */
  unset<T>(variable: ContextVar<T>): void {
    checkVariable("unset a variable", variable);
    this.#values = this.#values.without(variable as ContextVar<unknown>);
  }
}

function isValues(values: unknown): values is Values {
  return !isRevoked(values) && values instanceof PersistentMap;
}

const LOOK = "look into a context";
const CONTEXT_VAR = instance(ContextVar, "a ContextVar");
const TOKEN = instance(Token, "a token of ContextVar.set()");
const CONTEXT_VAR_OPTIONS = { default: VALUE };
const VALUES: Kind = {
  words: "what a Context holds, or a Map of variables and values",
  fits: (values) =>
    isValues(values) ||
    (isInstance(values, Map) && [...values.keys()].every(CONTEXT_VAR.fits)),
};

function checkVariable(action: string, variable: unknown): void {
  if (isInstance(variable, ContextVar)) return;
  check(action, "variable", variable, CONTEXT_VAR);
}

function valuesOf(values: ContextValues): Values {
  check("make a context", "values", values, VALUES);
  let copy = NOTHING;
  for (const [variable, value] of values.entries()) {
    copy = copy.with(variable, value);
  }
  return copy;
}

/**
 * Returns the context in force: the running task's or callback's, else the thread's.
 *
 * @example Look at the current context
 * ```ts
 * import { ContextVar, currentContext } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * const color = new ContextVar<string>("color");
 * color.set("red");
 * assert(currentContext().has(color));
 * ```
 */
export function currentContext(): Context {
  if (running.context !== undefined) return running.context as Context;
  const task = runningTask();
  if (task !== undefined) {
    return (task as { getContext(): Context }).getContext();
  }
  return (running.rootContext ??= new Context()) as Context;
}

/**
 * Returns a copy of the context in force.
 *
 * @example Start from what is set now
 * ```ts
 * import { ContextVar, copyContext } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const unit = new ContextVar<string>("unit");
 * unit.set("s");
 * assertEquals(copyContext().get(unit), "s");
 * ```
 */
export function copyContext(): Context {
  return currentContext().copy();
}
