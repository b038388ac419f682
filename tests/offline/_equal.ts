/**
 * Deep equality as `@std/assert` defines it.
 *
 * `node:assert` can't serve: it calls `0` and `-0` different, and compares
 * class instances without the getters of their prototypes.
 *
 * @module
 */

/** Prototypes whose objects are equal when their texts are. */
const BY_TEXT = new Set<unknown>([
  Intl.Locale.prototype,
  RegExp.prototype,
  URL.prototype,
  URLSearchParams.prototype,
  Temporal.Duration.prototype,
  Temporal.Instant.prototype,
  Temporal.PlainDate.prototype,
  Temporal.PlainDateTime.prototype,
  Temporal.PlainTime.prototype,
  Temporal.PlainYearMonth.prototype,
  Temporal.PlainMonthDay.prototype,
  Temporal.ZonedDateTime.prototype,
]);

/** Whether two values are deeply equal. */
export function equal(actual: unknown, expected: unknown): boolean {
  return new Comparison().equal(actual, expected);
}

/** One comparison; it knows the pairs it is in, so that circles end. */
class Comparison {
  readonly #begun = new Map<object, object>();

  equal(a: unknown, b: unknown): boolean {
    if (a === b || Object.is(a, b)) return true;
    if (!isObject(a) || !isObject(b)) return false;
    if (a instanceof Date && b instanceof Date) {
      return Object.is(a.getTime(), b.getTime());
    }
    if (prototypeOf(a) !== prototypeOf(b)) return false;
    if (a instanceof WeakMap || a instanceof WeakSet) {
      throw new TypeError(`Cannot compare ${a.constructor.name} instances`);
    }
    if (a instanceof WeakRef) {
      return this.equal(a.deref(), (b as WeakRef<object>).deref());
    }
    const bytes = asBytes(a);
    if (bytes !== undefined) return sameItems(bytes, asBytes(b)!);

    if (this.#begun.get(a) === b) return true;
    if (Object.keys(a).length !== Object.keys(b).length) return false;
    this.#begun.set(a, b);
    if (a instanceof Set) return this.#equalSets(a, b as Set<unknown>);
    if (a instanceof Map) return this.#equalMaps(a, b as Map<unknown, unknown>);
    if (BY_TEXT.has(prototypeOf(a))) return String(a) === String(b);
    return this.#equalProperties(a, b);
  }

  #equalSets(a: Set<unknown>, b: Set<unknown>): boolean {
    if (a.size !== b.size) return false;
    if ([...a].every(isPrimitive)) return [...a].every((item) => b.has(item));
    const others = [...b];
    return [...a].every((item) => others.some((o) => this.equal(item, o)));
  }

  #equalMaps(a: Map<unknown, unknown>, b: Map<unknown, unknown>): boolean {
    if (a.size !== b.size) return false;
    if ([...a.keys()].every(isPrimitive)) {
      return [...a].every(([key, value]) =>
        b.has(key) && this.equal(value, b.get(key))
      );
    }
    const others = [...b];
    return [...a].every(([key, value]) =>
      others.some(([k, v]) => this.equal(key, k) && this.equal(value, v))
    );
  }

  #equalProperties(a: object, b: object): boolean {
    const keys = isPlain(a)
      ? Reflect.ownKeys({ ...a, ...b })
      : new Set([...deepKeys(a), ...deepKeys(b)]);
    for (const key of keys) {
      if ((key in a) !== (key in b)) return false;
      if (!this.equal(Reflect.get(a, key), Reflect.get(b, key))) return false;
    }
    return true;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isPrimitive(value: unknown): boolean {
  return !isObject(value) && typeof value !== "function";
}

/** The prototype; an object without one counts as a plain object. */
function prototypeOf(value: object): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

function isPlain(value: object): boolean {
  const prototype = prototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
}

/** The items of a typed array, or the bytes of a buffer. */
function asBytes(value: object): ArrayLike<unknown> | undefined {
  if (ArrayBuffer.isView(value)) {
    return value instanceof DataView
      ? undefined
      : value as unknown as ArrayLike<unknown>;
  }
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer
    ? new Uint8Array(value)
    : undefined;
}

function sameItems(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  }
  return true;
}

/** Own and inherited keys, hidden ones too, down to the root prototypes. */
function deepKeys(value: object): Set<PropertyKey> {
  const keys = new Set<PropertyKey>();
  let level: object | null = value;
  while (
    level !== null && level !== Object.prototype && level !== Array.prototype
  ) {
    for (const key of Reflect.ownKeys(level)) keys.add(key);
    level = Object.getPrototypeOf(level);
  }
  return keys;
}
