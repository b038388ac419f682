/**
 * The errors of the library, as jobs throw them, and what comes back. For every host.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as errors from "../errors.ts";
import { ProcessError } from "../run_process.ts";

const options = { cause: new errors.QueueFull("Full") };

/** All classes of errors that the library exports, each with all its fields. */
export const LIBRARY_ERRORS: Readonly<Record<string, () => Error>> = {
  BrokenBarrierError: () => new errors.BrokenBarrierError("Broken", options),
  BrokenExecutor: () => new errors.BrokenExecutor("No worker", options),
  CancelledError: () => new errors.CancelledError("Enough", options),
  DeadlockError: () => new errors.DeadlockError("Stuck", options),
  IncompleteReadError: () =>
    new errors.IncompleteReadError(new Uint8Array([0, 255]), 5),
  InvalidStateError: () => new errors.InvalidStateError("Set twice", options),
  KeyboardInterrupt: () =>
    new errors.KeyboardInterrupt("Stopped", { ...options, signal: "SIGTERM" }),
  LimitOverrunError: () => new errors.LimitOverrunError("No separator", 64),
  ProcessError: () =>
    new ProcessError("Process sh ended with code 3", {
      code: 3,
      signal: null,
      // More than what pipes hold.
      stdout: new Uint8Array(100_000).fill(7),
      stderr: new Uint8Array([110, 111]),
    }),
  ProcessLookupError: () => new errors.ProcessLookupError("Gone", options),
  QueueEmpty: () => new errors.QueueEmpty("Empty", options),
  QueueFull: () => new errors.QueueFull("Full", options),
  QueueShutDown: () => new errors.QueueShutDown("Shut down", options),
  RuntimeError: () => new errors.RuntimeError("Wrong", options),
  TimeoutError: () => new errors.TimeoutError("Late", options),
  WorkerLostError: () => new errors.WorkerLostError("Lost", options),
};

/** Throws an error of the library: a job. */
export function throwLibraryError(name: string): never {
  throw LIBRARY_ERRORS[name]!();
}

/**
 * Fails unless each error of the library comes back as itself.
 *
 * @param submit Submits {@linkcode throwLibraryError}.
 */
export async function checkLibraryErrors(
  submit: (name: string) => PromiseLike<unknown>,
): Promise<void> {
  for (const [name, make] of Object.entries(LIBRARY_ERRORS)) {
    const thrown = make();
    let error: unknown;
    try {
      await submit(name);
    } catch (caught) {
      error = caught;
    }
    assert.ok(error instanceof Error, name);
    assert.equal(
      Object.getPrototypeOf(error),
      Object.getPrototypeOf(thrown),
      name,
    );
    assert.equal(error.name, name);
    assert.equal(error.message, thrown.message);
    assert.deepEqual({ ...error, name }, { ...thrown, name });
    if (thrown.cause === undefined) continue;
    assert.ok(error.cause instanceof errors.QueueFull, name);
    assert.equal(error.cause.message, "Full");
  }
}
