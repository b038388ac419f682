/**
 * What the tests of task groups share.
 *
 * @module
 */
import { assertInstanceOf } from "@std/assert";
import { sleep } from "../../mod.ts";
import {
  inBoth,
  inBothEach,
  type Style,
  type StyledFunction,
  type TestProgram,
  wait,
} from "./_program.ts";

/** Python's error of a division by zero. */
export class ZeroDivisionError extends Error {}

/** An error of the test's own. */
export class CustomError extends Error {}

/** Tests of a group, of which each runs a second time with eager tasks. */
export class GroupCases {
  readonly #programs: TestProgram[] = [];

  /** Makes the tests of one behaviour. */
  add(name: string, program: TestProgram): void {
    this.#programs.push(program);
    inBoth(`taskgroups.BaseTestTaskGroup.${name}`, program);
  }

  /** Makes the test that runs them all with eager tasks. */
  addEager(): void {
    const id = "taskgroups.TestEagerTaskTaskGroup.all_of_the_above";
    inBothEach(id, this.#programs, { eager: true });
  }
}

/** The classes of the errors in a group, without doubles. */
export function errorTypes(error: unknown): Set<unknown> {
  assertInstanceOf(error, AggregateError);
  return new Set(error.errors.map((part) => part.constructor));
}

/** A child that sleeps and gives a result. */
export function pause<T>(
  style: Style,
  seconds: number,
  result: T,
): StyledFunction<[], T> {
  return style.fn(function* () {
    return yield* wait(sleep(seconds, result));
  });
}

/** A child that sleeps and fails. */
export function failAfter(
  style: Style,
  seconds: number,
  ErrorClass: new () => Error = ZeroDivisionError,
): StyledFunction<[], void> {
  return style.fn(function* () {
    yield* wait(sleep(seconds));
    throw new ErrorClass();
  });
}

/** A child that sleeps and fails in its clean-up. */
export function failInCleanup(
  style: Style,
  ErrorClass: new () => Error = ZeroDivisionError,
): StyledFunction<[], void> {
  return style.fn(function* () {
    try {
      yield* wait(sleep(10));
    } finally {
      // deno-lint-ignore no-unsafe-finally
      throw new ErrorClass();
    }
  });
}

/** A child that sleeps and tells of its cancel. */
export function tellOfCancel(
  style: Style,
  seconds: number,
  tell: () => void,
): StyledFunction<[], void> {
  return style.fn(function* () {
    try {
      yield* wait(sleep(seconds));
    } catch (error) {
      tell();
      throw error;
    }
  });
}
