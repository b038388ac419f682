/**
 * What fights back when it is looked at.
 *
 * @module
 */
import { hostile } from "./_odd_errors.ts";

/** A proxy of which every trap throws. */
function hostileProxy<T extends object>(target: T): T {
  return new Proxy(target, new Proxy({}, { get: () => hostile }));
}

function revoked<T extends object>(target: T): T {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function withGetters(target: object, names: readonly PropertyKey[]): object {
  for (const name of names) {
    Object.defineProperty(target, name, {
      get: hostile,
      enumerable: true,
      configurable: true,
    });
  }
  return target;
}

class Private {
  readonly #value = 1;
  get name(): number {
    return this.#value;
  }
}

/** What is asked of what users give, all of them at once. */
const ASKED = [
  "then",
  "next",
  "name",
  "length",
  "message",
  "aborted",
  "addEventListener",
  "constructor",
  "_enqueue",
  "assign",
  "time",
  "seconds",
  "_describe",
];

const SYMBOLS = [
  Symbol.iterator,
  Symbol.asyncIterator,
  Symbol.toPrimitive,
  Symbol.toStringTag,
  Symbol.hasInstance,
];

/** What each is, and how it is made anew. */
export const HOSTILE_VALUES: Record<string, () => unknown> = {
  "a proxy that throws": () => hostileProxy({}),
  "an array that throws": () => hostileProxy([]),
  "a function that throws at all": () => hostileProxy(() => {}),
  "a revoked proxy": () => revoked({}),
  "a revoked array": () => revoked([]),
  "a revoked function": () => revoked(() => {}),
  "getters that throw": () => withGetters({}, ASKED),
  "symbols that throw": () => withGetters({}, SYMBOLS),
  "methods that throw": () =>
    Object.fromEntries(
      [...ASKED, ...SYMBOLS, "toString", "valueOf", "toJSON"].map((name) => [
        name,
        hostile,
      ]),
    ),
  "methods that give nothing": () =>
    Object.fromEntries(
      // A then() that calls nobody back is a promise that never settles.
      [...ASKED.slice(1), ...SYMBOLS, "toString", "valueOf", "toJSON"].map(
        (name) => [name, () => undefined],
      ),
    ),
  "methods that are numbers": () =>
    Object.fromEntries(
      [...ASKED, ...SYMBOLS, "toString", "valueOf"].map((name) => [name, 5]),
    ),
  "an object that is no text": () => ({ toString: () => ({}) }),
  "an iterable that throws": () => ({ [Symbol.iterator]: hostile }),
  "an iterator that is none": () => ({ [Symbol.iterator]: () => 5 }),
  "an iterator that gives numbers": () => ({
    [Symbol.iterator]: () => ({ next: () => 5 }),
  }),
  "an iterator that throws": () => ({
    [Symbol.iterator]: () => ({ next: hostile, return: hostile }),
  }),
  "an async iterator that is none": () => ({
    [Symbol.asyncIterator]: () => null,
  }),
  "a function whose name throws": () =>
    withGetters(function () {}, ["name", "length", "constructor"]),
  "a function whose prototype throws": () =>
    Object.setPrototypeOf(() => {}, hostileProxy(Function.prototype)),
  "a function that throws": () => hostile,
  "a function that gives what throws": () => () => hostileProxy({}),
  "a function without a prototype": () => Object.setPrototypeOf(() => {}, null),
  "a class": () => class Named {},
  "private fields": () => new Private(),
  "private fields that are not there": () => Object.create(Private.prototype),
  "no prototype": () => Object.assign(Object.create(null), { a: 1 }),
  "a frozen generator": () => Object.freeze((function* () {})()),
  "a frozen async generator": () => Object.freeze((async function* () {})()),
  "a generator that yields a number": () =>
    (function* () {
      yield 5;
    })(),
  "a generator that throws": () =>
    (function* () {
      hostile();
    })(),
  "the class of generators": () => Object.getPrototypeOf(function* () {}),
  "an array of holes": () => Array(3),
  "an array of what throws": () => [hostileProxy({}), revoked({})],
  "a subclass of arrays": () => new (class More extends Array {})(),
  "a subclass of Date": () => new (class Day extends Date {})(NaN),
  "an error that throws": () =>
    withGetters(new Error("x"), ["message", "name"]),
  "minus nothing": () => -0,
  "a number of a class": () => Object(5),
  "a text of a class": () => Object("x"),
  "true of a class": () => Object(true),
  "a symbol of a class": () => Object(Symbol("x")),
  "a huge text": () => "x".repeat(1_000_000),
  "a symbol without a name": () => Symbol(),
  "a huge bigint": () => 1n << 100_000n,
  "the largest number": () => Number.MAX_VALUE,
  "the smallest number": () => Number.MIN_VALUE,
  "the global object": () => globalThis,
};
