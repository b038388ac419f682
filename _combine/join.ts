/**
 * Waits for the end of what was started together, for scopes that leave nothing running.
 *
 * @module
 */
import type { Coro } from "../_task/coroutine.ts";
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import type { Waiter } from "../_base/roles.ts";

/** Ends when all futures have ended. It goes on waiting for them if it is cancelled. */
export class Joining extends Future<undefined> implements Waiter {
  readonly #what: string;
  readonly #futures: ReadonlySet<Future<unknown>>;
  #missing = 0;

  constructor(
    loop: Scheduler,
    what: string,
    futures: ReadonlySet<Future<unknown>>,
  ) {
    super({ loop });
    this.#what = what;
    this.#futures = futures;
    for (const future of futures) {
      if (future.done()) continue;
      this.#missing++;
      future._addWaiter(this);
    }
    if (this.#missing === 0) this.setResult(undefined);
  }

  _wake(): void {
    if (--this.#missing === 0 && !this.done()) this.setResult(undefined);
  }

  _describe(): string {
    return `${this.#what}, ${this.#missing} not done`;
  }

  _waitsFor(): unknown[] {
    return [...this.#futures].filter((future) => !future.done());
  }
}

/**
 * Cancels futures and waits until all have ended, however often it is cancelled itself.
 *
 * @param loop The loop.
 * @param what Whose they are, for reports.
 * @param futures What to end.
 * @throws {CancelledError} If it was cancelled, once all have ended.
 */
export function cancelAndJoin(
  loop: Scheduler,
  what: string,
  futures: ReadonlySet<Future<unknown>>,
): Coro<void> {
  for (const future of futures) future.cancel();
  return joinAll(loop, what, futures);
}

/**
 * Waits until all futures have ended, however often it is cancelled.
 *
 * @param loop The loop.
 * @param what Whose they are, for reports.
 * @param futures What to wait for.
 * @throws {CancelledError} If it was cancelled, once all have ended.
 */
export function* joinAll(
  loop: Scheduler,
  what: string,
  futures: ReadonlySet<Future<unknown>>,
): Coro<void> {
  let cancelled: { readonly error: unknown } | undefined;
  for (;;) {
    const joining = new Joining(loop, what, futures);
    try {
      yield* joining;
      break;
    } catch (error) {
      // Thrown below, when all have ended.
      cancelled ??= { error };
    }
  }
  if (cancelled !== undefined) throw cancelled.error;
}

/**
 * Reports the errors of futures that nobody will look at.
 *
 * @param loop The loop.
 * @param what Whose they were.
 * @param futures Futures that are done.
 */
export function reportErrors(
  loop: Scheduler,
  what: string,
  futures: Iterable<Future<unknown>>,
): void {
  for (const future of futures) {
    if (future.cancelled()) continue;
    const exception = future.exception();
    if (exception === undefined) continue;
    loop.callExceptionHandler({
      message: `Exception in ${what}`,
      exception,
      future,
    });
  }
}
