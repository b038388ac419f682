/**
 * Stands in for `@std/testing/types` where JSR is out of reach.
 *
 * @module
 */

/** Asserts at compile time that a type says what is expected. */
export function assertType<T extends boolean>(_expectTrue: T): void {}

/** Asserts at compile time that a type is `true`. */
export type AssertTrue<T extends true> = never;

/** Asserts at compile time that a type is `false`. */
export type AssertFalse<T extends false> = never;

/** Whether `T` and `U` are the same type. */
export type IsExact<T, U> = Identical<Flat<Branded<T>>, Flat<Branded<U>>>;

/** Whether `T` is `any`. */
export type IsAny<T> = 0 extends (1 & T) ? true : false;

/** Whether `T` is `never`. */
export type IsNever<T> = [T] extends [never] ? true : false;

/** Whether `T` is `unknown`. */
export type IsUnknown<T> = unknown extends T ? [T] extends [null] ? false : true
  : false;

/** Whether `T` can be `null` or `undefined`. */
export type IsNullable<T> = Extract<T, null | undefined> extends never ? false
  : true;

/** Whether `T` has `U` among its members. */
export type Has<T, U> = IsAny<T> extends true ? true
  : IsAny<U> extends true ? false
  : Extract<T, U> extends never ? false
  : true;

/** Whether `T` does not have `U` among its members. */
export type NotHas<T, U> = Has<T, U> extends false ? true : false;

// The compiler calls two generic functions alike only if the types that their
// conditions compare with are identical.
type Identical<T, U> = Probe<T> extends Probe<U>
  ? Probe<U> extends Probe<T> ? true : false
  : false;
type Probe<T> = <X>(value: T) => X extends T ? 1 : 2;

// `any` is assignable to all; a brand makes it differ from everything else.
type Branded<T> = IsAny<T> extends true ? { brandOfAny: undefined } : T;

// An intersection of records counts as the record it amounts to.
type Flat<T> = T extends Record<PropertyKey, unknown>
  ? { [K in keyof T]: Flat<T[K]> }
  : T;
