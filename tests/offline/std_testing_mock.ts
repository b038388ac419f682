/**
 * Stands in for `@std/testing/mock` where JSR is out of reach: spies on
 * functions and methods, and stubs.
 *
 * @module
 */
import {
  assertEquals,
  AssertionError,
  assertIsError,
  assertStrictEquals,
} from "./std_assert.ts";

/** Says that a function can't be spied on. */
export class MockError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MockError";
  }
}

/** What a spy knows of one call. */
export interface SpyCall<
  // deno-lint-ignore no-explicit-any
  Self = any,
  // deno-lint-ignore no-explicit-any
  Args extends unknown[] = any[],
  // deno-lint-ignore no-explicit-any
  Return = any,
> {
  /** What it was given. */
  args: Args;
  /** What it gave. */
  returned?: Return;
  /** What it threw. */
  error?: Error;
  /** The object it was called on. */
  self?: Self;
}

/** A function that remembers its calls. */
export interface Spy<
  // deno-lint-ignore no-explicit-any
  Self = any,
  // deno-lint-ignore no-explicit-any
  Args extends unknown[] = any[],
  // deno-lint-ignore no-explicit-any
  Return = any,
> {
  (this: Self, ...args: Args): Return;
  /** The function that is spied on. */
  original: (this: Self, ...args: Args) => Return;
  /** Its calls, the first first. */
  calls: SpyCall<Self, Args, Return>[];
  /** Whether the method is what it was before. */
  restored: boolean;
  /** Makes the method what it was before. */
  restore(): void;
}

/** A method that remembers its calls. */
export interface MethodSpy<
  // deno-lint-ignore no-explicit-any
  Self = any,
  // deno-lint-ignore no-explicit-any
  Args extends unknown[] = any[],
  // deno-lint-ignore no-explicit-any
  Return = any,
> extends Spy<Self, Args, Return>, Disposable {}

/** A method that was replaced and remembers its calls. */
export interface Stub<
  // deno-lint-ignore no-explicit-any
  Self = any,
  // deno-lint-ignore no-explicit-any
  Args extends unknown[] = any[],
  // deno-lint-ignore no-explicit-any
  Return = any,
> extends MethodSpy<Self, Args, Return> {
  /** What runs instead. */
  fake: (this: Self, ...args: Args) => Return;
}

/** The arguments of a method. */
export type GetParametersFromProp<Self, Prop extends keyof Self> =
  Self[Prop] extends (...args: infer Args) => unknown ? Args : unknown[];

/** The result of a method. */
export type GetReturnFromProp<Self, Prop extends keyof Self> =
  // deno-lint-ignore no-explicit-any
  Self[Prop] extends (...args: any[]) => infer Return ? Return : unknown;

/** What a call of a spy has to look like. */
export interface ExpectedSpyCall<
  // deno-lint-ignore no-explicit-any
  Self = any,
  // deno-lint-ignore no-explicit-any
  Args extends unknown[] = any[],
  // deno-lint-ignore no-explicit-any
  Return = any,
> {
  /** What it was given. */
  args?: [...Args, ...unknown[]];
  /** The object it was called on. */
  self?: Self;
  /** What it gave. */
  returned?: Return;
  /** What it threw. */
  error?: {
    // deno-lint-ignore no-explicit-any
    Class?: new (...args: any[]) => Error;
    msgIncludes?: string;
  };
}

// deno-lint-ignore no-explicit-any
type AnyFunction = (this: any, ...args: any[]) => any;

/** Makes a function that does nothing but remember its calls. */
export function spy<
  // deno-lint-ignore no-explicit-any
  Self = any,
  // deno-lint-ignore no-explicit-any
  Args extends unknown[] = any[],
  Return = undefined,
>(): Spy<Self, Args, Return>;
/** Makes a function that calls `func` and remembers its calls. */
export function spy<Self, Args extends unknown[], Return>(
  func: (this: Self, ...args: Args) => Return,
): Spy<Self, Args, Return>;
/** Makes a method remember its calls. */
export function spy<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
): MethodSpy<
  Self,
  GetParametersFromProp<Self, Prop>,
  GetReturnFromProp<Self, Prop>
>;
export function spy(target?: unknown, property?: PropertyKey): Spy {
  if (property !== undefined) return replace(target as object, property);
  const original = (target ?? (() => {})) as AnyFunction;
  return recorder(original, original, {
    restored: { enumerable: true, get: () => false },
    restore: {
      enumerable: true,
      value: () => {
        throw new MockError("Cannot restore: function cannot be restored");
      },
    },
  });
}

/** Replaces a method, with `func` or with one that does nothing. */
export function stub<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
  func?: (
    this: Self,
    ...args: GetParametersFromProp<Self, Prop>
  ) => GetReturnFromProp<Self, Prop>,
): Stub<
  Self,
  GetParametersFromProp<Self, Prop>,
  GetReturnFromProp<Self, Prop>
>;
export function stub(
  self: object,
  property: PropertyKey,
  func: AnyFunction = () => {},
): Stub {
  return Object.defineProperty(replace(self, property, func), "fake", {
    enumerable: true,
    value: func,
  }) as Stub;
}

/** Asserts how often a spy was called. */
export function assertSpyCalls<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  expectedCalls: number,
): void {
  if (spy.calls.length === expectedCalls) return;
  throw new AssertionError(
    `Spy ${
      spy.calls.length < expectedCalls
        ? "not called as much as expected"
        : "called more than expected"
    }:\n    actual: ${spy.calls.length}\n  expected: ${expectedCalls}`,
  );
}

/** Asserts what a call of a spy was like. */
export function assertSpyCall<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  expected: ExpectedSpyCall<Self, Args, Return> = {},
): void {
  const call = callAt(spy, callIndex);
  if (expected.args) assertEquals<unknown>(call.args, expected.args);
  if ("self" in expected) assertStrictEquals<unknown>(call.self, expected.self);
  if ("error" in expected) {
    if ("returned" in expected) {
      throw new TypeError(
        "Do not expect error and return, only one should be expected",
      );
    }
    assertIsError(
      call.error,
      expected.error?.Class,
      expected.error?.msgIncludes,
    );
  }
  if ("returned" in expected) {
    if (call.error) {
      throw new AssertionError(
        "Spy call did not return expected value, an error was thrown",
      );
    }
    assertEquals<unknown>(call.returned, expected.returned);
  }
}

/** Asserts one argument of a call of a spy. */
export function assertSpyCallArg<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  argIndex: number,
  expected: unknown,
): void {
  assertEquals<unknown>(callAt(spy, callIndex).args[argIndex], expected);
}

function callAt<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  index: number,
): SpyCall<Self, Args, Return> {
  const call = spy.calls[index];
  if (call !== undefined) return call;
  throw new AssertionError("Spy not called as much as expected");
}

/** Puts a recorder of `fake`, or of the method itself, in the method's place. */
function replace(
  self: object,
  property: PropertyKey,
  fake?: AnyFunction,
): MethodSpy {
  const original: unknown = Reflect.get(self, property);
  if (typeof original !== "function") {
    throw new MockError("Cannot spy: property is not an instance method");
  }
  if (Object.hasOwn(original, "calls")) {
    throw new MockError("Cannot spy: already spying on instance method");
  }
  const before = Object.getOwnPropertyDescriptor(self, property);
  if (before && !before.configurable) {
    throw new MockError("Cannot spy: non-configurable instance method");
  }
  let restored = false;
  function restore(): void {
    if (restored) {
      throw new MockError("Cannot restore: instance method already restored");
    }
    if (before) Object.defineProperty(self, property, before);
    else Reflect.deleteProperty(self, property);
    restored = true;
  }
  const made = recorder(original as AnyFunction, fake ?? original, {
    restored: { enumerable: true, get: () => restored },
    restore: { enumerable: true, value: restore },
    [Symbol.dispose]: { value: restore },
  });
  Object.defineProperty(self, property, {
    configurable: true,
    enumerable: before?.enumerable ?? false,
    writable: before?.writable ?? false,
    value: made,
  });
  return made as MethodSpy;
}

function recorder(
  original: AnyFunction,
  run: unknown,
  properties: PropertyDescriptorMap,
): Spy {
  const calls: SpyCall[] = [];
  function recording(this: unknown, ...args: unknown[]): unknown {
    const call: SpyCall = { args };
    if (this) call.self = this;
    try {
      return call.returned = (run as AnyFunction).apply(this, args);
    } catch (error) {
      call.error = error as Error;
      throw error;
    } finally {
      calls.push(call);
    }
  }
  return Object.defineProperties(recording, {
    original: { enumerable: true, value: original },
    calls: { enumerable: true, value: calls },
    ...properties,
  }) as unknown as Spy;
}
