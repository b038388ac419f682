/**
 * Serves a queue for as long as its task wants.
 *
 * @module
 */
import { BrokenExecutor, CancelledError } from "../errors.ts";
import type { Executor } from "../executor.ts";
import type { Coro } from "../coroutine.ts";
import { getRunningLoop } from "../running_loop.ts";
import { describeValue } from "../_base/repr.ts";
import { followPromise } from "../_coroutine/to_future.ts";
import { Waiter } from "../_task/waiter.ts";
import { messageOfError } from "../_bullmq/connection.ts";
import type { Bullmq } from "../_bullmq/engine.ts";
import { Server, type ServerOptions } from "./server.ts";

/** Runs the jobs of a queue, until it is cancelled or the executor breaks. */
export function* serve(
  bullmq: Bullmq,
  executor: Executor<unknown>,
  options: ServerOptions,
): Coro<void> {
  const loop = getRunningLoop();
  const queue = describeValue(options.queue);
  let broken: BrokenExecutor | undefined;
  const end = new Waiter(loop, () => `jobs of the queue ${queue}`);
  const server = new Server(bullmq, executor, loop, options, (error) => {
    broken ??= error;
    end.release();
  });
  let cancelled: unknown;
  try {
    yield* followPromise(server.start(), loop);
    yield* end;
  } catch (error) {
    if (!(error instanceof CancelledError)) {
      broken = new BrokenExecutor(
        `Redis is out of reach for the queue ${queue}: ${
          messageOfError(error)
        }`,
        { cause: error },
      );
    } else cancelled = error;
  }
  const closing = server.close();
  for (let isClosed = false; !isClosed;) {
    try {
      yield* followPromise(closing, loop);
      isClosed = true;
    } catch (error) {
      // Another cancel: whoever wants that does not wait for jobs.
      cancelled ??= error;
      server.giveBack();
    }
  }
  if (cancelled !== undefined) throw cancelled;
  throw broken!;
}
