/**
 * What checks are made of. They use no library of assertions: the kit is published.
 *
 * @module
 */
import type {
  Ability,
  CheckedExecutor,
  CheckedExecutorOptions,
  Context,
} from "./context.ts";

/** One behaviour of executors. */
export interface Check {
  /** What executors have to keep. */
  readonly name: string;
  /** What the executor must be able to do. */
  readonly needs: readonly Ability[];
  /** Whether it needs an executor whose module cannot be loaded. */
  readonly needsBroken: boolean;
  /**
   * Runs the check, in a loop. It may wait for ever if the executor is wrong.
   *
   * @param context What it is run with.
   * @returns A promise that rejects if the executor is wrong.
   */
  run(context: Context): Promise<void>;
}

/** Options of {@linkcode check}. */
interface CheckOptions {
  /** What the executor must be able to do. */
  readonly needs?: readonly Ability[];
  /** How the executor is made. */
  readonly with?: CheckedExecutorOptions;
  /** Whether it is shut down by the check, or has to be new for it. */
  readonly endsIt?: boolean;
}

/** Makes a check of an executor, which is shut down at the end. */
export function check(
  name: string,
  options: CheckOptions,
  body: (executor: CheckedExecutor, context: Context) => Promise<void>,
): Check {
  return {
    name,
    needs: options.needs ?? [],
    needsBroken: false,
    async run(context) {
      const made = options.with ?? { maxWorkers: 2 };
      if (!options.endsIt) {
        return await context.use(made, (executor) => body(executor, context));
      }
      const executor = await context.make(made);
      try {
        await body(executor, context);
      } finally {
        await executor.shutdown({ cancelFutures: true });
      }
    },
  };
}

/** Fails unless both are the same, as far as text can tell. */
export function equal(actual: unknown, expected: unknown): void {
  if (show(actual) === show(expected)) return;
  throw new Error(`Expected ${show(expected)}, got ${show(actual)}`);
}

/** Waits for an error and returns it. */
export async function errorOf(
  job: PromiseLike<unknown>,
): Promise<
  Error & { readonly code?: string | number; readonly errors?: Error[] }
> {
  let value: unknown;
  try {
    value = await job;
  } catch (error) {
    // What was asked for.
    return error as Error;
  }
  throw new Error(`An error was expected, got ${show(value)}`);
}

/** Calls a function and returns what it throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    // What was asked for.
    return error;
  }
  throw new Error("An error was expected, and none was thrown");
}

/** Fails unless an error is of a class. */
export function isA(
  error: unknown,
  type: abstract new (...args: never[]) => Error,
): void {
  if (error instanceof type) return;
  const { stack } = error as Partial<Error>;
  throw new Error(`A ${type.name} was expected, got ${stack ?? show(error)}`, {
    cause: error,
  });
}

/** The numbers below `n`. */
export function numbers(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index);
}

function show(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, inner) => inner === undefined ? "undefined" : inner,
  ) ?? "undefined";
}
